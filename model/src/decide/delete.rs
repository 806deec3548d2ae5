//! The object is being deleted: settle what is open, then delete, retain or release.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::api::status::Actor;
use crate::aws::Tags;
use crate::call::Call;
use crate::event::EventReason;
use crate::identity::{self, Candidate, Located, locate};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::tags;
use crate::verdict::Verdict;
use crate::view::View;

use super::{
    Action, Decision, Leaving, Note, SELF, claim, hold, identity_tag, leaving, live, settle, stamp,
    time,
};

/// How long a deletion waits for an account that cannot be used.
const GRACE: SignedDuration = SignedDuration::from_mins(1);
/// How often the mark on what stays at AWS is tried if AWS refuses it for now: a deletion must not wait for ever.
const MARK_TRIES: u32 = 4;
/// How often if AWS forbids it: rights change by hand, and tries are minutes apart.
const FORBIDDEN_TRIES: u32 = 2;

pub(super) fn decide<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let absent = view.aws.absent(&lists);
    if !absent.is_empty() {
        // Who carries this out reads the lists first and decides again: what they show was made in a state
        // that was lost.
        if super::nothing_at_stake(view, K::managed(&status), K::aws_id(&status)) {
            return Decision::act(
                status,
                super::deleting_verdict(),
                Action::RemoveFinalizer(None),
            );
        }
        // What stays at AWS needs no list: the mark is tried, and that is all.
        if view.unreadable && stays(object, view) && K::aws_id(&status).is_some() {
            if object.paused() {
                return Decision::say(status, super::paused_verdict());
            }
            let policy = leaving(object, view, K::managed(&status));
            return retain(object, view, status, &[], policy);
        }
        return Decision::say(
            status,
            Verdict::acting(Reason::Deleting, "looking at AWS first"),
        )
        .refreshing(absent);
    }
    let begun = settle::begun(object, view);
    let tag = identity_tag(object, view);
    let candidates = object.candidates(view, K::aws_id(&status));
    let located = locate(
        &claim(object, view, &status, &tag),
        &candidates,
        |uid| uid != object.uid() && view.lives(uid),
        |id| view.owner(id).filter(|k| *k != object.key()),
    );
    if K::aws_id(&status).is_none() {
        let settled = K::managed(&status)
            .intents
            .get(SELF)
            .is_none_or(|i| settle::expired(view, &i.send_by, begun));
        let found = match &located {
            Located::Created(c) => Some(c),
            Located::Readopt(c) if settled => Some(c),
            _ => None,
        };
        if let Some(c) = found {
            let imported = c.tags.contains_key(identity::IMPORTED);
            let id = c.id.clone();
            settle::record::<K>(&mut status, &id, view.now, true);
            K::managed_mut(&mut status).imported = imported.then_some(true);
            return Decision::act(
                status,
                Verdict::acting(Reason::Deleting, format!("recording {id}")),
                Action::Store(None),
            );
        }
        if K::managed(&status).intents.contains_key(SELF) {
            return settle::before_leaving(object, view, status);
        }
        let unrecorded = time(K::managed(&status).unrecorded_since.as_deref());
        if let Some(since) = unrecorded.max(view.memory.last_order) {
            let until = since + view.windows.window();
            if begun <= until {
                let verdict = Verdict::acting(
                    Reason::Deleting,
                    "what was recorded of this object was lost: looking until nothing that was sent before can still appear",
                );
                return Decision::say(status, verdict).at(until).refreshing(lists);
            }
        }
        return Decision::act(
            status,
            super::deleting_verdict(),
            Action::RemoveFinalizer(None),
        );
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    let policy = leaving(object, view, K::managed(&status));
    // What AWS accepted to delete before it was to be kept, or what is on its way out, cannot be kept.
    let goes = K::managed(&status).deleted_at.is_some() || matches!(located, Located::Going(_));
    if policy != Leaving::Delete && !goes {
        return retain(object, view, status, &candidates, policy);
    }
    match located {
        Located::Recorded(c) => {
            if let Some(decision) = hidden(object, view, &status, &c.id) {
                return decision;
            }
            if policy != Leaving::Delete {
                return retain(object, view, status, &candidates, policy);
            }
            match live::twin(object, view, &status, &c.id, &candidates, &tag) {
                Some(verdict) => Decision::say(status, verdict),
                None => delete(object, view, status, c, &tag),
            }
        }
        Located::Going(c) => {
            let id = c.id.clone();
            object.facts(view, &id, &mut status);
            gone(object, view, status, &id)
        }
        _ => {
            let id = K::aws_id(&status).unwrap_or_default().to_owned();
            let managed = K::managed(&status);
            let visible = settle::visible(view, managed);
            // What was listed before may be missing from a list that lags.
            if managed.deleted_at.is_none() && begun <= visible {
                let verdict = Verdict::acting(
                    Reason::Deleting,
                    format!("AWS does not list {id}; waiting until every list would show it"),
                );
                return Decision::say(status, verdict).at(visible).refreshing(lists);
            }
            gone(object, view, status, &id)
        }
    }
}

/// AWS says that it is gone: the finalizer goes once no list can still show it.
fn gone<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let Some(deleted_at) = time(K::managed(&status).deleted_at.as_deref()) else {
        K::managed_mut(&mut status).deleted_at = Some(stamp(view.now));
        return Decision::act(
            status,
            Verdict::acting(Reason::Deleting, format!("{id} is gone at AWS")),
            Action::Store(None),
        );
    };
    let until = deleted_at + view.windows.visibility;
    if !K::NATURAL && view.now <= until {
        let verdict = Verdict::acting(
            Reason::Deleting,
            format!("{id} is deleted at AWS; this object goes once no list can show it any more"),
        );
        return Decision::say(status, verdict).at(until);
    }
    let begun = settle::begun(object, view);
    let open = K::managed(&status)
        .intents
        .values()
        .filter(|i| i.id.is_none() || !i.earlier.is_empty())
        .flat_map(|i| settle::unsettled(view, i, begun))
        .max();
    if let Some(known) = open {
        return Decision::say(status, settle::settling(None))
            .at(known)
            .refreshing(object.lists(view));
    }
    // The proof of ownership on a parent goes with an untaggable child.
    for call in object.leftovers(view, id) {
        if !tried(view, &call) {
            let step = Step::harmless(
                call,
                EventReason::Untagged,
                format!("remove the proof of ownership of {id}"),
            );
            return Decision::act(
                status,
                Verdict::acting(Reason::Deleting, step.does.clone()),
                Action::Call(Box::new(step)),
            );
        }
    }
    let note = Note::new(EventReason::Deleted, format!("{id} is deleted"));
    Decision::act(
        status,
        super::deleting_verdict(),
        Action::RemoveFinalizer(Some(note)),
    )
}

/// True once a call was sent that the deletion does not depend on: it is sent once.
fn tried(view: &View, call: &Call) -> bool {
    let hash = call.params_hash();
    view.memory.accepted.contains_key(&hash)
        || view.memory.refused.contains_key(&hash)
        || call
            .target()
            .is_some_and(|t| view.memory.unknown.contains_key(t))
}

/// What is to be done about a mark on an AWS object that stays.
enum Mark {
    /// It is written, now.
    Write,
    /// AWS refused it: it is tried again then.
    Again(Timestamp),
    /// AWS accepted it, or it was refused often enough, or nobody knows what became of it.
    Over,
}

fn mark(view: &View, call: &Call) -> Mark {
    let Some(refusal) = view.memory.refused.get(&call.params_hash()) else {
        return if tried(view, call) {
            Mark::Over
        } else {
            Mark::Write
        };
    };
    let passing = matches!(
        refusal.reason,
        Reason::Throttled | Reason::AwsUnavailable | Reason::RefusedByAws
    );
    let tries = if passing { MARK_TRIES } else { FORBIDDEN_TRIES };
    if refusal.times >= tries {
        Mark::Over
    } else if refusal.retry_at > view.now {
        Mark::Again(refusal.retry_at)
    } else {
        Mark::Write
    }
}

/// Leaves the AWS object, marked; needs no success at AWS.
fn retain<K: Managed>(
    object: &K,
    view: &View,
    status: K::Status,
    candidates: &[Candidate],
    policy: Leaving,
) -> Decision<K::Status> {
    let id = K::aws_id(&status).unwrap_or_default().to_owned();
    let found = candidates.iter().find(|c| c.id == id);
    let until = settle::visible(view, K::managed(&status));
    let (set, remove) = match (policy, found) {
        (Leaving::Release, Some(c)) => (Tags::new(), tags::all_of_ours(&c.tags)),
        (Leaving::Release, None) => (Tags::new(), vec![]),
        (_, Some(c)) if c.tags.contains_key(identity::RETAINED_AT) => (Tags::new(), vec![]),
        (_, _) => (
            Tags::from([(identity::RETAINED_AT.to_owned(), deleted_when(object))]),
            vec![],
        ),
    };
    if !set.is_empty() || !remove.is_empty() {
        let event = if policy == Leaving::Release {
            EventReason::Released
        } else {
            EventReason::Retained
        };
        for call in object.tag(view, &id, set, remove) {
            let does = if policy == Leaving::Release {
                format!("take our tags off {id}")
            } else {
                format!("mark {id} as kept")
            };
            match mark(view, &call) {
                Mark::Write => {
                    let step = Step::harmless(call, event, does.clone());
                    return Decision::act(
                        status,
                        Verdict::acting(Reason::Deleting, does),
                        Action::Call(Box::new(step)),
                    );
                }
                Mark::Again(at) => {
                    let message = format!("AWS refused to {does}: it is tried again");
                    let verdict = Verdict::acting(Reason::Deleting, message);
                    return Decision::say(status, verdict).at(at);
                }
                Mark::Over => {}
            }
        }
    }
    if view.now <= until {
        let verdict = Verdict::acting(
            Reason::Deleting,
            format!("{id} stays at AWS; this object goes once every list shows it"),
        );
        return Decision::say(status, verdict).at(until);
    }
    let begun = settle::begun(object, view);
    let last = K::managed(&status)
        .intents
        .values()
        .flat_map(settle::sent)
        .max();
    // Where AWS cannot be read, a window has to do.
    if let Some(last) = last
        && begun <= last + view.windows.settled()
        && !(view.unreadable && view.now > last + view.windows.window())
    {
        return Decision::say(status, settle::settling(None))
            .at(last + view.windows.settled())
            .refreshing(object.lists(view));
    }
    let message = match policy {
        Leaving::Release if found.is_none() => {
            format!("{id} stays at AWS; its tags could not be read and stay too")
        }
        Leaving::Release => format!("{id} stays at AWS without tags of ours"),
        _ => match view.aws.connection(&id).filter(|_| K::PAID) {
            Some(c) => format!(
                "{id} stays at AWS: a {} port at {} goes on being billed; an object of the same name takes it back",
                c.bandwidth, c.location
            ),
            None => format!("{id} stays at AWS; an object of the same name takes it back"),
        },
    };
    let reason = if policy == Leaving::Release {
        EventReason::Released
    } else {
        EventReason::Retained
    };
    Decision::act(
        status,
        super::deleting_verdict(),
        Action::RemoveFinalizer(Some(Note::new(reason, message))),
    )
}

/// True if the object is being deleted and what it stands for stays at AWS: that needs no success there.
pub fn stays<K: Managed>(object: &K, view: &View) -> bool {
    let Some(status) = object.stored() else {
        return false;
    };
    object.meta().deletion_timestamp.is_some()
        && !object.common().observe_only()
        && K::aws_id(status).is_some()
        && leaving(object, view, K::managed(status)) != Leaving::Delete
}

/// The account cannot be used: what stays at AWS stays, with the tags that it has. None where the
/// deletion needs the account.
pub(super) fn unreachable<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
) -> Option<Decision<K::Status>> {
    if !stays(object, view) || object.paused() {
        return None;
    }
    let id = K::aws_id(status)?.to_owned();
    let managed = K::managed(status);
    let asked = time(Some(&deleted_when(object))).unwrap_or(Timestamp::UNIX_EPOCH);
    // A minute for an account that is being set right, a window for what is on its way.
    let until = managed
        .intents
        .values()
        .flat_map(settle::sent)
        .map(|t| t + view.windows.window())
        .chain([settle::visible(view, managed), asked + GRACE])
        .max()?;
    let status = status.clone();
    if view.now <= until {
        let verdict = Verdict::acting(
            Reason::Deleting,
            format!("{id} stays at AWS; this object goes although its account cannot be used"),
        );
        return Some(Decision::say(status, verdict).at(until));
    }
    let note = Note::new(
        EventReason::Retained,
        format!(
            "{id} stays at AWS as it is: its account cannot be used, so that no tag was written"
        ),
    );
    Some(Decision::act(
        status,
        super::deleting_verdict(),
        Action::RemoveFinalizer(Some(note)),
    ))
}

/// When the deletion was asked for: stable, so that the tag is written once.
fn deleted_when<K: Managed>(object: &K) -> String {
    object
        .meta()
        .deletion_timestamp
        .as_ref()
        .map_or_else(String::new, |t| t.0.to_string())
}

/// While AWS accepted the deletion and its lists may not show it yet.
fn hidden<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    id: &str,
) -> Option<Decision<K::Status>> {
    let deleted = time(K::managed(status).deleted_at.as_deref());
    let stored = deleted.map(|at| at + view.windows.visibility);
    // What is remembered here holds also where the clock that dated the status was wrong.
    let remembered = view.memory.going.get(id).copied();
    let until = stored.max(remembered)?;
    if settle::begun(object, view) > until {
        return None;
    }
    let verdict = Verdict::acting(
        Reason::Deleting,
        format!("AWS accepted to delete {id}; its lists do not show it yet"),
    );
    let decision = Decision::say(status.clone(), verdict).refreshing(object.lists(view));
    Some(match stored {
        Some(at) => decision.at(at),
        None => decision,
    })
}

fn delete<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    found: &Candidate,
    tag: &str,
) -> Decision<K::Status> {
    let id = found.id.clone();
    object.facts(view, &id, &mut status);
    if let Some(other) = found.tags.get(identity::IDENTITY).filter(|t| *t != tag) {
        return Decision::say(
            status,
            Verdict::stalled(
                Reason::AlreadyManaged,
                format!(
                    "{id} carries the identity {other} now: it is not deleted. Annotate directconnect.dev/release=true to let go of it"
                ),
            ),
        );
    }
    if !found.tags.contains_key(identity::IDENTITY) {
        let visible = settle::visible(view, K::managed(&status));
        if settle::begun(object, view) <= visible {
            let verdict = Verdict::acting(
                Reason::Deleting,
                format!(
                    "{id} shows no proof of ownership yet; waiting until every list would show it"
                ),
            );
            return Decision::say(status, verdict)
                .at(visible)
                .refreshing(object.lists(view));
        }
        return Decision::say(
            status,
            Verdict::stalled(
                Reason::AlreadyExists,
                format!(
                    "{id} carries no proof of ownership any more: it is not deleted. Annotate directconnect.dev/release=true to let go of it"
                ),
            ),
        );
    }
    let dependents = view.dependents(&object.key(), Some(&id));
    if !dependents.is_empty() {
        let names: Vec<String> = dependents.iter().map(|d| d.key.to_string()).collect();
        return Decision::say(
            status,
            Verdict::waits(
                Reason::WaitingForDependents,
                Actor::You,
                format!(
                    "{id} is still used by {}: delete them first",
                    names.join(", ")
                ),
                Some("it is deleted"),
                false,
            ),
        );
    }
    let steps = match object.remove(view, &id) {
        Ok(steps) => steps,
        Err(verdict) => return Decision::say(status, verdict),
    };
    let begun = settle::begun(object, view);
    let due: BTreeSet<String> = steps.iter().map(|s| s.slot.clone()).collect();
    if let Some(mut step) = steps.into_iter().next() {
        let hash = step.call.params_hash();
        if view.awaited(&hash, &object.lists(view)) {
            let verdict =
                Verdict::acting(Reason::Deleting, format!("AWS accepted to {}", step.does));
            return Decision::say(status, verdict).refreshing(object.lists(view));
        }
        if let Some(refusal) = view.memory.refused.get(&hash)
            && refusal.retry_at > view.now
        {
            let verdict = hold::refused(refusal, &step, || object.verdict(view, &id));
            return Decision::say(status, verdict).at(refusal.retry_at);
        }
        let target = step.call.target().unwrap_or(&id).to_owned();
        let lost = view.memory.unknown.get(&target).copied();
        let open = K::managed(&status)
            .intents
            .iter()
            .filter(|(slot, i)| due.contains(*slot) || !settle::undone(i, begun))
            .filter(|(_, i)| !settle::expired(view, &i.send_by, begun))
            .filter_map(|(_, i)| time(Some(&i.send_by)).map(|t| t + view.windows.settled()))
            .max();
        if let Some(until) = lost.max(open)
            && begun <= until
        {
            let verdict = Verdict::acting(
                Reason::Deleting,
                "the answer to an earlier call was lost; waiting until its effect is known",
            );
            return Decision::say(status, verdict)
                .at(until)
                .refreshing(object.lists(view));
        }
        if let Err(statement) = hold::pass(object, view, &status, &mut step) {
            return Decision::say(status, hold::held_by(statement, object.verdict(view, &id)));
        }
        let verdict = Verdict::acting(Reason::Deleting, step.does.clone());
        return Decision::act(status, verdict, Action::Call(Box::new(step)));
    }
    Decision::say(
        status,
        Verdict::acting(Reason::Deleting, format!("waiting for AWS to delete {id}")),
    )
    .refreshing(object.lists(view))
}
