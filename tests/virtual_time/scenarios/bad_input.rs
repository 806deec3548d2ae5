//! Input that cannot be done: a message that names field, value, rule and remedy, and no storm.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World, example};

/// The quickstart with some text replaced, started.
fn quickstart(from: &str, to: &str) -> World {
    let mut world = World::of("quickstart", SOON);
    let mut found = false;
    for manifest in example("quickstart") {
        found |= manifest.contains(from);
        world.apply(&manifest.replace(from, to));
    }
    assert!(found, "{from} is not in the example");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.start();
    world
}

#[tokio::test(start_paused = true)]
async fn a_wrong_account_id_stops_everything() {
    let mut world = quickstart("accountId: \"444455556666\"", "accountId: \"444455556667\"");
    let message = world
        .until_stalled("AwsAccount", "quickstart", "AccountMismatch")
        .await;
    assert!(
        message.contains("444455556666") && message.contains("444455556667"),
        "{message}"
    );
    world.sleep(LONG).await;
    assert!(world.aws_writes().is_empty());
    assert!(world.calls() < 120, "{}", world.calls());
    assert_eq!(
        look::reason(&world.object("Connection", "dc2")),
        "WaitingForReference"
    );
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_allowed() {
    let mut world = quickstart("names: [quickstart]", "names: [elsewhere]");
    let message = world
        .until_stalled("Connection", "dc2", "NamespaceNotAllowed")
        .await;
    assert!(
        message.contains("quickstart") && message.contains("allowedNamespaces"),
        "{message}"
    );
    world.sleep(SHORT).await;
    assert!(world.aws_writes().is_empty());
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"allowedNamespaces": {"names": ["quickstart"]}}),
    );
    world.until_all_ready(LONG).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_missing_empty_or_too_long() {
    let mut world = World::of("quickstart", SOON);
    for manifest in example("quickstart")
        .into_iter()
        .filter(|m| !m.contains("kind: Secret"))
    {
        world.apply(&manifest);
    }
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.start();
    world
        .until_reason("VirtualInterface", "hq", "SecretNotReady", LONG)
        .await;
    let secret = |key: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: hq-bgp, namespace: quickstart}}\nstringData: {{{key}}}\n"
        )
    };
    world.apply(&secret("other: nothing-here"));
    world
        .until("no such key", SHORT, |w| {
            look::reason(&w.object("VirtualInterface", "hq")) == "SecretNotReady"
        })
        .await;
    world.apply(&secret("authKey: ''"));
    world.sleep(SHORT).await;
    let message = look::message(&world.object("VirtualInterface", "hq"));
    println!("empty: {message}");
    assert!(message.contains("hq-bgp"), "{message}");
    world.apply(&secret(&format!("authKey: {}", "x".repeat(81))));
    world.sleep(SHORT).await;
    let message = look::message(&world.object("VirtualInterface", "hq"));
    println!("too long: {message}");
    assert!(message.contains("80"), "{message}");
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 0);
    world.apply(&secret("authKey: quickstart-bgp-key"));
    world.until_all_ready(LONG).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_unknown_location_names_those_there_are() {
    let mut world = quickstart("location: EqDC2", "location: EqXX9");
    let message = world
        .until_stalled("Connection", "dc2", "LocationUnknown")
        .await;
    assert!(
        message.contains("EqXX9") && message.contains("EqDC2"),
        "{message}"
    );
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 0);
    // A typo in what was not ordered yet can be corrected.
    world.edit(
        "Connection",
        "dc2",
        &json!({"dedicated": {"location": "EqDC2"}}),
    );
    world.until_all_ready(LONG).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_bandwidth_that_is_not_sold_there() {
    let mut world = quickstart("bandwidth: 1Gbps", "bandwidth: 400Gbps");
    let message = world
        .until_stalled("Connection", "dc2", "BandwidthNotOffered")
        .await;
    assert!(
        message.contains("400Gbps") && message.contains("100Gbps"),
        "{message}"
    );
    assert_eq!(world.orders(), 0);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_vlan_that_is_taken() {
    let mut world = World::quickstart().await;
    let manifest = example("quickstart")
        .into_iter()
        .find(|m| m.contains("kind: VirtualInterface"))
        .unwrap();
    world.apply(
        &manifest
            .replace("name: hq\n", "name: hq-2\n")
            .replace("175.45.176.1/30", "175.45.177.1/30")
            .replace("175.45.176.2/30", "175.45.177.2/30")
            .replace("hq-router", "hq-2-router"),
    );
    let message = world
        .until_stalled("VirtualInterface", "hq-2", "VlanTaken")
        .await;
    assert!(message.contains("101"), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    world.edit("VirtualInterface", "hq-2", &json!({"vlan": 102}));
    world
        .until("ordered", SHORT, |w| {
            w.effects("CreatePrivateVirtualInterface") == 2
        })
        .await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_interfaces_waits_for_them() {
    let mut world = World::quickstart().await;
    world.edit("Connection", "dc2", &json!({"deletionPolicy": "Delete"}));
    world.delete("Connection", "dc2");
    world
        .until_reason("Connection", "dc2", "WaitingForDependents", SHORT)
        .await;
    let message = look::message(&world.object("Connection", "dc2"));
    assert!(message.contains("virtualinterface/hq"), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.effects("DeleteConnection"), 0);
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    world.until_gone("Connection", "dc2", LONG).await;
    assert_eq!(world.effects("DeleteConnection"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn one_vgw_with_two_gateways() {
    let mut world = World::quickstart().await;
    world.apply("apiVersion: directconnect.dev/v1alpha1\nkind: DirectConnectGateway\nmetadata: {name: other, namespace: quickstart}\nspec: {accountRef: {name: quickstart}, amazonSideAsn: 64513}\n");
    let manifest = example("quickstart")
        .into_iter()
        .find(|m| m.contains("kind: DirectConnectGatewayAssociation"))
        .unwrap();
    world.apply(
        &manifest
            .replace("name: hub-vpc\n", "name: other-vpc\n")
            .replace(
                "directConnectGatewayRef: {name: hub}",
                "directConnectGatewayRef: {name: other}",
            ),
    );
    world
        .until("told", Duration::from_mins(20), |w| {
            look::condition(
                &w.object("DirectConnectGatewayAssociation", "other-vpc"),
                "Stalled",
            )
            .is_some()
        })
        .await;
    let message = look::message(&world.object("DirectConnectGatewayAssociation", "other-vpc"));
    println!("{message}");
    assert!(message.contains("vgw-"), "{message}");
    world.sleep(LONG).await;
    let tried = world
        .aws_writes()
        .iter()
        .filter(|r| r.operation == "CreateDirectConnectGatewayAssociation")
        .count();
    assert!(tried <= 10, "{tried}");
    assert_eq!(world.effects("CreateDirectConnectGatewayAssociation"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn prefixes_that_clash_on_one_gateway() {
    let yaml = directconnect_harness::world::file("sim/dxsim/worlds/quickstart.yaml").replace(
        "\nrouters:",
        "  transitGateways: [{id: tgw-04444444444444444, amazonSideAsn: 64600}, {id: tgw-04444444444444445, amazonSideAsn: 64601}]\n\nrouters:",
    );
    assert!(yaml.contains("tgw-"));
    let mut world = World::seeded("quickstart", format!("{SOON}{yaml}"), 3);
    for manifest in example("quickstart")
        .iter()
        .filter(|m| m.contains("kind: AwsAccount") || m.contains("kind: DirectConnectGateway\n"))
    {
        world.apply(manifest);
    }
    let association = |name: &str, id: &str, prefix: &str| {
        format!(
            "apiVersion: directconnect.dev/v1alpha1\nkind: DirectConnectGatewayAssociation\nmetadata: {{name: {name}, namespace: quickstart}}\n\
             spec:\n  accountRef: {{name: quickstart}}\n  directConnectGatewayRef: {{name: hub}}\n  transitGatewayId: {id}\n  allowedPrefixes: [{prefix}]\n"
        )
    };
    world.start();
    world.apply(&association(
        "first",
        "tgw-04444444444444444",
        "10.0.0.0/16",
    ));
    world
        .until_reason("DirectConnectGatewayAssociation", "first", "Up", LONG)
        .await;
    world.apply(&association(
        "second",
        "tgw-04444444444444445",
        "10.0.1.0/24",
    ));
    let message = world
        .until_stalled("DirectConnectGatewayAssociation", "second", "PrefixClash")
        .await;
    assert!(
        message.contains("10.0.1.0/24") && message.contains("10.0.0.0/16"),
        "{message}"
    );
    world.sleep(LONG).await;
    assert_eq!(world.effects("CreateDirectConnectGatewayAssociation"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_gateway_in_another_region() {
    let mut world = quickstart(
        "  vpcId: vpc-04444444444444444",
        "  region: eu-west-1\n  vpcId: vpc-04444444444444444",
    );
    world.sleep(LONG).await;
    let object = world.object("VirtualPrivateGateway", "vpc");
    println!("{}", look::line(&object));
    assert!(!look::is(&object, "Ready", "True"));
    // The budget of an object under a permanent fault: 60 calls an hour, looks included.
    let seen = world.sim.ledger().len();
    world.sleep(Duration::from_hours(1)).await;
    let calls = world
        .sim
        .ledger()
        .iter()
        .skip(seen)
        .filter(|row| row.region == "eu-west-1")
        .count();
    assert!(calls <= 60, "{calls} calls in the other region");
    world.finish();
}
