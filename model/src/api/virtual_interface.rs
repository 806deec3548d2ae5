//! `VirtualInterface`: a private, public or transit virtual interface.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bgp_peer::{BgpPeer, BgpPeerStatus};
use super::common::{ManagedSpec, ObjectReference};
use super::rules;
use super::status::ManagedStatus;

/// What is wanted of a virtual interface.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "VirtualInterface",
    plural = "virtualinterfaces",
    shortname = "dxvif",
    category = "directconnect",
    namespaced,
    doc = "A virtual interface: one VLAN on a Direct Connect port, with its BGP sessions between AWS and your router. Ready when the port is available and at least one declared BGP peer is up; the condition BgpEstablished says how many of how many.",
    status = "VirtualInterfaceStatus",
    derive = "PartialEq",
    validation = rules::name_fits(),
    validation = rules::account_and_region_immutable("virtualInterfaceId"),
    validation = rules::import_id_immutable("virtualInterfaceId"),
    validation = rules::immutable("virtualInterfaceId", &["virtualInterfaceType"], "declare a second VirtualInterface"),
    validation = rules::immutable("virtualInterfaceId", &["vlan"], "declare a second VirtualInterface with the other VLAN, wait until it is Ready, then delete this one"),
    validation = rules::immutable("virtualInterfaceId", &["virtualPrivateGatewayRef", "virtualPrivateGatewayId", "directConnectGatewayRef", "directConnectGatewayId"], "declare a second VirtualInterface to the other gateway, wait until it is Ready, then delete this one"),
    validation = rules::immutable("virtualInterfaceId", &["routeFilterPrefixes"], "ask AWS Support, who alone can add prefixes"),
    validation = rules::immutable("virtualInterfaceId", &["ownerAccountId"], "declare a second VirtualInterface"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.virtualInterfaceState"}"#,
    printcolumn = r#"{"name":"TYPE","type":"string","jsonPath":".status.virtualInterfaceType"}"#,
    printcolumn = r#"{"name":"VLAN","type":"integer","jsonPath":".status.vlan"}"#,
    printcolumn = r#"{"name":"CONNECTION","type":"string","jsonPath":".status.connection"}"#,
    printcolumn = r#"{"name":"BGP","type":"string","jsonPath":".status.bgpPeersUp"}"#,
    printcolumn = r#"{"name":"ID","type":"string","jsonPath":".status.virtualInterfaceId"}"#,
    printcolumn = r#"{"name":"DEVICE","type":"string","jsonPath":".status.awsDeviceV2","priority":1}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = rules::observe_only_requires_import(),
    validation = rules::import_id_matches("^dxvif-[0-9a-z]+$", "dxvif-ffabc123"),
    validation = rules::required("virtualInterfaceType"),
    validation = rules::required("vlan"),
    validation = rules::required("bgpPeers"),
    validation = rules::exactly_one(&["connectionRef", "connectionId", "lagRef", "lagId"]),
    validation = rules::exactly_one_where(
        "!has(self.virtualInterfaceType) || self.virtualInterfaceType == 'private'",
        &["virtualPrivateGatewayRef", "virtualPrivateGatewayId", "directConnectGatewayRef", "directConnectGatewayId"],
        &[],
        "a private virtual interface needs exactly one of virtualPrivateGatewayRef, virtualPrivateGatewayId, directConnectGatewayRef and directConnectGatewayId",
    ),
    validation = rules::exactly_one_where(
        "has(self.virtualInterfaceType) && self.virtualInterfaceType == 'transit'",
        &["directConnectGatewayRef", "directConnectGatewayId"],
        &["virtualPrivateGatewayRef", "virtualPrivateGatewayId"],
        "a transit virtual interface needs exactly one of directConnectGatewayRef and directConnectGatewayId, and no virtual private gateway",
    ),
    validation = Rule::new(public_has_none_of(&["virtualPrivateGatewayRef", "virtualPrivateGatewayId", "directConnectGatewayRef", "directConnectGatewayId"])).message("a public virtual interface reaches AWS's public networks and has no gateway: remove the gateway, or set virtualInterfaceType to private or transit").field_path(".virtualInterfaceType"),
    validation = Rule::new(public_has_none_of(&["prefixPoolAllocatedCountIpv4", "prefixPoolAllocatedCountIpv6"])).message("a public virtual interface has no prefix pool: remove prefixPoolAllocatedCountIpv4 and prefixPoolAllocatedCountIpv6").field_path(".virtualInterfaceType"),
    validation = Rule::new(public_has_none_of(&["mtu"])).message("a public virtual interface has no choice of MTU (1500): remove mtu").field_path(".mtu"),
    validation = Rule::new("!has(self.mtu) || self.mtu != 9001 || !has(self.virtualInterfaceType) || self.virtualInterfaceType == 'private'").message("mtu 9001 is offered on private virtual interfaces only: set 1500 or 8500").field_path(".mtu"),
    validation = Rule::new("!has(self.enableSiteLink) || has(self.directConnectGatewayRef) || has(self.directConnectGatewayId)").message("enableSiteLink works through a Direct Connect gateway only: set directConnectGatewayRef or directConnectGatewayId, or remove it").field_path(".enableSiteLink"),
    validation = Rule::new("has(self.virtualInterfaceType) && self.virtualInterfaceType == 'public' ? (has(self.routeFilterPrefixes) || (has(self.managementPolicy) && self.managementPolicy == 'ObserveOnly')) : !has(self.routeFilterPrefixes)").message("routeFilterPrefixes is required on a public virtual interface, and refused on any other").field_path(".routeFilterPrefixes"),
    validation = Rule::new("!has(self.virtualInterfaceType) || self.virtualInterfaceType != 'public' || !has(self.bgpPeers) || self.bgpPeers.all(p, p.addressFamily == 'ipv6' || has(p.customerAddress))").message("an IPv4 peer of a public virtual interface needs amazonAddress and customerAddress: public addresses that you own").field_path(".bgpPeers")
)]
#[serde(rename_all = "camelCase")]
pub struct VirtualInterfaceSpec {
    /// Account, region, policies, import and tags.
    #[serde(flatten)]
    pub common: ManagedSpec,
    /// What the interface leads to. Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_interface_type: Option<VirtualInterfaceType>,
    /// The Connection in this namespace that carries it. Exactly one of connectionRef, connectionId,
    /// lagRef and lagId. A change moves the interface, which interrupts its traffic: held by the guard
    /// where it is the last healthy path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_ref: Option<ObjectReference>,
    /// AWS id (`dxcon-…`) of a connection that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^dxcon-[0-9a-z]+$"), length(max = 32))]
    pub connection_id: Option<String>,
    /// The LinkAggregationGroup in this namespace that carries it. Not supported yet: such an object
    /// is Stalled with reason NotSupportedYet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ref: Option<ObjectReference>,
    /// AWS id (`dxlag-…`) of a link aggregation group that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^dxlag-[0-9a-z]+$"), length(max = 32))]
    pub lag_id: Option<String>,
    /// The VirtualPrivateGateway in this namespace: private interfaces only, same region. A private
    /// interface has exactly one of the four gateway fields. Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_private_gateway_ref: Option<ObjectReference>,
    /// AWS id (`vgw-…`) of a virtual private gateway that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^vgw-[0-9a-z]+$"), length(max = 32))]
    pub virtual_private_gateway_id: Option<String>,
    /// The DirectConnectGateway in this namespace: private and transit interfaces, any region.
    /// Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_ref: Option<ObjectReference>,
    /// AWS id (a UUID) of a Direct Connect gateway that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        length(max = 36)
    )]
    pub direct_connect_gateway_id: Option<String>,
    /// VLAN id (802.1Q tag), 1 to 4094, not in use on the connection. Immutable once ordered. Required
    /// unless ObserveOnly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4094))]
    pub vlan: Option<i32>,
    /// Name at AWS, 1 to 100 characters. Unset: `metadata.name` for an order, unmanaged for an import.
    /// Unset later: it stays as it is. Changed in place, without effect on traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub virtual_interface_name: Option<String>,
    /// Largest packet in bytes: 1500, 8500, or on private interfaces 9001. Unset: AWS takes 1500 for
    /// an order; unmanaged for an import. Changed in place; raising it can reset a port that was not
    /// jumbo capable for up to 30 s, with every interface on it: held by the guard where that would
    /// cut the last healthy path. Not for public interfaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [1500, 8500, 9001]))]
    pub mtu: Option<i32>,
    /// Lets sites reach each other through the Direct Connect gateway without a region between them;
    /// AWS bills it by hour and data. Only with a Direct Connect gateway. Unset: off for an order,
    /// unmanaged for an import. Changed in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_site_link: Option<bool>,
    /// Public prefixes in CIDR notation that you announce to AWS, 1 to 1,000; IPv6 of /64 or shorter.
    /// Public interfaces only, required there. Immutable once ordered: later prefixes go through AWS
    /// Support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::route_filter_prefixes")]
    pub route_filter_prefixes: Option<Vec<String>>,
    /// BGP sessions, 1 to 4, by name: one of each address family, two where the connection has logical
    /// redundancy. A peer that AWS cannot change in place is replaced, which the guard may hold.
    /// Required unless ObserveOnly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(min = 1, max = 4),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    #[x_kube(validation = Rule::new("self.filter(p, p.addressFamily == 'ipv4').size() <= 2 && self.filter(p, p.addressFamily == 'ipv6').size() <= 2").message("at most two BGP peers of one address family: remove the others, or declare a second VirtualInterface"))]
    pub bgp_peers: Vec<BgpPeer>,
    /// Where the configuration of your router goes, as AWS generates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_configuration: Option<RouterConfiguration>,
    /// The 12 digits of the AWS account that shall own the interface, where it is another one. Not
    /// supported yet: such an object is Stalled with reason NotSupportedYet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{12}$"), length(max = 12))]
    pub owner_account_id: Option<String>,
    /// How many IPv4 prefixes your router may announce, 100 to 1,000, from the connection's pool. More
    /// put the session down. Unset: 100 for an order, unmanaged for an import. Changed in place. Not
    /// for public interfaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 1000))]
    pub prefix_pool_allocated_count_ipv4: Option<i32>,
    /// How many IPv6 prefixes your router may announce, 100 to 1,000, from the connection's pool. More
    /// put the session down. Unset: 100 for an order, unmanaged for an import. Changed in place. Not
    /// for public interfaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 1000))]
    pub prefix_pool_allocated_count_ipv6: Option<i32>,
}

/// private: to VPCs, through a virtual private gateway or a Direct Connect gateway. transit: to
/// transit gateways, through a Direct Connect gateway. public: to AWS's public networks, checked by
/// AWS for up to 72 h. Immutable once ordered. Required unless ObserveOnly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum VirtualInterfaceType {
    /// VPCs.
    Private,
    /// AWS's public networks.
    Public,
    /// Transit gateways.
    Transit,
}

/// Where the router's configuration goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouterConfiguration {
    /// Vendor, platform and software as AWS names them, as
    /// `CiscoSystemsInc-Nexus9KSeriesSwitches-NXOS93`. AWS's DescribeRouterConfiguration lists them.
    #[schemars(length(min = 1, max = 200))]
    pub router_type_identifier: String,
    /// Secret in this namespace that the operator writes, key `configuration`: the text holds BGP
    /// keys. Rewritten when AWS's text changes.
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: String,
}

/// What is known of a virtual interface. It never holds a BGP key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VirtualInterfaceStatus {
    /// Conditions, who must act, intents.
    #[serde(flatten)]
    pub common: ManagedStatus,
    /// AWS id, `dxvif-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_interface_id: Option<String>,
    /// State as AWS names it: confirming, verifying, pending, available, down, testing, deleting,
    /// deleted, rejected or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_interface_state: Option<String>,
    /// private, public or transit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_interface_type: Option<String>,
    /// Name at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_interface_name: Option<String>,
    /// VLAN id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<i32>,
    /// ASN of your side, as AWS has it for the interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<i64>,
    /// ASN of Amazon's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amazon_side_asn: Option<i64>,
    /// Largest packet in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<i32>,
    /// Whether jumbo frames are supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jumbo_frame_capable: Option<bool>,
    /// AWS id of the connection or LAG that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// What carries it, for people: the name of the object that the spec refers to, else the AWS id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// AWS id of the virtual private gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_gateway_id: Option<String>,
    /// AWS id of the Direct Connect gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_id: Option<String>,
    /// AWS account that owns the interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<String>,
    /// Location code of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// AWS device that the interface is on.
    #[serde(
        default,
        rename = "awsDeviceV2",
        skip_serializing_if = "Option::is_none"
    )]
    pub aws_device_v2: Option<String>,
    /// AWS device that ends the logical connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_logical_device_id: Option<String>,
    /// Whether SiteLink is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_link_enabled: Option<bool>,
    /// Public prefixes as AWS has them, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_filter_prefixes: Vec<String>,
    /// How many IPv4 prefixes your router may announce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_pool_allocated_count_ipv4: Option<i32>,
    /// How many IPv6 prefixes your router may announce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_pool_allocated_count_ipv6: Option<i32>,
    /// BGP peers by the names of the spec, with the addresses that AWS gave where the spec has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub bgp_peers: Vec<BgpPeerStatus>,
    /// How many declared BGP peers are up, as `1/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bgp_peers_up: Option<String>,
    /// How many routes are exchanged, and as of when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<Routes>,
    /// Secret that holds the router's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_configuration_secret: Option<String>,
    /// What the configuration in that Secret was made from: it is written again when this changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_configuration_fingerprint: Option<String>,
    /// True once a BGP session of this interface was up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_up: Option<bool>,
}

/// How many routes a virtual interface exchanges, read on a transition or on request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Routes {
    /// Routes that AWS accepted from your router.
    pub accepted: i32,
    /// Routes that AWS announces to your router.
    pub advertised: i32,
    /// When AWS was asked (AWS time, RFC 3339).
    pub as_of: String,
}

/// CEL: not public, or none of these fields is set.
fn public_has_none_of(fields: &[&str]) -> String {
    format!(
        "!has(self.virtualInterfaceType) || self.virtualInterfaceType != 'public' || {} == 0",
        rules::count(fields)
    )
}
