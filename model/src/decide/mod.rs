//! The one decision: what to do next with an object, and what to say of it.
//!
//! [`decide`] is total and pure. It yields at most one action; the caller does it and asks again.
//! An action that writes at AWS is taken only if a second decision, made from uncached reads, is
//! the same.

mod converge;
pub(crate) mod create;
mod delete;
mod documents;
mod hold;
mod live;
mod observe;
mod settle;
mod tagging;
mod working;

pub(crate) use hold::held;

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::api::common::DeletionPolicy;
use crate::api::status::ManagedStatus;
use crate::aws::List;
use crate::call::{Call, hex};
use crate::event::EventReason;
use crate::fetch::Fetch;
use crate::identity::{self, Claim};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::{SecretState, View};

pub use create::in_the_way;
pub use delete::stays;
pub use settle::{expired, sent};

/// The finalizer of every managed object.
pub const FINALIZER: &str = "directconnect.dev/aws";
/// Annotation: "true" turns a deletion into one that leaves the AWS object without our tags.
pub const RELEASE: &str = "directconnect.dev/release";
/// Slot of a kind's own AWS object in `status.intents`.
pub const SELF: &str = "self";

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing: wait, or done.
    Nothing,
    /// Write the status that comes with the decision before anything else, and say so.
    Store(Option<Note>),
    /// Add the finalizer.
    AddFinalizer,
    /// Remove the finalizer.
    RemoveFinalizer(Option<Note>),
    /// Ask AWS to change something.
    Call(Box<Step>),
    /// Read something at AWS and put it where the spec says.
    Fetch(Fetch),
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Reason.
    pub reason: EventReason,
    /// Sentence.
    pub message: String,
}

impl Note {
    /// An event.
    pub fn new(reason: EventReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<S> {
    /// What to do next.
    pub action: Action,
    /// What to say.
    pub verdict: Verdict,
    /// The status to store, but for conditions, `waitingFor` and `observedGeneration`.
    pub status: S,
    /// When to look again even if nothing happens.
    pub again_at: Option<Timestamp>,
    /// Lists that must be read anew before the next decision is of use; by AWS's time, none that
    /// began before `again_at` will do.
    pub refresh: BTreeSet<List>,
}

impl<S> Decision<S> {
    fn say(status: S, verdict: Verdict) -> Self {
        Self {
            action: Action::Nothing,
            verdict,
            status,
            again_at: None,
            refresh: BTreeSet::new(),
        }
    }

    fn act(status: S, verdict: Verdict, action: Action) -> Self {
        Self {
            action,
            ..Self::say(status, verdict)
        }
    }

    fn at(mut self, when: Timestamp) -> Self {
        self.again_at = Some(self.again_at.map_or(when, |w| w.min(when)));
        self
    }

    fn refreshing(mut self, lists: BTreeSet<List>) -> Self {
        self.refresh = lists;
        self
    }
}

/// What happens to the AWS object at deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It is deleted.
    Delete,
    /// It stays, tagged.
    Retain,
    /// It stays, without our tags.
    Release,
}

/// Parses a time of a status; what nobody could have written reads as the beginning of time: so much
/// room is left on both sides that adding a window cannot leave the calendar.
pub(crate) fn time(text: Option<&str>) -> Option<Timestamp> {
    const LAST: i64 = 100_000_000_000; // in the year 5138
    text.map(|t| {
        t.parse()
            .ok()
            .filter(|t: &Timestamp| (0..LAST).contains(&t.as_second()))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    })
}

/// SHA-256 over a call and the uids and resourceVersions of all that it was made from.
pub fn request_hash(call: &Call, view: &View) -> String {
    let account = view.account().map(|a| (&a.uid, &a.resource_version));
    let references: Vec<_> = view
        .references
        .iter()
        .map(|(key, r)| (key.to_string(), &r.uid, &r.resource_version))
        .collect();
    let secrets: Vec<_> = view
        .secrets
        .iter()
        .map(|((name, _), state)| match state {
            SecretState::Value {
                uid,
                resource_version,
                ..
            } => (name, uid.as_str(), resource_version.as_str()),
            _ => (name, "", ""),
        })
        .collect();
    let json = serde_json::to_vec(&(call.params_hash(), account, references, secrets))
        .expect("plain data");
    hex(&Sha256::digest(json), 32)
}

/// A time as statuses hold it: whole seconds.
pub fn stamp(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).map_or_else(|_| at.to_string(), |t| t.to_string())
}

/// What to do with this object next, and what to say of it.
pub fn decide<K: Managed>(object: &K, view: &View) -> Decision<K::Status> {
    let decision = decided(object, view);
    match decision.action {
        Action::Nothing => settle::looking_in_time(object, view, decision),
        _ => decision,
    }
}

fn decided<K: Managed>(object: &K, view: &View) -> Decision<K::Status> {
    let mut status = object.stored().cloned().unwrap_or_default();
    let finalizer = has_finalizer(object);
    let deleting = object.meta().deletion_timestamp.is_some();
    let observe_only = object.common().observe_only();

    if deleting && !finalizer {
        return Decision::say(
            status,
            Verdict::acting(Reason::Deleting, "other finalizers hold this object"),
        );
    }
    if K::managed(&status).first_seen.is_none() {
        let managed = K::managed_mut(&mut status);
        managed.first_seen = Some(stamp(view.now));
        if finalizer {
            managed.unrecorded_since = Some(stamp(view.now));
        }
        return Decision::act(
            status,
            Verdict::unknown(Reason::FirstLook, "not looked at AWS yet"),
            Action::Store(None),
        );
    }
    let account = match &view.account {
        Ok(account) => account,
        Err(blocked) => {
            if deleting && nothing_at_stake(view, K::managed(&status), K::aws_id(&status)) {
                return Decision::act(status, deleting_verdict(), Action::RemoveFinalizer(None));
            }
            if let Some(decision) = delete::unreachable(object, view, &status) {
                return decision;
            }
            return Decision::say(status, blocked_verdict(blocked));
        }
    };
    {
        let managed = K::managed_mut(&mut status);
        let recorded = managed
            .account_id
            .get_or_insert_with(|| account.account_id.clone())
            .clone();
        let region = managed
            .region
            .get_or_insert_with(|| account.region.clone())
            .clone();
        if recorded != account.account_id || region != account.region {
            if let Some(decision) = delete::unreachable(object, view, &status) {
                return decision;
            }
            return Decision::say(
                status,
                Verdict::stalled(
                    Reason::AccountChanged,
                    format!(
                        "this object was first acted on in account {recorded}, region {region}; spec.accountRef and \
                         spec.region now lead to account {}, region {}: set them back, or make another object",
                        account.account_id, account.region
                    ),
                ),
            );
        }
    }
    if observe_only {
        return observe::decide(object, view, status, finalizer, deleting);
    }
    // What was only observed is not recorded: it goes through the import's checks like any other.
    let observed_only = {
        let managed = K::managed(&status);
        managed.recorded_at.is_none() && managed.imported.is_none() && managed.seen.is_none()
    };
    let import = object.common().import.as_ref();
    if observed_only && import.is_some_and(|i| Some(i.id.as_str()) == K::aws_id(&status)) {
        K::set_aws_id(&mut status, None);
    }
    if deleting {
        return delete::decide(object, view, status);
    }
    if let Some(blocked) = object.invalid(view) {
        let mut decision = Decision::say(status, blocked_verdict(&blocked));
        if let Some(id) = K::aws_id(&decision.status).map(str::to_owned) {
            object.facts(view, &id, &mut decision.status);
        }
        return decision;
    }
    let lists = object.lists(view);
    let absent = view.aws.absent(&lists);
    if !absent.is_empty() {
        let verdict = kept_or_unknown(K::managed(&status));
        return Decision::say(status, verdict).refreshing(absent);
    }
    if !finalizer {
        if object.paused() {
            return Decision::say(status, paused_verdict());
        }
        return Decision::act(
            status,
            Verdict::acting(Reason::Provisioning, "taking charge of this object"),
            Action::AddFinalizer,
        );
    }
    live::decide(object, view, status)
}

/// True if the object carries our finalizer.
pub fn has_finalizer<K: Managed>(object: &K) -> bool {
    object
        .meta()
        .finalizers
        .iter()
        .flatten()
        .any(|f| f == FINALIZER)
}

/// What deletion means for this object.
pub fn leaving<K: Managed>(object: &K, view: &View, status: &ManagedStatus) -> Leaving {
    if object.annotation(RELEASE) == Some("true") {
        return Leaving::Release;
    }
    if view.leaving {
        return Leaving::Retain;
    }
    match object.common().deletion_policy {
        Some(DeletionPolicy::Retain) => Leaving::Retain,
        None if K::PAID || status.imported == Some(true) => Leaving::Retain,
        Some(DeletionPolicy::Delete) | None => Leaving::Delete,
    }
}

fn nothing_at_stake(view: &View, status: &ManagedStatus, id: Option<&str>) -> bool {
    id.is_none()
        && status.intents.is_empty()
        && status.unrecorded_since.is_none()
        && view
            .memory
            .last_order
            .is_none_or(|at| view.now > at + view.windows.window())
}

fn claim<'a, K: Managed>(
    object: &'a K,
    view: &'a View,
    status: &'a K::Status,
    identity_tag: &'a str,
) -> Claim<'a> {
    let managed = K::managed(status);
    let own = managed.intents.get(SELF);
    Claim {
        identity: identity_tag,
        uid: object.uid(),
        cluster_id: &view.cluster_id,
        recorded: K::aws_id(status),
        import: object.common().import.as_ref().map(|i| i.id.as_str()),
        tokens: own
            .into_iter()
            .flat_map(|i| {
                std::iter::once(i.token.as_str()).chain(i.earlier.keys().map(String::as_str))
            })
            .collect(),
        account_id: managed.account_id.as_deref().unwrap_or_default(),
    }
}

fn identity_tag<K: Managed>(object: &K, view: &View) -> String {
    identity::identity(&view.cluster_id, &object.key())
}

pub(crate) fn blocked_verdict(blocked: &crate::view::Blocked) -> Verdict {
    use crate::api::status::Actor;
    if blocked.stalled {
        Verdict::stalled(blocked.reason, &blocked.message)
    } else {
        let actor = match blocked.reason {
            Reason::ReferenceNotFound | Reason::SecretNotReady => Actor::You,
            _ => Actor::Operator,
        };
        Verdict::waits(blocked.reason, actor, &blocked.message, None, false)
    }
}

fn deleting_verdict() -> Verdict {
    Verdict::acting(Reason::Deleting, "nothing is left to do at AWS")
}

fn paused_verdict() -> Verdict {
    Verdict::waits(
        Reason::Paused,
        crate::api::status::Actor::You,
        "paused: no write at AWS begins until annotation directconnect.dev/paused is removed",
        None,
        false,
    )
}

/// While AWS cannot be read, what was said last stays (the caller ages it); at first, unknown.
fn kept_or_unknown(status: &ManagedStatus) -> Verdict {
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready");
    match ready {
        Some(c) if c.status != "Unknown" => {
            let mut verdict = Verdict::unknown(Reason::FirstLook, "looking at AWS");
            verdict.acting = false;
            verdict
        }
        _ => Verdict::unknown(Reason::FirstLook, "not looked at AWS yet"),
    }
}
