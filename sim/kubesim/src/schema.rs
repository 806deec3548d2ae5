//! Structural schemas of CustomResourceDefinitions: pruning, defaults, validation (no CEL).

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use crate::error::FieldError;

const KEEP: &str = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// Compiles every `pattern` below `schema`, so that validation finds it ready.
pub(crate) fn compile_patterns(
    schema: &Value,
    out: &mut BTreeMap<String, Regex>,
) -> Result<(), String> {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(pattern)) = map.get("pattern")
                && !out.contains_key(pattern)
            {
                let regex = Regex::new(pattern).map_err(|e| format!("pattern {pattern}: {e}"))?;
                out.insert(pattern.clone(), regex);
            }
            map.values().try_for_each(|v| compile_patterns(v, out))
        }
        Value::Array(items) => items.iter().try_for_each(|v| compile_patterns(v, out)),
        _ => Ok(()),
    }
}

fn child(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Removes what the schema does not know, and nulls that it does not allow; names what it removed.
pub(crate) fn prune(value: &mut Value, schema: &Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let root = path.is_empty();
            let properties = schema["properties"].as_object();
            let additional = &schema["additionalProperties"];
            let keep = schema[KEEP] == json!(true);
            let names: Vec<String> = map.keys().cloned().collect();
            for name in names {
                let at = child(path, &name);
                let sub = properties
                    .and_then(|p| p.get(&name))
                    .or(additional.is_object().then_some(additional));
                match sub {
                    Some(sub) => {
                        let null = map.get(&name).is_some_and(Value::is_null);
                        if null && sub["nullable"] != json!(true) {
                            map.remove(&name);
                        } else if let Some(inner) = map.get_mut(&name) {
                            prune(inner, sub, &at, unknown);
                        }
                    }
                    None if keep || *additional == json!(true) => {}
                    None if root && (name == "apiVersion" || name == "kind") => {}
                    None => {
                        map.remove(&name);
                        unknown.push(at);
                    }
                }
            }
        }
        Value::Array(items) if schema["items"].is_object() => {
            for (index, item) in items.iter_mut().enumerate() {
                prune(item, &schema["items"], &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// Fills in the schema's defaults.
pub(crate) fn default(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (name, sub) in schema["properties"].as_object().into_iter().flatten() {
                if !map.contains_key(name)
                    && let Some(default) = sub.get("default")
                {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(inner) = map.get_mut(name) {
                    default_inner(inner, sub);
                }
            }
            if schema["additionalProperties"].is_object() {
                let known = schema["properties"].as_object();
                for (name, inner) in map.iter_mut() {
                    if !known.is_some_and(|k| k.contains_key(name)) {
                        default_inner(inner, &schema["additionalProperties"]);
                    }
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| default_inner(item, &schema["items"])),
        _ => {}
    }
}

fn default_inner(value: &mut Value, schema: &Value) {
    if schema.is_object() {
        default(value, schema);
    }
}

/// Every way in which `value` breaks `schema`.
pub(crate) fn validate(
    value: &Value,
    schema: &Value,
    patterns: &BTreeMap<String, Regex>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    Validator { patterns }.check(value, schema, "", &mut errors);
    errors
}

struct Validator<'a> {
    patterns: &'a BTreeMap<String, Regex>,
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn type_matches(value: &Value, wanted: &str) -> bool {
    let actual = type_name(value);
    actual == wanted || (wanted == "number" && actual == "integer")
}

fn wrong_type(path: &str, wanted: &str, actual: &str) -> FieldError {
    FieldError::other(
        "FieldValueTypeInvalid",
        path,
        format!(
            r#"Invalid value: "{actual}": {path} in body must be of type {wanted}: "{actual}""#
        ),
    )
}

impl Validator<'_> {
    fn check(&self, value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
        if value.is_null() && schema["nullable"] == json!(true) {
            return;
        }
        if schema[INT_OR_STRING] == json!(true) && !value.is_string() && !value.is_i64() {
            errors.push(wrong_type(path, "integer,string", type_name(value)));
            return;
        }
        if let Some(wanted) = schema["type"].as_str()
            && schema[INT_OR_STRING] != json!(true)
            && !type_matches(value, wanted)
        {
            let actual = type_name(value);
            errors.push(wrong_type(path, wanted, actual));
            return;
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            let quoted = |value: &Value| match value {
                Value::String(_) => value.to_string(),
                other => format!("\"{other}\""),
            };
            let names: Vec<String> = allowed.iter().map(quoted).collect();
            errors.push(FieldError::other(
                "FieldValueNotSupported",
                path,
                format!(
                    "Unsupported value: {value}: supported values: {}",
                    names.join(", ")
                ),
            ));
        }
        match value {
            Value::String(text) => self.check_string(text, schema, path, errors),
            Value::Number(number) => check_number(number, schema, path, errors),
            Value::Array(items) => self.check_array(items, schema, path, errors),
            Value::Object(map) => self.check_object(map, schema, path, errors),
            _ => {}
        }
        self.check_logic(value, schema, path, errors);
    }

    fn check_string(&self, text: &str, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
        if schema["format"] == json!("date-time") && text.parse::<jiff::Timestamp>().is_err() {
            errors.push(wrong_type(path, "date-time", text));
        }
        let length = text.chars().count() as u64;
        if let Some(max) = schema["maxLength"].as_u64().filter(|max| length > *max) {
            errors.push(FieldError::other(
                "FieldValueTooLong",
                path,
                format!("Too long: may not be more than {max} bytes"),
            ));
        }
        if let Some(min) = schema["minLength"].as_u64().filter(|min| length < *min) {
            errors.push(FieldError::invalid(
                path,
                json!(text),
                format!("{path} in body should be at least {min} chars long"),
            ));
        }
        if let Some(pattern) = schema["pattern"].as_str()
            && self
                .patterns
                .get(pattern)
                .is_some_and(|regex| !regex.is_match(text))
        {
            errors.push(FieldError::invalid(
                path,
                json!(text),
                format!("{path} in body should match '{pattern}'"),
            ));
        }
    }

    fn check_array(
        &self,
        items: &[Value],
        schema: &Value,
        path: &str,
        errors: &mut Vec<FieldError>,
    ) {
        let count = items.len() as u64;
        if let Some(max) = schema["maxItems"].as_u64().filter(|max| count > *max) {
            errors.push(FieldError::other(
                "FieldValueTooMany",
                path,
                format!("Too many: {count}: must have at most {max} items"),
            ));
        }
        if let Some(min) = schema["minItems"].as_u64().filter(|min| count < *min) {
            let detail = format!("{path} in body should have at least {min} items");
            errors.push(FieldError::invalid(path, count, detail));
        }
        let mut seen: Vec<Value> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let at = format!("{path}[{index}]");
            if let Some(key) = crate::fields::list_key(item, schema) {
                if seen.contains(&key) {
                    errors.push(FieldError::other(
                        "FieldValueDuplicate",
                        &at,
                        format!("Duplicate value: {key}"),
                    ));
                }
                seen.push(key);
            }
            if schema["items"].is_object() {
                self.check(item, &schema["items"], &at, errors);
            }
        }
    }

    fn check_object(
        &self,
        map: &serde_json::Map<String, Value>,
        schema: &Value,
        path: &str,
        errors: &mut Vec<FieldError>,
    ) {
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !map.contains_key(name) {
                errors.push(FieldError::required(child(path, name), ""));
            }
        }
        if let Some(max) = schema["maxProperties"]
            .as_u64()
            .filter(|max| map.len() as u64 > *max)
        {
            errors.push(FieldError::other(
                "FieldValueTooMany",
                path,
                format!("Too many: {}: must have at most {max} items", map.len()),
            ));
        }
        for (name, inner) in map {
            if path.is_empty() && name == "metadata" {
                continue;
            }
            let sub = &schema["properties"][name];
            if sub.is_object() {
                self.check(inner, sub, &child(path, name), errors);
            } else if schema["additionalProperties"].is_object() {
                self.check(
                    inner,
                    &schema["additionalProperties"],
                    &child(path, name),
                    errors,
                );
            }
        }
    }

    fn check_logic(&self, value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
        let matching = |schemas: &[Value]| {
            let fits = |schema: &&Value| {
                let mut inner = Vec::new();
                self.check(value, schema, path, &mut inner);
                inner.is_empty()
            };
            schemas.iter().filter(fits).count()
        };
        let mut refuse = |detail: String| {
            errors.push(FieldError::invalid(
                path,
                format!("\"{}\"", type_name(value)),
                detail,
            ));
        };
        if let Some(schemas) = schema["oneOf"].as_array()
            && matching(schemas) != 1
        {
            refuse(format!(
                "{path} in body must validate one and only one schema (oneOf)"
            ));
        }
        if let Some(schemas) = schema["anyOf"].as_array()
            && matching(schemas) == 0
        {
            refuse(format!(
                "{path} in body must validate at least one schema (anyOf)"
            ));
        }
        if schema["not"].is_object() && matching(std::slice::from_ref(&schema["not"])) == 1 {
            refuse(format!("{path} in body must not validate the schema (not)"));
        }
        for sub in schema["allOf"].as_array().into_iter().flatten() {
            self.check(value, sub, path, errors);
        }
    }
}

fn check_number(
    number: &serde_json::Number,
    schema: &Value,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let actual = number.as_f64().unwrap_or_default();
    let limits = match schema["format"].as_str() {
        Some("int32") => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        _ => None,
    };
    let min = schema["minimum"].as_f64().or(limits.map(|l| l.0));
    let max = schema["maximum"].as_f64().or(limits.map(|l| l.1));
    if let Some(min) = min.filter(|min| actual < *min) {
        let detail = format!("{path} in body should be greater than or equal to {min}");
        errors.push(FieldError::invalid(path, number, detail));
    }
    if let Some(max) = max.filter(|max| actual > *max) {
        let detail = format!("{path} in body should be less than or equal to {max}");
        errors.push(FieldError::invalid(path, number, detail));
    }
}
