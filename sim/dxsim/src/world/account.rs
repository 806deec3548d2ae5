//! Accounts, their credentials and who may assume which role.

use crate::iam::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A secret text: never in `Debug`, plain only where the whole world is asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One AWS account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Access key id → user name.
    pub access_keys: BTreeMap<String, String>,
    /// Role name → role.
    pub roles: BTreeMap<String, Role>,
}

/// A role that other accounts may assume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Accounts whose callers may assume it.
    pub trusted_accounts: BTreeSet<String>,
    /// `ExternalId` that AssumeRole must carry.
    pub external_id: Option<Secret>,
    /// Identity policies; without any the role may do everything.
    #[serde(default)]
    pub policies: Option<Vec<Policy>>,
}

/// Temporary credentials that AssumeRole gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Account of the role.
    pub account: String,
    /// Name of the role.
    pub role: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// `AssumedRoleId` without the session name (`AROA…`).
    pub role_id: String,
    /// The session token that requests must carry.
    pub token: Secret,
    /// Wall time after which the credentials are refused.
    pub expires: Timestamp,
}
