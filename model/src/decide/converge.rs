//! The AWS object exists: make it equal to what is declared, one step at a time.

use jiff::{SignedDuration, Timestamp};

use crate::aws::Tags;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::{Care, Step};
use crate::verdict::{Statement, Truth, Verdict};
use crate::view::View;

use super::documents::products;
use super::tagging::{record_tags, tag_steps};
use super::working::{at_work, kind_statements};
use super::{Action, Decision, SELF, hold, settle, time};

/// Tags first, then what the kind wants.
pub(super) fn converge<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
    actual: &Tags,
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
        if view.awaited(&hash, &object.lists(view)) {
            pending = Some(format!(
                "AWS accepted to {}; its lists do not show it yet",
                step.does
            ));
            continue;
        }
        if let Some(refusal) = view.memory.refused.get(&hash)
            && refusal.retry_at > view.now
        {
            let verdict = hold::refused(refusal, &step, || object.verdict(view, id));
            let verdict = verdict.and(kind_statements(object, view, id));
            return Decision::say(status, verdict).at(refusal.retry_at);
        }
        let target = step.call.target().unwrap_or(id).to_owned();
        if let Some(until) = view.memory.unknown.get(&target)
            && settle::begun(object, view) <= *until
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
    if let Some(verdict) = refusal {
        return Decision::say(status, verdict.and(kind_statements(object, view, id)));
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
    let begun = settle::begun(object, view);
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
    actual: &Tags,
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
    let begun = settle::begun(object, view);
    let mut after = status.clone();
    let managed = K::managed_mut(&mut after);
    managed.intents.retain(|slot, intent| {
        let due = steps.iter().any(|s| s.slot == *slot);
        // That no step is left says something only of an object at rest, and of a list that was begun
        // when nothing could be sent any more. A create that an earlier token forestalled can still
        // make a second one once the first is deleted.
        let sent = time(Some(&intent.send_by)).unwrap_or(Timestamp::UNIX_EPOCH);
        let told = known && begun > sent && slot != SELF;
        let seen = !due && (told || settle::expired(view, &intent.send_by, begun));
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
