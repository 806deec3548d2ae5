//! What is read of the simulator's world files: which accounts there are, and their keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Context, Result};
use crate::paths;

/// The secret of every simulated key: the simulator checks none.
pub const SIMULATED_SECRET: &str = "simulated";

/// An account of the simulated AWS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Access key id → user.
    #[serde(default)]
    pub access_keys: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct World {
    #[serde(default)]
    accounts: Vec<Account>,
}

/// A world file that comes with the simulator.
pub fn world_file(name: &str) -> PathBuf {
    paths::checkout()
        .join("sim/dxsim/worlds")
        .join(format!("{name}.yaml"))
}

/// The accounts of these world files, each once, in the order of the files.
pub fn accounts(worlds: &[impl AsRef<Path>]) -> Result<Vec<Account>> {
    let mut all: Vec<Account> = Vec::new();
    for file in worlds {
        let file = file.as_ref();
        let text = fs::read_to_string(file).context(file.display())?;
        let world: World = serde_saphyr::from_str(&text).context(file.display())?;
        for account in world.accounts {
            if !all.iter().any(|known| known.id == account.id) {
                all.push(account);
            }
        }
    }
    Ok(all)
}
