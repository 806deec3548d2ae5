//! Writes everything that follows from the types: CRDs, RBAC rules, reference docs.

mod crds;
mod docs;
mod rbac;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files by path below the root of the source tree.
pub type Files = BTreeMap<PathBuf, String>;

/// Everything that is generated.
pub fn files() -> Result<Files, String> {
    let mut files = Files::new();
    crds::add(&mut files)?;
    rbac::add(&mut files)?;
    docs::add(&mut files);
    Ok(files)
}

/// Writes, or compares with, the files below `root`.
pub fn run(root: &Path, check: bool) -> Result<(), String> {
    let mut drifted = vec![];
    for (path, text) in files()? {
        let target = root.join(&path);
        let same = std::fs::read_to_string(&target).is_ok_and(|old| old == text);
        if same {
            continue;
        }
        if check {
            drifted.push(path.display().to_string());
            continue;
        }
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        std::fs::write(&target, text).map_err(|e| format!("{}: {e}", target.display()))?;
    }
    if drifted.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "generated files have drifted, run `make gen`: {}",
            drifted.join(", ")
        ))
    }
}

/// YAML of a value.
fn yaml<T: serde::Serialize>(value: &T) -> Result<String, String> {
    serde_saphyr::to_string(value).map_err(|e| e.to_string())
}
