//! What a decision says of an object: readiness, who must act, and the kind's own conditions.

use crate::action;
use crate::api::status::{Actor, WaitingFor};
use crate::reason::Reason;

/// Status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[allow(missing_docs, reason = "the three values of a Kubernetes condition")]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// A condition as a decision states it; times are added when it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Type of the condition.
    pub condition: &'static str,
    /// Status.
    pub truth: Truth,
    /// Reason.
    pub reason: Reason,
    /// Sentence for people: no ids of requests, times or counts of attempts.
    pub message: String,
}

/// What a decision says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Ready.
    pub ready: Truth,
    /// Reason of Ready.
    pub reason: Reason,
    /// Message of Ready.
    pub message: String,
    /// The spec, the account's settings or a consent must change before anything goes on.
    pub stalled: bool,
    /// The AWS object exists and equals the spec.
    pub provisioned: bool,
    /// The operator itself still has something to do for this generation.
    pub acting: bool,
    /// Who must act.
    pub waiting_for: Vec<WaitingFor>,
    /// The kind's own conditions, and Guarded.
    pub statements: Vec<Statement>,
}

impl Verdict {
    fn new(ready: Truth, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            ready,
            reason,
            message: message.into(),
            stalled: false,
            provisioned: false,
            acting: false,
            waiting_for: vec![],
            statements: vec![],
        }
    }

    /// It does its job.
    pub fn up(message: impl Into<String>) -> Self {
        Self {
            provisioned: true,
            ..Self::new(Truth::True, Reason::Up, message)
        }
    }

    /// Not looked yet, or not lately enough.
    pub fn unknown(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            acting: true,
            ..Self::new(Truth::Unknown, reason, message)
        }
    }

    /// The operator is at work.
    pub fn acting(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut verdict = Self {
            acting: true,
            ..Self::new(Truth::False, reason, message.clone())
        };
        verdict
            .waiting_for
            .push(waiting(reason, Actor::Operator, message, None));
        verdict
    }

    /// The spec, the account's settings or a consent must change.
    pub fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut verdict = Self {
            stalled: true,
            ..Self::new(Truth::False, reason, message.clone())
        };
        verdict
            .waiting_for
            .push(waiting(reason, Actor::You, message, None));
        verdict
    }

    /// Says these too, but for conditions of which something is said already.
    #[must_use]
    pub fn and(mut self, statements: impl IntoIterator<Item = Statement>) -> Self {
        for statement in statements {
            let mut said = self.statements.iter();
            if !said.any(|s| s.condition == statement.condition) {
                self.statements.push(statement);
            }
        }
        self
    }

    /// Somebody else must act; what AWS has equals the spec if `provisioned`.
    pub fn waits(
        reason: Reason,
        actor: Actor,
        message: impl Into<String>,
        then: Option<&str>,
        provisioned: bool,
    ) -> Self {
        let message = message.into();
        let mut verdict = Self {
            provisioned,
            ..Self::new(Truth::False, reason, message.clone())
        };
        verdict
            .waiting_for
            .push(waiting(reason, actor, message, then));
        verdict
    }

    /// Adds a condition of the kind.
    #[must_use]
    pub fn with(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }
}

/// An entry of `waitingFor`; its time is set when it is stored.
pub fn waiting(
    reason: Reason,
    actor: Actor,
    on: impl Into<String>,
    then: Option<&str>,
) -> WaitingFor {
    let on = on.into();
    WaitingFor {
        reason,
        actor,
        action: Some(action::action(reason, actor, &on)),
        on,
        then: then.map(str::to_owned),
        since: None,
        deadline: None,
    }
}
