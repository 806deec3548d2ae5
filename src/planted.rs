//! Bugs that operators of this kind had, planted here on purpose: a promise that no bug breaks is not shown to be kept.
//!
//! In a build without the feature `planted-bugs` none can be planted, and [`Planted::is`] is false.

use std::borrow::Cow;
use std::sync::Arc;

use directconnect_model::api::aws_account::Guard;
use directconnect_model::aws::{Part, Tags};
use directconnect_model::call::Call;
use directconnect_model::decide::{FINALIZER, RELEASE};
use directconnect_model::identity::{self, IDENTITY, INTENT, RETAINED_AT};
use directconnect_model::kind::Kind;
use directconnect_model::managed::Managed;
use directconnect_model::step::Step;
use directconnect_model::view::View;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde_json::{Value, json};

/// A bug. Each names what goes wrong.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// What is paused is worked on.
    PauseIgnored,
    /// `Retain` is taken for `Delete`.
    RetainIgnored,
    /// What is to be released is deleted or kept like everything else.
    ReleaseIgnored,
    /// AWS is written to before the finalizer is stored.
    NoFinalizer,
    /// What a create may have made is not looked for after a deletion: the finalizer goes at once.
    IntentForgottenAtDeletion,
    /// Nothing is looked for at AWS before a create (Crossplane 277: stale read before create).
    NothingLookedFor,
    /// Status alone says what was made (upjet 561: status is lost in a restore, everything is made again).
    StatusIsIdentity,
    /// Whatever has the right name is taken for ours.
    NameIsIdentity,
    /// Limits of orders are not looked at.
    LimitIgnored,
    /// The guard is not asked.
    GuardIgnored,
    /// An open create is settled at once, before what is under way can have landed.
    NoWindow,
    /// A namespace that goes away takes ports along.
    NamespaceIgnored,
    /// Nobody asks who else depends on what is deleted.
    DependentsIgnored,
    /// The intent of a call is not stored.
    IntentNotStored,
    /// A request without an answer is sent again as it was (a client's own retries).
    SentAgain,
    /// A request without an answer is taken for refused.
    AmbiguousIsRefused,
    /// A conflict as the id is stored loses it (ACK 2267).
    IdLostOnConflict,
    /// The finalizer is dropped as a create fails (ACK runtime, `setResourceUnmanaged`).
    FinalizerDroppedOnError,
    /// What is made carries no identity.
    NoIdentityTag,
    /// A call is sent however late its turn comes.
    SentLate,
    /// Calls go to another region than the declared one.
    OtherRegion,
    /// AWS's words with the key in them are shown.
    KeyShown,
    /// Ready stays True once it was.
    ReadyForEver,
    /// Request ids, or times, are part of messages (kubermatic 13218).
    TimeInMessage,
    /// Times of conditions move without a transition.
    TimesMove,
    /// What is refused is tried again at once (wafv2 3026).
    HotLoop,
    /// Defaults are written into the spec (crossplane 5918).
    SpecWritten,
    /// Other people's finalizers go with ours.
    FinalizersOfOthersRemoved,
    /// Our own tags go with tags that are declared no more.
    OwnTagsRemoved,
    /// What is kept loses its identity.
    KeptWithoutIdentity,
    /// Each pass writes an event.
    EventEachPass,
    /// The observed generation stays behind.
    GenerationStuck,
}

/// The bug that is planted, if one is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Planted(Option<Bug>);

impl Planted {
    /// This one.
    #[cfg(feature = "planted-bugs")]
    pub fn bug(bug: Bug) -> Self {
        Self(Some(bug))
    }

    /// True if it is this one.
    pub fn is(self, bug: Bug) -> bool {
        self.planted() == Some(bug)
    }

    /// The bug; a build without the feature knows none, and nothing of what they do is left in it.
    fn planted(self) -> Option<Bug> {
        self.0.filter(|_| cfg!(feature = "planted-bugs"))
    }

    /// An object as it is read.
    pub fn object<K: Managed>(self, object: K) -> K {
        if self.planted().is_none() {
            return object;
        }
        let Ok(mut json) = serde_json::to_value(&object) else {
            return object;
        };
        let metadata = &mut json["metadata"];
        let deleting = !metadata["deletionTimestamp"].is_null();
        match self.planted() {
            Some(Bug::PauseIgnored) => remove(metadata, "annotations", "directconnect.dev/paused"),
            Some(Bug::ReleaseIgnored) => remove(metadata, "annotations", RELEASE),
            Some(Bug::RetainIgnored) => json["spec"]["deletionPolicy"] = json!("Delete"),
            Some(Bug::NoFinalizer) => metadata["finalizers"] = json!([FINALIZER]),
            Some(Bug::IntentForgottenAtDeletion) if deleting => {
                remove(&mut json, "status", "intents");
            }
            _ => return object,
        }
        serde_json::from_value(json).unwrap_or(object)
    }

    /// What a decision sees.
    pub fn view<K: Managed>(self, object: &K, view: &mut View) {
        let unknown = object.stored().and_then(K::aws_id).is_none();
        let begun = object
            .stored()
            .is_some_and(|s| !K::managed(s).intents.is_empty());
        let strip = |tags: &mut Tags| tags.retain(|key, _| key != IDENTITY && key != INTENT);
        match self.planted() {
            Some(Bug::NothingLookedFor) if unknown => each_tags(view, strip),
            Some(Bug::StatusIsIdentity) if unknown && !begun => {
                each_tags(view, strip);
                view.memory.last_order = None;
            }
            Some(Bug::NameIsIdentity) => {
                let owner = identity::identity(&view.cluster_id, &object.key());
                each_tags(view, |tags| {
                    tags.entry(IDENTITY.to_owned())
                        .or_insert_with(|| owner.clone());
                });
            }
            Some(Bug::LimitIgnored) => {
                if let Ok(account) = &mut view.account
                    && let Some(orders) = &mut account.orders
                {
                    orders.max_ports = 1_000;
                }
            }
            Some(Bug::GuardIgnored) => {
                if let Ok(account) = &mut view.account {
                    account.guard = Guard::Off;
                }
            }
            Some(Bug::NoWindow) => {
                view.windows.validity = SignedDuration::ZERO;
                view.windows.visibility = SignedDuration::ZERO;
            }
            Some(Bug::NamespaceIgnored) => view.leaving = false,
            Some(Bug::DependentsIgnored) => {
                view.siblings = Arc::default();
                if K::KIND == Kind::DirectConnectGateway {
                    view.aws.virtual_interfaces.iter_mut().for_each(empty);
                    view.aws.associations.values_mut().for_each(empty);
                }
            }
            _ => {}
        }
    }

    /// A step as it is carried out.
    pub fn step(self, step: &mut Step) {
        match (self.planted(), &mut step.call) {
            (Some(Bug::NoIdentityTag), call) => {
                if let Some(tags) = call.tags_mut() {
                    tags.remove(IDENTITY);
                }
            }
            (Some(Bug::OwnTagsRemoved), Call::UntagResource { tag_keys, .. }) => {
                tag_keys.push(IDENTITY.to_owned());
            }
            (
                Some(Bug::KeptWithoutIdentity),
                Call::TagResource {
                    resource_arn,
                    list,
                    tags,
                },
            ) if tags.contains_key(RETAINED_AT) => {
                step.call = Call::UntagResource {
                    resource_arn: resource_arn.clone(),
                    list: list.clone(),
                    tag_keys: vec![IDENTITY.to_owned()],
                };
            }
            _ => {}
        }
    }

    /// A status as it is stored.
    pub fn status<'s, K: Managed>(
        self,
        object: &K,
        status: &'s K::Status,
        now: Timestamp,
    ) -> Cow<'s, K::Status> {
        if self.planted().is_none() {
            return Cow::Borrowed(status);
        }
        let mut changed = status.clone();
        let before = object
            .stored()
            .map(K::managed)
            .cloned()
            .unwrap_or_default()
            .conditions;
        let managed = K::managed_mut(&mut changed);
        let ready = managed.conditions.iter_mut().filter(|c| c.type_ == "Ready");
        match self.planted() {
            Some(Bug::TimeInMessage) => {
                for c in ready {
                    c.message = format!("{}, at {now}", c.message);
                }
            }
            Some(Bug::TimesMove) => ready.for_each(|c| c.last_transition_time = Time(now)),
            Some(Bug::ReadyForEver) => {
                let kept = |c: &&_| is_ready(c);
                if let Some(was) = before.iter().find(kept) {
                    ready.for_each(|c| *c = was.clone());
                }
            }
            Some(Bug::GenerationStuck) => managed.observed_generation = None,
            _ => return Cow::Borrowed(status),
        }
        Cow::Owned(changed)
    }
}

fn is_ready(condition: &Condition) -> bool {
    condition.type_ == "Ready" && condition.status == "True"
}

fn remove(json: &mut Value, member: &str, name: &str) {
    if let Some(members) = json[member].as_object_mut() {
        members.remove(name);
    }
}

fn empty<T: Clone>(part: &mut Arc<Part<T>>) {
    Arc::make_mut(part).items.clear();
}

/// Changes the tags of everything that a look-up can find.
fn each_tags(view: &mut View, change: impl Fn(&mut Tags)) {
    fn each<T: Clone>(part: &mut Option<Arc<Part<T>>>, change: impl Fn(&mut T)) {
        if let Some(part) = part {
            Arc::make_mut(part).items.iter_mut().for_each(change);
        }
    }
    let aws = &mut view.aws;
    each(&mut aws.connections, |c| change(&mut c.tags));
    each(&mut aws.virtual_interfaces, |v| change(&mut v.tags));
    each(&mut aws.direct_connect_gateways, |g| change(&mut g.tags));
    each(&mut aws.vpn_gateways, |g| change(&mut g.tags));
}
