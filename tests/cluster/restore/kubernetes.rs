//! What is done to the objects of cells by kubectl, and what is asked of them.

use std::collections::BTreeMap;

use directconnect_local::ControlPlane;
use serde_json::{Value, json};

use crate::crash::cell::Cell;
use crate::kubectl::{self, RESOURCES};
use crate::oracle::IDS;

/// Applies these objects.
pub fn apply<'o>(cluster: &ControlPlane, objects: impl IntoIterator<Item = &'o Value>) {
    let items: Vec<&Value> = objects.into_iter().collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    cluster
        .kubectl_with_input(&["apply", "-f", "-"], &list.to_string())
        .unwrap();
}

/// Applies everything of these cells.
pub fn apply_cells(cluster: &ControlPlane, cells: &[&Cell]) {
    let objects: Vec<Value> = cells.iter().flat_map(|cell| cell.manifests()).collect();
    apply(cluster, &objects);
}

/// Every object of ours, by namespace, kind and name.
pub fn objects(cluster: &ControlPlane) -> BTreeMap<String, Value> {
    let list = kubectl::json(cluster, &format!("get {} -A", RESOURCES.join(",")));
    let items = list["items"].as_array().unwrap().iter();
    items.map(|object| (name(object), object.clone())).collect()
}

pub fn name(object: &Value) -> String {
    let metadata = &object["metadata"];
    format!(
        "{} {} {}",
        metadata["namespace"], object["kind"], metadata["name"]
    )
}

/// The AWS ids in these statuses.
pub fn ids(objects: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut ids = BTreeMap::new();
    for (name, object) in objects {
        for (kind, field) in IDS {
            if object["kind"] == kind && !object["status"][field].is_null() {
                ids.insert(name.clone(), object["status"][field].clone());
            }
        }
    }
    ids
}

/// Takes the whole status off the objects of cells, their AwsAccounts too.
pub fn wipe_status(cluster: &ControlPlane, cells: &[&Cell]) {
    let mine = |object: &&Value| {
        cells.iter().any(|cell| {
            object["metadata"]["namespace"] == *cell.namespace
                || object["spec"]["accountId"] == *cell.account
        })
    };
    let all = objects(cluster);
    let items: Vec<&Value> = all.values().filter(mine).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let line = r#"patch -f - --subresource=status --type=merge -p {"status":null} -o name"#;
    let words: Vec<&str> = line.split_whitespace().collect();
    let patched = cluster.kubectl_with_input(&words, &list).unwrap();
    assert_eq!(patched.lines().count(), items.len(), "{patched}");
}
