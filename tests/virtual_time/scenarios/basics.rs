//! Both examples come up.

use std::time::Duration;

use serde_json::json;

use crate::world::{SOON, World};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn the_quickstart_comes_up() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.start();
    world
        .until_reason("Connection", "dc2", "AwaitingLoa", Duration::from_mins(2))
        .await;
    world
        .until_reason(
            "Connection",
            "dc2",
            "AwaitingCrossConnect",
            Duration::from_mins(10),
        )
        .await;
    world
        .until_reason(
            "VirtualInterface",
            "hq",
            "RouterNotConfigured",
            Duration::from_mins(30),
        )
        .await;
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.until_all_ready(HOUR).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}
