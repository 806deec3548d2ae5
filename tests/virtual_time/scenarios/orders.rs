//! Orders: limits, approval, look-alikes, and what was lost at AWS.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World, example};

fn port(name: &str) -> String {
    let manifest = example("quickstart")
        .into_iter()
        .find(|m| m.contains("kind: Connection"))
        .unwrap();
    manifest
        .replace("name: dc2\n", &format!("name: {name}\n"))
        .replace("dc2-loa", &format!("{name}-loa"))
}

fn with_account(account: impl Fn(&str) -> String) -> World {
    let world = World::of("quickstart", SOON);
    for manifest in example("quickstart").into_iter().take(2) {
        world.apply(&account(&manifest));
    }
    world
}

#[tokio::test(start_paused = true)]
async fn no_more_ports_than_allowed() {
    let mut world = with_account(str::to_owned);
    for name in ["a", "b", "c", "d", "e"] {
        world.apply(&port(name));
    }
    world.start();
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 2);
    let held: Vec<_> = world
        .managed()
        .into_iter()
        .filter(|o| look::stalled(o, "OrderLimit"))
        .collect();
    assert_eq!(held.len(), 3, "{}", world.describe());
    let message = look::message(&held[0]);
    assert!(message.contains("maxPorts"), "{message}");
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"orders": {"maxPorts": 3}}),
    );
    world
        .until("a third order", SHORT, |w| w.orders() == 3)
        .await;
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 3);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_port_kept_in_another_region_counts() {
    let yaml = directconnect_harness::world::file("sim/dxsim/worlds/quickstart.yaml").replace(
        "accounts:\n",
        "- code: EqSV5\n  name: Equinix SV5, San Jose, CA\n  region: us-west-1\n  devices: [EqSV5-1a2b3c4d5e6f7]\n  portSpeeds: [1Gbps]\n  providers: [Lumen]\n\naccounts:\n",
    );
    let mut world = World::seeded("quickstart", format!("{SOON}{yaml}"), 3);
    for manifest in example("quickstart").into_iter().take(2) {
        world.apply(&manifest.replace("maxPorts: 2", "maxPorts: 1"));
    }
    let far = port("far").replace(
        "accountRef: {name: quickstart}\n",
        "accountRef: {name: quickstart}\n  region: us-west-1\n",
    );
    world.apply(&far.replace("EqDC2", "EqSV5"));
    world.start();
    world.until_reason("Connection", "far", "Up", LONG).await;
    world.delete("Connection", "far");
    world.until_gone("Connection", "far", LONG).await;
    // Nothing in Kubernetes tells of it any more, but for the account.
    world.crash().await;
    world.start();
    world.apply(&port("near"));
    let message = world
        .until_stalled("Connection", "near", "OrderLimit")
        .await;
    assert!(message.contains("number 2"), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 1);
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"orders": {"maxPorts": 2}}),
    );
    world.until_reason("Connection", "near", "Up", LONG).await;
    assert_eq!(world.orders(), 2);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn no_orders_block_no_orders() {
    let mut world = with_account(|m| m.replace("  orders:\n    maxPorts: 2\n", ""));
    world.apply(&port("a"));
    world.start();
    world.until_stalled("Connection", "a", "OrderLimit").await;
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 0);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_order_asks_for_approval() {
    let mut world =
        with_account(|m| m.replace("maxPorts: 2", "maxPorts: 2\n    approval: Consent"));
    world.apply(&port("a"));
    world.apply(&port("b"));
    world.start();
    let message = world
        .until_stalled("Connection", "a", "AwaitingApproval")
        .await;
    world
        .until_stalled("Connection", "b", "AwaitingApproval")
        .await;
    let code = look::consent_code(&message).expect("the line to run");
    // Another object's code, and a wrong one, fit nothing.
    world.annotate("Connection", "b", "consent", &json!(code));
    world.annotate("Connection", "a", "consent", &json!("deadbeef"));
    world.sleep(SHORT).await;
    assert_eq!(world.orders(), 0);
    world.annotate("Connection", "a", "consent", &json!(code));
    world.until_reason("Connection", "a", "Up", LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_port_of_the_same_name_without_owner_holds_the_order() {
    let yaml = directconnect_harness::world::file("sim/dxsim/worlds/quickstart.yaml").replace(
        "  vpcs:\n  - id: vpc-04444444444444444\n    cidrs: [10.0.0.0/16]\n    tags: {Name: quickstart}",
        "  connections:\n  - {id: dxcon-foreign1, name: dc2, location: EqDC2, bandwidth: 1Gbps, state: available}\n  vpcs:\n  - id: vpc-04444444444444444\n    cidrs: [10.0.0.0/16]\n    tags: {Name: quickstart}",
    );
    assert!(yaml.contains("dxcon-foreign1"));
    let mut world = World::seeded("quickstart", format!("{SOON}{yaml}"), 2);
    world.apply_example("quickstart");
    world.start();
    // It may be somebody's who is about to say so.
    world
        .until_reason("Connection", "dc2", "LookAlike", SHORT)
        .await;
    let seen = tokio::time::Instant::now();
    let object = world.object("Connection", "dc2");
    assert!(look::condition(&object, "Stalled").is_none());
    let message = world.until_stalled("Connection", "dc2", "LookAlike").await;
    assert!(
        seen.elapsed() >= Duration::from_secs(290),
        "{:?}",
        seen.elapsed()
    );
    assert!(message.contains("dxcon-foreign1"), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 0);
    world.consent("Connection", "dc2");
    world.until_reason("Connection", "dc2", "Up", LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_lost_port_is_ordered_again_by_consent_only() {
    let mut world = World::quickstart().await;
    let id = world.status("Connection", "dc2")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.act(&json!({"action": "deleteObject", "id": id}));
    let gone = tokio::time::Instant::now();
    let message = world.until_stalled("Connection", "dc2", "LostAtAws").await;
    assert!(
        gone.elapsed() >= Duration::from_mins(5),
        "{:?}",
        gone.elapsed()
    );
    assert!(message.contains(&id), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 1);
    world.consent("Connection", "dc2");
    world
        .until("ordered again", LONG, |w| w.orders() == 2)
        .await;
    world
        .until("a new id", SHORT, |w| {
            let now = w.status("Connection", "dc2")["connectionId"].clone();
            now.is_string() && now != json!(id)
        })
        .await;
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 2);
    assert!(world.told("OrderedAgain", "dc2") && !world.told("LostAtAws", "dc2"));
    // Consent is used once: the next loss asks again.
    let id = world.status("Connection", "dc2")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.act(&json!({"action": "deleteObject", "id": id}));
    world.until_stalled("Connection", "dc2", "LostAtAws").await;
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 2);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_port_that_hides_for_a_while_is_not_lost() {
    let mut world = World::quickstart().await;
    let id = world.status("Connection", "dc2")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = look::condition(&world.object("Connection", "dc2"), "Ready");
    // A complete list without it, now and then, for some minutes.
    for _ in 0..3 {
        world.fault(&json!({"match": {"operation": "DescribeConnections", "resource": id}, "kind": "http500BeforeEffect", "times": 1}));
        world.sleep(Duration::from_secs(61)).await;
    }
    world.sim.clear_faults(None);
    world.sleep(SHORT).await;
    assert_eq!(
        look::condition(&world.object("Connection", "dc2"), "Ready"),
        before
    );
    assert_eq!(world.orders(), 1);
    world.finish();
}
