//! `metadata.managedFields`: who owns which field, and server-side apply on top of it.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use crate::{
    error::ApiError,
    fields::{self, Difference, FieldSet, Path},
    resource::ResourceDef,
};

/// Who writes, through which endpoint, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    /// Empty for the main resource.
    pub(crate) subresource: &'a str,
    pub(crate) now: &'a str,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    manager: String,
    operation: String,
    subresource: String,
    api_version: String,
    time: String,
    fields: FieldSet,
}

impl Entry {
    fn same_owner(&self, writer: Writer<'_>, operation: &str) -> bool {
        self.manager == writer.manager
            && self.operation == operation
            && self.subresource == writer.subresource
    }

    fn new(writer: Writer<'_>, operation: &str, def: &ResourceDef) -> Self {
        Self {
            manager: writer.manager.to_owned(),
            operation: operation.to_owned(),
            subresource: writer.subresource.to_owned(),
            api_version: def.api_version(),
            time: writer.now.to_owned(),
            fields: FieldSet::default(),
        }
    }

    fn describe(&self) -> String {
        let mut out = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            let _infallible = write!(out, " with subresource {:?}", self.subresource);
        }
        if self.operation == "Update" {
            let _infallible = write!(out, " using {} at {}", self.api_version, self.time);
        }
        out
    }
}

fn parse(object: &Value) -> Vec<Entry> {
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let entries = object["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .map(|entry| Entry {
            manager: text(entry, "manager"),
            operation: text(entry, "operation"),
            subresource: text(entry, "subresource"),
            api_version: text(entry, "apiVersion"),
            time: text(entry, "time"),
            fields: FieldSet::from_json(&entry["fieldsV1"]),
        })
        .collect()
}

fn store(object: &mut Value, entries: &[Entry]) {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|e| {
        (
            &e.operation,
            &e.time,
            &e.manager,
            &e.api_version,
            &e.subresource,
        )
    });
    let list: Vec<Value> = sorted
        .into_iter()
        .filter(|entry| !entry.fields.0.is_empty())
        .map(|entry| {
            let mut out = json!({
                "manager": entry.manager, "operation": entry.operation, "apiVersion": entry.api_version,
                "time": entry.time, "fieldsType": "FieldsV1", "fieldsV1": entry.fields.to_json(),
            });
            if !entry.subresource.is_empty() {
                out["subresource"] = json!(entry.subresource);
            }
            out
        })
        .collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if list.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".to_owned(), Value::Array(list));
        }
    }
}

/// Carries the old managed fields over, as they are.
fn keep(old: Option<&Value>, new: &mut Value) {
    let managed = old
        .map(|old| old["metadata"]["managedFields"].clone())
        .filter(Value::is_array);
    if let Some(metadata) = new["metadata"].as_object_mut() {
        match managed {
            Some(managed) => drop(metadata.insert("managedFields".to_owned(), managed)),
            None => drop(metadata.remove("managedFields")),
        }
    }
}

/// Notes what a create, PUT or plain patch changed as owned by its manager.
pub(crate) fn track_update(
    old: Option<&Value>,
    new: &mut Value,
    def: &ResourceDef,
    writer: Writer<'_>,
) {
    let difference = Difference::between(old, new, &def.schema);
    if difference.is_empty() {
        keep(old, new);
        return;
    }
    let mut entries = old.map(parse).unwrap_or_default();
    for entry in &mut entries {
        let mine = entry.same_owner(writer, "Update");
        entry.fields.0.retain(|path| {
            !difference.removed.contains(path) && (mine || !difference.changed.contains(path))
        });
    }
    let position = entries
        .iter()
        .position(|entry| entry.same_owner(writer, "Update"));
    let index = position.unwrap_or_else(|| {
        entries.push(Entry::new(writer, "Update", def));
        entries.len() - 1
    });
    entries[index].fields.0.extend(difference.changed);
    writer.now.clone_into(&mut entries[index].time);
    store(new, &entries);
}

/// The part of an applied configuration that this endpoint may set.
fn scope(applied: &Value, def: &ResourceDef, writer: Writer<'_>) -> BTreeSet<Path> {
    let mut set = BTreeSet::new();
    fields::leaves(applied, &def.schema, &mut Path::new(), &mut set);
    if def.status {
        let status = writer.subresource == "status";
        set.retain(|path| (path.first().is_some_and(|step| step == "f:status")) == status);
    }
    set
}

/// Server-side apply: the merged object with its new managed fields, or a conflict.
pub(crate) fn apply(
    live: Option<&Value>,
    applied: &Value,
    def: &ResourceDef,
    writer: Writer<'_>,
    force: bool,
) -> Result<Value, ApiError> {
    let mut entries = live.map(parse).unwrap_or_default();
    let set = scope(applied, def, writer);
    let mut conflicts: Vec<(String, Vec<Path>)> = Vec::new();
    if let Some(live) = live {
        for entry in entries
            .iter_mut()
            .filter(|entry| !entry.same_owner(writer, "Apply"))
        {
            let differs = |path: &&Path| {
                let wanted = fields::lookup(applied, path);
                entry.fields.0.contains(*path)
                    && !is_item(path)
                    && fields::lookup(live, path) != wanted
            };
            let clash: Vec<Path> = set.iter().filter(differs).cloned().collect();
            if clash.is_empty() {
                continue;
            }
            if force {
                entry.fields.0.retain(|path| !clash.contains(path));
            } else {
                conflicts.push((entry.describe(), clash));
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(conflict_error(&conflicts));
    }

    let mut merged = live.cloned().unwrap_or_else(|| json!({}));
    let mine = entries
        .iter()
        .position(|entry| entry.same_owner(writer, "Apply"));
    let before = mine
        .map(|index| entries[index].fields.0.clone())
        .unwrap_or_default();
    for path in before.iter().filter(|path| !set.contains(*path)) {
        let other = |(index, entry): (usize, &Entry)| {
            Some(index) != mine && entry.fields.0.iter().any(|owned| owned.starts_with(path))
        };
        if !entries.iter().enumerate().any(other) {
            fields::remove(&mut merged, path);
        }
    }
    fields::merge(&mut merged, applied, &def.schema);

    let index = mine.unwrap_or_else(|| {
        entries.push(Entry::new(writer, "Apply", def));
        entries.len() - 1
    });
    if entries[index].fields.0 != set {
        entries[index].fields = FieldSet(set);
        writer.now.clone_into(&mut entries[index].time);
    }
    store(&mut merged, &entries);
    Ok(merged)
}

/// The membership of a list item, which several managers may share.
fn is_item(path: &[String]) -> bool {
    path.last().is_some_and(|step| !step.starts_with("f:"))
}

fn conflict_error(conflicts: &[(String, Vec<Path>)]) -> ApiError {
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    let mut causes = Vec::new();
    let mut parts = Vec::new();
    for (owner, paths) in conflicts {
        let names: Vec<String> = paths.iter().map(|path| fields::display(path)).collect();
        for name in &names {
            causes.push(json!({"reason": "FieldManagerConflict", "message": format!("conflict with {owner}"), "field": name}));
        }
        parts.push(if let ([one], 1) = (names.as_slice(), conflicts.len()) {
            format!("conflict with {owner}: {one}")
        } else {
            format!("conflicts with {owner}:\n- {}", names.join("\n- "))
        });
    }
    let noun = if count == 1 { "conflict" } else { "conflicts" };
    let mut error = ApiError::new(
        409,
        "Conflict",
        format!("Apply failed with {count} {noun}: {}", parts.join("\n")),
    );
    error.details = Some(json!({"causes": causes}));
    error
}
