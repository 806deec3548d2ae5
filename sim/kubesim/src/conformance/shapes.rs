//! The shapes of requests that the cases cover.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{case, runner};
use crate::shape::{self, Seen};

/// The shape of every request of every case, and of the runner's own.
pub fn shapes() -> BTreeSet<String> {
    let own = runner::OWN_REQUESTS.iter().map(|(method, target)| {
        let content_type = if *method == "POST" {
            "application/json"
        } else {
            ""
        };
        shape::of(Seen {
            method,
            target,
            content_type,
            accept: "application/json",
            body: &Value::Null,
        })
    });
    let mut found: BTreeSet<String> = own.flatten().collect();
    for step in case::all().iter().flat_map(|case| &case.steps) {
        let (method, target) = step
            .request
            .split_once(' ')
            .unwrap_or(("GET", &step.request));
        let sent = step.body.is_some() || step.raw.is_some();
        found.extend(shape::of(Seen {
            method,
            target: &runner::path(target),
            content_type: if sent { step.form.content_type() } else { "" },
            accept: step.accept.as_deref().unwrap_or("application/json"),
            body: step.body.as_ref().unwrap_or(&Value::Null),
        }));
    }
    found
}
