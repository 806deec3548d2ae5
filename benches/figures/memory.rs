//! Resident memory of a release build at 0, 200 and 1,000 objects.

use std::path::Path;
use std::time::{Duration, Instant};

use directconnect_local::process::{Process, Spawn};

use crate::world::{World, memory, processor_seconds, settled};

/// How long after all is done memory is read: a few sweeps later.
const REST: Duration = Duration::from_secs(60);

/// Measures this operator and prints.
pub fn run(operator: &Path) {
    for (objects, goal) in [(0, 25), (200, 28), (1000, 35)] {
        let mut world = World::start(objects.max(10));
        world.stack.operator.stop().unwrap();
        if objects > 0 {
            world.declare(Some(50), |_| {});
        }
        let mut process = spawn(&world, operator);
        let pid = process.pid();
        let begun = Instant::now();
        if objects > 0 {
            world.until_all(Duration::from_mins(20), settled);
        }
        let ready = begun.elapsed();
        std::thread::sleep(REST);
        let (taken_over, most) = memory(pid);
        let used = processor_seconds(pid);
        process.stop(Duration::from_secs(10)).unwrap();
        process = spawn(&world, operator);
        std::thread::sleep(2 * REST);
        let (rested, most_rested) = memory(process.pid());
        println!(
            "RSS at {objects} objects: {rested:.1} MiB (at most {most_rested:.1}) two minutes after a restart, goal {goal} MiB; \
             {taken_over:.1} MiB (at most {most:.1}) after taking them over in {:.0} s with {used:.1} s of processor time",
            ready.as_secs_f64(),
        );
        process.stop(Duration::from_secs(10)).unwrap();
    }
}

/// The release build with the arguments, environment and rights of the chart.
fn spawn(world: &World, operator: &Path) -> Process {
    let deployment = world.stack.operator.deployment();
    Process::spawn(&Spawn {
        program: std::path::absolute(operator).unwrap(),
        name: "directconnect-operator".into(),
        args: deployment.args.clone(),
        env: deployment.env.clone(),
        dir: world.scratch.path().to_path_buf(),
        log: world.scratch.path().join("operator.log"),
    })
    .unwrap()
}
