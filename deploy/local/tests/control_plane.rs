//! The control plane for real: it starts, takes a CRD and both charts, ends in order and leaves nothing behind, even when its owner is killed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use directconnect_local::{ControlPlane, Release, Scratch, paths, until};
use serde_json::json;

const CRD: &str = r#"{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.dev"},
  "spec": {"group": "example.dev", "scope": "Namespaced", "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
    "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object",
      "properties": {"cidr": {"type": "string", "x-kubernetes-validations": [{"rule": "isCIDR(self)", "message": "no CIDR"}]}}}}}}}]}}"#;

fn control_plane(scratch: &Scratch) -> ControlPlane {
    ControlPlane::start(&scratch.path().join("cluster"), &mut |line| {
        eprintln!("{line}");
    })
    .unwrap()
}

fn alive(pid: u32) -> bool {
    // A zombie that nobody reaps is no running process.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn chart(name: &str) -> String {
    paths::checkout()
        .join("charts")
        .join(name)
        .display()
        .to_string()
}

#[test]
fn a_cluster_takes_crds_and_charts_and_leaves_nothing() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = control_plane(&scratch);

    cluster
        .kubectl_with_input(&["apply", "-f", "-"], CRD)
        .unwrap();
    cluster
        .kubectl(&[
            "wait",
            "--for=condition=Established",
            "crd/things.example.dev",
            "--timeout=30s",
        ])
        .unwrap();
    let thing = |cidr: &str| {
        json!({"apiVersion": "example.dev/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"cidr": cidr}}).to_string()
    };
    let refused = cluster
        .kubectl_with_input(&["apply", "-f", "-"], &thing("10.0.0.0/33"))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("no CIDR"), "{refused}");
    cluster
        .kubectl_with_input(&["apply", "-f", "-"], &thing("10.0.0.0/16"))
        .unwrap();

    cluster.ensure_namespace("network").unwrap();
    let values = json!({"clusterId": "local", "namespaces": ["network"]});
    let file = scratch.path().join("values.json");
    std::fs::write(&file, values.to_string()).unwrap();
    cluster
        .helm(&["install", "crds", &chart("directconnect-operator-crds")])
        .unwrap();
    cluster
        .helm(&[
            "install",
            "dx",
            &chart("directconnect-operator"),
            "-n",
            "dx",
            "--create-namespace",
            "-f",
            &file.display().to_string(),
        ])
        .unwrap();
    assert!(
        cluster
            .helm(&["list", "-A"])
            .unwrap()
            .contains("directconnect-operator-0.1.0")
    );
    let deployment = Release {
        name: "dx".into(),
        namespace: "dx".into(),
        values,
        replica: 0,
    }
    .deploy(&cluster, scratch.path())
    .unwrap();
    let account = format!("system:serviceaccount:dx:{}", deployment.service_account);
    assert!(
        deployment.args.join(" ").contains("--cluster-id local"),
        "{:?}",
        deployment.args
    );

    // Rights are those of the chart: Secrets only by the Role of a namespace that is listed, and no list of them anywhere. The custom resources are
    // reached everywhere: a namespace that is removed loses its Roles before the finalizers in it can go.
    let may = |verb: &str, group: &str, resource: &str, namespace: &str| {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let attributes = json!({"verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": namespace});
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {"user": account, "resourceAttributes": attributes}});
        cluster
            .kubectl_with_input(
                &["create", "-f", "-", "-o", "jsonpath={.status.allowed}"],
                &review.to_string(),
            )
            .unwrap()
            == "true"
    };
    let ours = "directconnect.dev";
    assert!(may("get", "", "secrets", "network"));
    assert!(!may("list", "", "secrets", "network"));
    assert!(!may("get", "", "secrets", "default"));
    assert!(may("patch", ours, "connections/status", "network"));
    assert!(may("patch", ours, "connections/status", "default"));
    assert!(!may("patch", "", "secrets", "default"));
    assert!(!may("delete", ours, "connections", "network"));
    assert!(may("watch", ours, "awsaccounts", ""));

    let kubeconfig = scratch.path().join("operator.kubeconfig");
    cluster
        .write_service_account_kubeconfig(&kubeconfig, "dx", &deployment.service_account)
        .unwrap();
    let who = cluster
        .kubectl(&[
            "--kubeconfig",
            &kubeconfig.display().to_string(),
            "auth",
            "whoami",
            "-o",
            "jsonpath={.status.userInfo.username}",
        ])
        .unwrap();
    assert_eq!(who, account);

    let pids = cluster.pids();
    assert_eq!(pids.len(), 3);
    cluster.stop().unwrap();
    assert!(!pids.iter().any(|pid| alive(*pid)));
    let dir = scratch.path().to_owned();
    drop((cluster, scratch));
    assert!(!dir.exists());
}

/// Runs as a child of the test below, is killed, and must leave neither processes nor files.
#[test]
#[ignore = "started by nothing_survives_a_killed_owner"]
fn owner_that_will_be_killed() {
    let scratch = Scratch::new().unwrap();
    let cluster = control_plane(&scratch);
    let pids: Vec<String> = cluster.pids().iter().map(u32::to_string).collect();
    let report = std::env::var("REPORT").unwrap();
    std::fs::write(
        format!("{report}.tmp"),
        format!("{}\n{}", scratch.path().display(), pids.join(" ")),
    )
    .unwrap();
    std::fs::rename(format!("{report}.tmp"), report).unwrap();
    std::thread::park();
}

#[test]
fn nothing_survives_a_killed_owner() {
    let scratch = Scratch::new().unwrap();
    let report = scratch.path().join("report");
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner_that_will_be_killed"])
        .env("REPORT", &report)
        .spawn()
        .unwrap();
    let every = Duration::from_millis(50);
    let text = until("the owner's report", Duration::from_mins(3), every, || {
        assert!(owner.try_wait().unwrap().is_none(), "the owner ended early");
        Ok(std::fs::read_to_string(&report).ok())
    })
    .unwrap();
    let (dir, pids) = text.split_once('\n').unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| alive(*pid)));

    owner.kill().unwrap();
    owner.wait().unwrap();
    until(
        "the end of everything",
        Duration::from_secs(30),
        every,
        || Ok((!pids.iter().any(|pid| alive(*pid)) && !Path::new(dir).exists()).then_some(())),
    )
    .unwrap();
}
