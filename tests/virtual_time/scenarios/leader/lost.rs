//! A leader that does not know that it leads no more: cut off, held still, or robbed of its lease.

use std::time::Duration;

use kubesim::{FaultKind, FaultMatch};
use serde_json::json;
use tokio::time::Instant;

use super::{AFTER_A_CRASH, leads, made_once, pair, quickstart, writes};
use directconnect_harness::process::Manner;
use directconnect_harness::world::{SYSTEM, World};

/// What a leader has to renew, counted from when it asked last.
const RENEW_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_stops_and_the_standby_takes_over() {
    let (mut world, a, b) = pair().await;
    // It has work: lists are read every five seconds.
    world.edit(
        "DirectConnectGateway",
        "hub",
        &json!({"directConnectGatewayName": "renamed"}),
    );
    world.sleep(Duration::from_mins(1)).await;
    let cut = Instant::now();
    a.link.cut(true);
    let took = leads(&world, &b).await;
    assert!(took <= AFTER_A_CRASH, "{took:?}");
    world.sleep(Duration::from_mins(10)).await;
    assert!(!a.calls_since(cut).is_empty(), "it was busy");
    let late = a.calls_since(cut + RENEW_WITHIN);
    assert_eq!(late, vec![], "it goes on without a lease");
    assert_eq!(a.metric("directconnect_leader"), "0");
    // It comes back as a standby, in the same process.
    a.link.cut(false);
    world.sleep(Duration::from_mins(10)).await;
    assert_eq!(a.calls_since(cut + RENEW_WITHIN), vec![]);
    assert_eq!(world.holder(None), "b");
    // And leads again when it is its turn.
    drop(b);
    let took = leads(&world, &a).await;
    assert!(took <= AFTER_A_CRASH, "{took:?}");
    world.sleep(Duration::from_mins(10)).await;
    made_once(&world);
    world.finish();
}

/// Passes that found the term over gave up for ten minutes; a term that goes on before anybody has noticed must wake them.
#[tokio::test(start_paused = true)]
async fn a_term_that_lapses_during_a_request_begins_anew() {
    let (mut world, a, _b) = pair().await;
    let begun = |world: &World| world.logs.text().matches("leading\n").count();
    let terms = begun(&world);
    let renewal = FaultMatch {
        verb: Some("update".to_owned()),
        resource: Some("leases.coordination.k8s.io".to_owned()),
        ..FaultMatch::default()
    };
    // Two renewals fail at once, 2 s and 3 s after the last that held; the one at 4 s hangs for 3 s, and the one at 8 s until the
    // term is over.
    world
        .kube
        .add_fault(renewal, FaultKind::Http500BeforeEffect, 2);
    let failed = |world: &World| {
        let requests = world.kube.requests();
        let failures = requests.iter().filter(|r| r.code == Some(500));
        failures.count()
    };
    while failed(&world) < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    a.link.cut(true);
    tokio::time::sleep(Duration::from_millis(7_500)).await;
    assert_eq!(begun(&world), terms);
    a.link.cut(false);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.holder(None), "a");
    assert_eq!(begun(&world), terms + 1, "{}", world.logs.tail(20));
    world.finish();
}

/// Waits until the order's intent is stored, and its last look-up under way: the call itself is a second off.
async fn about_to_order(world: &World) {
    for _ in 0..12_000 {
        let intents = &world.status("Connection", "dc2")["intents"];
        if intents["self"].is_object() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no order\n{}", world.describe());
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_held_still_writes_nothing_when_it_goes_on() {
    // 20 s: its request may be signed and sent still, by its own intent; only the lease speaks against it.
    for seconds in [20, 60] {
        let mut world = quickstart();
        world.fault(&json!({"match": {"operation": "DescribeConnections"}, "kind": "delayAfterEffect", "delay": "PT1S", "times": 0}));
        let a = world.launch("a", &Manner::default());
        let b = world.launch("b", &Manner::default());
        about_to_order(&world).await;
        assert_eq!(world.holder(None), "a");
        a.hold.hold();
        let held = Instant::now();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        assert_eq!(a.calls_since(held), vec![], "it is held");
        assert_eq!(world.holder(None), "b");
        assert!(!b.calls_since(held).is_empty(), "the standby acts");
        assert_eq!(world.orders(), 0);
        a.hold.go_on();
        world.sleep(Duration::from_mins(2)).await;
        assert_eq!(writes(&a.calls_since(held)), Vec::<&str>::new());
        assert_eq!(a.metric("directconnect_leader"), "0");
        world.until_all_ready(Duration::from_hours(2)).await;
        assert_eq!(writes(&a.calls_since(held)), Vec::<&str>::new());
        made_once(&world);
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_taken_away_ends_the_term() {
    let (mut world, a, b) = pair().await;
    let name =
        directconnect_operator::leader::lease_name(directconnect_harness::world::CLUSTER, None);
    world
        .kube
        .patch(
            "Lease",
            SYSTEM,
            &name,
            &json!({"spec": {"holderIdentity": "somebody"}}),
        )
        .unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(a.metric("directconnect_leader"), "0");
    let taken = Instant::now();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(
        (a.calls_since(taken), b.calls_since(taken)),
        (vec![], vec![])
    );
    // Nobody renews it: it runs out, and one of them takes it.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(["a", "b"].contains(&world.holder(None).as_str()));
    // Removed, it is made again at once.
    world.kube.delete("Lease", SYSTEM, &name).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(["a", "b"].contains(&world.holder(None).as_str()));
    world.sleep(Duration::from_mins(5)).await;
    made_once(&world);
    world.finish();
}
