//! `VirtualPrivateGateway`: the VPC side of Direct Connect and VPN, its attachment and propagation.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::ManagedSpec;
use super::rules;
use super::status::ManagedStatus;

/// What is wanted of a virtual private gateway.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "VirtualPrivateGateway",
    plural = "virtualprivategateways",
    shortname = "dxvgw",
    category = "directconnect",
    namespaced,
    doc = "A virtual private gateway (VGW): one VPC's door to Direct Connect and VPN, with its attachment and the propagation of its routes into the VPC's route tables. Ready when it is attached as declared.",
    status = "VirtualPrivateGatewayStatus",
    derive = "PartialEq",
    validation = rules::name_fits(),
    validation = rules::account_and_region_immutable("vpnGatewayId"),
    validation = rules::import_id_immutable("vpnGatewayId"),
    validation = rules::immutable("vpnGatewayId", &["amazonSideAsn"], "declare a second VirtualPrivateGateway and move to it"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.state"}"#,
    printcolumn = r#"{"name":"VPC","type":"string","jsonPath":".status.attachedVpcId"}"#,
    printcolumn = r#"{"name":"ATTACHMENT","type":"string","jsonPath":".status.attachmentState"}"#,
    printcolumn = r#"{"name":"ID","type":"string","jsonPath":".status.vpnGatewayId"}"#,
    printcolumn = r#"{"name":"ASN","type":"integer","jsonPath":".status.amazonSideAsn","priority":1}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = rules::observe_only_requires_import(),
    validation = rules::import_id_matches("^vgw-[0-9a-z]+$", "vgw-0123456789abcdef0")
)]
#[serde(rename_all = "camelCase")]
pub struct VirtualPrivateGatewaySpec {
    /// Account, region, policies, import and tags.
    #[serde(flatten)]
    pub common: ManagedSpec,
    /// Autonomous system number of Amazon's side of the BGP sessions: 64512 to 65534, or 4200000000
    /// to 4294967294. Unset: AWS takes 64512 for an order; unmanaged for an import. Immutable once
    /// ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::amazon_side_asn())]
    #[schemars(range(min = 64_512_i64, max = 4_294_967_294_i64))]
    pub amazon_side_asn: Option<i64>,
    /// AWS id (`vpc-…`) of the VPC that the gateway is attached to, in the same region; a VPC has at
    /// most one. Unset: unmanaged. Adding it attaches; removing or changing it detaches what the
    /// operator attached, which cuts the VPC's traffic and ends an association with a Direct Connect
    /// gateway: the guard holds it where no other path serves the VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^vpc-[0-9a-z]+$"), length(max = 32))]
    pub vpc_id: Option<String>,
    /// Which route tables of the VPC learn the gateway's routes. Unset: unmanaged. Changed in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_propagation: Option<RoutePropagation>,
}

/// Which route tables learn the gateway's routes: exactly one of `routeTables` and `routeTableIds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.routeTables), has(self.routeTableIds)].filter(x, x).size() == 1").message("exactly one of routeTables and routeTableIds is required: {routeTables: All} for every table of the VPC, or the ids of some")
)]
pub struct RoutePropagation {
    /// A choice of route tables that is not a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_tables: Option<RouteTables>,
    /// AWS ids (`rtb-…`) of route tables of the attached VPC, at most 200. A table that leaves the
    /// list loses the propagation if the operator enabled it; what others enabled is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 200),
        inner(regex(pattern = r"^rtb-[0-9a-z]+$"), length(max = 32)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub route_table_ids: Option<Vec<String>>,
}

/// All: every route table of the attached VPC, those made later too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RouteTables {
    /// Every route table of the attached VPC.
    All,
}

/// What is known of a virtual private gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VirtualPrivateGatewayStatus {
    /// Conditions, who must act, intents.
    #[serde(flatten)]
    pub common: ManagedStatus,
    /// AWS id, `vgw-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn_gateway_id: Option<String>,
    /// State as AWS names it: pending, available, deleting or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// ASN of Amazon's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amazon_side_asn: Option<i64>,
    /// VPC that it is attached to, or being attached to or detached from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_vpc_id: Option<String>,
    /// State of the attachment as AWS names it: attaching, attached, detaching or detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_state: Option<String>,
    /// Route tables that learn its routes, whoever enabled that; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub propagating_route_table_ids: Vec<String>,
    /// Route tables whose propagation the operator enabled: only these are disabled when they leave
    /// the spec; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed_route_table_ids: Vec<String>,
}
