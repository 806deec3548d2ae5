//! What is said while the operator works on an AWS object.

use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::{Statement, Truth, Verdict};
use crate::view::View;

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

pub(super) fn kind_statements<K: Managed>(object: &K, view: &View, id: &str) -> Vec<Statement> {
    object.verdict(view, id).statements
}
