//! The operator of one cell: a shard of its own, of one process or two.

use std::time::Duration;

use directconnect_local::{OperatorProcess, get, until};
use serde_json::json;

use super::cell::Cell;
use super::world::World;

/// A lease runs out in 15 s; a loaded machine may take its time.
const TAKE_OVER: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);

/// The processes of a cell.
pub struct Crew {
    processes: Vec<OperatorProcess>,
    leader: usize,
}

impl Crew {
    /// Starts a release of the chart for the cell alone, with so many pods. The first leads.
    pub fn start(world: &World, cell: &Cell, replicas: u32) -> Self {
        let mut processes = Vec::new();
        for replica in 0..replicas {
            let mut release = world.release.clone();
            release.name = format!("operator-{}", cell.namespace);
            release.replica = replica;
            release.values["namespaces"] = json!([cell.namespace]);
            release.values["accounts"] = json!([cell.namespace]);
            release.values["shard"] = json!(cell.namespace);
            let dir = world
                .scratch
                .folder(&format!("{}-{replica}", cell.namespace))
                .unwrap();
            let env = std::collections::BTreeMap::new();
            let mut process =
                OperatorProcess::start(&world.control_plane, &dir, &release, &env).unwrap();
            process.wait_ready().unwrap();
            processes.push(process);
            if replica == 0 {
                until("a first leader", TAKE_OVER, POLL, || {
                    Ok(leads(&processes[0]).then_some(()))
                })
                .unwrap();
            }
        }
        Self {
            processes,
            leader: 0,
        }
    }

    /// `kill -9` of the leader.
    pub fn kill(&mut self) {
        self.processes[self.leader].kill9().unwrap();
    }

    /// The process that was killed, started again.
    pub fn restart(&mut self) {
        let process = &mut self.processes[self.leader];
        process.restart().unwrap();
        process.wait_ready().unwrap();
    }

    /// SIGSTOP of the leader.
    pub fn pause(&mut self) {
        self.processes[self.leader].process().pause();
    }

    /// Waits until the other leads, since the leader's lease has run out.
    pub fn wait_for_the_other(&mut self) {
        let other = &mut self.processes[1 - self.leader];
        until("the other leads", TAKE_OVER, POLL, || {
            other.process().expect_running()?;
            Ok(leads(other).then_some(()))
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", other.process().log_tail(40)));
    }

    /// SIGCONT of who led; from here on the other is the leader.
    pub fn resume(&mut self) {
        self.processes[self.leader].process().resume();
        self.leader = 1 - self.leader;
    }

    /// The last lines of their logs.
    pub fn logs(&mut self) -> String {
        let all = self.processes.iter_mut().map(|p| p.process().log_tail(60));
        all.collect::<Vec<_>>().join("\n---\n")
    }
}

fn leads(process: &OperatorProcess) -> bool {
    get(process.url(), "/metrics").is_ok_and(|answer| {
        answer
            .body
            .lines()
            .any(|line| line == "directconnect_leader 1")
    })
}
