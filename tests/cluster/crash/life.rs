//! A cell's life: each write of its operator comes to the gates, and whoever sent it is struck there once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::cell::Cell;
use super::crew::Crew;
use super::gates::{Gates, Held};
use super::plan::{Blow, Plan};
use super::verdict;
use super::world::World;
use super::writes::{Fate, Phase, Strike, Write};
use crate::kubectl::kubectl;

/// Longest time without a strike.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// How often the gates are looked at.
pub const POLL: Duration = Duration::from_millis(100);

/// A held call that is to be struck.
pub struct Target {
    pub call: Held,
    pub write: Write,
    pub fate: Fate,
}

/// A call whose caller was struck and that goes on later.
pub struct Late {
    pub call: Held,
    pub write: Write,
    /// How far the ledger was when its caller had been struck.
    pub mark: usize,
    /// That of the blow.
    pub number: usize,
}

/// One cell, its operator, and what has become of its writes so far.
pub struct Life<'w> {
    pub world: &'w World,
    pub cell: &'w Cell,
    pub plan: Plan,
    pub crew: Crew,
    pub gates: Gates<'w>,
    pub random: ChaCha12Rng,
    pub note: &'w (dyn Fn(Strike) + Sync),
    phase: Phase,
    /// How far the ledger was when the phase began.
    began: usize,
    /// Calls that came to the gates in this phase.
    arrived: usize,
    /// Writes that took effect in this phase.
    landed: BTreeSet<Write>,
    /// At a gate.
    pub waiting: BTreeMap<u64, Write>,
    /// Between the gates, by operation.
    between: BTreeMap<String, VecDeque<Write>>,
    pub late: Vec<Late>,
    pub struck: BTreeSet<Write>,
    pub blows: usize,
}

impl<'w> Life<'w> {
    /// Closes the gates, starts the cell's operator.
    pub fn begin(
        world: &'w World,
        cell: &'w Cell,
        plan: Plan,
        note: &'w (dyn Fn(Strike) + Sync),
    ) -> Self {
        let gates = Gates::new(&world.dxsim, &cell.account);
        if plan.blow.is_some() {
            gates.close();
        }
        let replicas = if plan.blow == Some(Blow::TakeOver) {
            2
        } else {
            1
        };
        Self {
            gates,
            crew: Crew::start(world, cell, replicas),
            random: ChaCha12Rng::seed_from_u64(plan.seed ^ plan.turn as u64),
            note,
            world,
            cell,
            plan,
            phase: Phase::Apply,
            began: 0,
            arrived: 0,
            landed: BTreeSet::new(),
            waiting: BTreeMap::new(),
            between: BTreeMap::new(),
            late: Vec::new(),
            struck: BTreeSet::new(),
            blows: 0,
        }
    }

    /// Drives a phase to its end. Returns its writes if nobody disturbs them.
    pub fn drive(&mut self, phase: Phase) -> BTreeSet<Write> {
        self.phase = phase;
        self.began = self.gates.mark();
        self.arrived = 0;
        self.cell.act(&self.world.control_plane, phase);
        let mut deadline = Instant::now() + PATIENCE;
        loop {
            if !self.choose().0.is_empty() {
                self.strike();
                deadline = Instant::now() + PATIENCE;
                continue;
            }
            self.land_late();
            let done = |newest: &_| self.cell.is_done(newest, phase);
            if self.world.recorder.within(POLL, done) && self.gates.held().is_empty() {
                break;
            }
            if Instant::now() > deadline {
                self.give_up();
            }
        }
        let rows = self.gates.since(self.began);
        let rows: Vec<_> = rows.iter().filter(|row| row["mutating"] == true).collect();
        if self.plan.blow.is_some() {
            // Those whose signature was too old stand there without an account.
            assert!(
                rows.len() <= self.arrived,
                "not all came to the gates: {rows:#?}"
            );
            return BTreeSet::new();
        }
        Write::of(self.cell.example, phase, &rows)
    }

    fn give_up(&mut self) -> ! {
        let (cell, phase) = (&self.cell.namespace, self.phase);
        let orders = verdict::orders_of(self.cell, &self.world.dxsim.ledger().unwrap());
        let line = format!("get directconnect -n {cell} -o wide");
        let objects = kubectl(&self.world.control_plane, &line);
        let logs = self.crew.logs();
        panic!(
            "{phase:?} of {cell} does not end; {orders} orders; held: {:?}\n{objects}\n{logs}",
            self.gates.held()
        );
    }

    /// Lets go on what is to go on. Returns what is to be struck, and whether anything moved.
    pub fn choose(&mut self) -> (Vec<Target>, bool) {
        let (mut targets, mut moved) = (Vec::new(), false);
        for call in self.gates.held() {
            if self.late.iter().any(|late| late.call.id == call.id) {
                continue;
            }
            let write = self.write_of(&call);
            let refused = !call.before && !self.gates.took_effect(&call, self.began);
            if refused {
                self.has_no_effect(&write);
            }
            let fate = self.plan.fate(&write).filter(|fate| {
                !refused && fate.before_effect() == call.before && !self.struck.contains(&write)
            });
            if let Some(fate) = fate {
                targets.push(Target { call, write, fate });
            } else {
                moved = true;
                self.let_through(&call);
            }
        }
        (targets, moved)
    }

    /// Which write of the phase this is.
    pub fn write_of(&mut self, call: &Held) -> Write {
        if let Some(known) = self.waiting.get(&call.id) {
            return known.clone();
        }
        let write = if call.before {
            self.arrived += 1;
            let taken = |write: &Write| {
                self.landed.contains(write) || self.waiting.values().any(|other| other == write)
            };
            let mut write = Write {
                example: self.cell.example,
                phase: self.phase,
                operation: call.operation.clone(),
                nth: 1,
            };
            while taken(&write) {
                write.nth += 1;
            }
            write
        } else {
            let between = self.between.entry(call.operation.clone()).or_default();
            between.pop_front().unwrap()
        };
        self.waiting.insert(call.id, write.clone());
        write
    }

    /// It passes the gate that it is at.
    pub fn let_through(&mut self, call: &Held) {
        let write = self.write_of(call);
        self.waiting.remove(&call.id);
        if call.before {
            self.goes_between(write);
        }
        self.gates.release(call.id);
    }

    /// It is past the first gate and will come to the second.
    pub fn goes_between(&mut self, write: Write) {
        self.landed.insert(write.clone());
        let between = self.between.entry(write.operation.clone());
        between.or_default().push_back(write);
    }

    /// AWS refused it.
    pub fn has_no_effect(&mut self, write: &Write) {
        self.landed.remove(write);
    }
}
