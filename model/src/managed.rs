//! What a kind must tell so that the one generic decision can run it.

use std::collections::BTreeSet;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::common::{ManagedSpec, SecretKeyReference};
use crate::api::status::ManagedStatus;
use crate::aws::{List, Tags};
use crate::call::Call;
use crate::difference::Difference;
use crate::fetch::{Document, Fetch};
use crate::identity::Candidate;
use crate::kind::{Kind, ObjectKey};
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

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
    /// AWS objects of the kind, as far as identity is concerned: all, or only the one with this id and those that carry the identity
    /// of this object.
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

    /// Documents that were written, or would be: they stay when the AWS object is kept, even if the status is lost that tells of them.
    fn documents(&self) -> Vec<Document> {
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
