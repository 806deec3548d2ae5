//! What holds of every decision, whatever the world.

use directconnect_model::decide::{Action, Decision, SELF, decide, has_finalizer};
use directconnect_model::managed::Managed;
use directconnect_model::step::Care;
use directconnect_model::verdict::Truth;
use directconnect_model::view::View;

/// Decides twice and checks what must hold of the decision.
pub fn decided<K: Managed>(object: &K, view: &View) -> Decision<K::Status> {
    let decision = decide(object, view);
    assert_eq!(
        decision,
        decide(object, view),
        "a decision is a function of what it sees"
    );
    said(&decision);
    done(object, &decision);
    decision
}

fn said<S: std::fmt::Debug>(decision: &Decision<S>) {
    let v = &decision.verdict;
    assert!(!(v.stalled && v.acting), "stalled and at work: {v:?}");
    assert!(
        !v.stalled || v.ready == Truth::False,
        "stalled and ready: {v:?}"
    );
    assert!(
        v.ready != Truth::False || !v.waiting_for.is_empty(),
        "not ready and nobody has to act: {v:?}"
    );
    assert!(!v.message.is_empty(), "no message: {v:?}");
}

fn done<K: Managed>(object: &K, decision: &Decision<K::Status>) {
    let deleting = object.meta().deletion_timestamp.is_some();
    match &decision.action {
        Action::Store(_) => {
            assert_ne!(
                Some(&decision.status),
                object.stored(),
                "a write that changes nothing is a hot loop"
            );
        }
        Action::Call(step) => {
            assert!(has_finalizer(object), "a call without finalizer: {step:?}");
            assert!(!object.paused(), "a call while paused: {step:?}");
            assert!(
                !object.common().observe_only(),
                "a call of what only watches: {step:?}"
            );
            let operation = step.call.operation();
            if step.care == Care::Create {
                assert!(!deleting, "an order while deleting");
                assert!(
                    K::aws_id(&decision.status).is_none(),
                    "an order beside what is recorded"
                );
                let open = K::managed(&decision.status).intents.get(SELF);
                assert!(
                    K::NATURAL || open.is_none(),
                    "an order while another is open: {open:?}"
                );
            }
            if step.slot == "delete" {
                assert!(deleting, "{operation} of what is wanted");
                assert!(
                    matches!(step.care, Care::Disruptive(_)),
                    "{operation} without the guard"
                );
            }
        }
        Action::Nothing | Action::AddFinalizer | Action::RemoveFinalizer(_) | Action::Fetch(_) => {}
    }
}
