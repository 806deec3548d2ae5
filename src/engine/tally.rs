//! What is counted of objects for the metrics. Every label is of a closed list.

use std::collections::BTreeMap;

use directconnect_model::api::status::Intent;
use directconnect_model::decide;
use directconnect_model::reason::Reason;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Conditions that somebody should know of, and the status in which they are counted.
pub const TELLING: [(&str, &str); 8] = [
    ("Stalled", "True"),
    ("Guarded", "True"),
    ("Paused", "True"),
    ("Orphaned", "True"),
    ("Provisioned", "False"),
    ("Observed", "False"),
    ("BgpEstablished", "False"),
    ("RoutesExchanged", "False"),
];

/// Label of a reason that this version does not know.
const OTHER: &str = "Other";

/// What one object's conditions say.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    ready: &'static str,
    conditions: Vec<(&'static str, &'static str)>,
}

impl Said {
    /// Of an object that has no conditions yet: it was not looked at.
    pub fn by(conditions: &[Condition]) -> Self {
        let find = |name: &str| conditions.iter().find(|c| c.type_ == name);
        let label = |c: &Condition| c.reason.parse::<Reason>().map_or(OTHER, Into::into);
        Self {
            ready: find("Ready").map_or(Reason::FirstLook.into(), label),
            conditions: TELLING
                .into_iter()
                .filter_map(|(name, status)| {
                    let condition = find(name).filter(|c| c.status == status)?;
                    Some((name, label(condition)))
                })
                .collect(),
        }
    }
}

/// Objects of one kind.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By reason of Ready.
    pub ready: BTreeMap<&'static str, i64>,
    /// By condition that somebody should know of, and its reason.
    pub conditions: BTreeMap<(&'static str, &'static str), i64>,
    /// Calls whose outcome is not known.
    pub intents: i64,
    /// When the oldest of these could be sent last.
    pub oldest: Option<Timestamp>,
}

impl Tally {
    /// Counts one object.
    pub fn add<'a>(&mut self, said: &Said, intents: impl IntoIterator<Item = &'a Intent>) {
        *self.ready.entry(said.ready).or_default() += 1;
        for condition in &said.conditions {
            *self.conditions.entry(*condition).or_default() += 1;
        }
        for intent in intents {
            self.intents += 1;
            self.oldest = self.oldest.into_iter().chain(decide::sent(intent)).min();
        }
    }
}
