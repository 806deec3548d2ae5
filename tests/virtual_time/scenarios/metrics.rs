//! What /metrics serves is what happened.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::LONG;
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};
use directconnect_operator::engine::tally::TELLING;

/// Samples of one metric: label values in the order of their names, and the value.
pub(super) fn samples(world: &World, name: &str) -> BTreeMap<Vec<String>, u64> {
    let text = world.metrics();
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix(&format!("{name}{{")) else {
            continue;
        };
        let (labels, value) = rest.split_once("} ").unwrap();
        // Prometheus sorts labels by name.
        let values = labels
            .split(',')
            .map(|l| l.split('"').nth(1).unwrap().to_owned())
            .collect();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        found.insert(values, value.parse::<f64>().unwrap() as u64);
    }
    found
}

fn requests_are_the_ledger(world: &World) {
    let mut served: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    for (labels, count) in samples(world, "directconnect_aws_requests_total") {
        let [class, operation, service] = labels.try_into().unwrap();
        *served.entry((service, operation)).or_default() += count;
        *classes.entry(class).or_default() += count;
    }
    let mut ledger: BTreeMap<(String, String), u64> = BTreeMap::new();
    let rows = world.sim.ledger();
    for row in &rows {
        let key = (row.service.clone(), row.operation.clone());
        *ledger.entry(key).or_default() += 1;
    }
    assert_eq!(served, ledger);
    let refused = rows.iter().filter(|r| r.outcome != "ok").count() as u64;
    let ok = classes.get("ok").copied().unwrap_or_default();
    assert_eq!(ok, rows.len() as u64 - refused, "{classes:?}");
}

fn objects_are_what_is_stored(world: &World) {
    let mut stored: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    let mut intents: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    let mut conditions: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for object in world.managed() {
        let kind = object["kind"].as_str().unwrap().to_owned();
        let open = object["status"]["intents"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        *intents.entry(vec![kind.clone()]).or_default() += open as u64;
        for (condition, status) in TELLING {
            let told = look::condition(&object, condition).filter(|c| c.status == status);
            if let Some(told) = told {
                let labels = vec![condition.to_owned(), kind.clone(), told.reason];
                *conditions.entry(labels).or_default() += 1;
            }
        }
        *stored.entry(vec![kind, look::reason(&object)]).or_default() += 1;
    }
    assert_eq!(samples(world, "directconnect_objects"), stored);
    assert_eq!(samples(world, "directconnect_conditions"), conditions);
    let served = samples(world, "directconnect_open_intents");
    for (kind, open) in intents {
        assert_eq!(served.get(&kind), Some(&open), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_metrics_serve_is_true() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.fault(
        &json!({"match": {"operation": "DescribeConnections"}, "kind": "throttle", "times": 2}),
    );
    // The answer to the order never comes: an intent stays open.
    world.fault(&json!({"match": {"operation": "CreateConnection"}, "kind": "http500BeforeEffect", "times": 1}));
    world.start();
    world
        .until("an intent is open", LONG, |w| {
            look::reason(&w.object("Connection", "dc2")) == "SettlingCreate"
        })
        .await;
    // Gauges are set every five seconds, and other objects are being made meanwhile.
    world.sleep(Duration::from_mins(2)).await;
    objects_are_what_is_stored(&world);
    let open = samples(&world, "directconnect_open_intents");
    assert_eq!(open.get(&vec!["Connection".to_owned()]), Some(&1));
    world.sleep(Duration::from_mins(10)).await;
    let oldest = samples(&world, "directconnect_oldest_intent_age_seconds");
    let age = oldest[&vec!["Connection".to_owned()]];
    assert!((600..=750).contains(&age), "{age}");
    world.until_all_ready(Duration::from_hours(2)).await;
    world.sleep(LONG).await;
    requests_are_the_ledger(&world);
    objects_are_what_is_stored(&world);
    world.delete("VirtualInterface", "hq");
    world.sleep(Duration::from_mins(1)).await;
    objects_are_what_is_stored(&world);
    world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    world.sleep(Duration::from_mins(1)).await;
    objects_are_what_is_stored(&world);
    requests_are_the_ledger(&world);
    let steps = samples(&world, "directconnect_step_total");
    let accepted = vec![
        "VirtualInterface".to_owned(),
        "accepted".to_owned(),
        "DeleteVirtualInterface".to_owned(),
    ];
    assert_eq!(steps.get(&accepted), Some(&1), "{steps:?}");
    world.finish();
}
