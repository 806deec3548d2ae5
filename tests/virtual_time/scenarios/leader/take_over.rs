//! How soon another process acts: after a crash, after a stop, after a restart of the same pod.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{AFTER_A_CRASH, AFTER_A_RELEASE, leads, made_once, pair, pair_of, quickstart, writes};
use directconnect_harness::look;
use directconnect_harness::process::Manner;
use directconnect_harness::world::World;

/// A change that a leader carries out at AWS.
fn rename(world: &World, name: &str) {
    let spec = json!({"directConnectGatewayName": name});
    world.edit("DirectConnectGateway", "hub", &spec);
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_made_good_by_the_standby_within_17_seconds() {
    let (mut world, mut a, mut b) = pair().await;
    let mut longest = Duration::ZERO;
    // Wherever between two renewals it happens.
    for millis in [0, 400, 800, 1_200, 1_600, 1_990] {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        a.crash();
        let took = leads(&world, &b).await;
        assert!(took <= AFTER_A_CRASH, "{took:?} after {millis} ms");
        longest = longest.max(took);
        let next = world.launch(&a.name, &Manner::default());
        world.sleep(Duration::from_mins(1)).await;
        assert_eq!(
            next.calls_since(Instant::now() - Duration::from_mins(1)),
            vec![]
        );
        a = std::mem::replace(&mut b, next);
    }
    println!("TAKE-OVER after a crash: {longest:?} at most");
    made_once(&world);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_left_undone_is_done_by_the_standby() {
    // At every moment of the course, in steps of a few seconds.
    for seconds in [1, 3, 10, 130, 250] {
        let mut world = quickstart();
        let mut a = world.launch("a", &Manner::default());
        let b = world.launch("b", &Manner::default());
        leads(&world, &a).await;
        world.sleep(Duration::from_secs(seconds)).await;
        a.crash();
        let took = leads(&world, &b).await;
        assert!(took <= AFTER_A_CRASH, "{took:?}");
        world.until_all_ready(Duration::from_hours(2)).await;
        made_once(&world);
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_releases_the_lease_and_the_standby_acts_within_2_seconds() {
    let (mut world, mut a, b) = pair().await;
    let begun = Instant::now();
    a.stop().await;
    let stopped = Instant::now();
    let took = leads(&world, &b).await;
    println!(
        "TAKE-OVER after a release: stop {:?}, take-over {took:?}",
        stopped - begun
    );
    assert!(took <= AFTER_A_RELEASE, "{took:?}");
    assert_eq!(world.lease(None)["spec"]["leaseTransitions"], 1);
    world.sleep(Duration::from_mins(5)).await;
    assert_eq!(a.calls_since(stopped), vec![]);
    made_once(&world);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_released_after_the_last_running_call() {
    let (mut world, mut a, b) = pair().await;
    let five = json!({"match": {"operation": "UpdateDirectConnectGateway"}, "kind": "delayAfterEffect", "delay": "PT5S"});
    world.fault(&five);
    rename(&world, "renamed");
    world
        .until("the call is under way", Duration::from_mins(1), |w| {
            w.effects("UpdateDirectConnectGateway") == 1
        })
        .await;
    let (sent, _) = a
        .calls()
        .into_iter()
        .rfind(|(_, o)| o == "UpdateDirectConnectGateway")
        .unwrap();
    let stop = async {
        a.stop().await;
        Instant::now()
    };
    let watch = async {
        while world.holder(None) == "a" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Instant::now()
    };
    let (stopped, released) = tokio::join!(stop, watch);
    let answered = sent + Duration::from_secs(5);
    assert!(
        released >= answered,
        "{:?} before the answer",
        answered - released
    );
    assert!(stopped <= answered + Duration::from_secs(1));
    assert!(
        !b.calls_since(sent).iter().any(|(at, _)| *at < answered),
        "two at once"
    );
    leads(&world, &b).await;
    // What the call did is known: it is not done again.
    world.sleep(Duration::from_mins(10)).await;
    assert_eq!(world.effects("UpdateDirectConnectGateway"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_restarted_container_goes_on_at_once() {
    let (mut world, mut a, b) = pair().await;
    a.crash();
    let again = world.launch("a", &Manner::default());
    let took = leads(&world, &again).await;
    assert!(took <= AFTER_A_RELEASE, "{took:?}");
    assert_eq!(b.calls(), vec![]);
    assert_eq!(world.lease(None)["spec"]["leaseTransitions"], 0);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn clocks_may_differ() {
    // A leader far behind AWS's clock would have its sessions expire, which is not what is asked here.
    for (first, second) in [(120, -120), (-5, 120)] {
        let ahead = |ahead| Manner {
            ahead,
            ..Manner::default()
        };
        let (mut world, mut a, b) = pair_of(&ahead(first), &ahead(second)).await;
        assert_eq!(world.lease(None)["spec"]["leaseTransitions"], 0);
        let crashed = Instant::now();
        a.crash();
        let took = leads(&world, &b).await;
        // As early as ever and no earlier: the last renewal was at most two seconds ago.
        assert!(took <= AFTER_A_CRASH, "{took:?}");
        assert!(crashed.elapsed() >= Duration::from_secs(12), "{took:?}");
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn a_standby_is_ready_and_silent() {
    let (mut world, a, b) = pair().await;
    assert_eq!(a.metric("directconnect_leader"), "1");
    assert_eq!(b.metric("directconnect_leader"), "0");
    // Each object is counted once.
    assert!(a.metrics.render().contains("directconnect_objects{"));
    assert!(!b.metrics.render().contains("directconnect_objects{"));
    rename(&world, "renamed");
    world
        .until("the leader renames it", Duration::from_mins(2), |w| {
            w.effects("UpdateDirectConnectGateway") == 1
        })
        .await;
    let hub = world.object("DirectConnectGateway", "hub");
    assert!(look::is(&hub, "Ready", "True"));
    assert!(writes(&a.calls()).contains(&"UpdateDirectConnectGateway"));
    assert_eq!(b.calls(), vec![]);
    world.finish();
}
