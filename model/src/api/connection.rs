//! `Connection`: one dedicated Direct Connect port.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::ManagedSpec;
use super::status::ManagedStatus;

/// A Direct Connect port: ordered, or taken over by `import`. It costs money from the day that it is
/// up, or 90 days after AWS issued its LOA-CFA; unset `deletionPolicy` therefore means Retain.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "directconnect.dev",
    version = "v1alpha1",
    kind = "Connection",
    plural = "connections",
    shortname = "dxcon",
    category = "directconnect",
    namespaced,
    status = "ConnectionStatus",
    derive = "PartialEq",
    validation = Rule::new("size(self.metadata.name) <= 63").message("metadata.name must have 63 characters or fewer: it is part of identities at AWS").field_path(".metadata.name"),
    validation = Rule::new("!(has(oldSelf.status) && (has(oldSelf.status.connectionId) || has(oldSelf.status.intents))) || (has(self.spec.dedicated) == has(oldSelf.spec.dedicated) && (!has(self.spec.dedicated) || (self.spec.dedicated.location == oldSelf.spec.dedicated.location && self.spec.dedicated.bandwidth == oldSelf.spec.dedicated.bandwidth && has(self.spec.dedicated.providerName) == has(oldSelf.spec.dedicated.providerName) && (!has(self.spec.dedicated.providerName) || self.spec.dedicated.providerName == oldSelf.spec.dedicated.providerName) && has(self.spec.dedicated.requestMACSec) == has(oldSelf.spec.dedicated.requestMACSec) && (!has(self.spec.dedicated.requestMACSec) || self.spec.dedicated.requestMACSec == oldSelf.spec.dedicated.requestMACSec))))").message("spec.dedicated: AWS cannot change location, bandwidth, providerName or requestMACSec of an ordered connection: declare a second Connection and move the virtual interfaces").field_path(".spec.dedicated"),
    validation = Rule::new("!(has(oldSelf.status) && (has(oldSelf.status.connectionId) || has(oldSelf.status.intents))) || (self.spec.accountRef == oldSelf.spec.accountRef && has(self.spec.region) == has(oldSelf.spec.region) && (!has(self.spec.region) || self.spec.region == oldSelf.spec.region))").message("spec.accountRef and spec.region are immutable once the AWS object exists or is being ordered").field_path(".spec.accountRef"),
    validation = Rule::new("!(has(oldSelf.status) && has(oldSelf.status.connectionId)) || !has(self.spec.import) || self.spec.import.id == oldSelf.status.connectionId").message("spec.import.id must be the id in status.connectionId: an object never changes to another AWS object").field_path(".spec.import"),
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.connectionState"}"#,
    printcolumn = r#"{"name":"LOCATION","type":"string","jsonPath":".status.location"}"#,
    printcolumn = r#"{"name":"BANDWIDTH","type":"string","jsonPath":".status.bandwidth"}"#,
    printcolumn = r#"{"name":"ID","type":"string","jsonPath":".status.connectionId"}"#,
    printcolumn = r#"{"name":"DEVICE","type":"string","jsonPath":".status.awsDeviceV2","priority":1}"#,
    printcolumn = r#"{"name":"MESSAGE","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = Rule::new("has(self.dedicated) || (has(self.import) && has(self.managementPolicy) && self.managementPolicy == 'ObserveOnly')").message("spec.dedicated is required unless managementPolicy is ObserveOnly"),
    validation = Rule::new("!has(self.managementPolicy) || self.managementPolicy != 'ObserveOnly' || has(self.import)").message("managementPolicy ObserveOnly requires spec.import: name the AWS object to watch")
)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSpec {
    /// Account, region, policies, import and tags.
    #[serde(flatten)]
    pub common: ManagedSpec,
    /// A dedicated port. Optional only with `managementPolicy: ObserveOnly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedicated: Option<DedicatedConnection>,
    /// Name at AWS. Unset: `metadata.name` for an order, unmanaged for an import. Unset later: it stays
    /// as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub connection_name: Option<String>,
    /// MACsec mode: no_encrypt, should_encrypt or must_encrypt. must_encrypt takes the link down while
    /// encryption is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_mode: Option<EncryptionMode>,
    /// Billing mode: PayAsYouGo or FlatRateTier1 to FlatRateTier5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_mode: Option<BillingMode>,
    /// Where the LOA-CFA goes once AWS has issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa: Option<Loa>,
}

/// What makes a dedicated port; immutable once ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DedicatedConnection {
    /// Location code of AWS Direct Connect, as `EqDC2`.
    #[schemars(length(min = 1, max = 64))]
    pub location: String,
    /// Port speed: 1Gbps, 10Gbps, 100Gbps or 400Gbps.
    #[schemars(regex(pattern = r"^(1|10|100|400)Gbps$"))]
    pub bandwidth: String,
    /// The network provider at the location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub provider_name: Option<String>,
    /// Ask for a port that can do MACsec.
    #[serde(
        default,
        rename = "requestMACSec",
        skip_serializing_if = "Option::is_none"
    )]
    pub request_macsec: Option<bool>,
}

/// MACsec mode of a port, as AWS spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EncryptionMode {
    /// No MACsec.
    NoEncrypt,
    /// MACsec where both sides can; plain text otherwise.
    ShouldEncrypt,
    /// MACsec, or no link.
    MustEncrypt,
}

/// Billing mode of a port, as AWS spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
pub enum BillingMode {
    /// By port hour and data.
    PayAsYouGo,
    /// Flat rate, tier 1.
    FlatRateTier1,
    /// Flat rate, tier 2.
    FlatRateTier2,
    /// Flat rate, tier 3.
    FlatRateTier3,
    /// Flat rate, tier 4.
    FlatRateTier4,
    /// Flat rate, tier 5.
    FlatRateTier5,
}

/// Where the LOA-CFA goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Loa {
    /// ConfigMap in the same namespace that the operator writes, key `loa.pdf` in `binaryData`.
    #[schemars(length(min = 1, max = 253))]
    pub config_map_name: String,
}

/// What is known of a port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionStatus {
    /// Conditions, who must act, intents.
    #[serde(flatten)]
    pub common: ManagedStatus,
    /// AWS id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// State as AWS names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_state: Option<String>,
    /// Name at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_name: Option<String>,
    /// Location code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Port speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<String>,
    /// The network provider at the location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// AWS device that the port is on.
    #[serde(
        default,
        rename = "awsDeviceV2",
        skip_serializing_if = "Option::is_none"
    )]
    pub aws_device_v2: Option<String>,
    /// AWS device that ends the logical connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_logical_device_id: Option<String>,
    /// Whether a second BGP peer of one family is possible: yes, no or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_logical_redundancy: Option<String>,
    /// Whether jumbo frames are supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jumbo_frame_capable: Option<bool>,
    /// MACsec mode at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_mode: Option<String>,
    /// Whether the port can do MACsec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac_sec_capable: Option<bool>,
    /// Billing mode at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_mode: Option<String>,
    /// ConfigMap that holds the LOA-CFA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa_config_map: Option<String>,
    /// True once the port was seen available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_available: Option<bool>,
}
