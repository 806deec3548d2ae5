//! What a kind must tell so that the one generic decision can run it.

use std::collections::BTreeSet;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::common::{ManagedSpec, SecretKeyReference};
use crate::api::status::ManagedStatus;
use crate::aws::{List, Tags};
use crate::call::Call;
use crate::identity::Candidate;
use crate::kind::{Kind, ObjectKey};
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Slot of the intent; empty for the kind's own AWS object.
    pub slot: String,
    /// What is asked of AWS.
    pub call: Call,
    /// How careful to be.
    pub care: Care,
    /// What the step does, for people: "raise the MTU of dxvif-… to 8500".
    pub does: String,
    /// Reason of the event once it is done.
    pub event: EventReason,
    /// Consent that the step uses up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// What the guard lets pass because the account says so: said once the step is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bypassed: Option<String>,
}

/// How careful a step must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Care {
    /// May be repeated, cuts nothing.
    Harmless,
    /// Makes the kind's own AWS object.
    Create,
    /// Makes something that AWS keeps unique on an object of ours.
    CreateChild,
    /// Cuts traffic, as this reason of `Guarded` says; or deletes.
    Disruptive(Disruption),
}

/// What a disruptive step cuts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disruption {
    /// Reason of `Guarded`.
    pub reason: Reason,
    /// The virtual interfaces whose traffic it cuts.
    pub cuts: BTreeSet<String>,
    /// The only address family that is cut; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What consent must fit beside the call itself, as the resourceVersion of a Secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub details: String,
}

impl Step {
    /// A harmless step.
    pub fn harmless(call: Call, event: EventReason, does: impl Into<String>) -> Self {
        Self {
            slot: String::new(),
            call,
            care: Care::Harmless,
            does: does.into(),
            event,
            consent: None,
            bypassed: None,
        }
    }

    /// A step that makes something that AWS keeps unique, tracked in a slot.
    pub fn child(slot: &str, call: Call, event: EventReason, does: impl Into<String>) -> Self {
        Self {
            slot: slot.to_owned(),
            care: Care::CreateChild,
            ..Self::harmless(call, event, does)
        }
    }

    /// A disruptive step, tracked in a slot.
    pub fn disruptive(
        slot: &str,
        call: Call,
        event: EventReason,
        does: impl Into<String>,
        reason: Reason,
        cuts: BTreeSet<String>,
    ) -> Self {
        Self {
            slot: slot.to_owned(),
            care: Care::Disruptive(Disruption {
                reason,
                cuts,
                family: None,
                details: String::new(),
            }),
            ..Self::harmless(call, event, does)
        }
    }

    /// The step cuts one address family only. Without effect on a harmless step.
    #[must_use]
    pub fn of_family(mut self, family: &str) -> Self {
        if let Care::Disruptive(disruption) = &mut self.care {
            disruption.family = Some(family.to_owned());
        }
        self
    }

    /// Consent to the step fits these details only. Without effect on a harmless step.
    #[must_use]
    pub fn fitting(mut self, details: String) -> Self {
        if let Care::Disruptive(disruption) = &mut self.care {
            disruption.details = details;
        }
        self
    }
}

/// Reasons of events: the second closed list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumIter,
)]
#[allow(missing_docs, reason = "docs/reasons/events.md says each")]
pub enum EventReason {
    Ordered,
    Created,
    Adopted,
    Readopted,
    Tagged,
    Untagged,
    Updated,
    UpdatedMtu,
    Renamed,
    Moved,
    PeerCreated,
    PeerDeleted,
    Attached,
    Detached,
    PropagationEnabled,
    PropagationDisabled,
    PrefixesUpdated,
    Deleted,
    Retained,
    Released,
    NotCreated,
    LostAtAws,
    OrderedAgain,
    GuardBypassed,
    LoaStored,
    RouterConfigurationStored,
    BgpUp,
    BgpDown,
    PortUp,
    PortDown,
    Orphaned,
    Refused,
    Failed,
    Stalled,
    Ready,
    NotReady,
}

/// A field that differs between spec and AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path, as `spec.vlan`.
    pub field: String,
    /// What the spec says. For a key: "set".
    pub declared: String,
    /// What AWS has. For a key: "differs".
    pub actual: String,
    /// AWS can change it in place.
    pub in_place: bool,
}

impl Difference {
    /// A difference.
    #[allow(clippy::needless_pass_by_value, reason = "reads better at every call")]
    pub fn new(
        field: &str,
        declared: impl ToString,
        actual: impl ToString,
        in_place: bool,
    ) -> Self {
        Self {
            field: field.to_owned(),
            declared: declared.to_string(),
            actual: actual.to_string(),
            in_place,
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            field,
            declared,
            actual,
            in_place,
        } = self;
        // A key is never shown.
        if actual == "differs" {
            return if *in_place {
                write!(
                    f,
                    "{field} differs from the key at AWS: set import.onDifference: Apply to change it."
                )
            } else {
                write!(
                    f,
                    "{field} differs from the key at AWS, and AWS cannot change it in place: \
                     put the key of AWS into the Secret, or remove import to order a new one."
                )
            };
        }
        if *in_place {
            write!(
                f,
                "{field} is {declared}, AWS has {actual}: set import.onDifference: Apply to change it."
            )
        } else {
            write!(
                f,
                "{field} is {declared}, AWS has {actual}, and AWS cannot change it in place: \
                 set it to {actual}, or remove import to order a new one."
            )
        }
    }
}

/// Work beside AWS writes: reads with a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// DescribeLoa, once, into a ConfigMap.
    Loa {
        /// Port.
        connection_id: String,
        /// ConfigMap.
        config_map: String,
    },
    /// DescribeRouterConfiguration into a Secret.
    RouterConfiguration {
        /// Virtual interface.
        virtual_interface_id: String,
        /// Router type, as AWS names it.
        router_type_identifier: Option<String>,
        /// Secret.
        secret: String,
        /// Changes whenever the text would: recorded once written.
        fingerprint: String,
    },
    /// ListVirtualInterfaceRoutes, counted.
    Routes {
        /// Virtual interface.
        virtual_interface_id: String,
    },
}

/// A ConfigMap or Secret in the object's namespace that the operator writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub enum Document {
    /// The LOA-CFA.
    #[strum(to_string = "ConfigMap {0}")]
    ConfigMap(String),
    /// The router's configuration.
    #[strum(to_string = "Secret {0}")]
    Secret(String),
}

impl Fetch {
    /// What it writes; none where only the status tells.
    pub fn document(&self) -> Option<Document> {
        match self {
            Self::Loa { config_map, .. } => Some(Document::ConfigMap(config_map.clone())),
            Self::RouterConfiguration { secret, .. } => Some(Document::Secret(secret.clone())),
            Self::Routes { .. } => None,
        }
    }
}

/// A managed kind. Everything here is pure.
pub trait Managed:
    Resource<DynamicType = ()>
    + Clone
    + std::fmt::Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Which.
    const KIND: Kind;
    /// AWS refuses a second with the same natural key.
    const NATURAL: bool;
    /// It costs money from the order on.
    const PAID: bool = false;
    /// It is ordered again without asking once it is lost.
    const REPAIRED_WHEN_LOST: bool = false;
    /// The kind's status.
    type Status: Default
        + Clone
        + PartialEq
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync;

    /// Spec fields that all kinds share.
    fn common(&self) -> &ManagedSpec;
    /// Status as stored.
    fn stored(&self) -> Option<&Self::Status>;
    /// Status fields that all kinds share.
    fn managed(status: &Self::Status) -> &ManagedStatus;
    /// The same, to change.
    fn managed_mut(status: &mut Self::Status) -> &mut ManagedStatus;
    /// Id of the AWS object.
    fn aws_id(status: &Self::Status) -> Option<&str>;
    /// Sets or clears it.
    fn set_aws_id(status: &mut Self::Status, id: Option<String>);

    /// Objects that the spec refers to by name.
    fn references(&self) -> Vec<ObjectKey>;
    /// AWS ids that the spec names.
    fn aws_ids(&self) -> Vec<String>;
    /// Secrets that the spec refers to.
    fn secrets(&self) -> Vec<SecretKeyReference> {
        vec![]
    }
    /// Bandwidth that it orders, for kinds that cost money.
    fn bandwidth(&self) -> Option<String> {
        None
    }
    /// Lists that tell whether the AWS object exists, and how it is.
    fn lists(&self, view: &View) -> BTreeSet<List>;

    /// Why the spec cannot be done at all; looked at before anything else. None if it can.
    fn invalid(&self, view: &View) -> Option<Blocked>;
    /// AWS objects of the kind, as far as identity is concerned: all, or only the one with this id.
    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate>;
    /// Declared fields that differ from the AWS object; tags are not compared.
    fn differences(&self, view: &View, id: &str) -> Vec<Difference>;
    /// What is said where a candidate with our natural key is somebody else's; none for the general
    /// words.
    fn taken(&self, _view: &View, _id: &str) -> Option<Verdict> {
        None
    }
    /// The call that makes it, with proofs of ownership of its children, and without ownership tags; or what it waits for.
    fn create(&self, view: &View) -> Result<Call, Verdict>;
    /// Steps that make the AWS object equal the spec, in order. Ownership and declared tags are
    /// done by the caller.
    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict>;
    /// Steps that delete it, in order; or what that waits for.
    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict>;
    /// Sets and removes tags on the AWS object, or on what carries its ownership.
    fn tag(&self, view: &View, id: &str, set: Tags, remove: Vec<String>) -> Vec<Call>;
    /// Calls that take what it left on other objects once it is gone: the proof of ownership of what
    /// cannot carry tags.
    fn leftovers(&self, _view: &View, _id: &str) -> Vec<Call> {
        vec![]
    }
    /// What it is like now that no step is left.
    fn verdict(&self, view: &View, id: &str) -> Verdict;
    /// True if AWS is not in the middle of changing it: only then do missing steps mean that all is done.
    fn at_rest(&self, _view: &View, _id: &str) -> bool {
        true
    }
    /// What it is like when AWS still lists it but it is gone (`deleted`, `rejected`).
    fn gone(&self, _view: &View, _id: &str) -> Option<Verdict> {
        None
    }
    /// Writes what AWS says into the status.
    fn facts(&self, view: &View, id: &str, status: &mut Self::Status);
    /// Reads with a product that are due.
    fn fetches(&self, _view: &View, _id: &str, _status: &Self::Status) -> Vec<Fetch> {
        vec![]
    }

    /// Documents that were written: they stay when the AWS object is kept.
    fn documents(_status: &Self::Status) -> Vec<Document> {
        vec![]
    }

    /// Names this object.
    fn key(&self) -> ObjectKey {
        ObjectKey::new(
            Self::KIND,
            self.meta().namespace.as_deref().unwrap_or_default(),
            self.meta().name.as_deref().unwrap_or_default(),
        )
    }

    /// uid.
    fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    /// An annotation.
    fn annotation(&self, key: &str) -> Option<&str> {
        self.meta()
            .annotations
            .as_ref()?
            .get(key)
            .map(String::as_str)
    }

    /// True while nothing may be written at AWS.
    fn paused(&self) -> bool {
        self.annotation("directconnect.dev/paused") == Some("true")
    }
}
