//! Declared tags come and go; what others wrote stays.

use std::collections::BTreeMap;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::world::World;

fn tags(world: &World, id: &str) -> BTreeMap<String, String> {
    world.sim.read(|w| {
        let found = w.tags.iter().find(|(key, _)| key.ends_with(id));
        let all = found.map(|(_, tags)| tags.clone()).unwrap_or_default();
        all.into_iter()
            .filter(|(key, _)| !key.starts_with("directconnect.dev/"))
            .collect()
    })
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    owned.collect()
}

async fn until_tags(world: &mut World, id: &str, wanted: &[(&str, &str)]) {
    let wanted = map(wanted);
    world
        .until(&format!("{id} has {wanted:?}"), LONG, |w| {
            tags(w, id) == wanted
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_leaves_the_spec_leaves_aws() {
    let mut world = World::quickstart().await;
    let id = world.status("Connection", "dc2")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.act(
        &json!({"action": "changeObject", "id": id, "tags": {"theirs": "stays", "shared": "v"}}),
    );
    world.sleep(SHORT).await;
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"defaultTags": {"cost": "7"}}),
    );
    world.edit(
        "Connection",
        "dc2",
        &json!({"tags": {"site": "hq", "shared": "v"}}),
    );
    let theirs = [("shared", "v"), ("theirs", "stays")];
    let all = [("cost", "7"), theirs[0], ("site", "hq"), theirs[1]];
    until_tags(&mut world, &id, &all).await;
    // The record outlives the process.
    world.crash().await;
    world.edit("Connection", "dc2", &json!({"tags": null}));
    world.start();
    until_tags(&mut world, &id, &[("cost", "7"), theirs[0], theirs[1]]).await;
    world.edit("AwsAccount", "quickstart", &json!({"defaultTags": null}));
    until_tags(&mut world, &id, &theirs).await;
    world.until_all_ready(SHORT).await;
    world.sleep(LONG).await;
    let (stored, writes) = (world.kube.version(), world.aws_writes().len());
    world.sleep(LONG).await;
    assert_eq!(world.kube.version(), stored);
    assert_eq!(world.aws_writes().len(), writes);
    assert!(world.status("Connection", "dc2")["tagKeys"].is_null());
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_the_order_wrote_is_removed_too() {
    let mut world = World::securecart().await;
    let id = world.status("Connection", "da1-secondary")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!tags(&world, &id).is_empty(), "the example has a tag");
    // What was recorded is lost; the port was made by this object all the same.
    world
        .kube
        .wipe_status("Connection", "network", "da1-secondary")
        .unwrap();
    world.until_all_ready(LONG).await;
    world.edit("Connection", "da1-secondary", &json!({"tags": null}));
    until_tags(&mut world, &id, &[]).await;
    world.finish();
}
