//! The example IAM policy allows exactly the operations that the code calls.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tree;

/// Variants of `Call` that are not named as their AWS operation.
fn operations(variant: &str) -> Vec<String> {
    match variant {
        "CreateVirtualInterface" => ["Private", "Public", "Transit"]
            .map(|t| format!("Create{t}VirtualInterface"))
            .to_vec(),
        "CreateBgpPeer" => vec!["CreateBGPPeer".to_owned()],
        "DeleteBgpPeer" => vec!["DeleteBGPPeer".to_owned()],
        other => vec![other.to_owned()],
    }
}

fn called() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let calls = tree::text("model/src/call.rs");
    let list = calls
        .split_once("pub enum Call {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .expect("the list of calls")
        .0;
    for line in list.lines() {
        let name = line.strip_prefix("    ").unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            let variant = name
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or_default();
            all.extend(operations(variant));
        }
    }
    for file in tree::files("src/aws/read", &["rs"]) {
        let text = tree::text(&file);
        for rest in text.split("const OPERATION: &str = \"").skip(1) {
            all.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    all
}

#[test]
fn the_policy_allows_what_is_called_and_no_more() {
    let policy: Value = serde_json::from_str(&tree::text("docs/iam-policy.json")).expect("JSON");
    let mut allowed = BTreeSet::new();
    let mut denied = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        let actions = statement["Action"].as_array().expect("a list of actions");
        let names = actions.iter().filter_map(|a| {
            let (_, name) = a.as_str()?.split_once(':')?;
            Some(name.to_owned())
        });
        if statement["Effect"] == "Allow" {
            allowed.extend(names);
        } else {
            denied.extend(names);
        }
    }
    let called = called();
    assert!(called.len() > 30, "found {called:?}");
    assert_eq!(
        allowed, called,
        "docs/iam-policy.json allows what is called"
    );
    assert!(denied.is_subset(&allowed), "{denied:?}");
    let adoption: Value =
        serde_json::from_str(&tree::text("docs/iam-policy-adoption.json")).expect("JSON");
    for statement in adoption["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow", "a Deny would not be opt-in");
        for action in statement["Action"].as_array().expect("a list of actions") {
            let name = action.as_str().and_then(|a| a.split_once(':'));
            let name = name.expect("service:Operation").1;
            assert!(allowed.contains(name), "{name} is not called");
        }
    }
}
