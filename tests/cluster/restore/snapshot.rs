//! etcd is put back to an older state: a port was ordered since, a status did not exist yet, an order was still open.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use directconnect_local::until;
use serde_json::Value;

use super::kubernetes::{apply_cells, ids, objects};
use super::status::SECOND_PORT;
use super::{SETTLE, World};
use crate::crash::cell::Cell;

pub fn is_put_back(world: &mut World) {
    let cells = world.cells.clone();
    world.hold_order(&cells.open, "holdAfterEffect");
    apply_cells(&world.stack.control_plane, &[&cells.open]);
    let order = world.held_order(&cells.open);
    world.stack.operator.kill9().unwrap();
    world.release(order, "reset");
    apply_cells(&world.stack.control_plane, &[&cells.unseen]);
    let saved = world.scratch.path().join("saved");
    let recorder = &world.recorder;
    recorder.assert_oracle_is_content();
    let cluster = &mut world.stack.control_plane;
    cluster.stop().unwrap();
    copy(&cluster.data(), &saved);
    cluster.start_again().unwrap();
    world.watch_anew();
    world.step("etcd was saved");

    world.stack.operator.restart().unwrap();
    let all = [&cells.growing, &cells.unseen, &cells.open];
    apply_cells(&world.stack.control_plane, &[&cells.growing]);
    world.expect_up(&world.cells.all());
    let before = ids(&objects(&world.stack.control_plane));
    world.recorder.assert_oracle_is_content();
    world.step("more was ordered");

    world.stack.operator.stop().unwrap();
    let stopped = Instant::now();
    let cluster = &mut world.stack.control_plane;
    cluster.stop().unwrap();
    fs::remove_dir_all(cluster.data()).unwrap();
    copy(&saved, &cluster.data());
    cluster.start_again().unwrap();
    is_older(world);
    world.watch_anew();
    let rows = world.rows();
    // As docs/operations.md says: one window after the last call.
    let window = SETTLE.validity_seconds + SETTLE.visibility_seconds + 60;
    let window = Duration::from_secs(window.into());
    until("the window", window * 2, Duration::from_millis(500), || {
        Ok((stopped.elapsed() > window).then_some(()))
    })
    .unwrap();
    world.step("etcd was put back");

    world.stack.operator.restart().unwrap();
    apply_cells(&world.stack.control_plane, &all);
    world.expect_all_as_before(&before, rows);
    world.recorder.assert_oracle_is_content();
    world.step("everything was found again");
}

/// What was put back is what the part is about.
fn is_older(world: &World) {
    let cells = &world.cells;
    let objects = objects(&world.stack.control_plane);
    let of = |cell: &Cell| -> Vec<&Value> {
        let objects = objects.values();
        objects
            .filter(|object| object["metadata"]["namespace"] == *cell.namespace)
            .collect()
    };
    let second = |object: &&&Value| {
        SECOND_PORT
            .iter()
            .any(|name| object["metadata"]["name"] == *name)
    };
    assert_eq!(of(&cells.growing).iter().find(second), None);
    let unseen = of(&cells.unseen);
    assert_eq!(unseen.len(), 5);
    for object in unseen {
        let (status, finalizers) = (&object["status"], &object["metadata"]["finalizers"]);
        assert!(status.is_null() && finalizers.is_null(), "{object}");
    }
    let open = of(&cells.open);
    let port = open.iter().find(|object| object["kind"] == "Connection");
    let status = &port.unwrap()["status"];
    assert!(
        status["intents"]["self"].is_object() && status["connectionId"].is_null(),
        "{status}"
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
