//! Both charts by helm, and what rights the operator has by them.

use directconnect_local::{ControlPlane, paths};
use serde_json::Value;

use super::cluster;
use crate::kubectl::{attempt, json, kubectl};

const RELEASE: &str = "directconnect-operator";
const SYSTEM: &str = "charts-system";
const WATCHED: &str = "charts-watched";
/// A namespace that the operator was not told of.
const OTHER: &str = "charts-other";

#[test]
fn the_charts_install_and_give_the_least_rights() {
    let cluster = cluster();
    for namespace in [SYSTEM, WATCHED, OTHER] {
        cluster.ensure_namespace(namespace).unwrap();
    }
    let chart = paths::checkout()
        .join("charts/directconnect-operator")
        .display()
        .to_string();
    let values = format!("clusterId=charts,namespaces={{{WATCHED}}}");
    cluster
        .helm(&["install", RELEASE, &chart, "-n", SYSTEM, "--set", &values])
        .unwrap();
    let listed = cluster.helm(&["list", "-A"]).unwrap();
    assert!(
        listed.contains("directconnect-operator-crds") && listed.contains(SYSTEM),
        "{listed}"
    );
    let deployment = json(&cluster, &format!("get deployment/{RELEASE} -n {SYSTEM}"));
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"]["type"], "RollingUpdate");

    no_wildcards(&cluster);
    may(&cluster);
    cluster.helm(&["uninstall", RELEASE, "-n", SYSTEM]).unwrap();
    assert!(!can(&cluster, "list connections", WATCHED));
    assert!(kubectl(&cluster, "get crds").contains("connections.directconnect.dev"));
}

fn can(cluster: &ControlPlane, act: &str, namespace: &str) -> bool {
    let line =
        format!("auth can-i {act} -n {namespace} --as=system:serviceaccount:{SYSTEM}:{RELEASE}");
    attempt(cluster, &line).is_ok_and(|said| said.trim() == "yes")
}

fn may(cluster: &ControlPlane) {
    for act in [
        "list connections",
        "watch virtualinterfaces",
        "patch connections",
        "patch connections/status",
        "get secrets",
        "create secrets",
        "create events.events.k8s.io",
        "list awsaccounts",
    ] {
        assert!(can(cluster, act, WATCHED), "{act}");
    }
    for namespace in [WATCHED, SYSTEM, OTHER, "kube-system", "default"] {
        for act in [
            "list secrets",
            "watch secrets",
            "delete secrets",
            "delete connections",
            "create connections",
            "list configmaps",
            "list pods",
            "create pods",
            "escalate roles",
            "impersonate users",
        ] {
            assert!(!can(cluster, act, namespace), "{act} in {namespace}");
        }
    }
    for act in ["get secrets", "create configmaps"] {
        assert!(!can(cluster, act, OTHER), "{act} where it is not to work");
    }
    assert!(can(cluster, "get secrets", SYSTEM) && !can(cluster, "create secrets", SYSTEM));
    // The one lease of this installation, by name.
    let leases = "leases.coordination.k8s.io";
    assert!(can(cluster, &format!("create {leases}"), SYSTEM));
    for act in ["get", "list", "watch", "update"] {
        let lease = format!("{act} {leases}/directconnect-operator.charts");
        assert!(can(cluster, &lease, SYSTEM), "{lease}");
        assert!(!can(cluster, &lease, WATCHED), "{lease} where it is not");
        let others = format!("{act} {leases}");
        assert!(!can(cluster, &others, SYSTEM), "{others}");
    }
    assert!(!can(cluster, &format!("delete {leases}"), SYSTEM));
}

/// No rule of any role that the service account is bound to has a wildcard.
fn no_wildcards(cluster: &ControlPlane) {
    let mut rules = 0;
    for kind in ["clusterroles", "roles"] {
        let all = json(
            cluster,
            &format!("get {kind} -A -l app.kubernetes.io/instance={RELEASE}"),
        );
        for role in all["items"].as_array().unwrap() {
            for rule in role["rules"].as_array().unwrap() {
                rules += 1;
                for part in ["apiGroups", "resources", "verbs"] {
                    let stars = rule[part]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|entry| entry.as_str().is_some_and(|entry| entry.contains('*')));
                    assert!(!stars, "{} {rule}", role["metadata"]["name"]);
                }
                let of = |part: &str, name: &str| {
                    rule[part]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|entry: &Value| entry == name)
                };
                assert!(
                    !(of("resources", "secrets") && (of("verbs", "list") || of("verbs", "watch"))),
                    "{rule}"
                );
            }
        }
    }
    assert!(rules >= 5, "{rules} rules were found");
}
