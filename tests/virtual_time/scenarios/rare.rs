//! Rare states: each shows in the metrics while it lasts, and is told once when it begins.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::accounts::delete_all;
use super::metrics::samples;
use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};

/// Objects of a kind with a condition, as the metrics have it.
fn with(world: &World, kind: &str, condition: &str, reason: &str) -> Option<u64> {
    let labels = [condition, kind, reason].map(str::to_owned).to_vec();
    let conditions = samples(world, "directconnect_conditions");
    conditions.get(&labels).copied()
}

fn times(world: &World, reason: &str, name: &str) -> usize {
    let told = world.events();
    told.iter()
        .filter(|(r, n, _)| r == reason && n == name)
        .count()
}

fn age(world: &World) -> u64 {
    let ages = samples(world, "directconnect_inventory_age_seconds");
    ages.values().copied().max().unwrap()
}

fn unreadable(times: u32) -> Value {
    json!({"match": {"operation": "DescribeConnections"}, "kind": "http500BeforeEffect", "times": times})
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_somebody_while_traffic_flows() {
    let mut world = World::quickstart().await;
    let paused = "paused";
    world.annotate("VirtualInterface", "hq", paused, &json!("true"));
    world.sleep(SHORT).await;
    assert_eq!(
        with(&world, "VirtualInterface", "Paused", "Paused"),
        Some(1)
    );
    world.annotate("VirtualInterface", "hq", paused, &Value::Null);
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.sleep(LONG).await;
    assert_eq!(with(&world, "VirtualInterface", "Paused", "Paused"), None);
    assert_eq!(
        with(&world, "VirtualInterface", "Guarded", "DeleteInterface"),
        Some(1)
    );
    let code = world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    for event in ["Paused", "Guarded", "ConsentUsed"] {
        assert_eq!(times(&world, event, "hq"), 1, "{event}");
    }
    let told = world.events();
    let used = told.iter().find(|(r, _, _)| r == "ConsentUsed");
    assert!(used.is_some_and(|(_, _, note)| note.contains(&code)));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_is_told_on_the_account() {
    let mut world = World::quickstart().await;
    world.fault(&unreadable(20));
    world
        .until("the account says so", SHORT, |w| {
            look::is(&w.object("AwsAccount", "quickstart"), "Observed", "False")
        })
        .await;
    let account = world.object("AwsAccount", "quickstart");
    assert!(look::is(&account, "Ready", "True"));
    world.sleep(Duration::from_mins(16)).await;
    let reason = "AwsUnavailable";
    for kind in ["AwsAccount", "Connection"] {
        assert_eq!(with(&world, kind, "Observed", reason), Some(1), "{kind}");
    }
    assert!(age(&world) > 900, "{}", age(&world));
    world.until_all_ready(LONG).await;
    world
        .until("it can be read again", LONG, |w| {
            look::is(&w.object("AwsAccount", "quickstart"), "Observed", "True")
        })
        .await;
    world.sleep(SHORT).await;
    assert!(age(&world) < 900, "{}", age(&world));
    for event in ["Unreadable", "Readable"] {
        assert_eq!(times(&world, event, "quickstart"), 1, "{event}");
    }
    let told = world.events();
    let unreadable = told.iter().find(|(r, _, _)| r == "Unreadable");
    let (_, _, note) = unreadable.unwrap();
    assert!(
        note.contains("DescribeConnections") && note.contains("us-east-1"),
        "{note}"
    );
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_never_read_gets_old() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.fault(&unreadable(100_000));
    world.start();
    world.sleep(Duration::from_mins(20)).await;
    assert!(age(&world) > 900, "{}", age(&world));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_counted_as_long_as_its_account_is_there() {
    let mut world = World::quickstart().await;
    let kept = |w: &World| samples(w, "directconnect_retained");
    assert_eq!(kept(&world).values().sum::<u64>(), 0);
    delete_all(&mut world).await;
    world.sleep(SHORT).await;
    assert_eq!(kept(&world)[&vec!["quickstart".to_owned()]], 1);
    world.delete("AwsAccount", "quickstart");
    world.until_gone("AwsAccount", "quickstart", SHORT).await;
    world.sleep(LONG).await;
    let served = world.metrics();
    assert!(!served.contains("account=\"quickstart\""), "{served}");
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_is_seen() {
    let mut world = World::quickstart().await;
    let offset = |w: &World| {
        let text = w.metrics();
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix("directconnect_clock_offset_seconds "));
        line.unwrap().parse::<f64>().unwrap()
    };
    assert!(offset(&world).abs() < 2.0, "{}", offset(&world));
    world.skew.store(600, Ordering::Relaxed);
    world.sleep(SHORT).await;
    assert!((offset(&world) + 600.0).abs() < 3.0, "{}", offset(&world));
    world.finish();
}
