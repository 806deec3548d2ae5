//! `kill -9` of the operator's process while a call is held at AWS: at every write of both examples, with three fates of the call.
//!
//! A cell is one example in an account and a namespace of its own. Reference cells go first, undisturbed; what their phases write at AWS is
//! what shall be struck. Each (write, fate) is given to one of several cells, so that all are worked off side by side in one world: whenever
//! a call is held, the operator is killed and started again.

mod cell;
mod faults;
mod verdict;

use std::time::{Duration, Instant};

use directconnect_local::{DxsimOptions, Scratch, Settle, Stack, StackOptions};
use serde_json::json;

use crate::kubectl::kubectl;
use crate::recorder::Recorder;
use cell::{Cell, Example};
use faults::{Driver, Fate, Write};

/// Cells of each example and fate.
const QUICKSTARTS: usize = 4;
const SECURECARTS: usize = 3;
const SEED: u64 = 11;
/// For a phase with all its kills.
const PATIENCE: Duration = Duration::from_secs(600);

/// A part of an example's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Declared, until all is Ready.
    Apply,
    /// Deleted, until all is gone; ports are retained.
    Delete,
    /// Declared again: the retained port is taken back.
    Again,
}

#[test]
fn kill_9_at_every_aws_write_orders_every_port_once() {
    let _alone = crate::api::alone();
    println!("seed {SEED}");
    let references = vec![
        Cell::new(Example::Quickstart, 0),
        Cell::new(Example::SecureCart, 1),
    ];
    let mut cells = Vec::new();
    for example in [Example::Quickstart, Example::SecureCart] {
        for _ in 0..if example == Example::Quickstart {
            QUICKSTARTS
        } else {
            SECURECARTS
        } * Fate::ALL.len()
        {
            cells.push(Cell::new(example, cells.len() + references.len()));
        }
    }
    let scratch = Scratch::new().unwrap();
    let (mut stack, recorder) = start(&scratch, &[references.clone(), cells.clone()].concat());
    let began = Instant::now();
    let mut driver = Driver::default();
    for phase in [Phase::Apply, Phase::Delete, Phase::Again] {
        let rows = stack.dxsim.ledger().unwrap().len();
        act(&stack, &references, phase);
        recorder.until("the reference cells", PATIENCE, |newest| {
            references
                .iter()
                .all(|cell| cell.is_done(newest, phase))
                .then_some(())
        });
        let writes = Write::of(&stack.dxsim.ledger().unwrap()[rows..], &references);
        println!(
            "{:?} {phase:?}: the reference writes {}",
            began.elapsed(),
            faults::shown(&writes)
        );
        driver.plan(&stack, &cells, phase, &wanted(phase, writes));
        act(&stack, &cells, phase);
        driver.run(&mut stack, &recorder, &cells, phase, PATIENCE);
        println!(
            "{:?} {phase:?}: done, {}",
            began.elapsed(),
            driver.summary()
        );
    }
    driver.assert_all_struck(&stack);
    let all = [references, cells].concat();
    verdict::each_object_is_there_once(&stack, &all);
    recorder.assert_oracle_is_content();
    println!("{:?}: {}", began.elapsed(), driver.summary());
}

/// What is struck: every write of a first life and of its end; of the second life only what the first does not have.
fn wanted(phase: Phase, writes: Vec<Write>) -> Vec<Write> {
    let mut writes = writes;
    // One cell of a fate for each write of one operation.
    writes.retain(|write| write.nth <= SECURECARTS as u64);
    if phase == Phase::Again {
        writes.retain(|write| write.operation.contains("Tag") && write.nth <= 2);
    }
    writes
}

fn start(scratch: &Scratch, cells: &[Cell]) -> (Stack, Recorder) {
    let worlds = cell::worlds(scratch, cells);
    let options = StackOptions {
        dxsim: DxsimOptions {
            worlds,
            time_scale: 60,
            seed: SEED,
            args: Vec::new(),
        },
        settle: Some(Settle {
            validity_seconds: 10,
            visibility_seconds: 2,
        }),
        namespaces: cells.iter().map(|cell| cell.namespace.clone()).collect(),
        values: json!({"logFormat": "text"}),
        env: std::collections::BTreeMap::new(),
    };
    let stack = Stack::start(scratch.path(), &options, &mut |line| println!("{line}")).unwrap();
    let recorder = Recorder::start(&stack.control_plane);
    (stack, recorder)
}

fn act(stack: &Stack, cells: &[Cell], phase: Phase) {
    let cluster = &stack.control_plane;
    match phase {
        Phase::Apply | Phase::Again => {
            let items: Vec<_> = cells.iter().flat_map(Cell::manifests).collect();
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            cluster
                .kubectl_with_input(&["apply", "-f", "-"], &list.to_string())
                .unwrap();
        }
        Phase::Delete => {
            for cell in cells {
                kubectl(
                    cluster,
                    &format!(
                        "delete -n {} --wait=false --all virtualinterfaces,connections,directconnectgatewayassociations,directconnectgateways,virtualprivategateways",
                        cell.namespace
                    ),
                );
            }
        }
    }
}
