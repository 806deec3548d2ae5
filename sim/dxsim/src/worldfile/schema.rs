//! The schema of a world file. Unknown fields are refused, so that a typo is found at once.

use crate::iam::Denial;
use crate::world::{
    AddressFamily, ConnectionState, Location, Prefix, RouterSession, Secret, Tags,
    VirtualInterfaceType,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One world file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WorldFile {
    /// Delays and quotas that differ from the defaults, merged over all files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<serde_json::Value>,
    /// Locations; files may repeat one word for word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    /// Accounts; each in one file only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountFile>,
    /// Calls that IAM refuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denials: Vec<Denial>,
    /// On-premises routers; names are unique over all files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routers: Vec<RouterFile>,
}

/// An account and what it owns at the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountFile {
    /// Twelve digits.
    pub id: String,
    /// Default region of the objects below.
    #[serde(default = "us_east_1")]
    pub region: String,
    /// Access key id → user name. Secrets are not checked.
    #[serde(default)]
    pub access_keys: BTreeMap<String, String>,
    /// Role name → role.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleFile>,
    /// VPCs with subnets and route tables.
    #[serde(default)]
    pub vpcs: Vec<VpcFile>,
    /// Peerings requested by this account.
    #[serde(default)]
    pub peerings: Vec<PeeringFile>,
    /// VGWs.
    #[serde(default)]
    pub vpn_gateways: Vec<VpnGatewayFile>,
    /// Transit gateways.
    #[serde(default)]
    pub transit_gateways: Vec<TransitGatewayFile>,
    /// Connections that exist at the start.
    #[serde(default)]
    pub connections: Vec<ConnectionFile>,
    /// Direct Connect gateways that exist at the start.
    #[serde(default)]
    pub direct_connect_gateways: Vec<DirectConnectGatewayFile>,
    /// Virtual interfaces that exist at the start.
    #[serde(default)]
    pub virtual_interfaces: Vec<VirtualInterfaceFile>,
}

fn us_east_1() -> String {
    "us-east-1".to_owned()
}

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RoleFile {
    /// Accounts that may assume it.
    pub trusted_accounts: BTreeSet<String>,
    /// `ExternalId` that it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Secret>,
    /// Identity policies. Left out: the role may do everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<PolicyFile>>,
}

/// An identity policy of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PolicyFile {
    /// One of the operator's own documents: `operator` or `operator-adoption`, written for the
    /// cluster of the settings.
    Named(String),
    /// A document as AWS writes it.
    Document(serde_json::Value),
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcFile {
    /// `vpc-…`.
    pub id: String,
    /// Its region, if not the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its CIDRs, the primary one first.
    pub cidrs: Vec<IpNet>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
    /// Subnets.
    #[serde(default)]
    pub subnets: Vec<SubnetFile>,
    /// Route tables; the main one is made if none is main.
    #[serde(default)]
    pub route_tables: Vec<RouteTableFile>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetFile {
    /// `subnet-…`.
    pub id: String,
    /// Its CIDR.
    pub cidr: IpNet,
    /// `availabilityZone`; default: the region's `a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// `mapPublicIpOnLaunch`.
    #[serde(default)]
    pub public: bool,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A route table. Local routes are made from the VPC's CIDRs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteTableFile {
    /// `rtb-…`.
    pub id: String,
    /// Whether it is the main table.
    #[serde(default)]
    pub main: bool,
    /// Subnets explicitly associated with it.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// Static routes: destination → target (`igw-…`, `vgw-…`, `pcx-…`, `tgw-…`, `nat-…`, `eni-…`).
    #[serde(default)]
    pub routes: BTreeMap<IpNet, String>,
    /// VGWs that propagate into it.
    #[serde(default)]
    pub propagating: BTreeSet<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A peering, requested by the account that it stands under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeeringFile {
    /// `pcx-…`.
    pub id: String,
    /// Requester's VPC.
    pub requester_vpc: String,
    /// Accepter's VPC.
    pub accepter_vpc: String,
    /// `status.code`.
    #[serde(default = "active")]
    pub status: String,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

fn active() -> String {
    "active".to_owned()
}

/// A VGW.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpnGatewayFile {
    /// `vgw-…`.
    pub id: String,
    /// Its region, if not the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `amazonSideAsn`.
    #[serde(default = "default_asn")]
    pub amazon_side_asn: i64,
    /// VPC that it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

fn default_asn() -> i64 {
    64512
}

/// A transit gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitGatewayFile {
    /// `tgw-…`.
    pub id: String,
    /// Its region, if not the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `amazonSideAsn`.
    pub amazon_side_asn: i64,
    /// VPCs attached to it.
    #[serde(default)]
    pub vpcs: BTreeSet<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A connection that exists at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionFile {
    /// `dxcon-…`.
    pub id: String,
    /// `connectionName`.
    pub name: String,
    /// `location`.
    pub location: String,
    /// `bandwidth`.
    pub bandwidth: String,
    /// `providerName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `connectionState`: requested, pending or available.
    #[serde(default = "available")]
    pub state: ConnectionState,
    /// Whether it carries jumbo frames already.
    #[serde(default = "yes")]
    pub jumbo_frame_capable: bool,
    /// Its device; default: the location's next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

fn yes() -> bool {
    true
}

fn available() -> ConnectionState {
    ConnectionState::Available
}

/// A Direct Connect gateway that exists at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectConnectGatewayFile {
    /// UUID.
    pub id: String,
    /// `directConnectGatewayName`.
    pub name: String,
    /// `amazonSideAsn`.
    #[serde(default = "default_asn")]
    pub amazon_side_asn: i64,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
    /// Associations.
    #[serde(default)]
    pub associations: Vec<AssociationFile>,
}

/// An association that exists at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssociationFile {
    /// UUID; default: drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `vgw-…` or `tgw-…`.
    pub gateway_id: String,
    /// Allowed prefixes.
    #[serde(default)]
    pub allowed_prefixes: BTreeSet<IpNet>,
}

/// A virtual interface that exists at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VirtualInterfaceFile {
    /// `dxvif-…`.
    pub id: String,
    /// `virtualInterfaceType`.
    #[serde(default = "private", rename = "type")]
    pub kind: VirtualInterfaceType,
    /// `virtualInterfaceName`.
    pub name: String,
    /// Connection that carries it.
    pub connection_id: String,
    /// `vlan`.
    pub vlan: i32,
    /// `mtu`.
    #[serde(default = "mtu")]
    pub mtu: i32,
    /// `virtualGatewayId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_gateway_id: Option<String>,
    /// `directConnectGatewayId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_id: Option<String>,
    /// BGP peers, at least one.
    pub peers: Vec<BgpPeerFile>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

fn private() -> VirtualInterfaceType {
    VirtualInterfaceType::Private
}

fn mtu() -> i32 {
    1500
}

/// A BGP peer that exists at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BgpPeerFile {
    /// `dxpeer-…`; default: drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The customer's ASN.
    pub asn: i64,
    /// MD5 key; default: drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_key: Option<Secret>,
    /// `addressFamily`.
    #[serde(default)]
    pub address_family: AddressFamily,
    /// `amazonAddress`.
    pub amazon_address: String,
    /// `customerAddress`.
    pub customer_address: String,
}

/// An on-premises router.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouterFile {
    /// Its name.
    pub name: String,
    /// Its ASN.
    pub asn: i64,
    /// What it announces.
    #[serde(default)]
    pub prefixes: Vec<PrefixFile>,
    /// The sessions that it is, or will be, configured for.
    #[serde(default)]
    pub sessions: Vec<RouterSession>,
}

/// A prefix, alone or with BGP attributes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PrefixFile {
    /// Only the prefix.
    Plain(IpNet),
    /// With communities and prepending.
    Full(Prefix),
}
