//! What every stored version, the ledger and all output are held to, in every scenario.

use std::collections::BTreeMap;

use base64::Engine;
use directconnect_model::reason::Reason;
use kubesim::{Change, ChangeKind};
use serde_json::Value;

use crate::aws::Gate;
use crate::promises::{Breach, Promise};

/// Keys that stand in the examples' Secrets. They may appear in Secrets only.
pub const CANARIES: &[&str] = &[
    "quickstart-bgp-key",
    "securecart-primary-key",
    "securecart-secondary-key",
    "canary-rotated-key",
];

/// Fails, and names the promise, unless it holds.
macro_rules! holds {
    ($promise:ident, $holds:expr, $($why:tt)*) => {
        assert!($holds, "{}", Breach::new(Promise::$promise, format!($($why)*)))
    };
}

/// Fails if the text holds a canary, plain or in base64.
pub fn no_canary(place: &str, text: &str) {
    for canary in CANARIES {
        holds!(
            SecretsNowhere,
            !text.contains(canary),
            "{place} holds the key {canary}"
        );
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(canary);
        holds!(
            SecretsNowhere,
            !text.contains(&encoded),
            "{place} holds the key {canary} in base64"
        );
    }
}

/// Judges one stored version.
pub fn version(change: &Change, gate: &Gate) {
    if change.key.resource == "secrets" {
        return;
    }
    let place = format!(
        "{} {}/{}",
        change.key.resource, change.key.namespace, change.key.name
    );
    no_canary(&place, &change.object.to_string());
    if !change.key.resource.ends_with("directconnect.dev") || change.kind == ChangeKind::Deleted {
        return;
    }
    well_formed(&place, &change.object, gate);
    if let Some(previous) = &change.previous {
        transition(&place, previous, &change.object);
    }
}

fn conditions(object: &Value) -> BTreeMap<String, Value> {
    object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| (c["type"].as_str().unwrap_or_default().to_owned(), c.clone()))
        .collect()
}

fn well_formed(place: &str, object: &Value, gate: &Gate) {
    let status = &object["status"];
    if status.is_null() {
        return;
    }
    let all = conditions(object);
    let truth = |name: &str| {
        all.get(name)
            .and_then(|c| c["status"].as_str())
            .unwrap_or("")
    };
    let dump = || format!("{place}: {status:#}");
    holds!(
        StatusWellFormed,
        all.contains_key("Ready"),
        "no Ready: {}",
        dump()
    );
    let generation = object["metadata"]["generation"]
        .as_i64()
        .unwrap_or_default();
    let observed = status["observedGeneration"].as_i64().unwrap_or_default();
    holds!(
        StatusWellFormed,
        observed <= generation,
        "observedGeneration is ahead: {}",
        dump()
    );
    let reconciling = truth("Reconciling") == "True";
    let stalled = truth("Stalled") == "True";
    holds!(
        StatusWellFormed,
        !(reconciling && stalled),
        "Reconciling and Stalled: {}",
        dump()
    );
    if reconciling {
        holds!(
            StatusWellFormed,
            truth("Ready") == "False",
            "Reconciling, Ready is not False: {}",
            dump()
        );
        holds!(
            StatusWellFormed,
            observed < generation,
            "Reconciling what was acted on: {}",
            dump()
        );
        holds!(
            StatusWellFormed,
            truth("Paused") != "True",
            "Reconciling while paused: {}",
            dump()
        );
    }
    if stalled {
        holds!(
            StatusWellFormed,
            truth("Ready") == "False",
            "Stalled, Ready is not False: {}",
            dump()
        );
    }
    for condition in all.values() {
        let reason = condition["reason"].as_str().unwrap_or_default();
        holds!(
            StatusWellFormed,
            reason.parse::<Reason>().is_ok(),
            "reason {reason}: {}",
            dump()
        );
        let ahead = condition["observedGeneration"].as_i64().unwrap_or_default() > generation;
        holds!(StatusWellFormed, !ahead, "a condition is ahead: {}", dump());
        words(
            place,
            condition["message"].as_str().unwrap_or_default(),
            gate,
        );
    }
    for entry in status["waitingFor"].as_array().into_iter().flatten() {
        let reason = entry["reason"].as_str().unwrap_or_default();
        holds!(
            StatusWellFormed,
            reason.parse::<Reason>().is_ok(),
            "reason {reason}: {}",
            dump()
        );
        let action = entry["action"].as_str().unwrap_or_default();
        holds!(
            StatusWellFormed,
            !action.is_empty(),
            "nothing to be done: {}",
            dump()
        );
        words(place, entry["on"].as_str().unwrap_or_default(), gate);
    }
}

/// Messages change when facts do: no request id in them.
fn words(place: &str, text: &str, gate: &Gate) {
    for word in text.split(|c: char| !c.is_ascii_hexdigit() && c != '-') {
        let uuid = word.len() == 36 && word.matches('-').count() == 4;
        holds!(
            StatusWellFormed,
            !(uuid && gate.is_request_id(word)),
            "{place}: a request id in \"{text}\""
        );
    }
}

/// Times move on transitions and at no other time.
fn transition(place: &str, before: &Value, after: &Value) {
    let (old, new) = (conditions(before), conditions(after));
    for (name, condition) in &new {
        let Some(last) = old.get(name) else { continue };
        let moved = last["lastTransitionTime"] != condition["lastTransitionTime"];
        if last["status"] == condition["status"] {
            holds!(
                StatusWellFormed,
                !moved,
                "{place}: {name} moved in time without a transition: {last} {condition}"
            );
        }
    }
    let list = |object: &Value| -> Vec<Value> {
        object["status"]["waitingFor"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    for entry in list(after) {
        let same = list(before)
            .into_iter()
            .find(|e| e["reason"] == entry["reason"] && e["actor"] == entry["actor"]);
        if let Some(same) = same {
            holds!(
                StatusWellFormed,
                same["since"] == entry["since"],
                "{place}: waitingFor moved in time"
            );
        }
    }
    let mut bare = after.clone();
    for name in ["resourceVersion", "managedFields"] {
        bare["metadata"][name] = before["metadata"][name].clone();
    }
    holds!(
        Budgets,
        bare != *before,
        "{place}: a write that changed nothing, after {}",
        after["metadata"]["managedFields"]
    );
}
