//! The part of a structural schema that is not CEL, judged as kube-apiserver judges it and in its words.

use serde_json::Value;

/// What is wrong with `value` under `schema`, as (field path, message).
pub fn check(schema: &Value, value: &Value, path: &str, problems: &mut Vec<(String, String)>) {
    let mut say = |message: String| problems.push((path.to_owned(), message));
    if value.is_null() {
        // The API server drops a null where the schema does not allow it.
        return;
    }
    for unsupported in ["anyOf", "oneOf", "allOf", "not", "multipleOf"] {
        assert!(
            schema.get(unsupported).is_none(),
            "{path}: {unsupported} is not judged here: extend this file"
        );
    }
    let kind = schema["type"].as_str().unwrap_or_default();
    if !has_type(kind, value) {
        say(format!("{path} in body must be of type {kind}"));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        say(format!("Unsupported value: {value}"));
    }
    match value {
        Value::Number(number) => {
            number_range(schema, number.as_f64().expect("a number"), path, &mut say);
        }
        Value::String(text) => text_rules(schema, text, path, &mut say),
        Value::Array(items) => list_rules(schema, items, path, problems),
        Value::Object(_) => object_rules(schema, value, path, problems),
        Value::Bool(_) | Value::Null => {}
    }
}

fn has_type(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a structural schema has a type, not {other:?}"),
    }
}

fn number_range(schema: &Value, number: f64, path: &str, say: &mut impl FnMut(String)) {
    if let Some(least) = schema["minimum"].as_f64()
        && number < least
    {
        say(format!(
            "{path} in body should be greater than or equal to {least}"
        ));
    }
    if let Some(most) = schema["maximum"].as_f64()
        && number > most
    {
        say(format!(
            "{path} in body should be less than or equal to {most}"
        ));
    }
}

fn text_rules(schema: &Value, text: &str, path: &str, say: &mut impl FnMut(String)) {
    let length = text.chars().count() as u64;
    if let Some(least) = schema["minLength"].as_u64()
        && length < least
    {
        say(format!(
            "{path} in body should be at least {least} chars long"
        ));
    }
    if let Some(most) = schema["maxLength"].as_u64()
        && length > most
    {
        say(format!("Too long: may not be more than {most} bytes"));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && !regex::Regex::new(pattern)
            .expect("a valid pattern")
            .is_match(text)
    {
        say(format!("{path} in body should match '{pattern}'"));
    }
}

fn list_rules(schema: &Value, items: &[Value], path: &str, problems: &mut Vec<(String, String)>) {
    let length = items.len() as u64;
    if let Some(least) = schema["minItems"].as_u64()
        && length < least
    {
        problems.push((
            path.to_owned(),
            format!("{path} in body should have at least {least} items"),
        ));
    }
    if let Some(most) = schema["maxItems"].as_u64()
        && length > most
    {
        problems.push((
            path.to_owned(),
            format!("Too many: {length}: must have at most {most} items"),
        ));
    }
    let key_of = |item: &Value| match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => Some(item.clone()),
        Some("map") => Some(
            schema["x-kubernetes-list-map-keys"]
                .as_array()
                .expect("a map list has keys")
                .iter()
                .map(|key| item[key.as_str().expect("a key is text")].clone())
                .collect(),
        ),
        _ => None,
    };
    let keys: Vec<Option<Value>> = items.iter().map(key_of).collect();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if keys[index].is_some() && keys[..index].contains(&keys[index]) {
            problems.push((path.clone(), "Duplicate value".to_owned()));
        }
        check(&schema["items"], item, &path, problems);
    }
}

fn object_rules(schema: &Value, value: &Value, path: &str, problems: &mut Vec<(String, String)>) {
    let object = value.as_object().expect("judged by the caller");
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().expect("a field name");
        if !object.contains_key(name) {
            problems.push((below(name), "Required value".to_owned()));
        }
    }
    for (name, inner) in object {
        if path.is_empty() && ["apiVersion", "kind", "metadata"].contains(&name.as_str()) {
            continue;
        }
        if let Some(property) = schema["properties"].get(name) {
            check(property, inner, &below(name), problems);
        } else if let Some(property) = schema.get("additionalProperties") {
            check(property, inner, &below(name), problems);
        } else if schema["x-kubernetes-preserve-unknown-fields"] != true {
            problems.push((below(name), format!("unknown field {:?}", below(name))));
        }
    }
}
