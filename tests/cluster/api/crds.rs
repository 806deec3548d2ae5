//! The CRD fixtures of `model/tests/crd` against a real API server: what is accepted there is accepted here, what is refused is refused for
//! the same field in the same words. The model's own test judges them by the CEL library; this one is the judge of that.

use std::path::{Path, PathBuf};

use directconnect_local::{ControlPlane, Result, paths};
use serde_json::{Value, json};

use super::cluster;
use crate::kubectl::documents;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = paths::checkout().join("model/tests/crd").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    assert!(files.len() >= 20);
    files
}

/// Sends the documents of a fixture one after the other; all but the last must be accepted. Without a second one nothing is stored.
fn send(cluster: &ControlPlane, file: &Path) -> Result<()> {
    let documents = documents(file);
    let (last, earlier) = documents.split_last().unwrap();
    for document in earlier {
        store(cluster, document).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let outcome = if earlier.is_empty() {
        cluster
            .kubectl_with_input(
                &["create", "--dry-run=server", "-f", "-"],
                &last.to_string(),
            )
            .map(drop)
    } else {
        cluster
            .kubectl_with_input(&["replace", "-f", "-"], &last.to_string())
            .map(drop)
    };
    if let Some(first) = earlier.first() {
        let name = format!(
            "{}/{}",
            first["kind"].as_str().unwrap().to_lowercase(),
            first["metadata"]["name"].as_str().unwrap()
        );
        let namespace = first["metadata"]["namespace"].as_str().unwrap_or("default");
        cluster
            .kubectl(&["delete", "-n", namespace, &name, "--wait=false"])
            .unwrap();
    }
    outcome
}

/// Creates or replaces the object, then its status, if it has one.
fn store(cluster: &ControlPlane, document: &Value) -> Result<()> {
    let mut object = document.clone();
    let status = object
        .as_object_mut()
        .and_then(|object| object.remove("status"));
    if cluster
        .kubectl_with_input(&["create", "-f", "-"], &object.to_string())
        .is_err()
    {
        cluster.kubectl_with_input(&["replace", "-f", "-"], &object.to_string())?;
    }
    if let Some(status) = status {
        let patch = json!({"status": status}).to_string();
        let name = format!(
            "{}/{}",
            document["kind"].as_str().unwrap().to_lowercase(),
            document["metadata"]["name"].as_str().unwrap()
        );
        let namespace = document["metadata"]["namespace"]
            .as_str()
            .unwrap_or("default");
        cluster.kubectl(&[
            "patch",
            "-n",
            namespace,
            &name,
            "--subresource=status",
            "--type=merge",
            "-p",
            &patch,
        ])?;
    }
    Ok(())
}

/// `# field: …  # message: …` in a reject fixture's first line.
fn expectation(file: &Path) -> (String, String) {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().next().unwrap();
    let parse = || line.strip_prefix("# field: ")?.split_once("# message: ");
    let (field, message) = parse().unwrap_or_else(|| panic!("{}: {line}", file.display()));
    (field.trim().to_owned(), message.trim().to_owned())
}

#[test]
fn what_the_fixtures_accept_the_api_server_accepts() {
    let cluster = cluster();
    cluster.ensure_namespace("network").unwrap();
    let mut wrong = Vec::new();
    let files = fixtures("accept");
    for file in &files {
        if let Err(error) = send(&cluster, file) {
            wrong.push(format!("{}: {error}", file.display()));
        }
    }
    println!("{} accepted", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_fixtures_reject_the_api_server_rejects_in_the_same_words() {
    let cluster = cluster();
    cluster.ensure_namespace("network").unwrap();
    let mut wrong = Vec::new();
    let files = fixtures("reject");
    for file in &files {
        let (field, message) = expectation(file);
        match send(&cluster, file) {
            Ok(()) => wrong.push(format!("{}: accepted", file.display())),
            Err(error) => {
                let said = error.to_string();
                if !said.contains(&field) || !said.contains(&message) {
                    wrong.push(format!(
                        "{}: wanted {field}: {message}; said {said}",
                        file.display()
                    ));
                }
            }
        }
    }
    println!("{} rejected", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
