//! Several processes: one is elected, another takes over; two that act at once; shards.

mod lost;
mod shards;
mod take_over;
mod together;

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use directconnect_harness::process::{Manner, Process};
use directconnect_harness::world::{SOON, World};

/// Take-over after a crash.
const AFTER_A_CRASH: Duration = Duration::from_secs(17);
/// Take-over after a release.
const AFTER_A_RELEASE: Duration = Duration::from_secs(2);

/// The quickstart, applied; nothing is started.
fn quickstart() -> World {
    let world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world
}

/// The quickstart, up, led by `a`, while `b` stands by.
async fn pair() -> (World, Process, Process) {
    pair_of(&Manner::default(), &Manner::default()).await
}

async fn pair_of(first: &Manner, second: &Manner) -> (World, Process, Process) {
    let mut world = quickstart();
    let a = world.launch("a", first);
    leads(&world, &a).await;
    let b = world.launch("b", second);
    world.until_all_ready(Duration::from_hours(1)).await;
    // Until fast sweeps have ended: from now on the pair is quiet.
    world.sleep(Duration::from_mins(40)).await;
    assert_eq!(b.calls(), vec![], "a standby calls AWS");
    (world, a, b)
}

/// Waits until this process leads: it holds the lease and calls AWS. How long that took.
async fn leads(world: &World, process: &Process) -> Duration {
    let begun = Instant::now();
    loop {
        let called = !process.calls_since(begun).is_empty();
        if world.holder(None) == process.name && called {
            assert_eq!(process.metric("directconnect_leader"), "1");
            return begun.elapsed();
        }
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "{} does not lead, {:?} does",
            process.name,
            world.holder(None)
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Operations that read nothing.
fn writes(calls: &[(Instant, String)]) -> Vec<&str> {
    let names = calls.iter().map(|(_, name)| name.as_str());
    names
        .filter(|name| directconnect_harness::aws::mutates(name))
        .collect()
}

/// Everything of the quickstart was made, and once.
fn made_once(world: &World) {
    for operation in [
        "CreateConnection",
        "CreateDirectConnectGateway",
        "CreateVpnGateway",
        "CreateDirectConnectGatewayAssociation",
        "CreatePrivateVirtualInterface",
        "AttachVpnGateway",
    ] {
        assert_eq!(world.effects(operation), 1, "{operation}");
    }
    // Enabled again without harm.
    assert!(world.effects("EnableVgwRoutePropagation") >= 2);
}
