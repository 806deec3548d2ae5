//! From a verdict to stored conditions: times move only on transitions.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::api::status::WaitingFor;
use crate::decide::stamp;
use crate::reason::Reason;
use crate::verdict::{Statement, Truth, Verdict};

/// Whether AWS can be read, as far as this object is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It was read within the promised time.
    Yes,
    /// Nobody tries to read it: why. What is said of the object does not rest on it.
    Not(Reason, String),
    /// It cannot be read: reason, and since when nothing complete was read.
    No(Reason, String, Option<Timestamp>),
}

/// What is known beside the verdict.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Generation that the verdict is about.
    pub generation: i64,
    /// AWS time.
    pub now: Timestamp,
    /// Annotation `paused`.
    pub paused: bool,
    /// Whether AWS can be read.
    pub observed: Observed,
}

/// How long Ready keeps its value without a complete observation.
pub const KEEPS_FOR_MINUTES: i64 = 15;

/// Conditions, `waitingFor` and observedGeneration as they are to be stored.
pub struct Projection {
    /// Conditions in a fixed order.
    pub conditions: Vec<Condition>,
    /// Who must act.
    pub waiting_for: Vec<WaitingFor>,
    /// Set once the generation was fully acted on.
    pub observed_generation: Option<i64>,
}

/// Projects a verdict onto what is stored. Pure; equal input gives equal output, so that a status
/// is written only when something changed.
pub fn project(
    verdict: &Verdict,
    circumstances: &Circumstances,
    previous: &[Condition],
    previous_waiting: &[WaitingFor],
    previous_observed_generation: Option<i64>,
) -> Projection {
    let Circumstances {
        generation,
        now,
        paused,
        observed,
    } = circumstances;
    let before = |condition: &str| previous.iter().find(|c| c.type_ == condition);
    let (mut ready, mut reason, mut message) =
        (verdict.ready, verdict.reason, verdict.message.clone());
    let mut keeps = false;
    if let Observed::No(why, text, since) = observed {
        let aged = since.is_none_or(|s| {
            now.duration_since(s) >= jiff::SignedDuration::from_mins(KEEPS_FOR_MINUTES)
        });
        match before("Ready") {
            Some(last) if !aged && last.status != "Unknown" => keeps = true,
            _ if verdict.stalled => {}
            _ => (ready, reason, message) = (Truth::Unknown, *why, text.clone()),
        }
    }
    // A verdict that knows nothing yet does not wipe out what was known while AWS is looked at.
    if ready == Truth::Unknown
        && reason == Reason::FirstLook
        && before("Ready").is_some_and(|c| c.status != "Unknown")
    {
        keeps = true;
    }
    let acted = !verdict.acting && ready != Truth::Unknown && !keeps;
    let observed_generation = if acted {
        Some(*generation)
    } else {
        previous_observed_generation
    };
    let lags = observed_generation != Some(*generation);
    let reconciling = lags && ready == Truth::False && !verdict.stalled && !paused && !keeps;

    let mut statements = vec![Statement {
        condition: "Ready",
        truth: ready,
        reason,
        message: message.clone(),
    }];
    if !verdict
        .statements
        .iter()
        .any(|s| s.condition == "Provisioned")
    {
        let provisioned = if ready == Truth::Unknown {
            Truth::Unknown
        } else if verdict.provisioned {
            Truth::True
        } else {
            Truth::False
        };
        statements.push(Statement {
            condition: "Provisioned",
            truth: provisioned,
            reason: if provisioned == Truth::True {
                Reason::Provisioned
            } else {
                reason
            },
            message: if provisioned == Truth::True {
                "the AWS object exists and equals the spec".to_owned()
            } else {
                message.clone()
            },
        });
    }
    if reconciling {
        statements.push(Statement {
            condition: "Reconciling",
            truth: Truth::True,
            reason,
            message: message.clone(),
        });
    }
    if verdict.stalled && !keeps {
        statements.push(Statement {
            condition: "Stalled",
            truth: Truth::True,
            reason,
            message: message.clone(),
        });
    }
    statements.push(match observed {
        Observed::Yes => Statement {
            condition: "Observed",
            truth: Truth::True,
            reason: Reason::Observed,
            message: "AWS is being read".to_owned(),
        },
        Observed::Not(why, text) | Observed::No(why, text, _) => Statement {
            condition: "Observed",
            truth: Truth::False,
            reason: *why,
            message: text.clone(),
        },
    });
    if *paused {
        statements.push(Statement {
            condition: "Paused",
            truth: Truth::True,
            reason: Reason::Paused,
            message: "annotation directconnect.dev/paused is set: no write at AWS begins"
                .to_owned(),
        });
    }
    statements.extend(verdict.statements.iter().cloned());

    let mut conditions: Vec<Condition> = vec![];
    for statement in statements {
        if conditions.iter().any(|c| c.type_ == statement.condition) {
            continue;
        }
        let last = before(statement.condition);
        if keeps
            && let Some(last) = last
            && !matches!(statement.condition, "Observed" | "Paused")
        {
            conditions.push(last.clone());
            continue;
        }
        let status: &str = statement.truth.into();
        let changed = last.is_none_or(|l| l.status != status);
        conditions.push(Condition {
            type_: statement.condition.to_owned(),
            status: status.to_owned(),
            reason: statement.reason.to_string(),
            message: clip(&statement.message),
            observed_generation: Some(*generation),
            last_transition_time: match last {
                Some(last) if !changed => last.last_transition_time.clone(),
                _ => Time(Timestamp::from_second(now.as_second()).unwrap_or(*now)),
            },
        });
    }
    if keeps {
        for last in previous {
            if !conditions.iter().any(|c| c.type_ == last.type_)
                && !matches!(last.type_.as_str(), "Observed" | "Paused" | "Reconciling")
            {
                conditions.push(last.clone());
            }
        }
    }
    let waiting_for = if keeps {
        previous_waiting.to_vec()
    } else {
        verdict
            .waiting_for
            .iter()
            .map(|w| dated(w, previous_waiting, *now))
            .collect()
    };
    Projection {
        conditions,
        waiting_for,
        observed_generation,
    }
}

/// `since` stays while reason and actor stay.
fn dated(entry: &WaitingFor, previous: &[WaitingFor], now: Timestamp) -> WaitingFor {
    let last = previous
        .iter()
        .find(|p| p.reason == entry.reason && p.actor == entry.actor);
    WaitingFor {
        since: last
            .and_then(|l| l.since.clone())
            .or_else(|| Some(stamp(now))),
        on: clip(&entry.on),
        ..entry.clone()
    }
}

/// Kubernetes allows messages of 32 KiB; people read far less.
fn clip(text: &str) -> String {
    const MOST: usize = 2_000;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
