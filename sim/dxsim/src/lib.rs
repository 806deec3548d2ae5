//! dxsim: AWS Direct Connect, the parts of EC2 and STS that touch it, and the customer's routers,
//! simulated so that Amazon's own SDKs take it for the real thing.
//!
//! Map: [`sim`] runs one request from arrival to answer and owns clock, ledger, faults and the
//! [`world`]; `services` are views on that world, one per AWS service; `network` is what happens
//! between AWS and the customer's routers; `wire` speaks AWS's protocols; [`worldfile`] reads the
//! YAML that a world starts from; [`control`] is everything under `/_sim`; [`serve`] is the HTTP
//! server.

pub mod clock;
mod context;
pub mod control;
mod error;
pub mod faults;
pub mod iam;
mod ids;
pub mod ledger;
mod network;
pub mod serve;
mod services;
pub mod sim;
pub mod visibility;
mod wire;
pub mod world;
pub mod worldfile;

pub use error::AwsError;
pub use sim::{Builder, Reset, Sim};
pub use world::World;
