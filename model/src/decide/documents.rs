//! Nothing is left to be done at AWS: reads with a product, and what is said where one cannot be
//! stored.

use jiff::Timestamp;

use crate::api::status::Actor;
use crate::managed::Managed;
use crate::verdict::{Statement, Truth, Verdict, waiting};
use crate::view::{Refusal, View};

use super::{Action, Decision};

/// The next read that is due, if one is.
pub(super) fn products<K: Managed>(
    object: &K,
    view: &View,
    status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let mut verdict = object.verdict(view, id);
    let mut next = None;
    let mut again: Option<Timestamp> = None;
    for fetch in object.fetches(view, id, &status) {
        let refusal = fetch.document().and_then(|d| view.memory.withheld.get(&d));
        if let Some(refusal) = refusal {
            verdict = withheld(verdict, refusal);
            if refusal.retry_at > view.now {
                again = Some(again.map_or(refusal.retry_at, |a| a.min(refusal.retry_at)));
                continue;
            }
        }
        if !object.paused() || fetch.document().is_none() {
            next = next.or(Some(fetch));
        }
    }
    let decision = match next {
        Some(fetch) => Decision::act(status, verdict, Action::Fetch(fetch)),
        None => Decision::say(status, verdict),
    };
    match again {
        Some(at) => decision.at(at),
        None => decision,
    }
}

/// A document cannot be written: somebody must act. What is known of traffic stays said.
fn withheld(mut verdict: Verdict, refusal: &Refusal) -> Verdict {
    if verdict.ready != Truth::True {
        let mut stalled = Verdict::stalled(refusal.reason, &refusal.message);
        stalled.statements = verdict.statements;
        return stalled;
    }
    verdict.provisioned = false;
    verdict.waiting_for.push(waiting(
        refusal.reason,
        Actor::You,
        &refusal.message,
        Some("it is written"),
    ));
    verdict.with(Statement {
        condition: "Provisioned",
        truth: Truth::False,
        reason: refusal.reason,
        message: refusal.message.clone(),
    })
}
