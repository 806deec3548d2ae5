//! The object is wanted: find it, adopt it, make it equal, or make it.

use jiff::{SignedDuration, Timestamp};

use crate::consent::{self, Act};
use crate::identity::{self, Located, locate};
use crate::managed::{Care, EventReason, Managed, Step};
use crate::reason::Reason;
use crate::verdict::{Statement, Truth, Verdict};
use crate::view::View;

use super::create::{code, granted, refused};
use super::documents::products;
use super::tagging::{carried, record_tags, tag_steps};
use super::{Action, Decision, Note, SELF, claim, create, hold, identity_tag, settle, time};

/// Complete lists without the recorded id, and the time that they must span, before it is lost.
const LOST_AFTER_LISTS: usize = 3;
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn decide<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
) -> Decision<K::Status> {
    let tag = identity_tag(object, view);
    let candidates = object.candidates(view, K::aws_id(&status));
    let located = locate(
        &claim(object, view, &status, &tag),
        &candidates,
        |uid| uid != object.uid() && view.lives(uid),
        |id| view.owner(id).filter(|k| *k != object.key()),
    );
    let open = K::managed(&status).intents.contains_key(SELF);
    match located {
        Located::Recorded(c) => {
            let id = c.id.clone();
            if let Some(other) = rival(object, view, c, &tag) {
                object.facts(view, &id, &mut status);
                return Decision::say(status, already_managed(&id, &other));
            }
            K::managed_mut(&mut status).seen = Some(true);
            if K::managed_mut(&mut status)
                .unrecorded_since
                .take()
                .is_some()
            {
                return Decision::act(
                    status,
                    Verdict::acting(Reason::Updating, "found again by its tags"),
                    Action::Store(None),
                );
            }
            converge(object, view, status, &id, &c.tags)
        }
        Located::Going(c) if K::managed(&status).seen == Some(true) => {
            let id = c.id.clone();
            object.facts(view, &id, &mut status);
            match object.gone(view, &id) {
                Some(verdict) => Decision::say(status, verdict),
                None => missing(object, view, status, &id),
            }
        }
        Located::Going(c) => {
            let id = c.id.clone();
            object.facts(view, &id, &mut status);
            match object.gone(view, &id) {
                Some(verdict) => Decision::say(status, verdict),
                None => missing(object, view, status, &id),
            }
        }
        Located::Missing => {
            let id = K::aws_id(&status).unwrap_or_default().to_owned();
            missing(object, view, status, &id)
        }
        Located::Created(c) => {
            let id = c.id.clone();
            settle::record::<K>(&mut status, &id, view.now, true);
            let event = if K::PAID {
                EventReason::Ordered
            } else {
                EventReason::Created
            };
            let note = Note::new(event, format!("{id} was made; its answer had been lost"));
            Decision::act(
                status,
                Verdict::acting(Reason::Provisioning, format!("recording {id}")),
                Action::Store(Some(note)),
            )
        }
        // What the open create made may still be hidden behind what was found.
        Located::Readopt(_) if unsettled(object, view, &status) => {
            let intent = K::managed(&status).intents.get(SELF).cloned();
            create_or_settle(object, view, status, intent.as_ref())
        }
        Located::Readopt(c) => {
            let id = c.id.clone();
            let imported = c.tags.contains_key(identity::IMPORTED);
            settle::record::<K>(&mut status, &id, view.now, true);
            let declared = carried(object, view, c);
            let managed = K::managed_mut(&mut status);
            managed.imported = imported.then_some(true);
            // What was taken over by import may have had these tags before.
            managed.tag_keys = if imported { vec![] } else { declared };
            let note = Note::new(
                EventReason::Readopted,
                format!(
                    "{id} carries this object's identity and is taken back; nothing was ordered"
                ),
            );
            Decision::act(
                status,
                Verdict::acting(Reason::Provisioning, format!("taking back {id}")),
                Action::Store(Some(note)),
            )
        }
        Located::Import(c) => import(object, view, status, &c.id),
        Located::ImportNotFound(id) => {
            let account = view
                .account()
                .map_or("", |a| a.account_id.as_str())
                .to_owned();
            let region = view.account().map_or("", |a| a.region.as_str()).to_owned();
            Decision::say(
                status,
                Verdict::stalled(
                    Reason::ImportNotFound,
                    format!(
                        "spec.import.id is {id}: account {account} owns no such object in region {region}; correct the id, accountRef or region, or remove import to order a new one"
                    ),
                ),
            )
        }
        Located::AlreadyManaged(who) => {
            let id = object
                .common()
                .import
                .as_ref()
                .map_or(String::new(), |i| i.id.clone());
            Decision::say(status, already_managed(&id, &who))
        }
        Located::AlreadyExists(id) if open => {
            let intent = K::managed(&status).intents.get(SELF).cloned();
            // Its tags may still be on their way to the list.
            match &intent {
                Some(i) if !settle::expired(view, &i.send_by, begun(object, view)) => {
                    create_or_settle(object, view, status, intent.as_ref())
                }
                _ => Decision::say(status, taken(object, view, &id)),
            }
        }
        Located::AlreadyExists(id) => Decision::say(status, taken(object, view, &id)),
        Located::OwnedByPredecessor(message) => Decision::say(
            status,
            Verdict::stalled(
                Reason::OwnedByPredecessor,
                format!(
                    "{message}. Delete one of the two objects, or remove its directconnect.dev tags at AWS"
                ),
            ),
        ),
        Located::DuplicateOwned(ids) => Decision::say(
            status,
            Verdict::stalled(
                Reason::DuplicateOwned,
                format!(
                    "{} AWS objects carry the identity {tag}: {}. Nothing is changed or deleted: remove the tag {} from all but one",
                    ids.len(),
                    ids.join(", "),
                    identity::IDENTITY
                ),
            ),
        ),
        Located::Absent => create::decide(object, view, status),
    }
}

/// Who else manages the object: by its identity tag, or, while nobody has written one, the lower uid.
fn rival<K: Managed>(
    object: &K,
    view: &View,
    found: &identity::Candidate,
    tag: &str,
) -> Option<String> {
    let other = view
        .siblings
        .iter()
        .filter(|s| s.uid != object.uid() && !s.observe_only)
        .find(|s| s.aws_id.as_deref() == Some(&found.id));
    match found.tags.get(identity::IDENTITY) {
        Some(own) if own == tag => None,
        Some(written) => match identity::parse(written) {
            Some((cluster, key)) if cluster == view.cluster_id => {
                other.filter(|s| s.key == key).map(|s| s.key.to_string())
            }
            _ => Some(written.clone()),
        },
        None => other
            .filter(|s| s.uid.as_str() < object.uid())
            .map(|s| s.key.to_string()),
    }
}

/// True while an open create may still take effect, or its effect be hidden.
fn unsettled<K: Managed>(object: &K, view: &View, status: &K::Status) -> bool {
    let begun = begun(object, view);
    K::managed(status)
        .intents
        .get(SELF)
        .is_some_and(|i| !settle::expired(view, &i.send_by, begun))
}

fn begun<K: Managed>(object: &K, view: &View) -> Timestamp {
    view.aws
        .begun_all(&object.lists(view))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

fn already_managed(id: &str, who: &str) -> Verdict {
    Verdict::stalled(
        Reason::AlreadyManaged,
        format!(
            "{id} is managed by {who}: one object manages an AWS object; delete the other one, or set managementPolicy: ObserveOnly here"
        ),
    )
}

fn taken<K: Managed>(object: &K, view: &View, id: &str) -> Verdict {
    object.taken(view, id).unwrap_or_else(|| already_exists(id))
}

fn already_exists(id: &str) -> Verdict {
    Verdict::stalled(
        Reason::AlreadyExists,
        format!(
            "{id} exists with the same natural key and nothing says that it is ours: name it in spec.import.id to take it over, or remove it at AWS"
        ),
    )
}

/// An intent is open and nothing may be concluded from what the list shows yet.
fn create_or_settle<K: Managed>(
    object: &K,
    view: &View,
    status: K::Status,
    intent: Option<&crate::api::status::Intent>,
) -> Decision<K::Status> {
    let until = intent
        .and_then(|i| time(Some(&i.send_by)))
        .map_or(view.now, |t| t + view.windows.settled());
    Decision::say(status, settle::settling(intent))
        .at(until)
        .refreshing(object.lists(view))
}

fn import<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let differences = object.differences(view, id);
    let applies = object.common().applies_differences();
    if differences.iter().any(|d| !d.in_place || !applies) {
        let list: Vec<String> = differences.iter().map(ToString::to_string).collect();
        object.facts(view, id, &mut status);
        return Decision::say(status, Verdict::stalled(Reason::ImportDiff, list.join(" ")));
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    settle::record::<K>(&mut status, id, view.now, true);
    let managed = K::managed_mut(&mut status);
    managed.imported = Some(true);
    managed.tag_keys.clear();
    let note = Note::new(
        EventReason::Adopted,
        format!("{id} was taken over; only ownership tags are written"),
    );
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, format!("taking over {id}")),
        Action::Store(Some(note)),
    )
}

/// The recorded id is not listed, or listed as deleted.
fn missing<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let managed = K::managed(&status);
    let recorded = time(managed.recorded_at.as_deref()).unwrap_or(Timestamp::UNIX_EPOCH);
    let shown_by = recorded + view.windows.visibility;
    if managed.seen != Some(true) && begun(object, view) <= shown_by {
        let verdict = Verdict::acting(
            Reason::Provisioning,
            format!("{id} was made; AWS does not list it yet"),
        );
        return Decision::say(status, verdict).refreshing(lists);
    }
    let missing = &view.memory.missing;
    let spread = match (missing.first(), missing.last()) {
        (Some(first), Some(last)) => last.duration_since(*first),
        _ => SignedDuration::ZERO,
    };
    if missing.len() < LOST_AFTER_LISTS || spread < LOST_AFTER {
        let mut verdict = Verdict::unknown(
            Reason::AwsUnavailable,
            format!("AWS does not list {id} any more; looking again before it is called lost"),
        );
        verdict.acting = false;
        let next = missing.last().map_or(view.now, |l| *l + LOST_AFTER / 2);
        return Decision::say(status, verdict).at(next).refreshing(lists);
    }
    let code = code(object, &status, Act::OrderAgain, id);
    let consented = granted(object, &code);
    if !K::REPAIRED_WHEN_LOST && !consented {
        let verdict = Verdict::stalled(
            Reason::LostAtAws,
            format!(
                "{id} was there and AWS does not list it any more: somebody deleted it, or it belongs to another account now. \
                 To order it again: {}",
                consent::command(&object.key(), &code)
            ),
        );
        return Decision::say(status, verdict);
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    K::set_aws_id(&mut status, None);
    let managed = K::managed_mut(&mut status);
    managed.recorded_at = None;
    managed.seen = None;
    managed.imported = None;
    managed.tag_keys.clear();
    // Earlier tokens may still take effect: look-ups close them.
    managed
        .intents
        .retain(|slot, i| slot == SELF && !i.earlier.is_empty());
    if consented {
        let annotation = object.annotation(consent::ANNOTATION);
        consent::use_up(&mut managed.consents_used, annotation, &code);
    }
    let event = if consented {
        EventReason::OrderedAgain
    } else {
        EventReason::LostAtAws
    };
    let note = Note::new(event, format!("{id} is lost and is made again"));
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, format!("making {id} again")),
        Action::Store(Some(note)),
    )
}

/// The AWS object exists: tags, then what the kind wants, one step at a time.
fn converge<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
    actual: &crate::aws::Tags,
) -> Decision<K::Status> {
    object.facts(view, id, &mut status);
    if let Some(decision) = record_tags(object, view, &mut status, id, actual) {
        return decision;
    }
    let (steps, refusal) = match steps(object, view, &status, id, actual) {
        Ok(steps) => (steps, None),
        Err(verdict) => (tag_steps(object, view, &status, id, actual), Some(verdict)),
    };
    let known = refusal.is_none() && object.at_rest(view, id);
    if let Some(decision) = close_intents(object, view, &status, &steps, known) {
        return decision;
    }
    if let Some(decision) = open_call(object, view, &status, &steps, known) {
        return decision;
    }
    let mut pending = None;
    let mut waits_until: Option<Timestamp> = None;
    for step in steps {
        let hash = step.call.params_hash();
        if view
            .memory
            .accepted
            .get(&hash)
            .is_some_and(|until| *until > view.now)
        {
            pending = Some(format!(
                "AWS accepted to {}; its lists do not show it yet",
                step.does
            ));
            continue;
        }
        if let Some(refusal) = view.memory.refused.get(&hash)
            && refusal.retry_at > view.now
        {
            let mut decision = Decision::say(status, refused(refusal)).at(refusal.retry_at);
            decision
                .verdict
                .statements
                .extend(kind_statements(object, view, id));
            return decision;
        }
        let target = step.call.target().unwrap_or(id).to_owned();
        if let Some(until) = view.memory.unknown.get(&target)
            && begun(object, view) <= *until
        {
            pending = Some(format!(
                "the answer to an earlier change of {target} was lost; nothing else is sent to it until its effect is known"
            ));
            waits_until = Some(*until);
            continue;
        }
        if object.paused() {
            let mut verdict = object.verdict(view, id);
            verdict.provisioned = false;
            verdict.statements.push(paused_by(&step));
            return Decision::say(status, verdict);
        }
        return guarded(object, view, status, id, step);
    }
    if let Some(message) = pending {
        let verdict = at_work(object, view, &status, id, message);
        let decision = Decision::say(status, verdict).refreshing(object.lists(view));
        return match waits_until {
            Some(until) => decision.at(until),
            None => decision,
        };
    }
    if let Some(mut verdict) = refusal {
        for statement in kind_statements(object, view, id) {
            if !verdict
                .statements
                .iter()
                .any(|s| s.condition == statement.condition)
            {
                verdict.statements.push(statement);
            }
        }
        return Decision::say(status, verdict);
    }
    products(object, view, status, id)
}

/// While a call's outcome is open, nothing else is sent to the object.
fn open_call<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    steps: &[Step],
    known: bool,
) -> Option<Decision<K::Status>> {
    let begun = begun(object, view);
    for (slot, open) in &K::managed(status).intents {
        let step = steps.iter().find(|s| s.slot == *slot);
        // Nothing of it is due, and what it did is not known: other changes wait.
        let unknown = !known && slot != SELF && !steps.is_empty();
        if step.is_none() && !unknown {
            continue;
        }
        let child = step.is_some_and(|s| s.care == Care::CreateChild);
        let free = if child {
            settle::judge(view, open, begun, settle::Second::Refused) == settle::Settled::SendAgain
        } else {
            settle::expired(view, &open.send_by, begun)
        };
        if !free {
            let pause = if child {
                SignedDuration::ZERO
            } else {
                view.windows.settled()
            };
            let until = time(Some(&open.send_by)).unwrap_or(view.now) + pause;
            let decision = Decision::say(status.clone(), settle::settling(Some(open)));
            return Some(decision.at(until).refreshing(object.lists(view)));
        }
    }
    None
}

/// What is said while the operator works on what exists: a generation that was fully acted on once
/// goes on telling its traffic, and a new one is Reconciling.
pub(super) fn at_work<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    id: &str,
    message: String,
) -> Verdict {
    let acted = K::managed(status).observed_generation;
    if acted.is_some() && acted == object.meta().generation {
        let mut verdict = object.verdict(view, id);
        verdict.provisioned = false;
        verdict.statements.push(Statement {
            condition: "Provisioned",
            truth: Truth::False,
            reason: Reason::Updating,
            message,
        });
        return verdict;
    }
    let mut verdict = Verdict::acting(Reason::Updating, message);
    verdict.statements = kind_statements(object, view, id);
    verdict
}

fn kind_statements<K: Managed>(object: &K, view: &View, id: &str) -> Vec<Statement> {
    object.verdict(view, id).statements
}

fn paused_by(step: &Step) -> Statement {
    Statement {
        condition: "Provisioned",
        truth: Truth::False,
        reason: Reason::Paused,
        message: format!("paused before: {}", step.does),
    }
}

fn steps<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    id: &str,
    actual: &crate::aws::Tags,
) -> Result<Vec<Step>, Verdict> {
    let mut steps = tag_steps(object, view, status, id, actual);
    steps.extend(object.converge(view, id)?);
    Ok(steps)
}

/// Intents whose effect is seen are closed; earlier tokens once they can do nothing any more.
fn close_intents<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    steps: &[Step],
    known: bool,
) -> Option<Decision<K::Status>> {
    let begun = begun(object, view);
    let mut after = status.clone();
    let managed = K::managed_mut(&mut after);
    managed.intents.retain(|slot, intent| {
        let due = steps.iter().any(|s| s.slot == *slot);
        // That no step is left says something only of an object at rest, and of a list that was begun
        // when nothing could be sent any more.
        let sent = time(Some(&intent.send_by)).unwrap_or(Timestamp::UNIX_EPOCH);
        let seen =
            !due && ((known && begun > sent) || settle::expired(view, &intent.send_by, begun));
        let earlier = intent
            .earlier
            .values()
            .all(|t| settle::expired(view, t, begun));
        !(seen && earlier)
    });
    for intent in managed.intents.values_mut() {
        intent
            .earlier
            .retain(|_, t| !settle::expired(view, t, begun));
    }
    (after != *status).then(|| {
        let id = K::aws_id(status).unwrap_or_default();
        let verdict = if known && steps.is_empty() {
            object.verdict(view, id)
        } else {
            at_work(object, view, status, id, "a change took effect".to_owned())
        };
        Decision::act(after, verdict, Action::Store(None))
    })
}

/// Holds a step that would cut the last healthy path.
fn guarded<K: Managed>(
    object: &K,
    view: &View,
    status: K::Status,
    id: &str,
    mut step: Step,
) -> Decision<K::Status> {
    if let Err(statement) = hold::pass(object, view, &status, &mut step) {
        return Decision::say(status, hold::held_by(statement, object.verdict(view, id)));
    }
    let verdict = at_work(object, view, &status, id, step.does.clone());
    Decision::act(status, verdict, Action::Call(Box::new(step)))
}
