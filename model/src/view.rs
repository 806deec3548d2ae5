//! Everything that a decision may look at, gathered beforehand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::api::aws_account::{Guard, Orders};
use crate::api::status::Intent;
use crate::aws::{AuthKey, Connection, List, Snapshot, Tags};
use crate::fetch::Document;
use crate::kind::ObjectKey;
use crate::reason::Reason;

/// All that one decision sees.
#[derive(Clone, Debug)]
pub struct View {
    /// AWS time, as well as it is known.
    pub now: Timestamp,
    /// This cluster's id.
    pub cluster_id: String,
    /// Windows of the create protocol.
    pub windows: Windows,
    /// The account, or why it cannot be used.
    pub account: Result<Account, Blocked>,
    /// What AWS says exists; lists that were never read are absent.
    pub aws: Snapshot,
    /// Objects that the declared one refers to.
    pub references: BTreeMap<ObjectKey, Referenced>,
    /// Secrets that it refers to, by (name, key).
    pub secrets: BTreeMap<(String, String), SecretState>,
    /// Other objects of this API group that are in use in the same account.
    pub siblings: std::sync::Arc<Vec<std::sync::Arc<Sibling>>>,
    /// What this process remembers of the object.
    pub memory: Memory,
    /// The namespace or the CRD is being removed: everything is retained.
    pub leaving: bool,
    /// Ports of the account's other regions, as far as they were read.
    pub elsewhere: Vec<Connection>,
    /// AWS was asked and cannot be read.
    pub unreadable: bool,
}

/// An account that may be used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Account {
    /// Name of the AwsAccount.
    pub name: String,
    /// 12 digits.
    pub account_id: String,
    /// Region that applies to the object.
    pub region: String,
    /// Default tags.
    pub default_tags: Tags,
    /// What may be ordered.
    pub orders: Option<Orders>,
    /// The guard.
    pub guard: Guard,
    /// uid of the AwsAccount.
    pub uid: String,
    /// resourceVersion of the AwsAccount.
    pub resource_version: String,
}

/// Why something cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Reason.
    pub reason: Reason,
    /// Sentence for people.
    pub message: String,
    /// The spec, or the account's settings, must change.
    pub stalled: bool,
}

/// Windows of the create protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// How long AWS accepts a signed request: 15 min (AWS Signature Version 4, "Elements of an AWS API request").
    pub validity: SignedDuration,
    /// How long until every list shows a change (assumed: 5 min, EC2's advice on eventual consistency).
    pub visibility: SignedDuration,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            validity: SignedDuration::from_mins(15),
            visibility: SignedDuration::from_mins(5),
        }
    }
}

impl Windows {
    /// validity + visibility + 1 min: after it nothing that was sent before can still appear.
    pub fn window(&self) -> SignedDuration {
        self.settled() + SignedDuration::from_mins(1)
    }

    /// validity + visibility.
    pub fn settled(&self) -> SignedDuration {
        self.validity + self.visibility
    }
}

/// An object that is referred to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Referenced {
    /// uid.
    pub uid: String,
    /// resourceVersion. Empty where it comes from a watch: only uncached reads enter a hash.
    pub resource_version: String,
    /// It is being deleted.
    pub deleting: bool,
    /// AWS id in its status.
    pub aws_id: Option<String>,
    /// Its condition Provisioned.
    pub provisioned: bool,
    /// Its condition Ready.
    pub ready: bool,
    /// Reason of its condition Ready.
    pub reason: String,
    /// Account id and region in its status.
    pub account_id: Option<String>,
    /// Region in its status.
    pub region: Option<String>,
}

/// A key of a Secret, as last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// There is no such Secret.
    NoSecret,
    /// The Secret has no such key.
    NoKey,
    /// The operator may not read the Secret.
    Forbidden,
    /// A value.
    Value {
        /// The Secret's uid.
        uid: String,
        /// The Secret's resourceVersion.
        resource_version: String,
        /// The value.
        value: AuthKey,
    },
}

/// What is said of a Secret that the operator may not read.
pub fn forbidden(name: &str, namespace: &str) -> String {
    format!(
        "Secret {name} may not be read: grant the operator get on Secret {name} in namespace {namespace}"
    )
}

/// Another object of this API group.
#[derive(Clone, Debug, PartialEq)]
pub struct Sibling {
    /// Which.
    pub key: ObjectKey,
    /// uid.
    pub uid: String,
    /// AWS id in its status.
    pub aws_id: Option<String>,
    /// It watches only.
    pub observe_only: bool,
    /// It is being deleted.
    pub deleting: bool,
    /// Account id in its status.
    pub account_id: Option<String>,
    /// Open intents.
    pub intents: BTreeMap<String, Intent>,
    /// Names of objects that it refers to.
    pub references: Vec<ObjectKey>,
    /// AWS ids that it names in its spec.
    pub ids: Vec<String>,
    /// Bandwidth on order, for kinds that cost money.
    pub bandwidth: Option<String>,
}

/// What this process remembers of an object; all of it may be lost in a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Beginnings of the complete lists that did not hold the recorded id.
    pub missing: Vec<Timestamp>,
    /// Calls that AWS accepted, by params hash, and until when lists that are begun may not show it.
    pub accepted: BTreeMap<String, Timestamp>,
    /// AWS objects with a mutation of unknown outcome, and until when no other may be sent.
    pub unknown: BTreeMap<String, Timestamp>,
    /// Ports without owner that look like what is declared, and when this process first saw each.
    pub alike: BTreeMap<String, Timestamp>,
    /// When this process last sent an order for this identity.
    pub last_order: Option<Timestamp>,
    /// Ids of what AWS accepted to delete, for this process, and the time up to which lists that are begun may still show it.
    pub going: BTreeMap<String, Timestamp>,
    /// Calls that AWS refused, by params hash: class, words, and when to try again.
    pub refused: BTreeMap<String, Refusal>,
    /// Until when lists may not show the tags that were written last.
    pub tagged_until: Option<Timestamp>,
    /// Documents that could not be written, and why.
    pub withheld: BTreeMap<Document, Refusal>,
    /// Routes of the virtual interface, as last read: accepted, advertised, when.
    pub routes: Option<(usize, usize, Timestamp)>,
}

/// A call that AWS refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// RefusedByAws, AccessDenied, or a reason that the error table knows better.
    pub reason: Reason,
    /// AWS's words, without ids of requests.
    pub message: String,
    /// Not before.
    pub retry_at: Timestamp,
    /// How often in a row.
    pub times: u32,
}

impl View {
    /// The account; only called where `account` was seen to be usable.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref().ok()
    }

    /// True if an object with this uid is known.
    pub fn lives(&self, uid: &str) -> bool {
        self.siblings.iter().any(|s| s.uid == uid)
    }

    /// The managing object that records this AWS id.
    pub fn owner(&self, aws_id: &str) -> Option<ObjectKey> {
        self.siblings
            .iter()
            .find(|s| s.aws_id.as_deref() == Some(aws_id) && !s.observe_only)
            .map(|s| s.key.clone())
    }

    /// Objects that refer to this one, by name or by AWS id.
    pub fn dependents(&self, key: &ObjectKey, aws_id: Option<&str>) -> Vec<&Sibling> {
        self.siblings
            .iter()
            .filter(|s| {
                s.references.contains(key)
                    || aws_id.is_some_and(|id| s.ids.iter().any(|other| other == id))
            })
            .filter(|s| !s.observe_only)
            .map(std::sync::Arc::as_ref)
            .collect()
    }

    /// True while the lists need not show a call that AWS accepted, named by its params hash: until each
    /// was begun when every list shows it.
    pub fn awaited(&self, params_hash: &str, lists: &BTreeSet<List>) -> bool {
        let begun = self.aws.begun_all(lists);
        self.memory
            .accepted
            .get(params_hash)
            .is_some_and(|until| *until > self.now || begun.is_none_or(|b| b <= *until))
    }

    /// Lists among these that were not read after AWS's time `after`.
    pub fn older_than<'a>(
        &self,
        lists: impl IntoIterator<Item = &'a List>,
        after: Timestamp,
    ) -> BTreeSet<List> {
        lists
            .into_iter()
            .filter(|l| self.aws.begun(l).is_none_or(|b| b <= after))
            .cloned()
            .collect()
    }
}
