//! `/version` and the discovery documents.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::store::State;

/// The document at a path that names no resource, if it is one of ours.
pub(crate) fn document(state: &State, segments: &[&str]) -> Option<Value> {
    match segments {
        ["version"] => Some(json!({
            "major": "1", "minor": "36", "gitVersion": "v1.36.3-kubesim", "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "",
        })),
        ["api"] => Some(
            json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}),
        ),
        ["apis"] => Some(groups(state)),
        ["api", "v1"] => resources(state, "", "v1"),
        ["apis", group, version] => resources(state, group, version),
        _ => None,
    }
}

fn groups(state: &State) -> Value {
    let names: BTreeSet<&String> = state
        .resources
        .keys()
        .map(|(group, _, _)| group)
        .filter(|g| !g.is_empty())
        .collect();
    let groups: Vec<Value> = names
        .into_iter()
        .map(|group| {
            let versions: BTreeSet<&String> = state.resources.keys().filter(|id| &id.0 == group).map(|id| &id.1).collect();
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
                .collect();
            json!({"name": group, "versions": versions, "preferredVersion": versions[0]})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources(state: &State, group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    let mut group_version = String::new();
    for ((g, v, _), def) in &state.resources {
        if g != group || v != version {
            continue;
        }
        group_version = def.api_version();
        let verbs = [
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        ];
        list.push(
            json!({"name": def.plural, "singularName": def.singular, "namespaced": def.namespaced,
            "kind": def.kind, "shortNames": def.short_names, "verbs": verbs}),
        );
        if def.status {
            list.push(json!({"name": format!("{}/status", def.plural), "singularName": "", "namespaced": def.namespaced,
                "kind": def.kind, "verbs": ["get", "patch", "update"]}));
        }
    }
    let found = !list.is_empty();
    found.then(|| json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list}))
}
