//! What the API server itself answers: no operator runs. The tests share one control plane.

mod charts;
mod conformance;
mod crds;

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use directconnect_local::{ControlPlane, Scratch, install_crds};

/// The control plane that these tests share, and the right to run alone.
pub struct Cluster {
    control_plane: MutexGuard<'static, ControlPlane>,
    _alone: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Cluster {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        &self.control_plane
    }
}

/// One test at a time: two control planes beside each other starve on two cores.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A control plane with our CRDs. It ends with the process: the guard sees to that.
fn cluster() -> Cluster {
    static CLUSTER: LazyLock<(Mutex<ControlPlane>, Scratch)> = LazyLock::new(|| {
        let scratch = Scratch::new().unwrap();
        let cluster = ControlPlane::start(scratch.path(), &mut |line| println!("{line}")).unwrap();
        install_crds(&cluster).unwrap();
        (Mutex::new(cluster), scratch)
    });
    let alone = alone();
    Cluster {
        control_plane: CLUSTER.0.lock().unwrap_or_else(PoisonError::into_inner),
        _alone: alone,
    }
}
