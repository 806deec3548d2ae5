//! Rules that every stored status obeys: those of kstatus and of Kubernetes' API conventions, and our own.

use std::collections::BTreeSet;
use std::str::FromStr;

use directconnect_model::reason::Reason;
use serde_json::Value;

/// The field that holds an AWS id, by kind. Once recorded it is never replaced by another.
pub const IDS: [(&str, &str); 5] = [
    ("Connection", "connectionId"),
    ("DirectConnectGateway", "directConnectGatewayId"),
    ("DirectConnectGatewayAssociation", "associationId"),
    ("VirtualPrivateGateway", "vpnGatewayId"),
    ("VirtualInterface", "virtualInterfaceId"),
];

/// What is wrong with an object's status, given the object's form before, if it is the same object.
pub fn violations(object: &Value, before: Option<&Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = &object["status"];
    if status.is_null() {
        return wrong;
    }
    conditions(object, &mut wrong);
    waiting(status, &mut wrong);
    if let Some(before) =
        before.filter(|before| before["metadata"]["uid"] == object["metadata"]["uid"])
    {
        changes(object, before, &mut wrong);
    }
    wrong
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn find<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(&object["status"]["conditions"])
        .iter()
        .find(|condition| condition["type"] == kind)
}

fn is_true(object: &Value, kind: &str) -> bool {
    find(object, kind).is_some_and(|condition| condition["status"] == "True")
}

fn conditions(object: &Value, wrong: &mut Vec<String>) {
    let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
    let observed = object["status"]["observedGeneration"].as_i64();
    let mut types = BTreeSet::new();
    for condition in list(&object["status"]["conditions"]) {
        let kind = text(&condition["type"]);
        if !types.insert(kind) {
            wrong.push(format!("condition {kind} stands twice"));
        }
        if !["True", "False", "Unknown"].contains(&text(&condition["status"])) {
            wrong.push(format!("{kind} has status {}", condition["status"]));
        }
        if Reason::from_str(text(&condition["reason"])).is_err() {
            wrong.push(format!(
                "{kind} has a reason that is not listed: {}",
                condition["reason"]
            ));
        }
        if condition["observedGeneration"]
            .as_i64()
            .is_none_or(|of| of > generation || of < 1)
        {
            wrong.push(format!(
                "{kind} observed generation {} of {generation}",
                condition["observedGeneration"]
            ));
        }
        if text(&condition["lastTransitionTime"]).is_empty() {
            wrong.push(format!("{kind} has no lastTransitionTime"));
        }
        if ["Reconciling", "Stalled"].contains(&kind) && condition["status"] != "True" {
            wrong.push(format!(
                "{kind} is abnormal when true: absent otherwise, but it is {}",
                condition["status"]
            ));
        }
        if text(&condition["message"]).is_empty() && condition["status"] != "True" {
            wrong.push(format!(
                "{kind} is {} and does not say why",
                condition["status"]
            ));
        }
    }
    let Some(ready) = find(object, "Ready") else {
        wrong.push("there is no Ready".to_owned());
        return;
    };
    if is_true(object, "Reconciling") && is_true(object, "Stalled") {
        wrong.push("Reconciling and Stalled exclude each other".to_owned());
    }
    if ready["status"] == "True" && is_true(object, "Reconciling") {
        wrong.push("Ready and Reconciling at once".to_owned());
    }
    if observed.is_some_and(|observed| observed > generation) {
        wrong.push(format!("observedGeneration {observed:?} of {generation}"));
    }
    if ready["status"] == "False" && list(&object["status"]["waitingFor"]).is_empty() {
        wrong.push(format!(
            "not Ready ({}), and waitingFor does not say who must act",
            text(&ready["reason"])
        ));
    }
}

fn waiting(status: &Value, wrong: &mut Vec<String>) {
    for entry in list(&status["waitingFor"]) {
        if Reason::from_str(text(&entry["reason"])).is_err() {
            wrong.push(format!(
                "waitingFor has a reason that is not listed: {entry}"
            ));
        }
        if !["AWS", "You", "Provider", "Account", "Operator"].contains(&text(&entry["actor"])) {
            wrong.push(format!("waitingFor names nobody: {entry}"));
        }
        if ["on", "action", "since"]
            .iter()
            .any(|field| text(&entry[*field]).is_empty())
        {
            wrong.push(format!(
                "waitingFor does not say on what, what to do and since when: {entry}"
            ));
        }
    }
}

fn changes(object: &Value, before: &Value, wrong: &mut Vec<String>) {
    let generation = |of: &Value| of["status"]["observedGeneration"].as_i64().unwrap_or(0);
    if generation(object) < generation(before) && !before["status"].is_null() {
        wrong.push("observedGeneration went back".to_owned());
    }
    for condition in list(&object["status"]["conditions"]) {
        let Some(last) = find(before, text(&condition["type"])) else {
            continue;
        };
        let moved = condition["lastTransitionTime"] != last["lastTransitionTime"];
        if moved && condition["status"] == last["status"] {
            wrong.push(format!(
                "{} did not change, its lastTransitionTime did",
                condition["type"]
            ));
        }
    }
    if let Some((_, field)) = IDS.iter().find(|(kind, _)| object["kind"] == *kind) {
        let (now, then) = (&object["status"][field], &before["status"][field]);
        if !now.is_null() && !then.is_null() && now != then {
            wrong.push(format!("status.{field} was {then} and is {now}"));
        }
    }
    if bare(object) == bare(before) {
        wrong.push("written although nothing differs".to_owned());
    }
}

/// The object without what every write changes.
fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(metadata) = bare["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
    }
    bare
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::violations;

    fn object(conditions: &Value) -> Value {
        json!({"kind": "Connection", "metadata": {"uid": "1", "generation": 2, "resourceVersion": "7"},
            "status": {"observedGeneration": 2, "connectionId": "dxcon-1", "conditions": conditions}})
    }

    fn condition(kind: &str, status: &str, reason: &str) -> Value {
        json!({"type": kind, "status": status, "reason": reason, "message": "words", "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    #[test]
    fn a_good_status_passes_and_bad_ones_do_not() {
        let good = object(&json!([condition("Ready", "True", "Up")]));
        assert_eq!(violations(&good, None), Vec::<String>::new());
        for bad in [
            json!([]),
            json!([condition("Ready", "True", "NeverHeardOf")]),
            json!([condition("Ready", "False", "Provisioning")]),
            json!([
                condition("Ready", "True", "Up"),
                condition("Reconciling", "True", "Updating")
            ]),
            json!([
                condition("Ready", "True", "Up"),
                condition("Stalled", "False", "Up")
            ]),
        ] {
            assert!(!violations(&object(&bad), None).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_write_that_changes_nothing_and_an_id_that_changes_are_seen() {
        let before = object(&json!([condition("Ready", "True", "Up")]));
        let mut same = before.clone();
        same["metadata"]["resourceVersion"] = json!("8");
        assert_eq!(violations(&same, Some(&before)).len(), 1);
        let mut other = before.clone();
        other["status"]["connectionId"] = json!("dxcon-2");
        assert_eq!(violations(&other, Some(&before)).len(), 1);
    }
}
