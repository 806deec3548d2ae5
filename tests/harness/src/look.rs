//! Looking at stored objects.

use std::fmt::Write as _;

use serde_json::Value;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// True, False or Unknown.
    pub status: String,
    /// One of the reasons.
    pub reason: String,
    /// For people.
    pub message: String,
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// A condition of a stored object.
pub fn condition(object: &Value, kind: &str) -> Option<Condition> {
    let all = object["status"]["conditions"].as_array()?;
    let found = all.iter().find(|c| c["type"] == kind)?;
    Some(Condition {
        status: text(found, "status"),
        reason: text(found, "reason"),
        message: text(found, "message"),
    })
}

/// True if the condition has this status.
pub fn is(object: &Value, kind: &str, status: &str) -> bool {
    condition(object, kind).is_some_and(|c| c.status == status)
}

/// Reason of Ready; empty if there is none.
pub fn reason(object: &Value) -> String {
    condition(object, "Ready").map_or_else(String::new, |c| c.reason)
}

/// Message of Ready; empty if there is none.
pub fn message(object: &Value) -> String {
    condition(object, "Ready").map_or_else(String::new, |c| c.message)
}

/// Stalled, with this reason.
pub fn stalled(object: &Value, why: &str) -> bool {
    condition(object, "Stalled").is_some_and(|c| c.status == "True" && c.reason == why)
}

/// One line on an object, for messages of failed tests.
pub fn line(object: &Value) -> String {
    let mut out = format!(
        "{}/{}",
        text(object, "kind"),
        text(&object["metadata"], "name")
    );
    for c in object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let (kind, status) = (text(c, "type"), text(c, "status"));
        let (reason, message) = (text(c, "reason"), text(c, "message"));
        let _ = write!(out, "\n    {kind}={status} {reason}: {message}");
    }
    let intents = &object["status"]["intents"];
    if intents.as_object().is_some_and(|i| !i.is_empty()) {
        let _ = write!(out, "\n    intents {intents}");
    }
    out
}

/// The consent code that a message asks for.
pub fn consent_code(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("directconnect.dev/consent=")?;
    Some(
        rest.chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect(),
    )
}
