//! Two that act at once: nothing rests on the lease.

use std::time::Duration;

use serde_json::json;

use super::{made_once, writes};
use directconnect_harness::process::Manner;
use directconnect_harness::world::{SOON, World};

fn alone() -> Manner {
    Manner {
        election: false,
        ..Manner::default()
    }
}

#[tokio::test(start_paused = true)]
async fn two_without_an_election_make_everything_once() {
    let yaml = directconnect_harness::world::file("sim/dxsim/worlds/quickstart.yaml");
    for seed in 1..=4 {
        let mut world = World::seeded("quickstart", format!("{SOON}{yaml}"), seed);
        world.apply_example("quickstart");
        world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
        let a = world.launch("a", &alone());
        // Together, and a little apart.
        tokio::time::sleep(Duration::from_millis(37 * (seed - 1))).await;
        let b = world.launch("b", &alone());
        world.until_all_ready(Duration::from_hours(4)).await;
        world.sleep(Duration::from_mins(30)).await;
        made_once(&world);
        assert!(!a.calls().is_empty() && !b.calls().is_empty(), "both act");
        println!(
            "TOGETHER seed {seed}: {:?} and {:?}",
            writes(&a.calls()),
            writes(&b.calls())
        );
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn two_without_an_election_take_down_what_is_deleted() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    let _both = (world.launch("a", &alone()), world.launch("b", &alone()));
    world.until_all_ready(Duration::from_hours(4)).await;
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    world
        .until_gone("VirtualInterface", "hq", Duration::from_hours(2))
        .await;
    assert_eq!(world.effects("DeleteVirtualInterface"), 1);
    world.sleep(Duration::from_mins(30)).await;
    world.finish();
}
