//! The whole operator, the real AWS SDK and both simulators in one process under tokio's paused clock: scenarios, [`sweep`] the
//! crash sweeps, [`bites`] what each promise catches.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bites;
#[path = "../../benches/figures/objects.rs"]
mod objects;
mod scenarios;
mod sweep;
