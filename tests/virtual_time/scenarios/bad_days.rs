//! AWS refuses, throttles, fails, or is gone: no storm, truthful conditions, recovery.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};

const MINUTE: Duration = Duration::from_mins(1);

fn ready(world: &World, kind: &str, name: &str) -> String {
    look::condition(&world.object(kind, name), "Ready")
        .map_or_else(String::new, |c| format!("{} {}", c.status, c.reason))
}

#[tokio::test(start_paused = true)]
async fn ready_keeps_fifteen_minutes_while_aws_is_down() {
    let mut world = World::quickstart().await;
    world.sleep(LONG).await;
    world.act(&json!({"action": "setAwsDown"}));
    let down = tokio::time::Instant::now();
    world
        .until("Observed=False", SHORT, |w| {
            look::is(&w.object("Connection", "dc2"), "Observed", "False")
        })
        .await;
    world.sleep(10 * MINUTE).await;
    assert_eq!(ready(&world, "Connection", "dc2"), "True Up");
    assert_eq!(ready(&world, "VirtualInterface", "hq"), "True Up");
    let limit = 10 * MINUTE;
    world
        .until("Ready=Unknown", limit, |w| {
            ready(w, "Connection", "dc2") == "Unknown AwsUnavailable"
        })
        .await;
    let after = down.elapsed();
    assert!(after > 14 * MINUTE && after < 18 * MINUTE, "{after:?}");
    world
        .until("Ready=Unknown", 10 * MINUTE, |w| {
            ready(w, "VirtualInterface", "hq") == "Unknown AwsUnavailable"
        })
        .await;
    let seen = world.calls();
    world.sleep(LONG).await;
    let tried = world.calls() - seen;
    println!("calls in an hour without AWS: {tried}");
    assert!(tried < 600, "{tried}");
    world.act(&json!({"action": "setAwsUp"}));
    world.until_all_ready(10 * MINUTE).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn throttled_for_ten_minutes() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.fault(&json!({"match": {"service": "directconnect"}, "kind": "throttle", "times": 0}));
    world.fault(&json!({"match": {"service": "ec2"}, "kind": "throttle", "times": 0}));
    world.start();
    world.sleep(10 * MINUTE).await;
    let calls = world.calls();
    println!("calls while throttled: {calls}");
    assert!(calls < 250, "{calls}");
    let object = world.object("Connection", "dc2");
    assert_eq!(
        look::condition(&object, "Observed").unwrap().reason,
        "Throttled",
        "{}",
        look::line(&object)
    );
    world.sim.clear_faults(None);
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn throttled_writes_only() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.fault(&json!({"match": {"operation": "Create*"}, "kind": "throttle", "times": 0}));
    world.start();
    world.sleep(10 * MINUTE).await;
    let writes = world.aws_writes().len();
    println!("writes while throttled: {writes}");
    assert!(writes < 60, "{writes}");
    world.sim.clear_faults(None);
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn every_call_failing() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.fault(&json!({"kind": "http500BeforeEffect", "times": 0}));
    world.start();
    world.sleep(LONG).await;
    let calls = world.calls();
    println!("calls in an hour of failures: {calls}");
    assert!(calls < 400, "{calls}");
    assert!(!look::is(
        &world.object("AwsAccount", "quickstart"),
        "Ready",
        "True"
    ));
    world.sim.clear_faults(None);
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_denied_read_is_no_stall() {
    let mut world = World::quickstart().await;
    world.act(
        &json!({"action": "denyAction", "deny": {"action": "directconnect:DescribeConnections"}}),
    );
    world
        .until("told", 5 * MINUTE, |w| {
            look::condition(&w.object("Connection", "dc2"), "Observed")
                .is_some_and(|c| c.status == "False" && c.reason == "AccessDenied")
        })
        .await;
    assert_eq!(ready(&world, "Connection", "dc2"), "True Up");
    let message = look::condition(&world.object("Connection", "dc2"), "Observed")
        .unwrap()
        .message;
    assert!(
        message.contains("directconnect:DescribeConnections"),
        "{message}"
    );
    let seen = world.calls();
    world.sleep(LONG).await;
    let denied = world.sim.ledger()[seen..]
        .iter()
        .filter(|r| r.operation == "DescribeConnections")
        .count();
    println!("denied reads in an hour: {denied}");
    assert!(denied < 60, "{denied}");
    world.act(&json!({"action": "allowAction"}));
    world.until_all_ready(10 * MINUTE).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_denied_write_stalls_and_is_tried_slowly() {
    let mut world = World::of("quickstart", SOON);
    world.act(
        &json!({"action": "denyAction", "deny": {"action": "directconnect:CreateConnection"}}),
    );
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.start();
    let message = world
        .until_stalled("Connection", "dc2", "AccessDenied")
        .await;
    assert!(
        message.contains("directconnect:CreateConnection"),
        "{message}"
    );
    world.sleep(LONG).await;
    let tried = world
        .aws_writes()
        .iter()
        .filter(|r| r.operation == "CreateConnection")
        .count();
    println!("denied orders in an hour: {tried}");
    assert!(tried <= 15, "{tried}");
    world.act(&json!({"action": "allowAction"}));
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn lists_that_lag_five_minutes_and_tear() {
    for seed in 1..=5 {
        let yaml = directconnect_harness::world::file("sim/dxsim/worlds/quickstart.yaml");
        let settings = "settings:\n  approval: 2m\n  crossConnect: 3m\n  visibility: {max: 5m, mode: random}\n";
        let mut world = World::seeded("quickstart", format!("{settings}{yaml}"), seed);
        world.apply_example("quickstart");
        world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
        world.start();
        world.until_all_ready(3 * LONG).await;
        world.sleep(LONG).await;
        assert_eq!(world.orders(), 1);
        for operation in [
            "CreateDirectConnectGateway",
            "CreateVpnGateway",
            "CreatePrivateVirtualInterface",
            "CreateDirectConnectGatewayAssociation",
        ] {
            assert_eq!(world.effects(operation), 1, "{operation}");
        }
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_at_aws_goes_without_its_account() {
    let mut world = World::quickstart().await;
    world.sleep(LONG).await;
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"allowedNamespaces": {"names": ["elsewhere"]}}),
    );
    world
        .until_stalled("Connection", "dc2", "NamespaceNotAllowed")
        .await;
    let seen = world.calls();
    world.delete("Connection", "dc2");
    world.until_gone("Connection", "dc2", SHORT).await;
    assert_eq!(world.writes_since(seen), Vec::<String>::new());
    assert!(world.told("Retained", "dc2"));
    // What is to be deleted waits for the account.
    world.delete("DirectConnectGatewayAssociation", "hub-vpc");
    world.sleep(LONG).await;
    assert!(
        !world
            .object("DirectConnectGatewayAssociation", "hub-vpc")
            .is_null()
    );
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_stays_at_aws_goes_while_aws_is_down() {
    let mut world = World::quickstart().await;
    world.sleep(LONG).await;
    world.act(&json!({"action": "setAwsDown"}));
    // A new process has no lists either.
    world.crash().await;
    world.start();
    world.sleep(SHORT).await;
    world.delete("Connection", "dc2");
    // The mark is tried for a while.
    world.until_gone("Connection", "dc2", LONG).await;
    world.act(&json!({"action": "setAwsUp"}));
    world.apply_example("quickstart");
    world.until_all_ready(LONG).await;
    assert!(world.told("Readopted", "dc2"));
    assert_eq!(world.orders(), 1);
    world.finish();
}
