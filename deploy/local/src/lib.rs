//! A local world for the operator: a real Kubernetes control plane without containers, the AWS simulator `dxsim`, and the operator's own
//! binary as its chart would run it. Used by `make demo`, `make up` and the end-to-end tests.
//!
//! - [`Tools`]: where etcd, kube-apiserver, kube-controller-manager, kubectl and helm come from (found, cached or built).
//! - [`ControlPlane`]: the running cluster, `kubectl` and `helm` against it.
//! - [`Dxsim`]: the simulator's process and its control interface.
//! - [`OperatorProcess`]: the operator with the identity, rights, arguments and environment of its chart.
//! - [`Stack`]: all of these together.
//!
//! Everything listens on free loopback ports, gets a clean environment and is ended by process id. A guard process ends what is left if this
//! process dies in any way ([`process`]). Everything here is synchronous: it starts programs and waits for them, nothing else.

mod control_plane;
mod deployment;
mod dxsim;
mod error;
mod guard;
mod http;
mod kubeconfig;
mod operator;
pub mod paths;
pub mod process;
mod requests;
mod scratch;
mod stack;
mod tools;
mod wait;
mod watch;
mod world;

pub use control_plane::ControlPlane;
pub use deployment::{Deployment, Release};
pub use dxsim::{Dxsim, DxsimOptions};
pub use error::{Error, Result};
pub use http::{HttpResponse, get, post};
pub use operator::OperatorProcess;
pub use requests::{record_requests, recorded_requests};
pub use scratch::{Scratch, remove_with_this_process};
pub use stack::{
    OPERATOR_NAMESPACE, Settle, Stack, StackOptions, install_crds, release, start_world,
};
pub use tools::{Progress, Tools};
pub use wait::{free_port, until};
pub use watch::{Change, Watch};
pub use world::{Account, SIMULATED_SECRET, accounts, world_file};
