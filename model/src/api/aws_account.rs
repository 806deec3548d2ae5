//! `AwsAccount`: where and as whom the operator acts, and what it may order there.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::SecretKeyReference;
use super::status::WaitingFor;

/// An AWS account: identity, region, role, endpoints, the namespaces that may use it, and the
/// limits of what may be ordered in it.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "AwsAccount",
    plural = "awsaccounts",
    shortname = "dxaccount",
    category = "directconnect",
    status = "AwsAccountStatus",
    derive = "PartialEq",
    validation = Rule::new("size(self.metadata.name) <= 63").message("metadata.name must have 63 characters or fewer: it is part of identities at AWS").field_path(".metadata.name"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"ACCOUNT","type":"string","jsonPath":".spec.accountId"}"#,
    printcolumn = r#"{"name":"REGION","type":"string","jsonPath":".spec.region"}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct AwsAccountSpec {
    /// The account's 12 digits. Checked with STS before anything is done; immutable.
    #[x_kube(validation = Rule::new("self == oldSelf").message("spec.accountId is immutable: make another AwsAccount"))]
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account_id: String,
    /// Default region of every object that names this account; immutable.
    #[x_kube(validation = Rule::new("self == oldSelf").message("spec.region is immutable: objects may name another region of their own"))]
    #[schemars(regex(pattern = r"^[a-z]{2}(-[a-z]+)+-[0-9]+$"))]
    pub region: String,
    /// Role to assume. Unset: the operator's own credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<AssumeRole>,
    /// Endpoints other than AWS's own: simulators, VPC endpoints. Plain http only on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
    /// Namespaces whose objects may use this account. Empty or unset: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
    /// Tags of every AWS object that is made for this account's objects; an object's own tags win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub default_tags: BTreeMap<String, String>,
    /// How many requests a second go to AWS, for each region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_rates: Option<RequestRates>,
    /// What may be ordered. Unset: no orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Orders>,
    /// What happens to a step that would cut the last healthy path: Enforce (default) holds it until
    /// consent, Warn says so and does it, Off does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
}

/// A role to assume through STS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssumeRole {
    /// ARN of the role.
    #[schemars(regex(pattern = r"^arn:[a-z-]+:iam::[0-9]{12}:role/.+$"))]
    pub role_arn: String,
    /// External id that the role's trust policy asks for: a Secret in the operator's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id_secret_ref: Option<SecretKeyReference>,
}

/// Endpoint URLs by service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Direct Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = endpoint_rule())]
    pub direct_connect: Option<String>,
    /// EC2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = endpoint_rule())]
    pub ec2: Option<String>,
    /// STS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = endpoint_rule())]
    pub sts: Option<String>,
    /// CloudWatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = endpoint_rule())]
    pub cloud_watch: Option<String>,
}

fn endpoint_rule() -> kube::core::Rule {
    kube::core::Rule::new(
        "self.startsWith('https://') || self.matches('^http://(127\\\\.[0-9.]+|localhost|\\\\[::1\\\\])(:[0-9]+)?(/.*)?$')",
    )
    .message("an endpoint must be an https URL; plain http is allowed on loopback only")
}

/// Namespaces that may use an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllowedNamespaces {
    /// Names of namespaces. Empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub names: Vec<String>,
}

/// Requests per second and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestRates {
    /// Requests a second to Direct Connect. Default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 50))]
    pub direct_connect_per_second: Option<i32>,
    /// Requests a second to EC2. Default 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub ec2_per_second: Option<i32>,
}

/// What may be ordered in an account. Ports that are live, retained, imported or on order count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Orders {
    /// How many ports this cluster may have in the account.
    #[schemars(range(min = 0, max = 1000))]
    pub max_ports: i32,
    /// Sum of the bandwidths of these ports, as `10Gbps` or `500Mbps`. Unset: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[1-9][0-9]*(Mbps|Gbps|Tbps)$"))]
    pub max_bandwidth: Option<String>,
    /// None (default): orders within the limits go out. Consent: each order asks first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// Whether an order asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Approval {
    /// Orders within the limits go out.
    None,
    /// Each order waits for consent.
    Consent,
}

/// What the guard does with a step that would cut the last healthy path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Guard {
    /// The step is held until consent.
    #[default]
    Enforce,
    /// The step is done, and an event says what it cut.
    Warn,
    /// The step is done.
    Off,
}

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsAccountStatus {
    /// The generation of the spec that has been fully acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions: Ready (the identity is verified), Reconciling, Stalled, Observed, Orphaned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// Who must act next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<WaitingFor>,
    /// Regions in which ports of this account were looked for: ports there count for the limits of orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// ARN that STS answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_arn: Option<String>,
    /// AWS objects that carry this cluster's identity and that no object claims; the first 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphans: Vec<Orphan>,
}

/// An AWS object that nobody claims.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// Id of the AWS object.
    pub id: String,
    /// Region that it is in.
    pub region: String,
    /// Object that its tags name, as `Kind/namespace/name`.
    pub owner: String,
}
