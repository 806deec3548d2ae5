//! Field sets of server-side apply: paths into an object, differences between two objects, merging by schema.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Map, Value, json};

/// Steps into an object, as `fieldsV1` writes them: `f:name`, `k:{"name":"a"}`, `v:"x"`.
pub(crate) type Path = Vec<String>;

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FieldSet(pub(crate) BTreeSet<Path>);

impl FieldSet {
    /// Reads `fieldsV1`.
    pub(crate) fn from_json(value: &Value) -> Self {
        fn walk(value: &Value, at: &mut Path, out: &mut BTreeSet<Path>) {
            let Some(map) = value.as_object() else { return };
            if map.is_empty() {
                out.insert(at.clone());
            }
            for (key, inner) in map {
                if key == "." {
                    out.insert(at.clone());
                } else {
                    at.push(key.clone());
                    walk(inner, at, out);
                    at.pop();
                }
            }
        }
        let mut out = BTreeSet::new();
        walk(value, &mut Path::new(), &mut out);
        out.remove(&Path::new());
        Self(out)
    }

    /// Writes `fieldsV1`.
    pub(crate) fn to_json(&self) -> Value {
        let mut root = Map::new();
        for path in &self.0 {
            let mut node = &mut root;
            for (depth, step) in path.iter().enumerate() {
                if depth > 0 && self.0.contains(&path[..depth]) {
                    node.insert(".".to_owned(), json!({}));
                }
                let inner = node.entry(step.clone()).or_insert_with(|| json!({}));
                let Value::Object(inner) = inner else { break };
                node = inner;
            }
        }
        Value::Object(root)
    }
}

/// A path in the words of a conflict message: `.spec.peers[name="a"].asn`.
pub(crate) fn display(path: &[String]) -> String {
    let mut out = String::new();
    for step in path {
        if let Some(name) = step.strip_prefix("f:") {
            out.push('.');
            out.push_str(name);
        } else if let Some(key) = step.strip_prefix("k:") {
            let keys: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
            let parts: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let _infallible = write!(out, "[{}]", parts.join(","));
        } else if let Some(value) = step.strip_prefix("v:") {
            let _infallible = write!(out, "[={value}]");
        }
    }
    out
}

/// What identifies an item in a list that merges (`x-kubernetes-list-type: map | set`).
pub(crate) fn list_key(item: &Value, list_schema: &Value) -> Option<Value> {
    match list_schema["x-kubernetes-list-type"].as_str() {
        Some("set") => Some(item.clone()),
        Some("map") => {
            let names = list_schema["x-kubernetes-list-map-keys"].as_array()?;
            let keys = names.iter().filter_map(Value::as_str);
            let pairs = keys.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())));
            Some(Value::Object(pairs.collect()))
        }
        _ => None,
    }
}

fn item_step(item: &Value, list_schema: &Value) -> Option<String> {
    let key = list_key(item, list_schema)?;
    let set = list_schema["x-kubernetes-list-type"] == json!("set");
    Some(format!("{}:{key}", if set { "v" } else { "k" }))
}

fn merges(value: &Value, schema: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty() && schema["x-kubernetes-map-type"] != json!("atomic"),
        Value::Array(items) => {
            !items.is_empty()
                && matches!(
                    schema["x-kubernetes-list-type"].as_str(),
                    Some("map" | "set")
                )
        }
        _ => false,
    }
}

fn property<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let known = &schema["properties"][name];
    if known.is_object() {
        known
    } else {
        &schema["additionalProperties"]
    }
}

/// Fields that no manager owns.
fn unowned(at: &[String], name: &str) -> bool {
    const SYSTEM: &[&str] = &[
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
        "generateName",
    ];
    match at {
        [] => name == "apiVersion" || name == "kind",
        [one] => one == "f:metadata" && SYSTEM.contains(&name),
        _ => false,
    }
}

/// Collects the paths of all leaves of `value`, and of the items of merging lists.
pub(crate) fn leaves(value: &Value, schema: &Value, at: &mut Path, out: &mut BTreeSet<Path>) {
    if !merges(value, schema) {
        if !at.is_empty() {
            out.insert(at.clone());
        }
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if !unowned(at, name) {
                    at.push(format!("f:{name}"));
                    leaves(inner, property(schema, name), at, out);
                    at.pop();
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Some(step) = item_step(item, schema) {
                    at.push(step);
                    out.insert(at.clone());
                    if item.is_object() {
                        leaves(item, &schema["items"], at, out);
                    }
                    at.pop();
                }
            }
        }
        _ => {}
    }
}

/// Collects the maps and lists that come or go with their content: whoever brings one owns it too.
fn containers(value: &Value, schema: &Value, at: &mut Path, out: &mut BTreeSet<Path>) {
    if !merges(value, schema) {
        return;
    }
    // The object and its metadata are always there.
    if !at.is_empty() && *at != ["f:metadata"] {
        out.insert(at.clone());
    }
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if !unowned(at, name) {
                    at.push(format!("f:{name}"));
                    containers(inner, property(schema, name), at, out);
                    at.pop();
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Some(step) = item_step(item, schema) {
                    at.push(step);
                    containers(item, &schema["items"], at, out);
                    at.pop();
                }
            }
        }
        _ => {}
    }
}

/// What a write changed: leaves that are new or different, and leaves that are gone.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) changed: BTreeSet<Path>,
    pub(crate) removed: BTreeSet<Path>,
}

impl Difference {
    /// Compares two whole objects.
    pub(crate) fn between(old: Option<&Value>, new: &Value, schema: &Value) -> Self {
        let mut out = Self::default();
        out.walk(old, Some(new), schema, &mut Path::new());
        out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    fn walk(&mut self, old: Option<&Value>, new: Option<&Value>, schema: &Value, at: &mut Path) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old @ Value::Object(a)), Some(new @ Value::Object(b)))
                if merges(old, schema) && merges(new, schema) =>
            {
                let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for name in names {
                    if !unowned(at, name) {
                        at.push(format!("f:{name}"));
                        self.walk(a.get(name), b.get(name), property(schema, name), at);
                        at.pop();
                    }
                }
            }
            (Some(old @ Value::Array(a)), Some(new @ Value::Array(b)))
                if merges(old, schema) && merges(new, schema) =>
            {
                let find = |items: &'_ [Value], step: &str| {
                    items
                        .iter()
                        .position(|item| item_step(item, schema).as_deref() == Some(step))
                };
                let steps: BTreeSet<String> = a
                    .iter()
                    .chain(b)
                    .filter_map(|item| item_step(item, schema))
                    .collect();
                for step in steps {
                    let before = find(a, &step).map(|i| &a[i]);
                    let after = find(b, &step).map(|i| &b[i]);
                    at.push(step);
                    match (before, after) {
                        (None, Some(_)) => drop(self.changed.insert(at.clone())),
                        (Some(_), None) => drop(self.removed.insert(at.clone())),
                        _ => {}
                    }
                    if before.or(after).is_some_and(Value::is_object) {
                        self.walk(before, after, &schema["items"], at);
                    }
                    at.pop();
                }
            }
            (old, new) => {
                if let Some(old) = old {
                    leaves(old, schema, at, &mut self.removed);
                }
                if let Some(old) = old {
                    containers(old, schema, at, &mut self.removed);
                }
                if let Some(new) = new {
                    let mut fresh = BTreeSet::new();
                    leaves(new, schema, at, &mut fresh);
                    containers(new, schema, at, &mut fresh);
                    self.removed.retain(|path| !fresh.contains(path));
                    self.changed.extend(fresh);
                }
            }
        }
    }
}

fn step_position(items: &[Value], step: &str) -> Option<usize> {
    if let Some(text) = step.strip_prefix("v:") {
        let wanted: Value = serde_json::from_str(text).ok()?;
        return items.iter().position(|item| *item == wanted);
    }
    let wanted: Map<String, Value> = serde_json::from_str(step.strip_prefix("k:")?).ok()?;
    items
        .iter()
        .position(|item| wanted.iter().all(|(k, v)| item.get(k) == Some(v)))
}

/// The value at a path.
pub(crate) fn lookup<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| {
        if let Some(name) = step.strip_prefix("f:") {
            return value.get(name);
        }
        let items = value.as_array()?;
        items.get(step_position(items, step)?)
    })
}

/// Takes the value at a path out, and its parent with it when nothing is left in there.
pub(crate) fn remove(value: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut node = &mut *value;
    for step in parents {
        let next = match (step.strip_prefix("f:"), node) {
            (Some(name), Value::Object(map)) => map.get_mut(name),
            (None, Value::Array(items)) => {
                step_position(items, step).and_then(|i| items.get_mut(i))
            }
            _ => None,
        };
        let Some(next) = next else { return };
        node = next;
    }
    let emptied = match node {
        Value::Object(map) => {
            last.strip_prefix("f:").and_then(|name| map.remove(name));
            map.is_empty()
        }
        Value::Array(items) => {
            if let Some(index) = step_position(items, last) {
                items.remove(index);
            }
            items.is_empty()
        }
        _ => false,
    };
    if emptied && parents.last().is_some_and(|step| step.starts_with("f:")) {
        remove_empty(value, parents);
    }
}

fn remove_empty(value: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut node = value;
    for step in parents {
        let next = match (step.strip_prefix("f:"), node) {
            (Some(name), Value::Object(map)) => map.get_mut(name),
            (None, Value::Array(items)) => {
                step_position(items, step).and_then(|i| items.get_mut(i))
            }
            _ => None,
        };
        let Some(next) = next else { return };
        node = next;
    }
    if let (Value::Object(map), Some(name)) = (node, last.strip_prefix("f:")) {
        map.remove(name);
    }
}

/// Merges an applied configuration into a live object.
pub(crate) fn merge(live: &mut Value, applied: &Value, schema: &Value) {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied))
            if schema["x-kubernetes-map-type"] != json!("atomic") =>
        {
            for (name, inner) in applied {
                match live.get_mut(name) {
                    Some(existing) => merge(existing, inner, property(schema, name)),
                    None => drop(live.insert(name.clone(), inner.clone())),
                }
            }
        }
        (Value::Array(live), Value::Array(applied)) if merges_list(schema) => {
            for item in applied {
                let key = list_key(item, schema);
                match live.iter().position(|other| list_key(other, schema) == key) {
                    Some(index) => merge(&mut live[index], item, &schema["items"]),
                    None => live.push(item.clone()),
                }
            }
        }
        (live, applied) => *live = applied.clone(),
    }
}

fn merges_list(schema: &Value) -> bool {
    matches!(
        schema["x-kubernetes-list-type"].as_str(),
        Some("map" | "set")
    )
}
