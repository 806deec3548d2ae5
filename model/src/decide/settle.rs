//! Open intents: told apart by look-ups alone, never by an error.

use jiff::{SignedDuration, Timestamp};

use crate::api::status::{Intent, ManagedStatus};
use crate::event::EventReason;
use crate::identity::{Located, locate};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::{Action, Decision, Note, SELF, claim, identity_tag, stamp, time};

/// What an open create intent amounts to, given that a complete look-up begun at `begun` did not
/// show its object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// Not known yet; look again then.
    Wait(Timestamp),
    /// Known not to exist by a first look-up: store when, and look once more.
    FirstEmpty,
    /// It was never made.
    NotCreated,
    /// AWS keeps it unique: it may be sent again with a new token.
    SendAgain,
    /// It is too old to be of this life of the cluster.
    Stale,
}

/// What a second object would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// Refused: AWS keeps it unique.
    Refused,
    /// One too many.
    TooMany,
    /// One too many, and paid for.
    Paid,
}

impl Second {
    /// Of this kind.
    pub(super) fn of<K: Managed>() -> Self {
        match (K::NATURAL, K::PAID) {
            (true, _) => Self::Refused,
            (_, true) => Self::Paid,
            _ => Self::TooMany,
        }
    }
}

/// Judges an open create intent whose object was not found.
pub(super) fn judge(view: &View, intent: &Intent, begun: Timestamp, second: Second) -> Settled {
    let send_by = time(Some(&intent.send_by)).unwrap_or(Timestamp::UNIX_EPOCH);
    if second == Second::Refused {
        return if begun > send_by {
            Settled::SendAgain
        } else {
            Settled::Wait(send_by)
        };
    }
    let settled_at = send_by + view.windows.settled();
    if begun <= settled_at {
        return Settled::Wait(settled_at);
    }
    match time(intent.not_found_at.as_deref()) {
        None if second == Second::Paid && begun > send_by + SignedDuration::from_hours(1) => {
            Settled::Stale
        }
        None => Settled::FirstEmpty,
        Some(first) if begun > first => Settled::NotCreated,
        Some(first) => Settled::Wait(first),
    }
}

/// When the lists that the object depends on were begun, the oldest of them.
pub(super) fn begun<K: Managed>(object: &K, view: &View) -> Timestamp {
    view.aws
        .begun_all(&object.lists(view))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// When every list shows the id that was recorded.
pub(super) fn visible(view: &View, status: &ManagedStatus) -> Timestamp {
    let recorded = time(status.recorded_at.as_deref()).unwrap_or(Timestamp::UNIX_EPOCH);
    recorded + view.windows.visibility
}

/// When the calls of an intent, and of its earlier tokens, could be sent last.
pub fn sent(intent: &Intent) -> impl Iterator<Item = Timestamp> {
    std::iter::once(&intent.send_by)
        .chain(intent.earlier.values())
        .filter_map(|t| time(Some(t)))
}

/// When what an intent's calls may still do is known: for each that is not known yet.
pub(super) fn unsettled(
    view: &View,
    intent: &Intent,
    begun: Timestamp,
) -> impl Iterator<Item = Timestamp> {
    let settled = view.windows.settled();
    sent(intent)
        .map(move |t| t + settled)
        .filter(move |known| begun <= *known)
}

/// True once nothing that was signed for this intent can take effect or still be hidden.
pub fn expired(view: &View, send_by: &str, begun: Timestamp) -> bool {
    time(Some(send_by)).is_none_or(|t| begun > t + view.windows.settled())
}

/// An open intent is looked at again as soon as nothing that was signed for it can take effect.
pub(super) fn looking_in_time<K: Managed>(
    object: &K,
    view: &View,
    mut decision: Decision<K::Status>,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let begun = view.aws.begun_all(&lists).unwrap_or(view.now);
    let settled = K::managed(&decision.status)
        .intents
        .values()
        .flat_map(|i| unsettled(view, i, begun))
        .min();
    match settled {
        Some(at) if at <= view.now => decision.refresh.extend(lists),
        Some(at) => decision.again_at = Some(decision.again_at.map_or(at, |other| other.min(at))),
        None => {}
    }
    decision
}

/// True if an intent whose step is due no more ended something, as a list begun after it was sent
/// shows: nothing that comes later depends on it. What makes something has to expire.
pub(super) fn undone(intent: &Intent, begun: Timestamp) -> bool {
    let ends = ["Delete", "Detach", "Disable", "Disassociate"]
        .iter()
        .any(|verb| intent.operation.starts_with(verb));
    let sent = time(Some(&intent.send_by)).unwrap_or(Timestamp::UNIX_EPOCH)
        - SignedDuration::from_secs(30);
    ends && intent.earlier.is_empty() && begun > sent
}

/// Settles what is open before the object is let go: what a create made is recorded first.
pub(super) fn before_leaving<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let begun = begun(object, view);
    if K::aws_id(&status).is_none() && K::managed(&status).intents.contains_key(SELF) {
        let candidates = object.candidates(view, None);
        let tag = identity_tag(object, view);
        let created = match locate(
            &claim(object, view, &status, &tag),
            &candidates,
            |u| view.lives(u),
            |i| view.owner(i),
        ) {
            Located::Created(c) => Some(c.id.clone()),
            _ => None,
        };
        if let Some(id) = created {
            record::<K>(&mut status, &id, view.now, false);
            return Decision::act(status, super::deleting_verdict(), Action::Store(None));
        }
    }
    let managed = K::managed_mut(&mut status);
    let closed: Vec<String> = managed
        .intents
        .iter()
        .filter(|(_, i)| unsettled(view, i, begun).next().is_none())
        .map(|(slot, _)| slot.clone())
        .collect();
    if closed.is_empty() {
        let wait = managed
            .intents
            .values()
            .filter_map(|i| time(Some(&i.send_by)))
            .max()
            .unwrap_or(view.now)
            + view.windows.settled();
        let verdict = settling(managed.intents.values().next());
        return Decision::say(status, verdict).at(wait).refreshing(lists);
    }
    // A complete look-up after the window shows what there is: one more for what AWS does not keep unique.
    let mut note = None;
    for slot in closed {
        let unique = K::NATURAL || slot != SELF;
        let intent = managed
            .intents
            .get_mut(&slot)
            .expect("taken from the same map");
        if unique
            || intent.id.is_some()
            || time(intent.not_found_at.as_deref()).is_some_and(|first| begun > first)
        {
            note = Some(Note::new(
                EventReason::NotCreated,
                format!("{} had no effect", intent.operation),
            ));
            managed.intents.remove(&slot);
        } else if intent.not_found_at.is_none() {
            intent.not_found_at = Some(begun.to_string());
        } else {
            let verdict = settling(Some(intent));
            return Decision::say(status, verdict).at(begun).refreshing(lists);
        }
    }
    Decision::act(status, super::deleting_verdict(), Action::Store(note))
}

/// Records the AWS id and closes the create's intent.
pub(super) fn record<K: Managed>(status: &mut K::Status, id: &str, now: Timestamp, seen: bool) {
    K::set_aws_id(status, Some(id.to_owned()));
    let managed = K::managed_mut(status);
    // Earlier tokens may still take effect: look-ups close them.
    managed
        .intents
        .retain(|slot, i| slot != SELF || !i.earlier.is_empty());
    managed.recorded_at = Some(stamp(now));
    managed.seen = seen.then_some(true);
    managed.deleted_at = None;
    managed.unrecorded_since = None;
}

/// What is said while an intent is open.
pub(super) fn settling(intent: Option<&Intent>) -> Verdict {
    let operation = intent.map_or("a call", |i| i.operation.as_str());
    Verdict::acting(
        Reason::SettlingCreate,
        format!(
            "the answer to {operation} was lost or is not there yet; nothing is sent again until complete look-ups have told what it did"
        ),
    )
}
