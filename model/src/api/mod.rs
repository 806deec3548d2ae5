//! The custom resources of group `directconnect.dev`, version `v1alpha1`: one file per kind.
//!
//! Field names are those of the AWS API reference. No field that maps to an AWS attribute has a
//! default: what is unset is unmanaged.

pub mod aws_account;
pub mod common;
pub mod connection;
pub mod status;

pub use aws_account::AwsAccount;
pub use connection::Connection;

/// The API group of every kind.
pub const GROUP: &str = "directconnect.dev";
