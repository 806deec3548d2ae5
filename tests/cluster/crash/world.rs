//! One world for all cells: control plane, simulator, recorder; each cell brings its own operator.

use std::collections::BTreeMap;

use directconnect_local::{
    ControlPlane, Dxsim, DxsimOptions, Release, Scratch, Settle, StackOptions, release, start_world,
};
use serde_json::json;

use super::cell::{self, Cell};
use crate::recorder::{self, Recorder};

/// Fields are dropped in this order: whoever calls ends before who is called.
pub struct World {
    pub recorder: Recorder,
    pub dxsim: Dxsim,
    pub control_plane: ControlPlane,
    /// The operator's, but for what is a cell's own.
    pub release: Release,
    pub scratch: Scratch,
}

impl World {
    /// Starts it. Signatures are good for so many seconds.
    pub fn start(cells: &[&Cell], seed: u64, validity_seconds: u32) -> Self {
        let scratch = recorder::scratch();
        let options = StackOptions {
            dxsim: DxsimOptions {
                worlds: cell::worlds(&scratch, cells),
                time_scale: 60,
                seed,
                args: Vec::new(),
            },
            settle: Some(Settle {
                validity_seconds,
                visibility_seconds: 2,
            }),
            namespaces: cells.iter().map(|cell| cell.namespace.clone()).collect(),
            values: json!({"logFormat": "text"}),
            env: BTreeMap::new(),
        };
        let (control_plane, dxsim) =
            start_world(scratch.path(), &options, &mut |line| println!("{line}")).unwrap();
        Self {
            recorder: Recorder::start(&control_plane),
            release: release(&control_plane, &dxsim, &options).unwrap(),
            dxsim,
            control_plane,
            scratch,
        }
    }
}
