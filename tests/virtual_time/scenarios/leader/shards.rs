//! Shards by account: each leaves what is another's alone, and an account may move while a call is open.

use std::time::Duration;

use directconnect_model::view::Windows;
use serde_json::json;
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;

use super::writes;
use directconnect_harness::look;
use directconnect_harness::process::Manner;
use directconnect_harness::world::{SOON, Setup, World, example, file};

fn shard(name: &'static str, accounts: &[&'static str]) -> Manner {
    Manner {
        shard: Some((name, accounts.to_vec())),
        namespaces: vec!["quickstart", "network"],
        ..Manner::default()
    }
}

/// Both examples in one cluster.
fn both() -> World {
    let text = |name: &str| file(&format!("sim/dxsim/worlds/{name}.yaml"));
    let world = World::new(Setup {
        worlds: vec![format!("{SOON}{}", text("quickstart")), text("securecart")],
        namespace: "quickstart",
        seed: 1,
        windows: Windows::default(),
        level: LevelFilter::TRACE,
    });
    for name in ["quickstart", "securecart"] {
        for manifest in example(name) {
            world.apply(&manifest);
        }
    }
    for router in ["onprem-router", "hq-router-2"] {
        world.act(&json!({"action": "configureRouter", "router": router}));
    }
    world
}

#[tokio::test(start_paused = true)]
async fn each_shard_serves_its_accounts_and_leaves_the_others_alone() {
    let mut world = both();
    let a = world.launch("a", &shard("first", &["quickstart"]));
    world
        .until(
            "the first shard's objects are Ready",
            Duration::from_hours(1),
            |w| {
                ["Connection/dc2", "VirtualInterface/hq"]
                    .iter()
                    .all(|name| {
                        let (kind, name) = name.split_once('/').unwrap();
                        look::is(&w.object(kind, name), "Ready", "True")
                    })
            },
        )
        .await;
    for object in world.managed() {
        let metadata = &object["metadata"];
        let others = metadata["namespace"] == "network" || metadata["name"] == "securecart";
        if others {
            assert!(object["status"].is_null(), "{}", look::line(&object));
            assert!(metadata["finalizers"].is_null(), "{}", look::line(&object));
        }
    }
    assert!(
        !a.metrics.render().contains("FirstLook"),
        "it counts others' objects"
    );
    let b = world.launch("b", &shard("second", &["securecart"]));
    world.until_all_ready(Duration::from_hours(1)).await;
    assert_eq!(
        (world.holder(Some("first")), world.holder(Some("second"))),
        ("a".to_owned(), "b".to_owned())
    );
    assert_eq!(world.holder(None), "");
    assert_eq!(world.orders(), 2);
    let orders = |calls: &[(Instant, String)]| {
        writes(calls)
            .iter()
            .filter(|o| **o == "CreateConnection")
            .count()
    };
    assert_eq!((orders(&a.calls()), orders(&b.calls())), (1, 1));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_account_moves_to_another_shard_while_an_order_is_open() {
    for kind in ["http500BeforeEffect", "http500AfterEffect"] {
        let mut world = both();
        world.fault(&json!({"match": {"operation": "CreateConnection", "account": "444455556666"}, "kind": kind}));
        let mut a = world.launch("a", &shard("first", &["quickstart"]));
        let mut b = world.launch("b", &shard("second", &["securecart"]));
        world
            .until(
                "the order's outcome is open",
                Duration::from_mins(10),
                |w| {
                    w.status("Connection", "dc2")["intents"]["self"].is_object()
                        && w.sim
                            .ledger()
                            .iter()
                            .any(|r| r.operation == "CreateConnection" && r.outcome != "ok")
                },
            )
            .await;
        // As the documentation says: first nobody serves it, then the other.
        a.stop().await;
        let a = world.launch("a", &shard("first", &["none-at-all"]));
        b.stop().await;
        let moved = Instant::now();
        let b = world.launch("b", &shard("second", &["quickstart", "securecart"]));
        world.until_all_ready(Duration::from_hours(3)).await;
        assert_eq!(world.orders(), 2, "one for each account");
        assert_eq!(a.calls_since(moved), vec![]);
        assert!(!b.calls_since(moved).is_empty());
        world.sleep(Duration::from_mins(30)).await;
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_two_shards_serve_is_ordered_for_once() {
    let mut world = both();
    let _a = world.launch("a", &shard("first", &["quickstart", "securecart"]));
    let _b = world.launch("b", &shard("second", &["securecart", "quickstart"]));
    world.until_all_ready(Duration::from_hours(4)).await;
    world.sleep(Duration::from_mins(30)).await;
    assert_eq!(world.orders(), 2);
    world.finish();
}
