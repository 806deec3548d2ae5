//! A quiet system: nothing is written, and AWS is read within the budget.

use std::collections::BTreeMap;
use std::time::Duration;

use super::LONG;
use directconnect_harness::world::World;

/// An hour in which nothing may be written anywhere: the calls to AWS by operation, and the number of
/// requests to Kubernetes.
pub async fn hour(world: &mut World) -> (BTreeMap<String, usize>, usize) {
    let (calls, stored, requests) = (
        world.calls(),
        world.kube.version(),
        world.kube.requests().len(),
    );
    world.sleep(Duration::from_hours(1)).await;
    assert_eq!(
        world.kube.version(),
        stored,
        "something was stored: {:#?}",
        world.kube.history().last()
    );
    let mut counts = BTreeMap::new();
    for row in &world.sim.ledger()[calls..] {
        assert!(!row.mutating, "{}", row.operation);
        *counts.entry(row.operation.clone()).or_default() += 1;
    }
    (counts, world.kube.requests().len() - requests)
}

/// Takes the calls to STS out.
pub fn sessions(counts: &mut BTreeMap<String, usize>) -> usize {
    ["AssumeRole", "GetCallerIdentity"]
        .iter()
        .filter_map(|name| counts.remove(*name))
        .sum()
}

async fn quiet(mut world: World, lists_of_five_minutes: usize) {
    // Fast sweeps end half an hour after the last change.
    world.sleep(LONG).await;
    let (mut counts, kubernetes) = hour(&mut world).await;
    sessions(&mut counts);
    let total: usize = counts.values().sum();
    let budget = 60 * 2 + 12 * lists_of_five_minutes;
    println!(
        "AWS reads in a quiet hour: {total}, budget {budget}: {counts:?}; Kubernetes requests: {kubernetes}"
    );
    assert!(total <= budget, "{total} > {budget}: {counts:?}");
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn the_quickstart_is_quiet() {
    // Gateways, associations of one gateway, VGWs, route tables, locations, attachments of one gateway.
    quiet(World::quickstart().await, 6).await;
}

#[tokio::test(start_paused = true)]
async fn securecart_is_quiet() {
    quiet(World::securecart().await, 6).await;
}
