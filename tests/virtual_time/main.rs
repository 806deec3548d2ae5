//! The whole operator, the real AWS SDK and both simulators in one process under tokio's paused clock.
//!
//! [`world`] is the harness, [`oracles`] what every stored status and all output are held to, [`promises`] what every write is;
//! the other modules are scenarios, [`sweep`] the crash sweeps.
#![allow(clippy::unwrap_used, clippy::panic)]

mod aws;
mod logs;
mod look;
mod oracles;
mod promises;
mod world;

#[path = "../../benches/figures/objects.rs"]
mod objects;
mod scenarios;
mod sweep;
mod waits;
