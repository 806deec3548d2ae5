//! The whole operator, the real AWS SDK and both simulators in one process under tokio's paused clock.
//!
//! [`world`] is one operator, one Kubernetes, one AWS and one clock; [`oracles`] is what every stored status and all output are
//! held to, [`promises`] what every write is. Scenarios are in `tests/virtual_time`, the fault campaign in `tests/campaign`.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod aws;
pub mod ends;
pub mod link;
pub mod logs;
pub mod look;
pub mod oracles;
pub mod process;
pub mod promises;
pub mod waits;
pub mod world;
