//! What the cluster holds is lost, is older than it was, or changes its form: AWS tells what there is, nothing is ordered twice, nothing lost.
//! One test, because a world takes half a minute to start; the parts have cells of their own.

mod empty;
mod kubernetes;
mod snapshot;
mod status;
mod upgrade;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use directconnect_local::{DxsimOptions, Scratch, Settle, Stack, StackOptions, until};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::crash::cell::{self, Cell, Example};
use crate::crash::verdict;
use crate::crash::writes::Phase;
use crate::recorder::{self, Recorder};

const SEED: u64 = 23;
const PATIENCE: Duration = Duration::from_secs(150);
const SETTLE: Settle = Settle {
    validity_seconds: 15,
    visibility_seconds: 2,
};

/// Cells, each with its own account and namespace.
#[derive(Clone)]
struct Cells {
    /// Comes up undisturbed.
    undisturbed: Cell,
    /// Takes over a port and orders a second one later.
    growing: Cell,
    /// Its status is wiped while its order is on the way, the operator alive.
    wiped: Cell,
    /// Its status is wiped and the operator killed; the order arrives later.
    late: Cell,
    /// Its status is wiped and the operator killed; the order never arrives, and is made again one window later: after etcd was saved.
    lost: Cell,
    /// Its order is open while the CRDs change.
    upgraded: Cell,
    /// In the snapshot there is no status of it.
    unseen: Cell,
    /// In the snapshot its order is open.
    open: Cell,
}

impl Cells {
    fn new() -> Self {
        let quickstart = |number| Cell::new(Example::Quickstart, number);
        Self {
            undisturbed: quickstart(0),
            growing: Cell::new(Example::SecureCart, 1),
            wiped: quickstart(2),
            late: quickstart(3),
            lost: quickstart(4),
            upgraded: quickstart(5),
            unseen: quickstart(6),
            open: quickstart(7),
        }
    }

    fn all(&self) -> Vec<&Cell> {
        let Self {
            undisturbed,
            growing,
            wiped,
            late,
            lost,
            upgraded,
            unseen,
            open,
        } = self;
        vec![
            undisturbed,
            growing,
            wiped,
            late,
            lost,
            upgraded,
            unseen,
            open,
        ]
    }
}

/// What the parts work with.
struct World {
    stack: Stack,
    recorder: Recorder,
    options: StackOptions,
    cells: Cells,
    began: Instant,
    scratch: Scratch,
}

/// A write at AWS.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Effect {
    account: String,
    operation: String,
    resource: Option<String>,
}

#[test]
fn what_the_cluster_loses_is_found_at_aws() {
    let _alone = crate::api::alone();
    println!("seed {SEED}");
    let mut world = start();
    upgrade::begins_with_older_crds(&mut world);
    status::is_lost(&mut world);
    upgrade::changes_nothing(&mut world);
    snapshot::is_put_back(&mut world);
    let world = empty::cluster_takes_everything_back(world);
    world.step("the end");
}

fn start() -> World {
    let began = Instant::now();
    let scratch = recorder::scratch();
    let cells = Cells::new();
    let options = StackOptions {
        dxsim: DxsimOptions {
            worlds: cell::worlds(&scratch, &cells.all()),
            time_scale: 60,
            seed: SEED,
            args: Vec::new(),
        },
        settle: Some(SETTLE),
        namespaces: cells
            .all()
            .iter()
            .map(|cell| cell.namespace.clone())
            .collect(),
        values: json!({"logFormat": "text"}),
        env: BTreeMap::new(),
    };
    let stack = Stack::start(scratch.path(), &options, &mut |line| println!("{line}")).unwrap();
    let recorder = Recorder::start(&stack.control_plane);
    World {
        stack,
        recorder,
        options,
        cells,
        began,
        scratch,
    }
}

impl World {
    fn step(&self, what: &str) {
        println!("{:?} {what}", self.began.elapsed());
    }

    /// Waits until these cells are up; each port was ordered once, and nothing was deleted.
    fn expect_up(&self, cells: &[&Cell]) {
        let up = |newest: &BTreeMap<String, Value>| {
            let up = |cell: &&Cell| cell.is_done(newest, Phase::Apply);
            cells.iter().all(up).then_some(())
        };
        self.recorder.until("the cells", PATIENCE, up);
        let effects = self.effects(0);
        for cell in cells {
            let order = |effect: &&Effect| {
                effect.account == cell.account && effect.operation == "CreateConnection"
            };
            assert_eq!(
                effects.iter().filter(order).count(),
                cell.ports(),
                "{effects:#?}"
            );
        }
        let gone = ["Delete", "Detach", "Disassociate", "Untag"];
        let goes = |effect: &&Effect| gone.iter().any(|verb| effect.operation.starts_with(verb));
        assert_eq!(effects.iter().find(goes), None);
    }

    /// Waits until all cells are up, as they were before: nothing was made since, and nothing is there twice.
    fn expect_all_as_before(&self, ids: &BTreeMap<String, Value>, rows: usize) {
        self.expect_up(&self.cells.all());
        verdict::each_object_is_there_once(&self.stack.dxsim, &self.cells.all());
        assert_eq!(
            *ids,
            kubernetes::ids(&kubernetes::objects(&self.stack.control_plane))
        );
        self.expect_only_tags(rows, &[]);
    }

    /// After these rows of the ledger nothing was written at AWS but tags, other accounts aside.
    fn expect_only_tags(&self, rows: usize, aside: &[&String]) {
        let made = self
            .effects(rows)
            .into_iter()
            .find(|effect| !effect.operation.contains("Tag") && !aside.contains(&&effect.account));
        assert_eq!(made, None);
    }

    /// Begins to watch anew, after the API server was away.
    fn watch_anew(&mut self) {
        self.recorder = Recorder::start(&self.stack.control_plane);
    }

    fn rows(&self) -> usize {
        self.stack.dxsim.ledger().unwrap().len()
    }

    /// Writes at AWS that had an effect after the first `since` rows of the ledger.
    fn effects(&self, since: usize) -> Vec<Effect> {
        let ledger = self.stack.dxsim.ledger().unwrap();
        let rows = ledger[since..].iter();
        rows.filter(|row| row["mutating"] == true && row["effect"] == true)
            .map(|row| serde_json::from_value(row.clone()).unwrap())
            .collect()
    }

    /// From now on the next order of this cell is held.
    fn hold_order(&self, cell: &Cell, kind: &str) {
        let matching = json!({"account": cell.account, "operation": "CreateConnection"});
        let fault = json!({"match": matching, "kind": kind});
        self.stack.dxsim.post("faults", &fault).unwrap();
    }

    /// Waits until the order of this cell is held; its number.
    fn held_order(&self, cell: &Cell) -> u64 {
        let every = Duration::from_millis(50);
        until("an order", PATIENCE, every, || {
            let held = self.stack.dxsim.get("held")?;
            let calls = held.as_array().into_iter().flatten();
            let mut of = calls.filter(|call| call["account"] == *cell.account);
            Ok(of.next().and_then(|call| call["id"].as_u64()))
        })
        .unwrap()
    }

    /// `how`: `continue` or `reset`.
    fn release(&self, call: u64, how: &str) {
        let order = json!({"id": call, "how": how});
        self.stack.dxsim.post("release", &order).unwrap();
    }
}
