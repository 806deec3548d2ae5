//! Crate boundaries, as cargo sees them.

use std::process::Command;

use crate::tree;

/// Names of the crates that a package is built from.
fn dependencies(package: &str, edges: &str) -> Vec<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(["-p", package, "-e", edges])
        .current_dir(tree::root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_model_is_pure() {
    let all = dependencies("directconnect-model", "normal");
    assert!(all.iter().any(|d| d == "jiff"), "found {all:?}");
    let impure = |d: &&String| {
        matches!(
            d.as_str(),
            "tokio" | "kube-client" | "kube-runtime" | "rand"
        ) || ["aws-", "hyper", "tower", "reqwest"]
            .iter()
            .any(|p| d.starts_with(p))
    };
    let found: Vec<_> = all.iter().filter(impure).collect();
    assert!(found.is_empty(), "the model depends on {found:?}");
}

#[test]
fn the_simulators_know_nothing_of_the_operator_and_of_the_sdk() {
    for simulator in ["dxsim", "kubesim"] {
        let all = dependencies(simulator, "normal");
        let found: Vec<_> = all
            .iter()
            .filter(|d| d.starts_with("directconnect-") || d.starts_with("aws-"))
            .collect();
        assert!(found.is_empty(), "{simulator} depends on {found:?}");
    }
}

/// One version; that it is compiled once, with one set of features, is for `deploy/local/one-build.sh`.
#[test]
fn the_ec2_sdk_is_there_once_and_ring_never() {
    let lock = tree::text("Cargo.lock");
    let count = |name: &str| lock.matches(&format!("\nname = \"{name}\"\n")).count();
    assert_eq!(count("aws-sdk-ec2"), 1);
    let operator = dependencies("directconnect-operator", "normal");
    assert!(!operator.iter().any(|d| d == "ring"));
}
