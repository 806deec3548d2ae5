//! Cases from the manifests of `model/tests/crd`: what a user may give our kinds, and in which words they refuse the rest.
//!
//! `cases/fixtures.yaml` holds what a real API server answers to each. A file with one document is a create; with two, what is stored
//! (status included) and then a replace.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use super::case::{Case, Form, Step, Want};

/// What is answered to the last request of a fixture.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    fixture: String,
    want: Want,
}

fn step(request: String, form: Form, body: Option<Value>, want: Want) -> Step {
    Step {
        request,
        form,
        accept: None,
        user: None,
        body,
        raw: None,
        until: false,
        want,
        save: BTreeMap::new(),
    }
}

fn fine(code: u16) -> Want {
    Want {
        code,
        ..Want::default()
    }
}

fn path(object: &Value) -> String {
    match object["kind"].as_str().unwrap_or_default() {
        "AwsAccount" => "/apis/directconnect.dev/v1alpha1/awsaccounts".to_owned(),
        kind => format!("dx/{}s", kind.to_lowercase()),
    }
}

// The fixtures are part of the source tree: without them nothing can be said.
#[allow(clippy::panic)]
fn case(expected: Expectation) -> Case {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../model/tests/crd");
    let text = fs::read_to_string(folder.join(&expected.fixture))
        .unwrap_or_else(|error| panic!("{}: {error}", expected.fixture));
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(&text)
        .unwrap_or_else(|error| panic!("{}: {error}", expected.fixture));
    for document in &mut documents {
        // AwsAccounts have no namespace; everything else lies in the runner's.
        if let Some(metadata) = document["metadata"].as_object_mut() {
            metadata.remove("namespace");
        }
    }
    let mut steps = Vec::new();
    let last = documents.pop().unwrap_or_default();
    let path = path(&last);
    if let Some(first) = documents.first() {
        let name = first["metadata"]["name"].as_str().unwrap_or_default();
        let object = format!("{path}/{name}");
        steps.push(step(
            format!("POST {path}"),
            Form::Json,
            Some(first.clone()),
            fine(201),
        ));
        if first["status"].is_object() {
            let status = json!({"status": first["status"]});
            steps.push(step(
                format!("PATCH {object}/status"),
                Form::Merge,
                Some(status),
                fine(200),
            ));
        }
        let mut read = step(format!("GET {object}"), Form::Json, None, fine(200));
        read.save = BTreeMap::from([("rv".to_owned(), "/metadata/resourceVersion".to_owned())]);
        steps.push(read);
        let mut new = last;
        new["metadata"]["resourceVersion"] = json!("$rv");
        steps.push(step(
            format!("PUT {object}"),
            Form::Json,
            Some(new),
            expected.want,
        ));
        steps.push(step(
            format!("DELETE {object}"),
            Form::Json,
            None,
            fine(200),
        ));
    } else {
        steps.push(step(
            format!("POST {path}?dryRun=All"),
            Form::Json,
            Some(last),
            expected.want,
        ));
    }
    Case {
        name: format!("fixture {}", expected.fixture),
        steps,
    }
}

/// One case for each fixture.
pub(crate) fn cases() -> Vec<Case> {
    let text = include_str!("../../cases/fixtures.yaml");
    let all: Vec<Expectation> =
        serde_saphyr::from_str(text).expect("a unit test reads the same file");
    all.into_iter().map(case).collect()
}
