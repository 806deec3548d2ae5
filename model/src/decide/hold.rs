//! The guard's word on one step: it passes, with consent or without, or it is held.

use crate::api::aws_account::Guard;
use crate::api::status::Actor;
use crate::consent::{self, Act};
use crate::guard::{self, Finding};
use crate::managed::Managed;
use crate::step::{Care, Step};
use crate::verdict::{Statement, Truth, Verdict, waiting};
use crate::view::{Refusal, View};

use super::create::{self, codes, granted};

/// True if the guard would hold the step as things are: what leads up to it need not begin.
pub(crate) fn held<K: Managed>(object: &K, view: &View, step: &Step) -> bool {
    object
        .stored()
        .is_some_and(|status| pass(object, view, status, &mut step.clone()).is_err())
}

/// What is said of an object whose step the guard holds.
pub(super) fn held_by(statement: Statement, mut verdict: Verdict) -> Verdict {
    verdict.provisioned = false;
    verdict.waiting_for.push(waiting(
        statement.reason,
        Actor::You,
        &statement.message,
        Some("the step is done"),
    ));
    verdict.statements.push(statement);
    verdict
}

/// What is said of a step that was refused: by AWS, or by the guard as it looked once more.
pub(super) fn refused(
    refusal: &Refusal,
    step: &Step,
    verdict: impl FnOnce() -> Verdict,
) -> Verdict {
    match &step.care {
        Care::Disruptive(disruption) if disruption.reason == refusal.reason => {
            // Another object goes first: nobody has to do anything about it.
            let mut verdict = verdict();
            verdict.provisioned = false;
            let (reason, message) = (refusal.reason, &refusal.message);
            let goes_on = Some("it is tried again");
            let wait = waiting(reason, Actor::Operator, message, goes_on);
            verdict.waiting_for.push(wait);
            verdict
        }
        _ => create::refused(refusal),
    }
}

/// Takes a step past the guard, with the consent that it uses up or what is to be said of it; else the
/// condition that holds it.
pub(super) fn pass<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    step: &mut Step,
) -> Result<(), Statement> {
    let Care::Disruptive(disruption) = &step.care else {
        return Ok(());
    };
    let guard = view.account().map_or(Guard::Enforce, |a| a.guard);
    let Finding::LastPath(gateways) = guard::check(view, disruption) else {
        return Ok(());
    };
    let gateways = Vec::from_iter(gateways).join(", ");
    if guard != Guard::Enforce {
        step.bypassed = (guard == Guard::Warn).then(|| {
            format!(
                "to {} cut the last healthy path to {gateways}: the account's guard is set to Warn",
                step.does
            )
        });
        return Ok(());
    }
    let secret = step
        .call
        .secret()
        .map_or(String::new(), |s| s.resource_version.clone());
    let details = format!(
        "{} {} {secret}{}",
        step.call.params_hash(),
        step.slot,
        disruption.details
    );
    let codes = codes(object, Act::Disrupt, &details);
    let managed = K::managed(status);
    let code = codes.asked(&managed.consents_used);
    if granted(object, &code) {
        step.consent = Some(code);
        return Ok(());
    }
    // Consent that a call used up without effect is good for its repetition.
    let begun_with = managed
        .intents
        .get(&step.slot)
        .and_then(|i| i.consent.as_deref())
        .filter(|code| codes.hold(&managed.consents_used, code));
    if let Some(code) = begun_with {
        step.consent = Some(code.to_owned());
        return Ok(());
    }
    Err(Statement {
        condition: "Guarded",
        truth: Truth::True,
        reason: disruption.reason,
        message: format!(
            "held: to {} would cut the last healthy path to {gateways}. To do it all the same: {}",
            step.does,
            consent::command(&object.key(), &code)
        ),
    })
}
