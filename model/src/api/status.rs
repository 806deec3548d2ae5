//! Parts that the status of all kinds share: conditions, who must act, open intents.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// Status fields of every managed kind. Flattened into each status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedStatus {
    /// The generation of the spec that has been fully acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions: Ready, Provisioned, Reconciling, Stalled, Observed, Paused, Guarded and those of the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// Who must act next, on what, and what happens then. Empty when nobody has to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<WaitingFor>,
    /// Open intents by slot: calls that are about to be sent, or whose outcome is not known yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intents: BTreeMap<String, Intent>,
    /// When the operator first saw this object (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When the operator found that this object's status had been lost (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrecorded_since: Option<String>,
    /// The AWS account that this object was first acted on in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The AWS region that this object was first acted on in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// True once the AWS object was taken over by `import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<bool>,
    /// When the id of the AWS object was recorded (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// True once the recorded AWS object was seen in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<bool>,
    /// When the AWS object was deleted by the operator (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Consent codes that were used: each is good for one act only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents_used: Vec<String>,
    /// Keys of the declared tags that the operator wrote at AWS: these alone are removed once they leave
    /// the spec and the account's default tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_keys: Vec<String>,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
pub enum Actor {
    /// Amazon Web Services.
    AWS,
    /// The reader: whoever owns this object.
    You,
    /// The colocation or network provider.
    Provider,
    /// The owner of another AWS account.
    Account,
    /// This operator.
    Operator,
}

/// One thing that this object waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingFor {
    /// The same closed list as the conditions' reasons.
    pub reason: Reason,
    /// Who must act.
    pub actor: Actor,
    /// On what.
    pub on: String,
    /// What the actor must do: for consent, the line to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// What happens then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// Since when (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// By when (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
}

/// A call that was decided and stored before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// AWS operation.
    pub operation: String,
    /// 128 random bits, hexadecimal. A create carries it as the tag `directconnect.dev/intent`.
    pub token: String,
    /// SHA-256 of the request's parameters and of the uids and resourceVersions of the AwsAccount and of
    /// every object and Secret that they were made from, first 32 hexadecimal digits.
    pub params_hash: String,
    /// Account that the call goes to.
    pub account_id: String,
    /// Region that the call goes to.
    pub region: String,
    /// Endpoint that the call goes to, where it is not AWS's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The request may be signed until then and not later (AWS time, RFC 3339).
    pub send_by: String,
    /// Consent code that the call uses up; free again if the call has no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Id of the AWS object that the call changes or deletes; none for a create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First of the complete look-ups that found nothing after the window (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_found_at: Option<String>,
    /// Earlier tokens of this slot that could still take effect, with their `sendBy`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<String, String>,
}
