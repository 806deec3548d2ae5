//! Leaving: deleting a namespace and uninstalling the charts deletes nothing at AWS.

use std::path::Path;
use std::time::Duration;

use directconnect_local::{OPERATOR_NAMESPACE, paths};

use super::{QUICKSTART, SECURECART, World};
use crate::kubectl::{attempt, kubectl};

const PATIENCE: Duration = Duration::from_secs(60);

/// Tags are all that may be written.
fn only_tags(world: &World, account: &str, since: usize) {
    let effects = world.effects(account, since);
    let others: Vec<&String> = effects
        .iter()
        .filter(|effect| !["TagResource", "CreateTags"].contains(&effect.as_str()))
        .collect();
    assert!(others.is_empty(), "{account}: {others:?}");
}

/// Every kind is retained, whatever its policy says; only the quickstart's connection has Retain of its own.
pub fn a_namespace_goes_and_aws_keeps_everything(world: &World) {
    let cluster = &world.stack.control_plane;
    let rows = world.rows();
    let before = world.stack.dxsim.get("world").unwrap();
    kubectl(cluster, "delete namespace quickstart --wait=false");
    let gone = world.recorder.within(PATIENCE, |newest| {
        !newest.keys().any(|name| name.starts_with("quickstart/"))
    });
    assert!(
        gone,
        "{}",
        kubectl(cluster, "get directconnect -n quickstart -o yaml")
    );
    if let Err(error) = attempt(
        cluster,
        "wait --for=delete namespace/quickstart --timeout=60s",
    ) {
        panic!(
            "{error}\n{}",
            kubectl(cluster, "get namespace quickstart -o yaml")
        );
    }
    only_tags(world, QUICKSTART, rows);
    let after = world.stack.dxsim.get("world").unwrap();
    for table in [
        "connections",
        "virtualInterfaces",
        "directConnectGateways",
        "associations",
        "vpnGateways",
    ] {
        let ids = |world: &serde_json::Value| -> Vec<String> {
            world[table]["now"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(id, _)| id.clone())
                .collect()
        };
        assert_eq!(ids(&before), ids(&after), "{table}");
    }
}

pub fn the_charts_go_and_aws_keeps_everything(world: &mut World) {
    let rows = world.rows();
    let cluster = &world.stack.control_plane;
    let chart = paths::checkout()
        .join("charts/directconnect-operator")
        .display()
        .to_string();
    let values = "clusterId=local,namespaces={network}";
    cluster
        .helm(&[
            "upgrade",
            "--install",
            "directconnect-operator",
            &chart,
            "-n",
            OPERATOR_NAMESPACE,
            "--set",
            values,
            "--take-ownership",
        ])
        .unwrap();
    let listed = cluster.helm(&["list", "-A"]).unwrap();
    assert!(listed.contains("directconnect-operator-crds"), "{listed}");
    cluster
        .helm(&[
            "uninstall",
            "directconnect-operator",
            "-n",
            OPERATOR_NAMESPACE,
            "--wait",
        ])
        .unwrap();
    cluster
        .helm(&["uninstall", "directconnect-operator-crds", "-n", "default"])
        .unwrap();
    assert!(
        attempt(
            cluster,
            "get serviceaccount directconnect-operator -n directconnect-system"
        )
        .is_err()
    );
    // The CRDs stay, and with them every object: nobody meant to give up a network by uninstalling.
    assert!(kubectl(cluster, "get connections -n network").contains("dc2-primary"));

    // Removing the CRDs by hand: with its rights given back the operator lets everything go, at AWS nothing changes.
    world.stack.operator.stop().unwrap();
    restore_rights(world);
    world.stack.operator.restart().unwrap();
    world.stack.operator.wait_ready().unwrap();
    let cluster = &world.stack.control_plane;
    kubectl(
        cluster,
        "delete crd --wait=false connections.directconnect.dev virtualinterfaces.directconnect.dev virtualprivategateways.directconnect.dev directconnectgateways.directconnect.dev directconnectgatewayassociations.directconnect.dev",
    );
    kubectl(
        cluster,
        "wait --for=delete --timeout=90s crd/connections.directconnect.dev crd/virtualinterfaces.directconnect.dev crd/virtualprivategateways.directconnect.dev",
    );
    only_tags(world, QUICKSTART, rows);
    only_tags(world, SECURECART, rows);
}

/// The service account and its rights, as the chart gives them; the account is another one, with another token.
fn restore_rights(world: &World) {
    let cluster = &world.stack.control_plane;
    let chart = paths::checkout()
        .join("charts/directconnect-operator")
        .display()
        .to_string();
    cluster
        .helm(&[
            "upgrade",
            "--install",
            "directconnect-operator",
            &chart,
            "-n",
            OPERATOR_NAMESPACE,
            "--set",
            "clusterId=local,namespaces={network}",
        ])
        .unwrap();
    let kubeconfig = &world.stack.operator.deployment().env["KUBECONFIG"];
    let path = Path::new(kubeconfig);
    cluster
        .write_service_account_kubeconfig(path, OPERATOR_NAMESPACE, "directconnect-operator")
        .unwrap();
}
