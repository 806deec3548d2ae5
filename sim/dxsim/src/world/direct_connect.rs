//! Direct Connect's objects: connections, virtual interfaces, gateways, associations, attachments.

use super::account::Secret;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use strum::{Display, EnumString};

/// `connectionState`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum ConnectionState {
    Ordering,
    Requested,
    Pending,
    Available,
    Down,
    Deleting,
    Deleted,
    Rejected,
}

/// A dedicated connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// `dxcon-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region of its location.
    pub region: String,
    /// `connectionName`.
    pub name: String,
    /// `location`.
    pub location: String,
    /// `bandwidth`.
    pub bandwidth: String,
    /// `connectionState`.
    pub state: ConnectionState,
    /// `awsDeviceV2`.
    pub device: String,
    /// `awsLogicalDeviceId`.
    pub logical_device: String,
    /// `hasLogicalRedundancy`: yes, no or unknown.
    pub has_logical_redundancy: String,
    /// `providerName`.
    pub provider: Option<String>,
    /// `jumboFrameCapable`.
    pub jumbo_frame_capable: bool,
    /// `macSecCapable`.
    pub mac_sec_capable: bool,
    /// `encryptionMode`.
    pub encryption_mode: Option<String>,
    /// `billingMode`.
    pub billing_mode: String,
    /// Whether AWS has issued the LOA.
    pub loa_available: bool,
    /// `loaIssueTime`: when the LOA was last downloaded.
    pub loa_issued_at: Option<Timestamp>,
    /// Whether the cross-connect is built.
    pub cross_connected: bool,
    /// Whether the fibre is cut.
    pub cut: bool,
    /// Until then the port is resetting (MTU raise on a port that was not jumbo capable).
    pub resetting_until: Option<Timestamp>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it reached `deleted` or `rejected`.
    pub ended_at: Option<Timestamp>,
}

/// `virtualInterfaceType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum VirtualInterfaceType {
    Private,
    Public,
    Transit,
}

/// `virtualInterfaceState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum VirtualInterfaceState {
    Confirming,
    Verifying,
    Pending,
    Available,
    Down,
    Testing,
    Deleting,
    Deleted,
    Rejected,
}

/// `bgpPeerState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum BgpPeerState {
    Verifying,
    Pending,
    Available,
    Deleting,
    Deleted,
}

/// `addressFamily`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Display, EnumString, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum AddressFamily {
    #[default]
    Ipv4,
    Ipv6,
}

/// One BGP peer of a virtual interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BgpPeer {
    /// `dxpeer-…`.
    pub id: String,
    /// The customer's ASN.
    pub asn: i64,
    /// MD5 key; AWS makes one when none was given.
    pub auth_key: Secret,
    /// `addressFamily`.
    pub address_family: AddressFamily,
    /// AWS's address with prefix length.
    pub amazon_address: String,
    /// The customer's address with prefix length.
    pub customer_address: String,
    /// `bgpPeerState`.
    pub state: BgpPeerState,
    /// Whether the session is established (`bgpStatus` up or down).
    pub up: bool,
    /// Since when `up` is what it is.
    pub since: Timestamp,
    /// `awsLogicalDeviceId`.
    pub logical_device: String,
}

/// A virtual interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualInterface {
    /// `dxvif-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region of its connection.
    pub region: String,
    /// Connection that carries it.
    pub connection_id: String,
    /// `location`.
    pub location: String,
    /// `virtualInterfaceType`.
    pub kind: VirtualInterfaceType,
    /// `virtualInterfaceName`.
    pub name: String,
    /// `vlan`.
    pub vlan: i32,
    /// `mtu`.
    pub mtu: i32,
    /// `amazonSideAsn`.
    pub amazon_side_asn: i64,
    /// `virtualGatewayId`.
    pub virtual_gateway_id: Option<String>,
    /// `directConnectGatewayId`.
    pub direct_connect_gateway_id: Option<String>,
    /// `siteLinkEnabled`.
    pub site_link_enabled: bool,
    /// `routeFilterPrefixes`, public only.
    pub route_filter_prefixes: Vec<IpNet>,
    /// `prefixPoolAllocatedCountIpv4`.
    pub prefix_pool_ipv4: i32,
    /// `prefixPoolAllocatedCountIpv6`.
    pub prefix_pool_ipv6: i32,
    /// `rateLimit`.
    pub rate_limit: Option<String>,
    /// `virtualInterfaceState`. `Available` and `Down` follow BGP and the port.
    pub state: VirtualInterfaceState,
    /// In order of creation; deleted ones are taken out.
    pub peers: Vec<BgpPeer>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it reached `deleted` or `rejected`.
    pub ended_at: Option<Timestamp>,
}

/// `directConnectGatewayState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum DirectConnectGatewayState {
    Pending,
    Available,
    Deleting,
}

/// A Direct Connect gateway: global, it belongs to an account and no region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectConnectGateway {
    /// UUID.
    pub id: String,
    /// Owner.
    pub account: String,
    /// `directConnectGatewayName`.
    pub name: String,
    /// `amazonSideAsn`.
    pub amazon_side_asn: i64,
    /// `directConnectGatewayState`.
    pub state: DirectConnectGatewayState,
    /// `stateChangeError`.
    pub state_change_error: Option<String>,
}

/// `associationState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum AssociationState {
    Associating,
    Associated,
    Updating,
    Disassociating,
}

/// Type of the gateway behind an association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
#[allow(missing_docs)]
pub enum GatewayType {
    VirtualPrivateGateway,
    TransitGateway,
}

/// An association of a Direct Connect gateway with a VGW or a transit gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// UUID.
    pub id: String,
    /// Account of the Direct Connect gateway.
    pub account: String,
    /// The Direct Connect gateway.
    pub direct_connect_gateway_id: String,
    /// The VGW or transit gateway.
    pub gateway_id: String,
    /// What `gateway_id` is.
    pub gateway_type: GatewayType,
    /// Owner of the VGW or transit gateway.
    pub gateway_account: String,
    /// Region of the VGW or transit gateway.
    pub gateway_region: String,
    /// `allowedPrefixesToDirectConnectGateway`; empty for a VGW: all of the VPC's CIDRs.
    pub allowed_prefixes: BTreeSet<IpNet>,
    /// What `allowed_prefixes` becomes when `updating` ends.
    pub updating_to: Option<BTreeSet<IpNet>>,
    /// `associationState`.
    pub state: AssociationState,
    /// `stateChangeError`.
    pub state_change_error: Option<String>,
}

/// `attachmentState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum AttachmentState {
    Attaching,
    Attached,
    Detaching,
}

/// An attachment of a virtual interface to a Direct Connect gateway; keyed by the interface's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The gateway.
    pub direct_connect_gateway_id: String,
    /// The interface.
    pub virtual_interface_id: String,
    /// Region of the interface.
    pub virtual_interface_region: String,
    /// Owner of the interface.
    pub virtual_interface_account: String,
    /// Type of the interface.
    pub kind: VirtualInterfaceType,
    /// `attachmentState`.
    pub state: AttachmentState,
}
