//! The quickstart: five AWS objects from nothing, each stage with who must act.

use serde_json::json;

use super::{QUICKSTART, World};
use crate::kubectl::{condition, json, kubectl, wait, wait_ready, wait_reason};

const NAMESPACE: &str = "quickstart";

pub fn comes_up(world: &World) {
    let cluster = &world.stack.control_plane;
    kubectl(cluster, "apply -f examples/quickstart/");
    wait_ready(cluster, NAMESPACE, "awsaccount/quickstart");
    wait_reason(cluster, NAMESPACE, "connection/dc2", "AwaitingLoa");
    let port = json(cluster, "get -n quickstart connection/dc2");
    assert_eq!(port["status"]["waitingFor"][0]["actor"], "AWS", "{port:#}");
    // Everything that does not need the port gets ready beside it.
    wait_ready(
        cluster,
        NAMESPACE,
        "virtualprivategateway/vpc directconnectgateway/hub directconnectgatewayassociation/hub-vpc",
    );
    let interface = json(cluster, "get -n quickstart virtualinterface/hq");
    assert_eq!(
        condition(&interface, "Ready")["reason"],
        "WaitingForReference"
    );
    let message = condition(&interface, "Ready")["message"]
        .as_str()
        .unwrap_or_default();
    assert!(message.contains("connection/dc2"), "{message}");

    let id = world.id(NAMESPACE, "connection/dc2", "connectionId");
    world.action(&json!({"action": "issueLoa", "connectionId": id}));
    wait_reason(cluster, NAMESPACE, "connection/dc2", "AwaitingCrossConnect");
    // AWS says when it issued the LOA once somebody has read it.
    wait(
        cluster,
        NAMESPACE,
        "connection/dc2",
        "jsonpath={.status.waitingFor[0].deadline}",
    );
    let port = json(cluster, "get -n quickstart connection/dc2");
    let entry = &port["status"]["waitingFor"][0];
    assert_eq!(entry["actor"], "Provider", "{entry}");
    assert!(
        entry["on"].as_str().unwrap_or_default().contains("dc2-loa"),
        "the message names the ConfigMap: {entry}"
    );
    assert!(
        entry["deadline"].is_string(),
        "an LOA is good for 90 days: {entry}"
    );
    let loa = json(cluster, "get -n quickstart configmap/dc2-loa");
    let pdf = loa["binaryData"]["loa.pdf"].as_str().unwrap_or_default();
    assert!(pdf.starts_with("JVBERi"), "base64 of %PDF: {pdf:.20}");
    assert_eq!(loa["metadata"]["ownerReferences"][0]["name"], "dc2");

    world.action(&json!({"action": "completeCrossConnect", "connectionId": id}));
    wait_ready(cluster, NAMESPACE, "connection/dc2");
    wait_reason(
        cluster,
        NAMESPACE,
        "virtualinterface/hq",
        "RouterNotConfigured",
    );
    let interface = json(cluster, "get -n quickstart virtualinterface/hq");
    let entry = &interface["status"]["waitingFor"][0];
    assert_eq!(entry["actor"], "You");
    let on = entry["on"].as_str().unwrap_or_default();
    for fact in ["175.45.176.1", "175.45.176.2", "101", "65000", "hq-router"] {
        assert!(on.contains(fact), "{fact} is missing in: {on}");
    }
    let router = json(cluster, "get -n quickstart secret/hq-router");
    assert!(
        router["data"]["configuration"].is_string(),
        "the router's configuration is stored"
    );

    world.action(&json!({"action": "configureRouter", "router": "onprem-router"}));
    wait_ready(cluster, NAMESPACE, "virtualinterface/hq");
    assert_eq!(count(world, "CreateConnection"), 1);
    assert_eq!(count(world, "CreatePrivateVirtualInterface"), 1);
}

fn count(world: &World, operation: &str) -> usize {
    let effects = world.effects(QUICKSTART, 0);
    effects.iter().filter(|effect| *effect == operation).count()
}
