//! What has been seen of our objects: the newest form of each, and every form since a step began.

use std::collections::BTreeMap;

use directconnect_local::{Change, Error, Result};
use serde_json::Value;

use super::expectation::{Expectation, Seen, Target};

/// Everything seen so far.
#[derive(Default)]
pub struct Objects {
    /// By namespace and `kind/name`.
    newest: BTreeMap<(String, String), Value>,
    /// Met by the newest forms, or by one since the step began.
    pending: Vec<Expectation>,
}

impl Objects {
    /// A step begins: these must be seen.
    pub fn expect(&mut self, expectations: &[Expectation]) {
        let newest = &self.newest;
        // What is expected of an object that is gone or not yet there can only come.
        self.pending = expectations
            .iter()
            .copied()
            .filter(|expected| {
                !find(newest, expected.of).is_some_and(|object| met(expected.what, object))
            })
            .collect();
    }

    /// What has not been seen yet.
    pub fn pending(&self) -> &[Expectation] {
        &self.pending
    }

    /// The newest form of an object.
    pub fn get(&self, target: Target) -> Option<&Value> {
        find(&self.newest, target)
    }

    /// A text of the object's status.
    pub fn status(&self, target: Target, field: &str) -> Result<String> {
        let value = self
            .get(target)
            .and_then(|object| object["status"][field].as_str());
        value
            .map(str::to_owned)
            .ok_or_else(|| Error::new(format!("{} has no status.{field}", target.name)))
    }

    /// The message of a condition.
    pub fn message(&self, target: Target, kind: &str) -> Result<String> {
        let message = self
            .get(target)
            .and_then(|object| condition(object, kind))
            .and_then(|condition| condition["message"].as_str());
        message
            .map(str::to_owned)
            .ok_or_else(|| Error::new(format!("{} has no condition {kind}", target.name)))
    }

    /// Takes a change in, and returns the line to print if it means something to a reader.
    pub fn take(&mut self, change: Change) -> Option<String> {
        let Change { object, gone, .. } = change;
        let metadata = &object["metadata"];
        let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
        let name = format!("{kind}/{}", metadata["name"].as_str().unwrap_or_default());
        let namespace = metadata["namespace"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let is =
            |expected: &Expectation| expected.of.name == name && expected.of.namespace == namespace;
        self.pending.retain(|expected| {
            !is(expected)
                || !(if gone {
                    expected.what == Seen::Gone
                } else {
                    met(expected.what, &object)
                })
        });
        let key = (namespace, name.clone());
        if gone {
            self.newest.remove(&key);
            return Some(format!("{name:<42} gone"));
        }
        let line = summary(&object);
        let before = self
            .newest
            .insert(key, object)
            .map(|before| summary(&before));
        (before.as_ref() != Some(&line)).then(|| format!("{name:<42} {line}"))
    }
}

fn find(newest: &BTreeMap<(String, String), Value>, target: Target) -> Option<&Value> {
    newest.get(&(target.namespace.to_owned(), target.name.to_owned()))
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

fn met(what: Seen, object: &Value) -> bool {
    match what {
        Seen::Gone => false,
        Seen::Condition {
            kind,
            status,
            reason,
        } => condition(object, kind).is_some_and(|condition| {
            condition["status"] == status && (reason.is_empty() || condition["reason"] == reason)
        }),
        Seen::Waiting { reason, actor } => object["status"]["waitingFor"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|entry| entry["reason"] == reason && entry["actor"] == actor),
    }
}

/// What a reader wants to know of an object: is it ready, who must act on what, is something held.
fn summary(object: &Value) -> String {
    let mut parts = Vec::new();
    for kind in ["Ready", "Stalled", "Guarded", "Paused"] {
        if let Some(condition) = condition(object, kind)
            .filter(|condition| kind == "Ready" || condition["status"] == "True")
        {
            parts.push(format!(
                "{kind}={} {}",
                text(&condition["status"]),
                text(&condition["reason"])
            ));
        }
    }
    for entry in object["status"]["waitingFor"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let members = ["on", "action", "then"].map(|member| text(&entry[member]));
        let what: Vec<&str> = members
            .iter()
            .map(String::as_str)
            .filter(|member| !member.is_empty())
            .collect();
        parts.push(format!(
            "→ {} must act: {}",
            text(&entry["actor"]),
            what.join("; then ")
        ));
    }
    if !object["metadata"]["deletionTimestamp"].is_null() {
        parts.insert(0, "deleting".to_owned());
    }
    if parts.is_empty() {
        "new".to_owned()
    } else {
        parts.join("  ")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
