//! The custom resources of group `directconnect.dev`, version `v1alpha1`: one file per kind.
//!
//! Field names are those of the AWS API reference. No field that maps to an AWS attribute has a
//! default: what is unset is unmanaged.

pub mod aws_account;
pub mod bgp_peer;
pub mod common;
pub mod connection;
pub mod crds;
pub mod direct_connect_gateway;
pub mod direct_connect_gateway_association;
mod rules;
pub mod status;
pub mod virtual_interface;
pub mod virtual_private_gateway;

pub use aws_account::AwsAccount;
pub use connection::Connection;
pub use crds::crds;
pub use direct_connect_gateway::DirectConnectGateway;
pub use direct_connect_gateway_association::DirectConnectGatewayAssociation;
pub use virtual_interface::VirtualInterface;
pub use virtual_private_gateway::VirtualPrivateGateway;

/// The API group of every kind.
pub const GROUP: &str = "directconnect.dev";
