//! What is done to an operator whose writes are held: `kill -9`, or held still until another leads.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::RngExt;

use super::gates::{EFFECT, Held};
use super::life::{Late, Life, PATIENCE, POLL, Target};
use super::plan::{Blow, Scope};
use super::writes::{Fate, Strike, Write};

/// What is let through a gate has reached the next within this time.
const THROUGH: Duration = Duration::from_millis(20);
/// Calls that belong together come within this time.
const LONGEST_QUIET: Duration = Duration::from_millis(600);
/// Longest wait for further calls: their signatures grow old.
const GATHER: Duration = Duration::from_secs(2);

impl Life<'_> {
    /// Strikes the leader while what it sent is held.
    pub fn strike(&mut self) {
        let targets = self.gather();
        if targets.is_empty() {
            return;
        }
        self.blows += 1;
        let services: BTreeSet<String> = targets.iter().map(|t| t.call.service.clone()).collect();
        let blow = self.plan.blow.expect("gates are closed for blows");
        let mark = match blow {
            Blow::Kill => self.kill(&targets),
            Blow::TakeOver => self.hold_still(&targets),
        };
        for Target { call, write, fate } in targets {
            self.waiting.remove(&call.id);
            self.struck.insert(write.clone());
            let number = self.blows;
            match fate {
                Fate::Late => self.late.push(Late {
                    call,
                    write,
                    mark,
                    number,
                }),
                Fate::Lost => self.tell(write, fate, number, "no effect".to_owned()),
                Fate::Unheard | Fate::Answered => {
                    self.tell(write, fate, number, EFFECT.to_owned());
                }
            }
        }
        if blow == Blow::TakeOver {
            self.go_on_beside(&services, mark);
        }
    }

    /// Waits until what goes through has gone, and no other call has come for a while.
    fn gather(&mut self) -> Vec<Target> {
        let quiet = match self.plan.scope {
            // What has a stored intent and was not sent yet is struck too: that is settled for minutes.
            Scope::Whole => Duration::from_millis(self.random.random_range(0..600)),
            _ => LONGEST_QUIET,
        };
        let begun = Instant::now();
        let mut last = begun;
        let mut known = 0;
        loop {
            let (targets, moved) = self.choose();
            if moved || targets.len() != known {
                known = targets.len();
                last = Instant::now();
            }
            if !moved && (last.elapsed() >= quiet || begun.elapsed() > GATHER) {
                return targets;
            }
            sleep(THROUGH);
        }
    }

    /// `kill -9`, and a new process. Returns how far the ledger was in between.
    fn kill(&mut self, targets: &[Target]) -> usize {
        for target in targets.iter().filter(|t| t.fate == Fate::Answered) {
            self.gates.release(target.call.id);
            // It gets as far as it gets.
            sleep(Duration::from_millis(self.random.random_range(0..15)));
        }
        self.crew.kill();
        for call in self.others(targets) {
            self.write_of(&call);
            self.waiting.remove(&call.id);
            self.gates.reset(call.id);
        }
        for target in targets {
            if matches!(target.fate, Fate::Lost | Fate::Unheard) {
                self.gates.reset(target.call.id);
            }
        }
        let mark = self.gates.mark();
        self.crew.restart();
        mark
    }

    /// SIGSTOP until the other leads. Returns how far the ledger was then.
    fn hold_still(&mut self, targets: &[Target]) -> usize {
        self.crew.pause();
        for call in self.others(targets) {
            self.let_through(&call);
        }
        for target in targets {
            match target.fate {
                Fate::Answered => self.gates.release(target.call.id),
                Fate::Lost | Fate::Unheard => self.gates.reset(target.call.id),
                Fate::Late => {}
            }
        }
        self.crew.wait_for_the_other();
        self.gates.mark()
    }

    /// The other looks, or begins to write at once; late calls land; then the first goes on beside it.
    fn go_on_beside(&mut self, services: &BTreeSet<String>, mark: usize) {
        let enough = Instant::now() + Duration::from_millis(self.random.random_range(0..3000));
        let deadline = Instant::now() + PATIENCE;
        while self.others(&[]).is_empty() {
            let looked = services.iter().all(|s| self.gates.looked(s, mark));
            if looked && Instant::now() > enough {
                break;
            }
            assert!(Instant::now() < deadline, "the new leader never looked");
            sleep(POLL);
        }
        for late in std::mem::take(&mut self.late) {
            self.land(late);
        }
        self.crew.resume();
    }

    /// What arrived just before the blow, or came from the other process.
    fn others(&self, targets: &[Target]) -> Vec<Held> {
        let mut held = self.gates.held();
        held.retain(|call| {
            let targets = targets.iter().map(|target| &target.call);
            let late = self.late.iter().map(|late| &late.call);
            targets.chain(late).all(|known| known.id != call.id)
        });
        held
    }

    /// Late calls go on once whoever came after has looked.
    pub fn land_late(&mut self) {
        for late in std::mem::take(&mut self.late) {
            if self.gates.looked(&late.call.service, late.mark) {
                self.land(late);
            } else {
                self.late.push(late);
            }
        }
    }

    fn land(&mut self, late: Late) {
        self.goes_between(late.write.clone());
        let outcome = self.gates.carry_out(&late.call);
        if outcome != EFFECT {
            self.has_no_effect(&late.write);
        }
        self.tell(late.write, Fate::Late, late.number, outcome);
    }

    fn tell(&self, write: Write, fate: Fate, number: usize, outcome: String) {
        (self.note)(Strike {
            write,
            fate,
            cell: self.cell.namespace.clone(),
            number,
            outcome,
        });
    }
}
