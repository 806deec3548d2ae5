//! What is particular about built-in kinds: what the server fills in, what it refuses, and the two faces of an Event.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    error::{ApiError, FieldError},
    meta, resource,
    resource::ResourceDef,
};

const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
/// (core/v1, events.k8s.io/v1) names of the same fields of an Event.
const EVENT_FIELDS: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

fn rename(object: &mut Value, from: &str, to: &str) {
    if let Some(map) = object.as_object_mut()
        && let Some(value) = map.remove(from)
    {
        map.insert(to.to_owned(), value);
    }
}

/// Turns what a client sent into what is stored.
pub(crate) fn to_storage(def: &ResourceDef, object: &mut Value) {
    if def.is_new_event() {
        for (core, new) in EVENT_FIELDS {
            rename(object, new, core);
        }
    }
}

/// Turns what is stored into what this version serves.
pub(crate) fn from_storage<'a>(def: &ResourceDef, object: &'a Value) -> Cow<'a, Value> {
    if !def.is_new_event()
        && object["kind"] == def.kind.as_str()
        && object["apiVersion"] == def.api_version().as_str()
    {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    if def.is_new_event() {
        for (core, new) in EVENT_FIELDS {
            rename(&mut object, core, new);
        }
    }
    if object.is_object() {
        object["apiVersion"] = json!(def.api_version());
        object["kind"] = json!(def.kind);
    }
    Cow::Owned(object)
}

/// Fills in what the server sets on a new object.
pub(crate) fn prepare_create(def: &ResourceDef, object: &mut Value, now: &str) {
    match def.kind.as_str() {
        "Namespace" => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        "CustomResourceDefinition" => {
            let spec = &mut object["spec"];
            let kind = spec["names"]["kind"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if spec["names"]["listKind"].is_null() {
                spec["names"]["listKind"] = json!(format!("{kind}List"));
            }
            if spec["names"]["singular"].is_null() {
                spec["names"]["singular"] = json!(kind.to_lowercase());
            }
            spec["conversion"] = json!({"strategy": "None"});
            let stored: Vec<Value> = spec["versions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|version| version["storage"] == json!(true))
                .map(|version| version["name"].clone())
                .collect();
            object["status"] = json!({
                "acceptedNames": object["spec"]["names"],
                "storedVersions": stored,
                "conditions": [
                    {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts",
                        "message": "no conflicts found", "lastTransitionTime": now},
                    {"type": "Established", "status": "True", "reason": "InitialNamesAccepted",
                        "message": "the initial names have been accepted", "lastTransitionTime": now},
                ],
            });
        }
        _ => prepare(def, object),
    }
}

/// Fills in what the server sets on every write.
pub(crate) fn prepare(def: &ResourceDef, object: &mut Value) {
    if def.kind != "Secret" {
        return;
    }
    if let Some(Value::Object(plain)) = object
        .as_object_mut()
        .and_then(|map| map.remove("stringData"))
    {
        for (name, value) in plain {
            object["data"][name] = json!(STANDARD.encode(value.as_str().unwrap_or_default()));
        }
    }
    if object["type"].is_null() {
        object["type"] = json!("Opaque");
    }
}

/// What cannot even be decoded into a built-in type.
pub(crate) fn decode_errors(def: &ResourceDef, object: &Value) -> Result<(), ApiError> {
    let mut data = object["data"].as_object().into_iter().flatten();
    let broken = |value: &Value| {
        value
            .as_str()
            .is_none_or(|text| STANDARD.decode(text).is_err())
    };
    // The value itself is never repeated: it may be a secret.
    if def.kind == "ConfigMap" && data.any(|(_, value)| !value.is_string()) {
        return Err(ApiError::bad_request(
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: a value of data is no text",
        ));
    }
    if def.kind == "Secret" && data.any(|(_, value)| broken(value)) {
        return Err(ApiError::bad_request(
            "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0",
        ));
    }
    Ok(())
}

/// What the server refuses in a built-in object.
pub(crate) fn validate(def: &ResourceDef, old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    match def.kind.as_str() {
        "Secret" => validate_secret(old, object),
        "ConfigMap" if old.is_some_and(|old| old["immutable"] == json!(true)) => {
            let same = old.is_some_and(|old| {
                old["data"] == object["data"] && old["immutable"] == object["immutable"]
            });
            if same {
                Vec::new()
            } else {
                vec![FieldError::forbidden(
                    "data",
                    "field is immutable when `immutable` is set",
                )]
            }
        }
        "ConfigMap" => key_errors(object),
        "Lease"
            if object["spec"]["leaseDurationSeconds"]
                .as_i64()
                .is_some_and(|seconds| seconds <= 0) =>
        {
            let seconds = &object["spec"]["leaseDurationSeconds"];
            let path = "spec.leaseDurationSeconds";
            vec![FieldError::invalid(path, seconds, "must be greater than 0")]
        }
        "Namespace" if meta::text(object, "name").contains('.') => {
            let name = meta::text(object, "name");
            vec![FieldError::invalid(
                "metadata.name",
                json!(name),
                "must not contain dots",
            )]
        }
        "Event" if def.is_new_event() => validate_event(old, object),
        "CustomResourceDefinition" => match resource::from_crd(object) {
            Ok(_) => Vec::new(),
            Err(why) => vec![FieldError::invalid("spec", "\"\"", why)],
        },
        _ => Vec::new(),
    }
}

fn validate_secret(old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(old) = old {
        if old["type"] != object["type"] {
            errors.push(FieldError::invalid(
                "type",
                &object["type"],
                "field is immutable",
            ));
        }
        let frozen = old["immutable"] == json!(true);
        for field in ["immutable", "data"] {
            if frozen && old[field] != object[field] {
                let why = "field is immutable when `immutable` is set";
                errors.push(FieldError::forbidden(field, why));
            }
        }
    }
    errors.extend(key_errors(object));
    errors
}

/// Keys of a Secret or ConfigMap that cannot be, or are there twice.
fn key_errors(object: &Value) -> Vec<FieldError> {
    let keys = |field: &'static str| {
        let map = object[field].as_object().into_iter().flatten();
        map.map(move |(key, _)| (field, key))
    };
    let mut errors = Vec::new();
    for (field, key) in keys("data").chain(keys("binaryData")) {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !key.chars().all(fits) {
            let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
            errors.push(FieldError::invalid(
                format!("{field}[{key}]"),
                json!(key),
                why,
            ));
        }
        if field == "binaryData" && !object["data"][key].is_null() {
            let why = "duplicate of key present in data";
            errors.push(FieldError::invalid(format!("data[{key}]"), json!(key), why));
        }
    }
    errors
}

/// Rules of `events.k8s.io/v1`, on the stored form.
fn validate_event(old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    if old.is_some() {
        return errors;
    }
    if object["eventTime"].is_null() {
        errors.push(FieldError::required("eventTime", ""));
    }
    for (core, name) in [
        ("reportingComponent", "reportingController"),
        ("reportingInstance", "reportingInstance"),
        ("action", "action"),
        ("reason", "reason"),
    ] {
        if text(core).is_empty() {
            errors.push(FieldError::required(name, ""));
            if name == "reportingController" {
                errors.push(FieldError::invalid(
                    name,
                    "\"\"",
                    "name part must be non-empty",
                ));
                errors.push(FieldError::invalid(name, "\"\"", NAME_PART));
            }
        } else if text(core).len() > 128 {
            errors.push(FieldError::invalid(
                name,
                json!(text(core)),
                "can have at most 128 characters",
            ));
        }
    }
    if !["Normal", "Warning"].contains(&text("type")) {
        errors.push(FieldError::invalid(
            "type",
            "\"\"",
            format!("has invalid value: {}", text("type")),
        ));
    }
    if text("message").len() > 1024 {
        errors.push(FieldError::invalid(
            "message",
            "\"\"",
            "can have at most 1024 characters",
        ));
    }
    let given = object["involvedObject"]["namespace"]
        .as_str()
        .unwrap_or_default();
    if given.is_empty() && object["metadata"]["namespace"] != "default" {
        let why = "does not match event.namespace";
        errors.push(FieldError::invalid("involvedObject.namespace", "\"\"", why));
    }
    errors
}
