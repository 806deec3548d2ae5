//! `DirectConnectGatewayAssociation`: a Direct Connect gateway joined to a VGW or a transit gateway.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{ManagedSpec, ObjectReference};
use super::rules;
use super::status::ManagedStatus;

/// What is wanted of an association.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "DirectConnectGatewayAssociation",
    plural = "directconnectgatewayassociations",
    shortname = "dxgwa",
    category = "directconnect",
    namespaced,
    doc = "Joins a Direct Connect gateway to a virtual private gateway or a transit gateway, and says which prefixes AWS announces to your routers. Ready when AWS says `associated`. Deleting it cuts the traffic between the two: such a step is held by the guard where no other path serves the gateway.",
    status = "DirectConnectGatewayAssociationStatus",
    derive = "PartialEq",
    validation = rules::name_fits(),
    validation = rules::account_and_region_immutable("associationId"),
    validation = rules::import_id_immutable("associationId"),
    validation = rules::immutable("associationId", &["directConnectGatewayRef", "directConnectGatewayId", "virtualPrivateGatewayRef", "virtualPrivateGatewayId", "transitGatewayId", "gatewayOwnerAccountId"], "declare a second DirectConnectGatewayAssociation for the other pair of gateways"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.associationState"}"#,
    printcolumn = r#"{"name":"GATEWAY","type":"string","jsonPath":".status.gatewayId"}"#,
    printcolumn = r#"{"name":"ID","type":"string","jsonPath":".status.associationId"}"#,
    printcolumn = r#"{"name":"PREFIXES","type":"string","jsonPath":".status.allowedPrefixes","priority":1}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = rules::observe_only_requires_import(),
    validation = rules::import_id_matches(rules::UUID, "0a1b2c3d-0000-4000-8000-0123456789ab"),
    validation = rules::exactly_one(&["directConnectGatewayRef", "directConnectGatewayId"]),
    validation = rules::exactly_one(&["virtualPrivateGatewayRef", "virtualPrivateGatewayId", "transitGatewayId"]),
    validation = Rule::new("!has(self.transitGatewayId) || (has(self.allowedPrefixes) && size(self.allowedPrefixes) > 0) || (has(self.managementPolicy) && self.managementPolicy == 'ObserveOnly')").message("allowedPrefixes is required with transitGatewayId: AWS announces exactly these prefixes to your routers; list at least one").field_path(".allowedPrefixes")
)]
#[serde(rename_all = "camelCase")]
pub struct DirectConnectGatewayAssociationSpec {
    /// Account, region, policies, import and tags. An association has no tags at AWS: ownership is
    /// recorded on the gateways.
    #[serde(flatten)]
    pub common: ManagedSpec,
    /// The DirectConnectGateway in this namespace. Exactly one of directConnectGatewayRef and
    /// directConnectGatewayId. Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_ref: Option<ObjectReference>,
    /// AWS id (a UUID) of a Direct Connect gateway that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        length(max = 36)
    )]
    pub direct_connect_gateway_id: Option<String>,
    /// The VirtualPrivateGateway in this namespace. Exactly one of virtualPrivateGatewayRef,
    /// virtualPrivateGatewayId and transitGatewayId. It must be attached to a VPC and may be
    /// associated with one Direct Connect gateway only. Immutable once ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_private_gateway_ref: Option<ObjectReference>,
    /// AWS id (`vgw-…`) of a virtual private gateway that no object in this namespace stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^vgw-[0-9a-z]+$"), length(max = 32))]
    pub virtual_private_gateway_id: Option<String>,
    /// AWS id (`tgw-…`) of a transit gateway. One Direct Connect gateway serves either virtual
    /// private gateways or transit gateways, never both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^tgw-[0-9a-z]+$"), length(max = 32))]
    pub transit_gateway_id: Option<String>,
    /// Networks in CIDR notation, at most 200, in any order. For a virtual private gateway they are
    /// a filter: a VPC's CIDR is announced to your routers if an entry equals or contains it, and an
    /// empty list lets all through. For a transit gateway AWS announces exactly these, and at least
    /// one is required. Unset: unmanaged. Changed in place; routes come and go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::allowed_prefixes")]
    pub allowed_prefixes: Option<Vec<String>>,
    /// The 12 digits of the AWS account that owns the virtual private or transit gateway, where it is
    /// another one. Not supported yet: such an object is Stalled with reason NotSupportedYet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{12}$"), length(max = 12))]
    pub gateway_owner_account_id: Option<String>,
}

/// What is known of an association.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectConnectGatewayAssociationStatus {
    /// Conditions, who must act, intents.
    #[serde(flatten)]
    pub common: ManagedStatus,
    /// AWS id, a UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    /// State as AWS names it: associating, associated, updating, disassociating or disassociated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association_state: Option<String>,
    /// AWS id of the Direct Connect gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_id: Option<String>,
    /// AWS id of the virtual private gateway or transit gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    /// Prefixes as AWS has them, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_prefixes: Vec<String>,
    /// Why the last change of state failed, in AWS's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_change_error: Option<String>,
}
