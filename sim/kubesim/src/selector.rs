//! Label and field selectors of list, watch and delete-collection.

use serde_json::Value;

use crate::{error::ApiError, resource::ResourceDef};

#[derive(Clone, Debug, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    NotExists(String),
}

/// What a list or watch is restricted to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    /// (path, value, must equal)
    fields: Vec<(String, String, bool)>,
}

fn bad(text: &str) -> ApiError {
    ApiError::bad_request(format!("unable to parse requirement: {text}"))
}

/// Splits at commas that are outside of parentheses.
fn split(text: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
        .iter()
        .map(|p| p.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect()
}

fn values(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    Some(inner.split(',').map(|v| v.trim().to_owned()).collect())
}

fn requirement(part: &str) -> Result<Requirement, ApiError> {
    if let Some(name) = part.strip_prefix('!') {
        return Ok(Requirement::NotExists(name.trim().to_owned()));
    }
    if let Some((name, rest)) = part.split_once(" notin ") {
        return Ok(Requirement::NotIn(
            name.trim().to_owned(),
            values(rest).ok_or_else(|| bad(part))?,
        ));
    }
    if let Some((name, rest)) = part.split_once(" in ") {
        return Ok(Requirement::In(
            name.trim().to_owned(),
            values(rest).ok_or_else(|| bad(part))?,
        ));
    }
    if let Some((name, value)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(
            name.trim().to_owned(),
            vec![value.trim().to_owned()],
        ));
    }
    if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Requirement::In(
            name.trim().to_owned(),
            vec![value.trim().to_owned()],
        ));
    }
    if part.contains(char::is_whitespace) {
        return Err(bad(part));
    }
    Ok(Requirement::Exists(part.to_owned()))
}

fn known_field(def: &ResourceDef, path: &str) -> bool {
    match path {
        "metadata.name" => true,
        "metadata.namespace" => def.namespaced,
        "type" => def.plural == "secrets" || def.plural == "events",
        "reason" | "reportingComponent" | "source" => def.plural == "events",
        "status.phase" => def.plural == "namespaces",
        _ => {
            def.plural == "events"
                && (path.starts_with("involvedObject.") || path.starts_with("regarding."))
        }
    }
}

impl Selector {
    pub(crate) fn parse(
        def: &ResourceDef,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Self, ApiError> {
        let labels = split(labels.unwrap_or_default())
            .iter()
            .map(|p| requirement(p))
            .collect::<Result<_, _>>()?;
        let mut out = Vec::new();
        for part in split(fields.unwrap_or_default()) {
            let (path, value, equal) = if let Some((path, value)) = part.split_once("!=") {
                (path, value, false)
            } else {
                let pair = part.split_once("==").or_else(|| part.split_once('='));
                let (path, value) = pair.ok_or_else(|| {
                    ApiError::bad_request(format!(
                        "invalid selector: '{part}'; can't understand '{part}'"
                    ))
                })?;
                (path, value, true)
            };
            if !known_field(def, path)
                && !def.custom
                && !["secrets", "events", "namespaces"].contains(&def.plural.as_str())
            {
                return Err(ApiError::bad_request(format!(
                    "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )));
            }
            if !known_field(def, path) {
                return Err(ApiError::bad_request(format!(
                    "field label not supported: {path}"
                )));
            }
            out.push((path.to_owned(), value.to_owned(), equal));
        }
        Ok(Self {
            labels,
            fields: out,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        let label = |name: &str| labels.get(name).and_then(Value::as_str);
        let by_label = self.labels.iter().all(|requirement| match requirement {
            Requirement::In(name, values) => {
                label(name).is_some_and(|v| values.iter().any(|w| w == v))
            }
            Requirement::NotIn(name, values) => {
                !label(name).is_some_and(|v| values.iter().any(|w| w == v))
            }
            Requirement::Exists(name) => label(name).is_some(),
            Requirement::NotExists(name) => label(name).is_none(),
        });
        by_label
            && self.fields.iter().all(|(path, wanted, equal)| {
                let path = path.replace("regarding.", "involvedObject.");
                let found = path
                    .split('.')
                    .try_fold(object, |value, step| value.get(step));
                (found.and_then(Value::as_str).unwrap_or_default() == wanted) == *equal
            })
    }
}
