//! What the API server takes and refuses: the manifests of `tests/crd/` and of `examples/`, judged by
//! the generated CRDs. A file with `---` is an update: what is stored, then what is applied. What a
//! file in `reject/` expects in its first line, a field and a part of the message, was seen on a real
//! kube-apiserver too.

#![allow(
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "crd/structural.rs"]
mod structural;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use directconnect_model::api::crds;
use kube_cel::Validator;
use serde_json::Value;

fn schemas() -> BTreeMap<String, Value> {
    crds()
        .into_iter()
        .map(|crd| {
            let kind = crd.spec.names.kind;
            let schema = crd.spec.versions[0].schema.clone().expect("a schema");
            let text = serde_json::to_string(&schema.open_api_v3_schema).expect("plain data");
            // `import` is a reserved word of CEL. The API server takes it as a field name all the
            // same; kube-cel knows only the escaped form.
            let text = text
                .replace("self.import", "self.__import__")
                .replace("elf.spec.import", "elf.spec.__import__");
            (kind, serde_json::from_str(&text).expect("still JSON"))
        })
        .collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn manifests(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no manifests in {}", folder.display());
    files
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).expect("text")))
        .collect()
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).expect("YAML")
}

/// Every problem that the API server would report, as (field, message).
fn judge(schema: &Value, old: Option<&Value>, new: &Value) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    structural::check(schema, new, "", &mut problems);
    if problems.is_empty()
        && let Err(errors) = Validator::new().validate(schema, new, old)
    {
        problems.extend(errors.iter().map(|error| {
            (
                error.field_path.trim_start_matches('.').to_owned(),
                error.message.clone(),
            )
        }));
    }
    problems
}

/// Judges a fixture: one document is a creation, two are an update by a user, who cannot write status.
fn judge_file(schemas: &BTreeMap<String, Value>, text: &str) -> Vec<(String, String)> {
    let documents = documents(text);
    let schema = &schemas[documents[0]["kind"].as_str().expect("a kind")];
    match documents.as_slice() {
        [new] => judge(schema, None, new),
        [old, new] => {
            let stored = judge(schema, None, old);
            assert!(
                stored.is_empty(),
                "what is stored must be acceptable: {stored:?}"
            );
            let mut new = new.clone();
            new["status"] = old["status"].clone();
            judge(schema, Some(old), &new)
        }
        other => panic!("one or two documents, not {}", other.len()),
    }
}

#[test]
fn accepted() {
    let schemas = schemas();
    let mut wrong = Vec::new();
    for (path, text) in manifests(&folder("tests/crd/accept")) {
        let problems = judge_file(&schemas, &text);
        if !problems.is_empty() {
            wrong.push(format!("{}: {problems:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "refused:\n{}", wrong.join("\n"));
}

#[test]
fn refused() {
    let schemas = schemas();
    let mut wrong = Vec::new();
    for (path, text) in manifests(&folder("tests/crd/reject")) {
        let (field, message) = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# field: "))
            .and_then(|line| line.split_once("  # message: "))
            .unwrap_or_else(|| panic!("{} opens with what is expected", path.display()));
        let problems = judge_file(&schemas, &text);
        if !problems
            .iter()
            .any(|(at, why)| at == field && why.contains(message))
        {
            wrong.push(format!(
                "{}: wanted {field}: {message}\n  found {problems:?}",
                path.display()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "not refused as expected:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn examples_are_accepted() {
    let schemas = schemas();
    let mut seen = 0;
    for example in ["../examples/quickstart", "../examples/securecart"] {
        for (path, text) in manifests(&folder(example)) {
            for document in documents(&text) {
                if let Some(schema) = schemas.get(document["kind"].as_str().expect("a kind")) {
                    let problems = judge(schema, None, &document);
                    assert!(problems.is_empty(), "{}: {problems:?}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 10, "only {seen} objects of ours in the examples");
}

/// `kubectl explain` says something about every field.
#[test]
fn every_field_is_described() {
    fn walk(schema: &Value, path: &str, silent: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if property["description"].as_str().is_none_or(str::is_empty)
                && path.matches('.').count() > 1
            {
                silent.push(path.clone());
            }
            walk(property, &path, silent);
        }
        for inner in ["items", "additionalProperties"] {
            if schema[inner].is_object() {
                walk(&schema[inner], path, silent);
            }
        }
    }
    let mut silent = Vec::new();
    for (kind, schema) in schemas() {
        walk(&schema, &kind, &mut silent);
    }
    assert!(silent.is_empty(), "without description: {silent:?}");
}
