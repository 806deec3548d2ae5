//! The status of every object is lost, while all is well and while orders are on their way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use directconnect_local::until;
use serde_json::Value;

use super::kubernetes::{apply, apply_cells, ids, name, objects, wipe_status};
use super::{PATIENCE, SETTLE, World};
use crate::crash::cell::Cell;
use crate::kubectl::condition;

const EVERY: Duration = Duration::from_millis(20);

/// Objects of the cell that is yet to grow.
pub const SECOND_PORT: [&str; 3] = ["da1-secondary", "secondary", "secondary-bgp"];

/// What is declared of the growing cell at first.
fn first_port(cell: &Cell) -> Vec<Value> {
    let mut all = cell.manifests();
    all.retain(|object| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        !SECOND_PORT.contains(&name)
    });
    all
}

pub fn is_lost(world: &mut World) {
    let cells = world.cells.clone();
    let cluster = &world.stack.control_plane;
    for cell in [&cells.wiped, &cells.late, &cells.lost] {
        world.hold_order(cell, "holdBeforeEffect");
    }
    apply_cells(cluster, &[&cells.undisturbed, &cells.wiped]);
    apply(cluster, &first_port(&cells.growing));

    // The operator is there when the answer comes.
    let order = world.held_order(&cells.wiped);
    wipe_status(cluster, &[&cells.wiped]);
    world.release(order, "continue");
    world.expect_up(&[&cells.undisturbed, &cells.wiped]);
    let taken_over = |newest: &BTreeMap<String, Value>| {
        let of = newest
            .values()
            .filter(|object| object["metadata"]["namespace"] == *cells.growing.namespace);
        let ready = of.filter(|object| condition(object, "Ready")["status"] == "True");
        (ready.count() == 3).then_some(())
    };
    world
        .recorder
        .until("what is taken over", PATIENCE, taken_over);
    world.step("a status was wiped while its order was on the way");

    // Nobody is there to remember that something was sent.
    apply_cells(cluster, &[&cells.late, &cells.lost]);
    let (late, lost) = (world.held_order(&cells.late), world.held_order(&cells.lost));
    let signed = Instant::now();
    world.stack.operator.kill9().unwrap();
    let rows = world.rows();
    wipe_status(cluster, &[&cells.late, &cells.lost]);
    world.release(lost, "reset");
    world.stack.operator.restart().unwrap();
    // It looked and found nothing, or the signature is about to expire.
    let good = Duration::from_secs(u64::from(SETTLE.validity_seconds) - 3);
    let left = good.saturating_sub(signed.elapsed());
    let _ = until("a look", left, EVERY, || {
        let ledger = world.stack.dxsim.ledger()?;
        let looked = ledger[rows..].iter().any(|row| {
            row["account"] == *cells.late.account && row["operation"] == "DescribeConnections"
        });
        Ok(looked.then_some(()))
    });
    world.release(late, "continue");
    until("the late order", PATIENCE, EVERY, || {
        let effects = world.effects(rows);
        let arrived = effects.iter().any(|effect| {
            effect.account == cells.late.account && effect.operation == "CreateConnection"
        });
        Ok(arrived.then_some(()))
    })
    .unwrap();
    world.step("statuses were wiped, the operator killed, an order came later and another never");

    // All at once, while everything is Ready.
    let before = objects(cluster);
    let rows = world.rows();
    let settled = [&cells.undisturbed, &cells.growing, &cells.wiped];
    let forms = world.recorder.count();
    wipe_status(cluster, &settled);
    until("the wiped statuses", PATIENCE, EVERY, || {
        let forms = world.recorder.since(forms);
        let forms = forms
            .iter()
            .map(|form| serde_json::from_str::<Value>(form).unwrap());
        let wiped = forms.filter(|object| object["status"].is_null());
        let wiped: BTreeSet<String> = wiped.map(|object| name(&object)).collect();
        // Thirteen objects and their accounts.
        Ok((wiped.len() == 16).then_some(()))
    })
    .unwrap();
    let mut wanted = ids(&before);
    wanted.retain(|name, _| {
        settled
            .iter()
            .any(|cell| name.contains(&format!("{:?}", cell.namespace)))
    });
    // Five objects of each quickstart, three of a SecureCart with one port.
    assert_eq!(wanted.len(), 13, "{wanted:?}");
    let told = |newest: &BTreeMap<String, Value>| {
        let objects: BTreeMap<String, Value> = newest
            .values()
            .filter(|object| condition(object, "Observed")["status"] == "True")
            .map(|object| (name(object), object.clone()))
            .collect();
        let now = ids(&objects);
        let back = wanted.iter().all(|(name, id)| now.get(name) == Some(id));
        back.then_some(())
    };
    world.recorder.until("the ids", PATIENCE, told);
    world.expect_up(&[&cells.undisturbed, &cells.wiped]);
    let others = [&cells.late.account, &cells.lost.account];
    world.expect_only_tags(rows, &others);
    world.step("every status was wiped while all was Ready");
}
