//! API types and decisions of directconnect-operator.
//!
//! Everything here is pure: no clock, no randomness, no IO. A decision is a function of what is
//! wanted (the custom resource), what is seen (the AWS inventory, other objects, Secrets) and a
//! time that the caller passes in.

pub mod api;
pub mod reason;
