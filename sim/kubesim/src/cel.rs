//! Admission by the rules in CEL of a CustomResourceDefinition (`x-kubernetes-validations`), compiled once.
//!
//! Evaluation is the library's. What is ours: only nodes with rules are visited, a rule sees only the part of the object that it names,
//! and what is unchanged is not judged again by rules without `oldSelf`, as the API server's ratcheting has it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use kube_cel::{CompiledSchema, Validator, compile_schema};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::error::FieldError;

const RULES: &str = "x-kubernetes-validations";

#[derive(Clone, Debug)]
enum Step {
    Property(String),
    /// Every item; the names of the key fields if the list is a map.
    Items(Vec<String>),
    /// Every value of a map.
    Values,
}

/// The parts of an object that rules name.
#[derive(Debug, Default)]
struct Named {
    whole: bool,
    parts: BTreeMap<String, Named>,
}

/// A place in the schema that has rules.
#[derive(Debug)]
struct Node {
    path: Vec<Step>,
    rules: CompiledSchema,
    named: Named,
    /// Any of the rules speaks of `oldSelf`.
    transition: bool,
    /// What passed: rules are pure, and most writes change nothing that they name.
    passed: Mutex<HashSet<String>>,
}

/// How many judgements of one node are remembered.
const REMEMBERED: usize = 1024;

/// All rules of one version of a resource.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    nodes: Vec<Node>,
}

thread_local! {
    static VALIDATOR: Validator = Validator::new();
}

/// `self` or `oldSelf`, the fields after it, and whether the last is a function.
static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:self|oldSelf)\b((?:\.[A-Za-z_]\w*)*)\s*(\()?").ok());

impl Named {
    fn add<'a>(&mut self, mut fields: impl Iterator<Item = &'a str>) {
        match fields.next() {
            None => self.whole = true,
            Some(name) => {
                let word = name
                    .strip_prefix("__")
                    .and_then(|n| n.strip_suffix("__"))
                    .unwrap_or(name);
                // Other escapes: the object around it is taken whole.
                if word.contains("__") {
                    self.whole = true;
                } else {
                    self.parts.entry(word.to_owned()).or_default().add(fields);
                }
            }
        }
    }

    fn read(&mut self, text: &str) {
        let Some(reference) = REFERENCE.as_ref() else {
            self.whole = true;
            return;
        };
        for found in reference.captures_iter(text) {
            let mut fields: Vec<&str> = found
                .get(1)
                .map(|m| {
                    m.as_str()
                        .split('.')
                        .filter(|field| !field.is_empty())
                        .collect()
                })
                .unwrap_or_default();
            if found.get(2).is_some() {
                fields.pop();
            }
            self.add(fields.into_iter());
        }
    }

    fn cut(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) if !self.whole => {
                let parts = self.parts.iter();
                let kept = parts
                    .filter_map(|(name, named)| Some((name.clone(), named.cut(map.get(name)?))));
                Value::Object(kept.collect())
            }
            other => other.clone(),
        }
    }
}

/// What of a schema the library needs to read values: formats, and which objects are maps. None if nothing.
fn forms(schema: &Value) -> Option<Value> {
    let mut out = Map::new();
    for field in [
        "format",
        "x-kubernetes-int-or-string",
        "x-kubernetes-embedded-resource",
    ] {
        if let Some(value) = schema.get(field) {
            out.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(additional) = schema.get("additionalProperties") {
        let inner = if additional.is_object() {
            forms(additional).unwrap_or_else(|| json!({}))
        } else {
            additional.clone()
        };
        out.insert("additionalProperties".to_owned(), inner);
    }
    if let Some(items) = schema.get("items").and_then(forms) {
        out.insert("items".to_owned(), items);
    }
    let properties: Map<String, Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| Some((name.clone(), forms(property)?)))
        .collect();
    if !properties.is_empty() {
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// `import` is a reserved word of CEL; the API server takes it as a field all the same, the library only in its escaped form.
fn escaped(rule: &Value) -> Value {
    let mut rule = rule.clone();
    for field in ["rule", "messageExpression"] {
        if let Some(text) = rule[field].as_str() {
            // Every second part between quotes is a text of its own.
            let parts = text.split('\'').enumerate().map(|(index, part)| {
                if index % 2 == 0 {
                    part.replace(".import", ".__import__")
                } else {
                    part.to_owned()
                }
            });
            rule[field] = json!(parts.collect::<Vec<_>>().join("'"));
        }
    }
    rule
}

impl Rules {
    /// Compiles every rule of a schema, or says which one cannot be.
    pub(crate) fn compile(schema: &Value) -> Result<Self, String> {
        let mut rules = Self::default();
        rules.collect(schema, &mut Vec::new())?;
        Ok(rules)
    }

    fn collect(&mut self, schema: &Value, path: &mut Vec<Step>) -> Result<(), String> {
        if let Some(own) = schema[RULES].as_array() {
            let own: Vec<Value> = own.iter().map(escaped).collect();
            let mut named = Named::default();
            let mut transition = false;
            for rule in &own {
                for field in ["rule", "messageExpression"] {
                    let text = rule[field].as_str().unwrap_or_default();
                    named.read(text);
                    transition |= text.contains("oldSelf");
                }
            }
            let mut reduced = forms(schema).unwrap_or_else(|| json!({}));
            reduced[RULES] = Value::Array(own);
            let compiled = compile_schema(&reduced);
            if let Some(error) = compiled.compilation_errors().first() {
                return Err(error.to_string());
            }
            self.nodes.push(Node {
                path: path.clone(),
                rules: compiled,
                named,
                transition,
                passed: Mutex::default(),
            });
        }
        let mut into = |step: Step, schema: &Value| {
            path.push(step);
            let done = self.collect(schema, path);
            path.pop();
            done
        };
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            into(Step::Property(name.clone()), property)?;
        }
        if schema["items"].is_object() {
            let keys = schema["x-kubernetes-list-map-keys"]
                .as_array()
                .into_iter()
                .flatten();
            let keys = keys.filter_map(Value::as_str).map(str::to_owned).collect();
            into(Step::Items(keys), &schema["items"])?;
        }
        if schema["additionalProperties"].is_object() {
            into(Step::Values, &schema["additionalProperties"])?;
        }
        Ok(())
    }

    pub(crate) fn any(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// Every rule that an object breaks.
    pub(crate) fn judge(&self, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for node in &self.nodes {
            node.visit(&node.path, new, old, &mut String::new(), &mut errors);
        }
        errors
    }
}

impl Node {
    fn visit(
        &self,
        steps: &[Step],
        new: &Value,
        old: Option<&Value>,
        at: &mut String,
        errors: &mut Vec<FieldError>,
    ) {
        let Some((step, rest)) = steps.split_first() else {
            return self.judge(new, old, at, errors);
        };
        let length = at.len();
        match (step, new) {
            (Step::Property(name), Value::Object(map)) => {
                if let Some(value) = map.get(name) {
                    if !at.is_empty() {
                        at.push('.');
                    }
                    at.push_str(name);
                    self.visit(rest, value, old.and_then(|old| old.get(name)), at, errors);
                }
            }
            (Step::Values, Value::Object(map)) => {
                for (name, value) in map {
                    at.extend(["[", name, "]"]);
                    self.visit(rest, value, old.and_then(|old| old.get(name)), at, errors);
                    at.truncate(length);
                }
            }
            (Step::Items(keys), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let same =
                        |other: &&Value| keys.iter().all(|key| other.get(key) == item.get(key));
                    let before = old.and_then(Value::as_array).filter(|_| !keys.is_empty());
                    let before = before.and_then(|items| items.iter().find(same));
                    at.extend(["[", &index.to_string(), "]"]);
                    self.visit(rest, item, before, at, errors);
                    at.truncate(length);
                }
            }
            _ => {}
        }
        at.truncate(length);
    }

    fn judge(&self, new: &Value, old: Option<&Value>, at: &str, errors: &mut Vec<FieldError>) {
        let unchanged = old == Some(new);
        if unchanged && !self.transition {
            return;
        }
        let (seen, before) = (self.named.cut(new), old.map(|old| self.named.cut(old)));
        let memory = || self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = format!("{seen}{}", before.as_ref().unwrap_or(&Value::Null));
        if memory().contains(&pair) {
            return;
        }
        let result = VALIDATOR
            .with(|validator| validator.validate_compiled(&self.rules, &seen, before.as_ref()));
        if result.is_ok() {
            let mut passed = memory();
            if passed.len() >= REMEMBERED {
                passed.clear();
            }
            passed.insert(pair);
            return;
        }
        for error in result.err().into_iter().flatten() {
            if unchanged && !error.rule.contains("oldSelf") {
                continue;
            }
            let own = error.field_path.trim_start_matches('.');
            let field = match (at, own) {
                ("", own) => own.to_owned(),
                (at, "") => at.to_owned(),
                (at, own) if own.starts_with('[') => format!("{at}{own}"),
                (at, own) => format!("{at}.{own}"),
            };
            errors.push(worded(&field, new, error.reason.as_deref(), &error.message));
        }
    }
}

fn worded(field: &str, value: &Value, reason: Option<&str>, message: &str) -> FieldError {
    match reason {
        Some("FieldValueForbidden") => FieldError::forbidden(field, message),
        Some("FieldValueRequired") => FieldError::required(field, message),
        Some("FieldValueDuplicate") => FieldError::other(
            "FieldValueDuplicate",
            field,
            format!("Duplicate value: {value}"),
        ),
        _ if value.is_object() || value.is_array() => FieldError::other(
            "FieldValueInvalid",
            field,
            format!("Invalid value: {message}"),
        ),
        _ => FieldError::invalid(field, value, message),
    }
}
