//! Spec edit → first AWS call: from the moment before the edit is sent to the API server until the call reaches AWS.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::json;

use crate::objects;
use crate::world::{NAMESPACE, World, settled};

const SAMPLES: u32 = 200;
/// Between two edits: Direct Connect is asked twice a second at most, sweeps included.
const PAUSE: Duration = Duration::from_secs(1);

/// Measures and prints.
pub fn run() {
    let world = World::start(20);
    world.declare(None, |_| {});
    world.until_all(Duration::from_mins(5), settled);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut samples: Vec<Duration> = runtime.block_on(measure(&world));
    samples.sort();
    let at = |share: usize| samples[(samples.len() * share / 100).min(samples.len() - 1)];
    println!(
        "spec edit -> first AWS call, {} edits: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms (goal 30 / 150 ms)",
        samples.len(),
        at(50).as_secs_f64() * 1e3,
        at(99).as_secs_f64() * 1e3,
        samples[samples.len() - 1].as_secs_f64() * 1e3,
    );
}

async fn measure(world: &World) -> Vec<Duration> {
    let kubeconfig = Kubeconfig::read_from(world.stack.control_plane.kubeconfig()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let kind = GroupVersionKind::gvk("directconnect.dev", "v1alpha1", "Connection");
    let api: Api<DynamicObject> = Api::namespaced_with(
        client,
        NAMESPACE,
        &ApiResource::from_gvk_with_plural(&kind, "connections"),
    );
    let mut samples = vec![];
    for sample in 0..SAMPLES {
        let number = sample % world.number;
        let id = format!("dxcon-g{number:07}");
        let before = world.stack.dxsim.ledger().unwrap().len();
        let edit = json!({"spec": {"tags": {"edit": sample.to_string()}}});
        let name = objects::connection_name(number);
        let sent = SystemTime::now();
        api.patch(&name, &PatchParams::default(), &Patch::Merge(edit))
            .await
            .unwrap();
        samples.push(called(world, before, &id, sent));
        tokio::time::sleep(PAUSE).await;
    }
    samples
}

/// How long after `sent` the call that the edit asks for reached AWS.
fn called(world: &World, before: usize, id: &str, sent: SystemTime) -> Duration {
    let sent = Timestamp::try_from(sent).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        let rows = world.stack.dxsim.ledger().unwrap();
        let row = rows.iter().skip(before).find(|row| {
            row["operation"] == "TagResource" && row["resource"].to_string().contains(id)
        });
        if let Some(row) = row {
            let at: Timestamp = row["at"].as_str().unwrap().parse().unwrap();
            return at.duration_since(sent).try_into().unwrap_or_default();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no call for {id} within 30 s");
}
