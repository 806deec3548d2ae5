//! API types and decisions of directconnect-operator.
//!
//! Everything here is pure: no clock, no randomness, no IO. A decision is a function of what is
//! wanted (the custom resource), what is seen (the AWS inventory, other objects, Secrets) and a
//! time that the caller passes in.
//!
//! Read [`decide`] first: it is the one place where the operator makes up its mind.

mod action;
pub mod api;
pub mod arn;
pub mod aws;
pub mod call;
pub mod consent;
pub mod decide;
pub mod difference;
pub mod event;
pub mod fetch;
pub mod guard;
pub mod identity;
pub mod kind;
mod kinds;
pub mod managed;
pub mod net;
pub mod project;
pub mod reason;
pub mod step;
pub mod tags;
pub mod verdict;
pub mod view;
