//! Evaluation of policies for one action on one resource (IAM User Guide, "Policy evaluation logic").

use super::condition::Context;
use super::pattern::{fits_action, fits_arn};
use super::policy::{Effect, Policy, Statement};

/// One action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `directconnect:DeleteConnection`.
    pub action: String,
    /// ARN, or `*` for an action without resources.
    pub resource: String,
    /// Condition keys.
    pub context: Context,
}

/// What policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'p> {
    /// Something allows and nothing denies.
    Allowed,
    /// A statement denies.
    ExplicitDeny(&'p Statement),
    /// Nothing allows.
    ImplicitDeny,
}

/// Evaluates all policies of a principal.
pub fn evaluate<'p>(policies: &'p [Policy], check: &Check) -> Verdict<'p> {
    let applying = || {
        policies
            .iter()
            .flat_map(|policy| &policy.statement)
            .filter(|statement| statement.applies(check))
    };
    if let Some(statement) = applying().find(|s| s.effect == Effect::Deny) {
        return Verdict::ExplicitDeny(statement);
    }
    match applying().next() {
        Some(_) => Verdict::Allowed,
        None => Verdict::ImplicitDeny,
    }
}

impl Statement {
    fn applies(&self, check: &Check) -> bool {
        let action = |pattern: &String| fits_action(pattern, &check.action);
        let resource = |pattern: &String| fits_arn(pattern, &check.resource);
        let actions = if self.not_action.is_empty() {
            self.action.iter().any(action)
        } else {
            !self.not_action.iter().any(action)
        };
        let resources = if self.not_resource.is_empty() {
            self.resource.iter().any(resource)
        } else {
            !self.not_resource.iter().any(resource)
        };
        actions && resources && self.condition.iter().all(|c| c.holds(&check.context))
    }
}
