//! `metadata`: what the server normalises, fills in and refuses there.

use serde_json::{Map, Value, json};

use crate::error::FieldError;

/// Fields of ObjectMeta that an object may carry.
const KNOWN: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// A text field of metadata, empty if absent.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// Finalizers of an object.
pub(crate) fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    object["metadata"]["finalizers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// True once deletion was accepted.
pub(crate) fn deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// Sets a metadata field, or removes it for null.
pub(crate) fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if value.is_null() {
            metadata.remove(field);
        } else {
            metadata.insert(field.to_owned(), value);
        }
    }
}

/// Fields of metadata that no object has, as paths.
pub(crate) fn unknown(object: &Value) -> impl Iterator<Item = String> {
    let fields = object["metadata"].as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| !KNOWN.contains(&name.as_str()) && *name != "selfLink")
        .map(|(name, _)| format!("metadata.{name}"))
}

/// Drops unknown and empty metadata fields, as decoding into ObjectMeta does.
pub(crate) fn normalise(object: &mut Value) {
    if !object["metadata"].is_object() {
        object["metadata"] = Value::Object(Map::new());
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, value| {
            let empty = match value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Object(map) => map.is_empty(),
                Value::String(text) => text.is_empty(),
                _ => false,
            };
            !empty && KNOWN.contains(&name.as_str())
        });
    }
}

fn dns_label(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn qualified_part(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// A key as labels, annotations and finalizers have it: a name, perhaps with a domain before a slash.
fn qualified(key: &str) -> bool {
    match key.split_once('/') {
        None => qualified_part(key),
        Some((domain, name)) => domain.split('.').all(dns_label) && qualified_part(name),
    }
}

/// Metadata that cannot even be read.
pub(crate) fn unreadable(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let maps = ["labels", "annotations"]
        .into_iter()
        .map(|field| &metadata[field]);
    let mut values = maps
        .filter_map(Value::as_object)
        .flat_map(|map| map.values());
    !matches!(metadata, Value::Null | Value::Object(_))
        || values.any(|value| !value.is_string() && !value.is_null())
}

/// What a client is told about the finalizers that it adds.
pub(crate) fn advice(old: Option<&Value>, new: &Value) -> Vec<String> {
    let known = |name: &str| {
        name.contains('/')
            || ["orphan", "foregroundDeletion", "kubernetes"].contains(&name)
            || old.is_some_and(|old| finalizers(old).any(|other| other == name))
    };
    let added = finalizers(new).filter(|name| !known(name));
    added
        .map(|name| format!("metadata.finalizers: {name:?}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"))
        .collect()
}

fn validate_references(object: &Value, errors: &mut Vec<FieldError>) {
    let mut controllers = 0;
    for (index, owner) in object["metadata"]["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        for (field, what) in [
            ("apiVersion", "version"),
            ("kind", "kind"),
            ("name", "name"),
            ("uid", "uid"),
        ] {
            if owner[field].as_str().is_none_or(str::is_empty) {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                errors.push(FieldError::invalid(
                    path,
                    "\"\"",
                    format!("{what} must not be empty"),
                ));
            }
        }
        controllers += usize::from(owner["controller"] == true);
    }
    if controllers > 1 {
        errors.push(FieldError::invalid(
            "metadata.ownerReferences",
            &object["metadata"]["ownerReferences"],
            "Only one reference can have Controller set to true.",
        ));
    }
}

/// What is wrong with the metadata of any object.
pub(crate) fn validate(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let name = text(object, "name");
    let prefix = text(object, "generateName");
    if !prefix.is_empty() && !format!("{prefix}a").split('.').all(dns_label) {
        errors.push(FieldError::invalid(
            "metadata.generateName",
            json!(prefix),
            SUBDOMAIN,
        ));
    }
    if name.len() > 253 {
        errors.push(FieldError::invalid(
            "metadata.name",
            json!(name),
            "must be no more than 253 characters",
        ));
    } else if name.is_empty() {
        errors.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if !name.split('.').all(dns_label) {
        errors.push(FieldError::invalid("metadata.name", json!(name), SUBDOMAIN));
    }
    for (key, value) in object["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if !qualified(key) {
            errors.push(FieldError::invalid(
                "metadata.labels",
                json!(key),
                NAME_PART,
            ));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            errors.push(FieldError::invalid(
                "metadata.labels",
                json!(value),
                "must be no more than 63 bytes",
            ));
        } else if !value.is_empty() && !qualified_part(value) {
            errors.push(FieldError::invalid("metadata.labels", json!(value), "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
    }
    for key in object["metadata"]["annotations"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
    {
        // Annotations may be in capitals.
        if !qualified(&key.to_lowercase()) {
            errors.push(FieldError::invalid(
                "metadata.annotations",
                json!(key),
                NAME_PART,
            ));
        }
    }
    for name in finalizers(object).filter(|name| !qualified(name)) {
        errors.push(FieldError::invalid(
            "metadata.finalizers",
            json!(name),
            NAME_PART,
        ));
    }
    validate_references(object, &mut errors);
    errors
}

/// What is wrong with a change of metadata.
pub(crate) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if deleting(old) {
        let added: Vec<&str> = finalizers(new)
            .filter(|f| !finalizers(old).any(|o| o == *f))
            .collect();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|f| format!("{f:?}")).collect();
            errors.push(FieldError::forbidden(
                "metadata.finalizers",
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    list.join(", ")
                ),
            ));
        }
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        if old["metadata"][field] != new["metadata"][field] {
            let value = &new["metadata"][field];
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                value,
                "field is immutable",
            ));
        }
    }
    errors
}
