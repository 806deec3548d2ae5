//! The promises, by number. Each judge names the promise that it finds broken.
//!
//! [`wire`] looks at every write before it reaches AWS, with what is stored at that moment; [`truth`] at what AWS
//! has afterwards, and how long statuses differ from it; [`versions`] at every stored version; [`budgets`] at how much is
//! written; [`ends`] at what is left once everything rests.

pub mod budgets;
pub mod call;
pub mod ends;
pub mod truth;
pub mod versions;
pub mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use directconnect_model::decide::FINALIZER;
use directconnect_model::identity;
use directconnect_model::kind::{Kind, ObjectKey};
use kubesim::Key;
use serde_json::Value;

/// A promise. Those that every stored status and all output are held to are judged in [`crate::oracles`], that all comes to its
/// end where it is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// At most one live AWS object for each identity.
    OneForEachIdentity,
    /// No create without tags, or a tag on the parent, and an intent that was stored before.
    IntentBeforeCreate,
    /// Nothing is deleted or changed that is not ours.
    OnlyOurs,
    /// What is to be kept is not deleted.
    Retained,
    /// Nothing is deleted that a live object depends on.
    DependentsFirst,
    /// Nothing is sent later than 38 s after pause, ObserveOnly or deletion was accepted.
    StopsWhenTold,
    /// Ready is not told longer than promised after it ended.
    ReadyIsTrue,
    /// A token is sent at most once.
    OnceForEachToken,
    /// A recorded id is never replaced by another.
    IdsStay,
    /// Ownership tags stay on what a live object claims.
    TagsStay,
    /// The finalizer is there while an intent is open or an AWS object is owned.
    FinalizerWhileOwning,
    /// Account and region are those declared.
    AccountAndRegion,
    /// No more live and open paid objects than the limit.
    OrderLimits,
    /// The last healthy path is not cut without consent.
    LastPathNeedsConsent,
    /// What should go, goes; what should stay, stays.
    GoesAndStays,
    /// The id of everything that was ordered is known again.
    IdsKnown,
    /// Every status is well formed.
    StatusWellFormed,
    /// Keys are in Secrets and nowhere else.
    SecretsNowhere,
    /// Nothing is written, and little is asked, while nothing changes.
    Budgets,
    /// Spec, labels, annotations, and what others own of an object stay as they are.
    SpecUntouched,
    /// Once faults end, everything comes to its end.
    Converges,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which one.
    pub promise: Promise,
    /// What happened.
    pub what: String,
}

impl Breach {
    /// What happened, and what it breaks.
    pub fn new(promise: Promise, what: impl Into<String>) -> Self {
        Self {
            promise,
            what: what.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the promise {:?} is broken: {}", self.promise, self.what)
    }
}

/// What is stored now.
pub type Objects = BTreeMap<Key, Arc<Value>>;

/// Objects of the managed kinds.
fn managed(objects: &Objects) -> impl Iterator<Item = &Value> {
    objects
        .values()
        .map(AsRef::as_ref)
        .filter(|o| o["apiVersion"] == "directconnect.dev/v1alpha1" && o["kind"] != "AwsAccount")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The member of a status that holds the kind's AWS id.
fn id_member(kind: &str) -> &'static str {
    match kind {
        "Connection" => "connectionId",
        "DirectConnectGateway" => "directConnectGatewayId",
        "DirectConnectGatewayAssociation" => "associationId",
        "VirtualPrivateGateway" => "vpnGatewayId",
        _ => "virtualInterfaceId",
    }
}

fn aws_id(object: &Value) -> Option<&str> {
    object["status"][id_member(text(&object["kind"]))].as_str()
}

/// How an object is called in a breach.
fn name(object: &Value) -> String {
    format!(
        "{}/{}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

/// The identity tag of an object.
fn identity_of(object: &Value) -> String {
    let kind: Kind = text(&object["kind"]).parse().unwrap_or(Kind::AwsAccount);
    let metadata = &object["metadata"];
    let key = ObjectKey::new(kind, text(&metadata["namespace"]), text(&metadata["name"]));
    identity::identity(crate::world::CLUSTER, &key)
}

fn deleting(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// True if our finalizer is on it.
fn held(object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|all| all.iter().any(|f| f == FINALIZER))
}

fn observes(object: &Value) -> bool {
    object["spec"]["managementPolicy"] == "ObserveOnly"
}

/// Open intents, by slot.
fn intents(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object["status"]["intents"]
        .as_object()
        .into_iter()
        .flatten()
}
