//! A quiet system: nothing is written, and AWS is read within the budget.

use std::time::Duration;

use super::LONG;
use crate::world::World;

async fn quiet(mut world: World, lists_of_five_minutes: usize) {
    // Fast sweeps end half an hour after the last change.
    world.sleep(LONG).await;
    let (calls, stored, requests) = (
        world.calls(),
        world.kube.version(),
        world.kube.requests().len(),
    );
    world.sleep(Duration::from_hours(1)).await;
    assert_eq!(
        world.kube.version(),
        stored,
        "something was stored: {:?}",
        world.kube.history().last().map(|c| &c.key)
    );
    let rows = world.sim.ledger();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for row in &rows[calls..] {
        assert!(!row.mutating, "{}", row.operation);
        if row.service != "sts" {
            *counts.entry(&row.operation).or_default() += 1;
        }
    }
    let total: usize = counts.values().sum();
    let budget = 60 * 2 + 12 * lists_of_five_minutes;
    let kubernetes = world.kube.requests().len() - requests;
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
