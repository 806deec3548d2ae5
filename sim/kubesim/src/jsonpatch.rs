//! JSON patch as the API server applies it: RFC 6902, but `replace` may add a key, and `test` finds null where no key is.

use serde_json::{Map, Value};

/// An operation that does not apply, a failed `test` among them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DoesNotApply;

/// True if this is a JSON patch at all.
pub(crate) fn well_formed(patch: &Value) -> bool {
    let operation = |op: &Value| op["op"].is_string() && op["path"].is_string();
    patch
        .as_array()
        .is_some_and(|operations| operations.iter().all(operation))
}

/// Applies all operations in order.
pub(crate) fn apply(document: &mut Value, patch: &Value) -> Result<(), DoesNotApply> {
    for operation in patch.as_array().into_iter().flatten() {
        let path = operation["path"].as_str().unwrap_or_default();
        let value = || operation.get("value").cloned().unwrap_or_default();
        match operation["op"].as_str().unwrap_or_default() {
            "add" => add(document, path, value())?,
            "remove" => drop(remove(document, path)?),
            "replace" => replace(document, path, value())?,
            "test" if get(document, path)?.unwrap_or(&Value::Null) == &value() => {}
            "move" => {
                let moved = remove(document, from(operation))?;
                add(document, path, moved)?;
            }
            "copy" => {
                let copied = get(document, from(operation))?
                    .cloned()
                    .ok_or(DoesNotApply)?;
                add(document, path, copied)?;
            }
            _ => return Err(DoesNotApply),
        }
    }
    Ok(())
}

fn from(operation: &Value) -> &str {
    operation["from"].as_str().unwrap_or_default()
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// What a path's last step refers to.
enum Place<'a> {
    Key(&'a mut Map<String, Value>, String),
    Item(&'a mut Vec<Value>, String),
}

/// The container of what a path names, and the last step.
fn place<'a>(document: &'a mut Value, path: &str) -> Result<Place<'a>, DoesNotApply> {
    let (parent, last) = path.rsplit_once('/').ok_or(DoesNotApply)?;
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) => Ok(Place::Key(map, unescape(last))),
        Some(Value::Array(items)) => Ok(Place::Item(items, last.to_owned())),
        _ => Err(DoesNotApply),
    }
}

fn index(step: &str, below: usize) -> Result<usize, DoesNotApply> {
    step.parse()
        .ok()
        .filter(|index| *index < below)
        .ok_or(DoesNotApply)
}

/// The value at a path; none if the container has no such key.
fn get<'a>(document: &'a Value, path: &str) -> Result<Option<&'a Value>, DoesNotApply> {
    if path.is_empty() {
        return Ok(Some(document));
    }
    let (parent, last) = path.rsplit_once('/').ok_or(DoesNotApply)?;
    match document.pointer(parent) {
        Some(Value::Object(map)) => Ok(map.get(&unescape(last))),
        Some(Value::Array(items)) => Ok(items.get(index(last, items.len())?)),
        _ => Err(DoesNotApply),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), DoesNotApply> {
    match place(document, path)? {
        Place::Key(map, key) => drop(map.insert(key, value)),
        Place::Item(items, step) if step == "-" => items.push(value),
        Place::Item(items, step) => items.insert(index(&step, items.len() + 1)?, value),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, DoesNotApply> {
    match place(document, path)? {
        Place::Key(map, key) => map.remove(&key).ok_or(DoesNotApply),
        Place::Item(items, step) => Ok(items.remove(index(&step, items.len())?)),
    }
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), DoesNotApply> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    match place(document, path)? {
        Place::Key(map, key) => drop(map.insert(key, value)),
        Place::Item(items, step) => {
            let index = index(&step, items.len())?;
            items[index] = value;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DoesNotApply, apply};

    #[test]
    fn operations_apply_as_in_the_api_server() {
        let ok = |before, patch, after| {
            let mut document = before;
            assert_eq!(apply(&mut document, &patch), Ok(()), "{patch}");
            assert_eq!(document, after, "{patch}");
        };
        ok(
            json!({"a": [1, 3]}),
            json!([{"op": "add", "path": "/a/1", "value": 2}]),
            json!({"a": [1, 2, 3]}),
        );
        ok(
            json!({"a": [1]}),
            json!([{"op": "add", "path": "/a/-", "value": 2}]),
            json!({"a": [1, 2]}),
        );
        ok(
            json!({"a": {}}),
            json!([{"op": "replace", "path": "/a/b~1c", "value": 2}]),
            json!({"a": {"b/c": 2}}),
        );
        ok(
            json!({"a": 1}),
            json!([{"op": "test", "path": "/b", "value": null}]),
            json!({"a": 1}),
        );
        ok(
            json!({"a": 1}),
            json!([{"op": "move", "from": "/a", "path": "/b"}]),
            json!({"b": 1}),
        );
        ok(
            json!({"a": 1}),
            json!([{"op": "copy", "from": "/a", "path": "/b"}]),
            json!({"a": 1, "b": 1}),
        );
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for patch in [
            json!([{"op": "test", "path": "/a", "value": 2}]),
            json!([{"op": "test", "path": "/b/c", "value": null}]),
            json!([{"op": "remove", "path": "/b"}]),
            json!([{"op": "add", "path": "/b/c", "value": 1}]),
            json!([{"op": "replace", "path": "/l/3", "value": 1}]),
            json!([{"op": "increase", "path": "/a"}]),
        ] {
            assert_eq!(
                apply(&mut json!({"a": 1, "l": []}), &patch),
                Err(DoesNotApply),
                "{patch}"
            );
        }
    }
}
