//! `DirectConnectGateway`: the global gateway between virtual interfaces and VPCs.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::ManagedSpec;
use super::rules;
use super::status::ManagedStatus;

/// What is wanted of a Direct Connect gateway.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "DirectConnectGateway",
    plural = "directconnectgateways",
    shortname = "dxgw",
    category = "directconnect",
    namespaced,
    doc = "A Direct Connect gateway: the global object that private or transit virtual interfaces and virtual private or transit gateways meet at. Ready when AWS says `available`. Without charge of its own.",
    status = "DirectConnectGatewayStatus",
    derive = "PartialEq",
    validation = rules::name_fits(),
    validation = rules::account_and_region_immutable("directConnectGatewayId"),
    validation = rules::import_id_immutable("directConnectGatewayId"),
    validation = rules::immutable("directConnectGatewayId", &["amazonSideAsn"], "declare a second DirectConnectGateway and move associations and virtual interfaces to it"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.directConnectGatewayState"}"#,
    printcolumn = r#"{"name":"ASN","type":"integer","jsonPath":".status.amazonSideAsn"}"#,
    printcolumn = r#"{"name":"ID","type":"string","jsonPath":".status.directConnectGatewayId"}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = rules::observe_only_requires_import(),
    validation = rules::import_id_matches(rules::UUID, "5f294f92-bafb-4011-916d-9b0bda64adc1")
)]
#[serde(rename_all = "camelCase")]
pub struct DirectConnectGatewaySpec {
    /// Account, region, policies, import and tags. The gateway is global: `region` only chooses the
    /// endpoint that is asked.
    #[serde(flatten)]
    pub common: ManagedSpec,
    /// Autonomous system number of Amazon's side of the BGP sessions: 64512 to 65534, or 4200000000
    /// to 4294967294. It must differ from the ASN of every transit gateway that is associated, and
    /// should differ from your routers'. Unset: AWS takes 64512 for an order; unmanaged for an import.
    /// Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::amazon_side_asn())]
    #[schemars(range(min = 64_512_i64, max = 4_294_967_294_i64))]
    pub amazon_side_asn: Option<i64>,
    /// Name at AWS, 1 to 100 characters. Unset: `metadata.name` for an order, unmanaged for an
    /// import. Unset later: it stays as it is. Changed in place, without effect on traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub direct_connect_gateway_name: Option<String>,
}

/// What is known of a Direct Connect gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectConnectGatewayStatus {
    /// Conditions, who must act, intents.
    #[serde(flatten)]
    pub common: ManagedStatus,
    /// AWS id, a UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_id: Option<String>,
    /// State as AWS names it: pending, available, deleting or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_state: Option<String>,
    /// Name at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_name: Option<String>,
    /// ASN of Amazon's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amazon_side_asn: Option<i64>,
    /// AWS account that owns the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<String>,
    /// Why the last change of state failed, in AWS's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_change_error: Option<String>,
}
