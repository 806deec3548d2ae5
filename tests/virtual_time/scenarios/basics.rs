//! Both examples come up, step by step.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};

#[tokio::test(start_paused = true)]
async fn the_quickstart_comes_up() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.start();
    world
        .until_reason("Connection", "dc2", "AwaitingLoa", SHORT)
        .await;
    let ten = Duration::from_mins(10);
    world
        .until_reason("Connection", "dc2", "AwaitingCrossConnect", ten)
        .await;
    let loa = world
        .kube
        .get("ConfigMap", "quickstart", "dc2-loa")
        .expect("the LOA");
    assert!(loa["binaryData"]["loa.pdf"].is_string());
    world
        .until_reason("VirtualInterface", "hq", "RouterNotConfigured", LONG)
        .await;
    world
        .until("the router's configuration", SHORT, |w| {
            w.kube.get("Secret", "quickstart", "hq-router").is_some()
        })
        .await;
    let router = world
        .kube
        .get("Secret", "quickstart", "hq-router")
        .unwrap_or_default();
    assert_eq!(
        router["metadata"]["ownerReferences"][0]["kind"],
        "VirtualInterface"
    );
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.until_all_ready(SHORT).await;
    assert_eq!(world.orders(), 1);
    assert_eq!(world.effects("CreateDirectConnectGateway"), 1);
    assert_eq!(world.effects("CreateVpnGateway"), 1);
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    assert_eq!(world.effects("CreateDirectConnectGatewayAssociation"), 1);
    assert_eq!(world.effects("EnableVgwRoutePropagation"), 2);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn securecart_is_adopted_and_gets_its_second_path() {
    let mut world = World::of("securecart", SOON);
    world.apply_example("securecart");
    world.start();
    world
        .until_reason("Connection", "dc2-primary", "Up", SHORT)
        .await;
    world
        .until_reason("VirtualInterface", "primary", "Up", SHORT)
        .await;
    world
        .until_reason(
            "VirtualInterface",
            "secondary",
            "WaitingForReference",
            SHORT,
        )
        .await;
    let told = look::message(&world.object("VirtualInterface", "secondary"));
    assert!(told.contains("da1-secondary"), "{told}");
    world
        .until_reason("VirtualInterface", "secondary", "RouterNotConfigured", LONG)
        .await;
    world.act(&json!({"action": "configureRouter", "router": "hq-router-2"}));
    world.until_all_ready(SHORT).await;
    assert_eq!(world.orders(), 1);
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    // What was taken over was given tags and nothing else.
    for row in world.aws_writes() {
        let resource = row.resource.unwrap_or_default();
        let old = ["dxcon-sc0dc201", "dxvif-sc0vif01", "vgw-01111111111111111"]
            .iter()
            .any(|id| resource.contains(id));
        let tags = matches!(row.operation.as_str(), "TagResource" | "CreateTags");
        assert!(!old || tags, "{} on {resource}", row.operation);
    }
    assert!(world.told("Adopted", "dc2-primary"));
    assert!(world.told("Ordered", "da1-secondary"));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_within_its_limit_and_a_new_process_goes_on() {
    let mut world = World::quickstart().await;
    let before = tokio::time::Instant::now();
    world.stop().await;
    assert!(before.elapsed() <= Duration::from_secs(11));
    let seen = world.calls();
    world.sleep(SHORT).await;
    assert_eq!(world.calls(), seen, "a stopped operator calls AWS");
    world.start();
    world.until_all_ready(SHORT).await;
    assert_eq!(world.writes_since(seen), Vec::<String>::new());
    world.finish();
}

/// Every call, in order; every status that was stored, in order for each object.
async fn course(example: &str, router: &str, seed: u64) -> Vec<String> {
    let yaml = directconnect_harness::world::file(&format!("sim/dxsim/worlds/{example}.yaml"));
    let mut world = World::seeded(example, format!("{SOON}{yaml}"), seed);
    world.apply_example(example);
    world.act(&json!({"action": "configureRouter", "router": router}));
    world.start();
    world.until_all_ready(LONG).await;
    let mut all: Vec<_> = world
        .sim
        .ledger()
        .iter()
        .map(|row| format!("{row:?}"))
        .collect();
    let mut statuses = std::collections::BTreeMap::<String, Vec<String>>::new();
    for change in world.kube.history() {
        let object = &change.object;
        if object["status"].is_object() {
            statuses
                .entry(format!("{} {}", object["kind"], object["metadata"]["name"]))
                .or_default()
                .push(object["status"].to_string());
        }
    }
    for (object, history) in statuses {
        all.extend(
            history
                .into_iter()
                .map(|status| format!("{object} {status}")),
        );
    }
    world.finish();
    all
}

/// Objects of one kind that are due at one instant are taken up in the order of a hash (kube's runtime), so that statuses are compared for each.
#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_course() {
    for (example, router) in [
        ("quickstart", "onprem-router"),
        ("securecart", "hq-router-2"),
    ] {
        let first = course(example, router, 11).await;
        let again = course(example, router, 11).await;
        for (n, (a, b)) in first.iter().zip(&again).enumerate() {
            assert_eq!(a, b, "{example}: entry {n}");
        }
        assert_eq!(first.len(), again.len(), "{example}");
    }
}
