//! Start → all 1,000 objects reconciled: the first time (everything is taken over and tagged), and after a restart (everything was edited
//! meanwhile, which asks nothing of AWS).

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{World, memory, processor_seconds, settled};

const OBJECTS: u32 = 1000;
/// Requests a second to Direct Connect while everything is taken over: at the default of 2, AWS's pace is all that would be measured.
const RATE: i32 = 50;

/// Measures and prints.
pub fn run() {
    let mut world = World::start(OBJECTS);
    world.stack.operator.stop().unwrap();
    world.declare(Some(RATE), |_| {});
    let begun = Instant::now();
    world.stack.operator.restart().unwrap();
    let done = world.until_all(Duration::from_mins(20), settled);
    tell(
        &mut world,
        &format!("taken over, {RATE} requests a second to Direct Connect"),
        begun,
        done,
    );

    world.stack.operator.stop().unwrap();
    let calls = world.stack.dxsim.ledger().unwrap().len();
    world.declare(None, |object| {
        object["spec"]["deletionPolicy"] = json!("Retain");
    });
    let begun = Instant::now();
    world.stack.operator.restart().unwrap();
    let done = world.until_all(Duration::from_mins(20), settled);
    tell(
        &mut world,
        "a restart, every object edited meanwhile, the default of 2 requests a second",
        begun,
        done,
    );
    let rows = world.stack.dxsim.ledger().unwrap();
    let writes = rows
        .iter()
        .skip(calls)
        .filter(|row| row["mutating"] == true)
        .count();
    println!(
        "    {} AWS calls, {writes} of them writes",
        rows.len() - calls
    );
}

fn tell(world: &mut World, what: &str, begun: Instant, done: Instant) {
    let pid = world.stack.operator.process().pid();
    let (now, most) = memory(pid);
    println!(
        "start -> all {OBJECTS} objects reconciled ({what}): {:.1} s, {:.1} s of processor time; RSS {now:.0} MiB, at most {most:.0} MiB (dev profile)",
        (done - begun).as_secs_f64(),
        processor_seconds(pid),
    );
}
