//! directconnect-operator: declared Direct Connect becomes real, crash-safe and without ever ordering
//! twice.
//!
//! The map:
//! - `directconnect_model` (crate `model/`): all types and decisions, pure.
//! - [`engine`]: the one generic pass that gathers, asks the model, acts and writes status.
//! - [`inventory`]: one picture of AWS for each account and region.
//! - [`aws`]: clients, reads, writes, errors, request rates; the only place that names SDK types.
//! - [`kubernetes`]: the client of the Kubernetes API.
//! - [`leader`]: which of several processes acts.
//! - [`registry`]: the one list of kinds. [`operator`]: builds it all from [`operator::Deps`].
//! - [`planted`]: bugs for the tests to find; none in a build that is shipped.
//! - [`generate`]: CRDs, RBAC and reference docs from the types.

pub mod aws;
pub mod clock;
pub mod config;
pub mod engine;
pub mod generate;
pub mod inventory;
pub mod kubernetes;
pub mod leader;
pub mod metrics;
pub mod operator;
pub mod planted;
pub mod registry;
pub mod server;
pub mod spawn;
pub mod telemetry;
pub mod wake;
