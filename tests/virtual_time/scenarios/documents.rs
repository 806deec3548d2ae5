//! Secrets that are read, Secrets and ConfigMaps that are written.

use std::time::Duration;

use kubesim::{FaultKind, FaultMatch, When};
use serde_json::{Value, json};

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};

fn secrets_are_refused(world: &World, verb: &str, name: &str) {
    world.kube.add_fault(
        FaultMatch {
            verb: Some(verb.to_owned()),
            resource: Some("secrets".to_owned()),
            name: Some(name.to_owned()),
            ..FaultMatch::default()
        },
        FaultKind::Answer {
            code: 403,
            when: When::BeforeEffect,
        },
        u32::MAX,
    );
}

fn reads_of(world: &World, secret: &str) -> usize {
    let requests = world.kube.requests();
    let reads = requests
        .iter()
        .filter(|r| r.resource == "secrets" && r.verb == "get" && r.name == secret);
    reads.count()
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_may_not_be_read_is_said() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    secrets_are_refused(&world, "get", "hq-bgp");
    world.start();
    world
        .until_reason("VirtualInterface", "hq", "SecretNotReady", LONG)
        .await;
    let vif = world.object("VirtualInterface", "hq");
    let message = look::message(&vif);
    for part in [
        "Secret hq-bgp may not be read",
        "grant the operator get on Secret hq-bgp in namespace quickstart",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(vif["status"]["waitingFor"][0]["actor"], json!("You"));
    world.kube.clear_faults();
    world.until_all_ready(LONG).await;
    // While the object is being deleted no Secret is read, granted or not.
    secrets_are_refused(&world, "get", "hq-bgp");
    world.delete("VirtualInterface", "hq");
    world.sleep(Duration::from_secs(1)).await;
    let reads = reads_of(&world, "hq-bgp");
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    assert_eq!(reads_of(&world, "hq-bgp"), reads);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_request_rereads_secrets_and_lists_at_once() {
    let mut world = World::quickstart().await;
    world.sleep(LONG).await;
    let (reads, calls) = (reads_of(&world, "hq-bgp"), world.calls());
    world.annotate(
        "VirtualInterface",
        "hq",
        "reconcile-requested-at",
        &json!("2026-01-05T10:00:00Z"),
    );
    world.sleep(Duration::from_secs(3)).await;
    assert_eq!(reads_of(&world, "hq-bgp"), reads + 1);
    let rows = world.sim.ledger();
    let lists: Vec<_> = rows[calls..].iter().map(|r| &r.operation).collect();
    assert!(
        lists.iter().any(|o| *o == "DescribeVirtualInterfaces"),
        "{lists:?}"
    );
    // Once for each value.
    world.sleep(Duration::from_secs(10)).await;
    assert_eq!(reads_of(&world, "hq-bgp"), reads + 1);
    world.finish();
}

fn owners(world: &World, kind: &str, name: &str) -> Value {
    world.kube.get(kind, &world.namespace, name).expect("there")["metadata"]["ownerReferences"]
        .clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_keeps_its_documents() {
    let mut world = World::quickstart().await;
    assert_eq!(
        owners(&world, "ConfigMap", "dc2-loa")[0]["name"],
        json!("dc2")
    );
    assert_eq!(
        owners(&world, "Secret", "hq-router")[0]["name"],
        json!("hq")
    );
    world.edit(
        "VirtualInterface",
        "hq",
        &json!({"deletionPolicy": "Retain"}),
    );
    world.delete("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    world.delete("Connection", "dc2");
    world.until_gone("Connection", "dc2", LONG).await;
    for (kind, name) in [("ConfigMap", "dc2-loa"), ("Secret", "hq-router")] {
        let owners = owners(&world, kind, name);
        assert!(
            owners.as_array().is_none_or(Vec::is_empty),
            "{name} goes with its object: {owners}"
        );
    }
    // Taken back, with what it had.
    world.apply_example("quickstart");
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world
        .until("the documents have an owner again", SHORT, |w| {
            owners(w, "Secret", "hq-router")[0]["name"] == json!("hq")
                && owners(w, "ConfigMap", "dc2-loa")[0]["name"] == json!("dc2")
        })
        .await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_wrote_is_not_overwritten() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.apply(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dc2-loa, namespace: quickstart}\ndata: {theirs: stays}\n",
    );
    world.apply(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: hq-router, namespace: quickstart}\nstringData: {theirs: stays}\n",
    );
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.start();
    let message = world.until_stalled("Connection", "dc2", "NameTaken").await;
    assert!(
        message.contains("spec.loa.configMapName") && message.contains("dc2-loa"),
        "{message}"
    );
    // Traffic goes on being told; that the Secret is not written is told beside it.
    world
        .until("traffic flows", LONG, |w| {
            look::is(&w.object("VirtualInterface", "hq"), "Ready", "True")
        })
        .await;
    world.sleep(SHORT).await;
    let vif = world.object("VirtualInterface", "hq");
    let provisioned = look::condition(&vif, "Provisioned").unwrap();
    assert_eq!(
        (&*provisioned.status, &*provisioned.reason),
        ("False", "NameTaken")
    );
    assert!(look::is(&vif, "Ready", "True"), "{}", look::line(&vif));
    let stored = world.kube.version();
    world.sleep(LONG).await;
    let rows = world.sim.ledger();
    let loas = rows.iter().filter(|r| r.operation == "DescribeLoa");
    assert_eq!(loas.count(), 0, "it cannot be stored");
    assert_eq!(world.kube.version(), stored, "the same is said again");
    let told = world.events();
    let told = told.iter().filter(|(r, n, _)| r == "Failed" && n == "hq");
    assert_eq!(told.count(), 1);
    for (kind, name) in [("ConfigMap", "dc2-loa"), ("Secret", "hq-router")] {
        world.delete(kind, name);
    }
    world.until_all_ready(LONG).await;
    assert!(world.told("LoaStored", "dc2") && world.told("RouterConfigurationStored", "hq"));
    world.finish();
}
