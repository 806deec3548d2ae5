//! What the API server itself answers: no operator runs. The tests share one control plane.

mod charts;
mod conformance;
mod crds;

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use directconnect_local::{ControlPlane, Scratch, install_crds};

/// A control plane with our CRDs. It ends with the process: the guard sees to that.
fn cluster() -> MutexGuard<'static, ControlPlane> {
    static CLUSTER: LazyLock<(Mutex<ControlPlane>, Scratch)> = LazyLock::new(|| {
        let scratch = Scratch::new().unwrap();
        let cluster = ControlPlane::start(scratch.path(), &mut |line| println!("{line}")).unwrap();
        install_crds(&cluster).unwrap();
        (Mutex::new(cluster), scratch)
    });
    CLUSTER.0.lock().unwrap_or_else(PoisonError::into_inner)
}
