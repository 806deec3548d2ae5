//! How much is written in an hour, whatever goes wrong.

use std::collections::{BTreeMap, VecDeque};

use dxsim::ledger::Row;
use jiff::{SignedDuration, Timestamp};
use kubesim::{Change, ChangeKind};

use super::{Breach, Promise, text};

/// Versions of one object that the operator may store within an hour: more than any course with one fault needs.
const VERSIONS: usize = 60;
/// Events on one object.
const EVENTS: usize = 40;
/// Writes of one operation on one AWS object, or that make one.
const CALLS: usize = 60;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What was written within the last hour.
#[derive(Default)]
pub struct Budgets {
    written: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Budgets {
    fn note(&mut self, what: &str, at: Timestamp, limit: usize) -> Option<Breach> {
        let times = self.written.entry(what.to_owned()).or_default();
        times.push_back(at);
        while times.front().is_some_and(|t| at.duration_since(*t) > HOUR) {
            times.pop_front();
        }
        let count = times.len();
        (count > limit).then(|| Breach::new(Promise::Budgets, format!("{count} {what} in an hour")))
    }

    /// Counts versions that the operator stored.
    pub fn versions(&mut self, news: &[Change]) -> Vec<Breach> {
        let mut found = vec![];
        for change in news
            .iter()
            .filter(|c| !c.by.is_empty() && c.kind != ChangeKind::Deleted)
        {
            let key = &change.key;
            if key.resource.ends_with(".directconnect.dev") {
                let what = format!("versions of {} {}", key.resource, key.name);
                found.extend(self.note(&what, change.at, VERSIONS));
            } else if key.resource.starts_with("events") {
                // Stored as the older of the two APIs has it, or as it was sent.
                let event = &change.object;
                let objects = [&event["involvedObject"], &event["regarding"]];
                let on = objects
                    .map(|o| format!("{}{}", text(&o["kind"]), text(&o["name"])))
                    .concat();
                let reason = &change.object["reason"];
                let what = format!("events {reason} on {on}");
                found.extend(self.note(&what, change.at, EVENTS));
            }
        }
        found
    }

    /// Counts writes at AWS, at the end. `ledger` is all of it.
    pub fn calls(&mut self, ledger: &[Row]) -> Vec<Breach> {
        let mut found = vec![];
        for row in ledger.iter().filter(|r| r.mutating) {
            let what = format!("{} of {:?}", row.operation, row.resource);
            found.extend(self.note(&what, row.at, CALLS));
        }
        found
    }
}
