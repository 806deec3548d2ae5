//! `kubectl` as somebody in the checkout would type it.

use std::path::Path;

use directconnect_local::{ControlPlane, paths, process};
use serde_json::Value;

/// All kinds of ours, by plural.
pub const RESOURCES: [&str; 6] = [
    "awsaccounts",
    "connections",
    "directconnectgateways",
    "directconnectgatewayassociations",
    "virtualprivategateways",
    "virtualinterfaces",
];

/// Runs a command line; arguments hold no blanks.
pub fn kubectl(cluster: &ControlPlane, line: &str) -> String {
    attempt(cluster, line).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a command line that may fail.
pub fn attempt(cluster: &ControlPlane, line: &str) -> directconnect_local::Result<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = cluster.kubectl_command(&words);
    process::run(command.current_dir(paths::checkout()), None)
}

/// What `kubectl … -o json` prints.
pub fn json(cluster: &ControlPlane, line: &str) -> Value {
    serde_json::from_str(&kubectl(cluster, &format!("{line} -o json"))).unwrap()
}

/// Waits until these objects meet a condition of `kubectl wait`; what they look like is part of the message if they do not.
pub fn wait(cluster: &ControlPlane, namespace: &str, objects: &str, condition: &str) {
    let line = format!("wait -n {namespace} {objects} --for={condition} --timeout=180s");
    if let Err(error) = attempt(cluster, &line) {
        let now = attempt(
            cluster,
            &format!("get directconnect -n {namespace} -o wide"),
        );
        panic!("{error}\n{}", now.unwrap_or_default());
    }
}

/// Waits until the objects are Ready.
pub fn wait_ready(cluster: &ControlPlane, namespace: &str, objects: &str) {
    wait(cluster, namespace, objects, "condition=Ready");
}

/// Waits until Ready has this reason.
pub fn wait_reason(cluster: &ControlPlane, namespace: &str, object: &str, reason: &str) {
    let path = format!(r#"jsonpath={{.status.conditions[?(@.type=="Ready")].reason}}={reason}"#);
    wait(cluster, namespace, object, &path);
}

/// A condition of an object.
pub fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let all = object["status"]["conditions"].as_array();
    all.into_iter()
        .flatten()
        .find(|condition| condition["type"] == kind)
        .unwrap_or(&Value::Null)
}

/// Every document of a YAML file.
pub fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let all: Vec<Value> = serde_saphyr::from_multiple(&text)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    all.into_iter().filter(|one| !one.is_null()).collect()
}
