//! The world that `up` and `demo` run: both example worlds, AWS's time going faster than ours.

use std::collections::BTreeMap;
use std::path::PathBuf;

use directconnect_local::{DxsimOptions, Settle, StackOptions, world_file};
use serde_json::json;

/// How much faster than ours AWS's time goes: what takes AWS a minute takes a second.
pub const TIME_SCALE: u32 = 60;

/// The worlds that the examples are written for.
pub fn worlds() -> Vec<PathBuf> {
    ["quickstart", "securecart"].map(world_file).to_vec()
}

/// What to start.
pub fn options() -> StackOptions {
    StackOptions {
        dxsim: DxsimOptions {
            worlds: worlds(),
            time_scale: TIME_SCALE,
            seed: 1,
            args: Vec::new(),
        },
        // An answer that got lost would be waited for 21 minutes at AWS; the simulator is told the same shorter times.
        settle: Some(Settle {
            validity_seconds: 10,
            visibility_seconds: 2,
        }),
        namespaces: ["quickstart", "network"].map(str::to_owned).to_vec(),
        values: json!({"logFormat": "text"}),
        env: BTreeMap::new(),
    }
}
