//! The shape of a request: all of it that decides which code of an API server answers, without names and values.
//!
//! The conformance cases cover a set of shapes, `cases/shapes.txt`, computed from them. What is not in the set is answered 501 with the
//! shape's name: no test rests on an answer that was never held against a real API server.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Write,
    sync::LazyLock,
};

use serde_json::Value;

use crate::path::Path;

/// What is known of a request from its head and body.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Of the body; empty if there is none.
    pub content_type: &'a str,
    /// What the client accepts.
    pub accept: &'a str,
    /// The body, where it is JSON.
    pub body: &'a Value,
}

/// The shape of a request in words; none for paths that name no resource (discovery, version, health).
pub fn of(seen: Seen<'_>) -> Option<String> {
    let (path, query) = seen.target.split_once('?').unwrap_or((seen.target, ""));
    let path = Path::parse(path)?;
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let watch = parameters
        .iter()
        .any(|(name, value)| name == "watch" && (value == "true" || value == "1"));
    let verb = match (seen.method, path.name.is_empty(), watch) {
        ("GET", _, true) => "watch",
        ("GET", true, false) => "list",
        ("GET", false, false) => "get",
        ("POST", ..) => "create",
        ("PUT", ..) => "update",
        ("PATCH", ..) => "patch",
        ("DELETE", false, _) => "delete",
        ("DELETE", true, _) => "deletecollection",
        _ => return None,
    };
    let mut out = String::with_capacity(96);
    out.push_str(verb);
    // A method that does not fit the path is a shape of its own.
    if path.name.is_empty() != matches!(verb, "list" | "create" | "watch" | "deletecollection") {
        out.push_str(" misplaced");
    }
    out.push(' ');
    if path.custom() {
        out.push_str("custom");
    } else {
        out.push_str(path.resource);
        if !path.group.is_empty() {
            out.push('.');
            out.push_str(path.group);
        }
    }
    if !path.subresource.is_empty() {
        out.push('/');
        out.push_str(path.subresource);
    }
    if path.namespace.is_none() {
        out.push_str(" cluster-wide");
    }
    for form in ["PartialObjectMetadata", "Table"] {
        if seen.accept.contains(&format!("as={form}")) {
            let _infallible = write!(out, " as {form}");
        }
    }
    let form = seen
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if matches!(verb, "patch" | "create" | "update")
        && form != "application/json"
        && !form.is_empty()
    {
        let _infallible = write!(out, " {form}");
    }
    push_parameters(&mut out, verb, &parameters, seen.body);
    push_preconditions(&mut out, verb, form, seen.body);
    Some(out)
}

fn push_parameters(out: &mut String, verb: &str, parameters: &[(String, String)], body: &Value) {
    let mut names: BTreeSet<String> = parameters
        .iter()
        .filter(|(name, value)| name != "watch" && !value.is_empty())
        .map(|(name, value)| match (name.as_str(), value.as_str()) {
            // Two of the few values that mean another way to answer.
            ("resourceVersion", "0") => "resourceVersion=0".to_owned(),
            ("propagationPolicy", policy) => format!("propagationPolicy={policy}"),
            _ => name.clone(),
        })
        .collect();
    if verb.starts_with("delete") {
        // What may stand in the query may stand in the body.
        for (name, value) in body.as_object().into_iter().flatten() {
            let parameter = match (name.as_str(), value) {
                ("kind" | "apiVersion" | "preconditions", _) | (_, Value::Null) => continue,
                ("propagationPolicy", Value::String(policy)) => {
                    format!("propagationPolicy={policy}")
                }
                (name, _) => name.to_owned(),
            };
            names.insert(parameter);
        }
    }
    for (index, name) in names.iter().enumerate() {
        out.push_str(if index == 0 { " ?" } else { "&" });
        out.push_str(name);
    }
}

fn push_preconditions(out: &mut String, verb: &str, form: &str, body: &Value) {
    let given = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let mut names = Vec::new();
    match verb {
        "update" | "patch" if !body.is_array() => {
            names.extend(
                ["uid", "resourceVersion"]
                    .into_iter()
                    .filter(|field| given(&body["metadata"][*field])),
            );
        }
        "delete" => {
            names.extend(
                ["uid", "resourceVersion"]
                    .into_iter()
                    .filter(|field| given(&body["preconditions"][*field])),
            );
        }
        "patch" if form == "application/json-patch+json" => {
            let tests: BTreeSet<&str> = body
                .as_array()
                .into_iter()
                .flatten()
                .filter(|operation| operation["op"] == "test")
                .map(|operation| match operation["path"].as_str() {
                    Some("/metadata/uid") => "uid",
                    Some("/metadata/resourceVersion") => "resourceVersion",
                    _ => "other tests",
                })
                .collect();
            names.extend(tests);
        }
        _ => {}
    }
    if !names.is_empty() {
        let _infallible = write!(out, " [{}]", names.join(", "));
    }
}

static COVERED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../cases/shapes.txt").lines().collect());

/// True if a conformance case has this shape.
pub fn covered(shape: &str) -> bool {
    COVERED.contains(shape)
}
