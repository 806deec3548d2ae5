//! Holds at AWS writes, and the kills that they call for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use directconnect_local::{Stack, until};
use serde_json::{Value, json};

use super::Phase;
use super::cell::{Cell, Example};
use crate::recorder::Recorder;

/// Longest wait for further calls before a kill.
const TOGETHER: Duration = Duration::from_secs(2);

/// A write of an example: the nth of this operation in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub example: Example,
    service: String,
    pub operation: String,
    pub nth: u64,
}

/// What becomes of the call whose caller dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It has no effect.
    Lost,
    /// It takes effect after the next operator has begun.
    Late,
    /// It took effect, its answer is lost.
    Unheard,
}

impl Fate {
    pub const ALL: [Self; 3] = [Self::Lost, Self::Late, Self::Unheard];

    fn kind(self) -> &'static str {
        match self {
            Self::Lost | Self::Late => "holdBeforeEffect",
            Self::Unheard => "holdAfterEffect",
        }
    }
}

impl Write {
    /// Taking tags off is repeated where a list that lags still shows them.
    fn may_vary(&self) -> bool {
        let off = self.operation.starts_with("Untag") || self.operation == "DeleteTags";
        self.operation.contains("Tag") && self.nth > if off { 1 } else { 2 }
    }

    /// The writes that the reference cells made.
    pub fn of(rows: &[Value], references: &[Cell]) -> Vec<Self> {
        let mut writes = Vec::new();
        for cell in references {
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for row in rows.iter().filter(|row| {
                row["account"] == *cell.account && row["mutating"] == true && row["effect"] == true
            }) {
                let operation = row["operation"].as_str().unwrap();
                let nth = counts.entry(operation).or_default();
                *nth += 1;
                writes.push(Self {
                    example: cell.example,
                    service: row["service"].as_str().unwrap().to_owned(),
                    operation: operation.to_owned(),
                    nth: *nth,
                });
            }
        }
        writes
    }
}

pub fn shown(writes: &[Write]) -> String {
    let names: Vec<String> = writes
        .iter()
        .map(|write| format!("{:?}:{}#{}", write.example, write.operation, write.nth))
        .collect();
    format!("{} times: {}", names.len(), names.join(" "))
}

/// Plans holds, kills, restarts, counts.
#[derive(Default)]
pub struct Driver {
    /// Cell's account → fate of its calls.
    fates: BTreeMap<String, Fate>,
    planned: usize,
    /// Faults that must have struck.
    required: BTreeSet<u64>,
    kills: usize,
    strikes: usize,
}

impl Driver {
    /// Gives every (write, fate) to a cell of the example.
    pub fn plan(&mut self, stack: &Stack, cells: &[Cell], phase: Phase, writes: &[Write]) {
        for example in [Example::Quickstart, Example::SecureCart] {
            let of: Vec<&Cell> = cells
                .iter()
                .filter(|cell| cell.example == example)
                .collect();
            let per_fate = of.len() / Fate::ALL.len();
            for (group, fate) in of.chunks(per_fate).zip(Fate::ALL) {
                // A call that one hold strikes is not counted by another: one of an operation in each cell.
                let mut given: BTreeSet<(&str, &str)> = BTreeSet::new();
                for write in writes.iter().filter(|write| write.example == example) {
                    let load = |cell: &Cell| {
                        let same =
                            given.contains(&(cell.account.as_str(), write.operation.as_str()));
                        let all = given.iter().filter(|(account, _)| *account == cell.account);
                        (same, all.count())
                    };
                    let cell = group.iter().min_by_key(|cell| load(cell)).unwrap();
                    assert!(
                        !load(cell).0,
                        "more cells of {example:?} are needed for {write:?}"
                    );
                    given.insert((&cell.account, &write.operation));
                    self.fates.insert(cell.account.clone(), fate);
                    let matching = json!({"account": cell.account, "service": write.service, "operation": write.operation, "nth": write.nth});
                    let answer = stack
                        .dxsim
                        .post("faults", &json!({"match": matching, "kind": fate.kind()}))
                        .unwrap();
                    self.planned += 1;
                    // What is retained without its last tags needs fewer writes to be taken back, and a list that shows an
                    // object before its tags may make for one more.
                    if phase != Phase::Again && !write.may_vary() {
                        self.required.insert(id(&answer));
                    }
                }
            }
        }
    }

    /// Kills and restarts the operator whenever calls are held, until the phase has reached its end in all cells.
    pub fn run(
        &mut self,
        stack: &mut Stack,
        recorder: &Recorder,
        cells: &[Cell],
        phase: Phase,
        patience: Duration,
    ) {
        let deadline = Instant::now() + patience;
        // Calls whose callers are dead and that take effect later: id → row of the ledger at the kill.
        let mut late: BTreeMap<u64, usize> = BTreeMap::new();
        loop {
            let held = held(stack);
            if held.iter().any(|call| !late.contains_key(&id(call))) {
                self.kill(stack, &mut late);
                continue;
            }
            release_late(stack, &held, &mut late);
            let done = |newest: &BTreeMap<String, Value>| {
                cells.iter().all(|cell| cell.is_done(newest, phase))
            };
            let over = late.is_empty() && recorder.within(Duration::from_millis(200), done);
            if over && self.missed(stack).is_empty() {
                break;
            }
            if Instant::now() > deadline {
                println!("never struck: {}", self.missed(stack).join("\n"));
                println!("{}", stack.operator.process().log_tail(60));
                recorder.until(
                    &format!("{phase:?} of all cells"),
                    Duration::from_secs(1),
                    |newest| done(newest).then_some(()),
                );
                break;
            }
        }
    }

    /// Calls that are held at about the same time share a kill; the operator itself gives a call up after 8 s.
    fn kill(&mut self, stack: &mut Stack, late: &mut BTreeMap<u64, usize>) {
        let fresh = |stack: &Stack, late: &BTreeMap<u64, usize>| -> Vec<Value> {
            let mut calls = held(stack);
            calls.retain(|call| !late.contains_key(&id(call)));
            calls
        };
        let first = fresh(stack, late).len();
        // An error means that no other came, which is as good.
        let _ = until("another call", TOGETHER, Duration::from_millis(100), || {
            Ok((fresh(stack, late).len() > first + 2).then_some(()))
        });
        stack.operator.kill9().unwrap();
        self.kills += 1;
        let rows = stack.dxsim.ledger().unwrap().len();
        for call in fresh(stack, late) {
            self.strikes += 1;
            let number = id(&call);
            if self.fates[call["account"].as_str().unwrap()] == Fate::Late {
                late.insert(number, rows);
            } else {
                let order = json!({"id": number, "how": "reset"});
                stack.dxsim.post("release", &order).unwrap();
            }
        }
        stack.operator.restart().unwrap();
        stack.operator.wait_ready().unwrap();
    }

    /// Required faults that have not struck.
    fn missed(&self, stack: &Stack) -> Vec<String> {
        let all = stack.dxsim.get("faults").unwrap();
        let all = all.as_array().unwrap().iter();
        all.filter(|fault| fault["struck"] != 1 && self.required.contains(&id(fault)))
            .map(Value::to_string)
            .collect()
    }

    pub fn assert_all_struck(&self, stack: &Stack) {
        assert_eq!(self.missed(stack), Vec::<String>::new());
        assert!(self.strikes >= self.required.len() && !self.required.is_empty());
        assert!(held(stack).is_empty());
    }

    pub fn summary(&self) -> String {
        format!(
            "{} writes held of {} planned, {} kills",
            self.strikes, self.planned, self.kills
        )
    }
}

fn id(value: &Value) -> u64 {
    value["id"].as_u64().unwrap()
}

fn held(stack: &Stack) -> Vec<Value> {
    stack.dxsim.get("held").unwrap().as_array().unwrap().clone()
}

/// A late call goes on once the new operator has looked at its account, or its signature is about to expire anyway.
fn release_late(stack: &Stack, held: &[Value], late: &mut BTreeMap<u64, usize>) {
    if late.is_empty() {
        return;
    }
    let ledger = stack.dxsim.ledger().unwrap();
    for call in held {
        let Some(rows) = late.get(&id(call)) else {
            continue;
        };
        let looked = ledger[*rows..].iter().any(|row| {
            row["account"] == call["account"]
                && row["service"] == call["service"]
                && row["mutating"] == false
                && row["effect"] != true
        });
        if looked {
            stack
                .dxsim
                .post("release", &json!({"id": id(call)}))
                .unwrap();
            late.remove(&id(call));
        }
    }
}
