//! Parts that the specs of all kinds share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Refers to an object of a known kind by name, in the same namespace (or cluster-scoped).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Refers to one key of a Secret in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyReference {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key within the Secret's data.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// Whether the operator changes the AWS object or only watches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ManagementPolicy {
    /// The operator orders, changes, repairs and deletes.
    #[default]
    Manage,
    /// The operator reads and reports; it writes nothing at AWS. Requires `import`.
    ObserveOnly,
}

/// What happens to the AWS object when the Kubernetes object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// The AWS object is deleted, when nothing that is known depends on it.
    Delete,
    /// The AWS object stays, tagged, and is taken back by an object of the same name.
    Retain,
}

/// What happens where an imported AWS object differs from the spec.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnDifference {
    /// Nothing is written; every difference is listed.
    #[default]
    Refuse,
    /// What AWS can change in place is changed; what it cannot is refused all the same.
    Apply,
}

/// Takes over an AWS object that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Id of the AWS object to take over.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// What to do where the AWS object differs from this spec: Refuse (default) or Apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_difference: Option<OnDifference>,
}

/// Spec fields of every managed kind. Flattened into each spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedSpec {
    /// The AwsAccount that owns the AWS object.
    pub account_ref: ObjectReference,
    /// AWS region. Default: the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub region: Option<String>,
    /// Manage (default), or ObserveOnly: read and report, write nothing. ObserveOnly requires `import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_policy: Option<ManagementPolicy>,
    /// Delete or Retain. Unset: Retain for Connection and for everything imported, Delete for the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Takes over an AWS object that exists instead of ordering one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Import>,
    /// AWS tags, merged over the account's default tags. Tags that others set are left alone.
    /// Keys that begin with `aws:` or `directconnect.dev/` are refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl ManagedSpec {
    /// True if the operator may not write at AWS for this object.
    pub fn observe_only(&self) -> bool {
        self.management_policy == Some(ManagementPolicy::ObserveOnly)
    }

    /// True if differences of an imported object are to be applied.
    pub fn applies_differences(&self) -> bool {
        self.import.as_ref().and_then(|i| i.on_difference) == Some(OnDifference::Apply)
    }
}
