//! EC2's objects: VPCs, subnets, route tables, peerings, virtual private and transit gateways.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use strum::{Display, EnumString};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region.
    pub region: String,
    /// IPv4 CIDRs, the primary one first, and IPv6 CIDRs.
    pub cidrs: Vec<IpNet>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region.
    pub region: String,
    /// Its VPC.
    pub vpc_id: String,
    /// IPv4 CIDR.
    pub cidr: IpNet,
    /// `availabilityZone`.
    pub availability_zone: String,
    /// `mapPublicIpOnLaunch`.
    pub public: bool,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region.
    pub region: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it is the VPC's main table.
    pub main: bool,
    /// Id of the main association (`rtbassoc-…`), empty unless `main`.
    pub main_association_id: String,
    /// Explicit associations: (`rtbassoc-…`, subnet).
    pub subnets: Vec<(String, String)>,
    /// Local, static and propagated routes.
    pub routes: Vec<Route>,
    /// VGWs whose routes propagate into it.
    pub propagating: BTreeSet<String>,
}

/// One route of a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Destination.
    pub destination: IpNet,
    /// Target.
    pub target: RouteTarget,
    /// `origin`.
    pub origin: RouteOrigin,
    /// `state`: active, else blackhole.
    pub active: bool,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RouteTarget {
    /// Inside of the VPC (`gatewayId` local).
    Local,
    /// An internet gateway or VGW (`gatewayId`).
    Gateway(String),
    /// `natGatewayId`.
    NatGateway(String),
    /// `vpcPeeringConnectionId`.
    Peering(String),
    /// `transitGatewayId`.
    TransitGateway(String),
    /// `networkInterfaceId`.
    NetworkInterface(String),
}

/// `origin` of a route, as EC2 spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum RouteOrigin {
    CreateRouteTable,
    CreateRoute,
    EnableVgwRoutePropagation,
}

/// A VPC peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peering {
    /// `pcx-…`.
    pub id: String,
    /// Requester's side.
    pub requester: PeeringSide,
    /// Accepter's side.
    pub accepter: PeeringSide,
    /// `status.code`, for example `active`.
    pub status: String,
}

/// One side of a peering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeeringSide {
    /// Owner of the VPC.
    pub account: String,
    /// Region of the VPC.
    pub region: String,
    /// The VPC.
    pub vpc_id: String,
}

/// State of a VGW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum VpnGatewayState {
    Pending,
    Available,
    Deleting,
    Deleted,
}

/// State of a VGW's attachment to a VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)]
pub enum VpcAttachmentState {
    Attaching,
    Attached,
    Detaching,
    Detached,
}

/// Attachment of a VGW to a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcAttachment {
    /// The VPC.
    pub vpc_id: String,
    /// Its state.
    pub state: VpcAttachmentState,
}

/// A virtual private gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpnGateway {
    /// `vgw-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region.
    pub region: String,
    /// `amazonSideAsn`.
    pub amazon_side_asn: i64,
    /// Its state.
    pub state: VpnGatewayState,
    /// The latest attachment, `detached` for a while after a detach.
    pub attachment: Option<VpcAttachment>,
    /// When it reached `deleted`.
    pub ended_at: Option<Timestamp>,
}

/// A transit gateway, with the VPCs behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransitGateway {
    /// `tgw-…`.
    pub id: String,
    /// Owner.
    pub account: String,
    /// Region.
    pub region: String,
    /// `amazonSideAsn`.
    pub amazon_side_asn: i64,
    /// VPCs attached to it.
    pub vpc_ids: BTreeSet<String>,
}
