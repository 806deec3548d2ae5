//! What is deleted and made again at once, while lists still show what was there.

use std::time::Duration;

use directconnect_harness::world::{SOON, World, file};
use dxsim::visibility::{Mode, Visibility};
use jiff::SignedDuration;
use serde_json::json;

use super::LONG;

#[tokio::test(start_paused = true)]
async fn an_interface_made_again_does_not_take_what_was_deleted() {
    for seed in 1..=6 {
        println!("seed {seed}");
        let yaml = file("sim/dxsim/worlds/quickstart.yaml");
        let mut world = World::seeded("quickstart", format!("{SOON}{yaml}"), seed);
        world.apply_example("quickstart");
        world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
        world.start();
        world.until_all_ready(LONG).await;
        world.sleep(LONG).await;
        world.sim.set_visibility(Visibility {
            max: SignedDuration::from_mins(5),
            mode: Mode::Random,
        });
        world.delete("VirtualInterface", "hq");
        world.until_guarded("VirtualInterface", "hq").await;
        world.consent("VirtualInterface", "hq");
        world.until_gone("VirtualInterface", "hq", LONG).await;
        world.apply_example("quickstart");
        world.sleep(Duration::from_mins(10)).await;
        world.until_all_ready(LONG).await;
        assert_eq!(world.effects("CreatePrivateVirtualInterface"), 2);
        let events = world.events();
        let taken = events
            .iter()
            .find(|(reason, name, _)| reason == "Readopted" && name == "hq");
        assert_eq!(taken, None);
        world.finish();
    }
}
