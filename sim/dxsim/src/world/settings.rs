//! How long things take and how much of them an account may have. Defaults are AWS's documented or
//! usual values; `aws` documentation gives ranges for most, so the numbers are assumed.

use crate::visibility::Visibility;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Settings of a world; each can be set in a world file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Order → LOA (`requested` → `pending`).
    pub approval: SignedDuration,
    /// LOA → cross-connect built; unset: on command.
    pub cross_connect: Option<SignedDuration>,
    /// `deleting` → `deleted` of a connection.
    pub connection_delete: SignedDuration,
    /// How long a deleted connection stays listed.
    pub connection_deleted_visible: SignedDuration,
    /// Port reset when an MTU is raised on a port that was not jumbo capable.
    pub port_reset: SignedDuration,
    /// `pending` of a virtual interface.
    pub virtual_interface_provision: SignedDuration,
    /// `verifying` of a public virtual interface or peer.
    pub public_verification: SignedDuration,
    /// `deleting` of a virtual interface.
    pub virtual_interface_delete: SignedDuration,
    /// How long a deleted virtual interface stays listed (API Reference: 15 minutes).
    pub virtual_interface_deleted_visible: SignedDuration,
    /// `pending` of a BGP peer.
    pub bgp_peer_provision: SignedDuration,
    /// `deleting` of a BGP peer.
    pub bgp_peer_delete: SignedDuration,
    /// `pending` of a Direct Connect gateway.
    pub direct_connect_gateway_create: SignedDuration,
    /// `deleting` of a Direct Connect gateway.
    pub direct_connect_gateway_delete: SignedDuration,
    /// `associating`.
    pub associate: SignedDuration,
    /// `updating`.
    pub association_update: SignedDuration,
    /// `disassociating`.
    pub disassociate: SignedDuration,
    /// `attaching` and `detaching` of a virtual interface to a gateway.
    pub attach: SignedDuration,
    /// `pending` and `deleting` of a VGW.
    pub vpn_gateway: SignedDuration,
    /// `attaching` and `detaching` of a VGW to a VPC.
    pub vpc_attach: SignedDuration,
    /// How long a deleted VGW stays listed.
    pub vpn_gateway_deleted_visible: SignedDuration,
    /// Everything agrees → the BGP session is established.
    pub bgp_establish: SignedDuration,
    /// The other side is gone → the BGP session is down.
    pub bgp_hold: SignedDuration,
    /// Whether routers use BFD: a session goes down within a second.
    pub bfd: bool,
    /// Routes known → shown in route tables.
    pub route_propagation: SignedDuration,
    /// Lag of lists.
    pub visibility: Visibility,
    /// How long a signature is good (15 minutes at AWS).
    pub signature_validity: SignedDuration,
    /// Cluster that the operator's own policies are written for.
    pub cluster_id: String,
    /// Whether a tagged create needs directconnect:TagResource besides. The Service Authorization
    /// Reference lists no such dependency; what AWS does is unverified.
    pub tag_resource_on_create: bool,
    /// Quotas.
    pub quotas: Quotas,
}

/// Direct Connect quotas (User Guide, "Quotas") and the one of EC2 that matters here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Quotas {
    pub connections_per_location: usize,
    pub private_and_public_virtual_interfaces_per_connection: usize,
    pub transit_virtual_interfaces_per_connection: usize,
    pub virtual_interfaces_per_connection: usize,
    pub direct_connect_gateways: usize,
    pub virtual_gateways_per_direct_connect_gateway: usize,
    pub transit_gateways_per_direct_connect_gateway: usize,
    pub direct_connect_gateways_per_transit_gateway: usize,
    pub virtual_interfaces_per_direct_connect_gateway: usize,
    pub allowed_prefixes_per_transit_gateway: usize,
    pub rate_limiters_per_connection: usize,
    pub vpn_gateways_per_region: usize,
}

const fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

const fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count * 60)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            approval: minutes(24 * 60),
            cross_connect: None,
            connection_delete: seconds(30),
            connection_deleted_visible: minutes(15),
            port_reset: seconds(30),
            virtual_interface_provision: minutes(1),
            public_verification: minutes(60),
            virtual_interface_delete: minutes(1),
            virtual_interface_deleted_visible: minutes(15),
            bgp_peer_provision: seconds(30),
            bgp_peer_delete: seconds(30),
            direct_connect_gateway_create: seconds(5),
            direct_connect_gateway_delete: seconds(30),
            associate: minutes(5),
            association_update: minutes(2),
            disassociate: minutes(5),
            attach: minutes(1),
            vpn_gateway: seconds(5),
            vpc_attach: seconds(30),
            vpn_gateway_deleted_visible: minutes(60),
            bgp_establish: seconds(10),
            bgp_hold: seconds(90),
            bfd: false,
            route_propagation: seconds(10),
            visibility: Visibility::NONE,
            signature_validity: minutes(15),
            cluster_id: crate::iam::CLUSTER_ID.to_owned(),
            tag_resource_on_create: false,
            quotas: Quotas::default(),
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            connections_per_location: 10,
            private_and_public_virtual_interfaces_per_connection: 50,
            transit_virtual_interfaces_per_connection: 4,
            virtual_interfaces_per_connection: 51,
            direct_connect_gateways: 200,
            virtual_gateways_per_direct_connect_gateway: 20,
            transit_gateways_per_direct_connect_gateway: 6,
            direct_connect_gateways_per_transit_gateway: 20,
            virtual_interfaces_per_direct_connect_gateway: 30,
            allowed_prefixes_per_transit_gateway: 200,
            rate_limiters_per_connection: 10,
            vpn_gateways_per_region: 5,
        }
    }
}
