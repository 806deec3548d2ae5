//! A round: cells of both examples live side by side in one world, and are struck as planned.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread::scope;
use std::time::Instant;

use super::cell::{Cell, Example};
use super::life::Life;
use super::plan::{Blow, Plan, Scope};
use super::verdict;
use super::world::World;
use super::writes::{Fate, Strike, Write};

/// What is driven.
pub struct Round {
    pub seed: u64,
    /// How long a signature is good.
    pub validity_seconds: u32,
    pub lives: Vec<(Example, Plan)>,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Report {
    pub strikes: Vec<(Blow, Strike)>,
    /// Writes of lives that nobody disturbed.
    pub plain: BTreeSet<Write>,
    /// Why it failed, if it did.
    pub trouble: Option<String>,
}

impl Round {
    /// Every round has one life of each example that nobody disturbs.
    pub fn new(seed: u64, validity_seconds: u32) -> Self {
        let mut round = Self {
            seed,
            validity_seconds,
            lives: Vec::new(),
        };
        for example in [Example::Quickstart, Example::SecureCart] {
            round.add(example, None, Scope::Whole, 1);
        }
        round
    }

    /// So many lives of an example, each with other fates.
    pub fn add(&mut self, example: Example, blow: Option<Blow>, scope: Scope, lives: usize) {
        for turn in 0..lives {
            let plan = Plan {
                blow,
                scope,
                seed: self.seed,
                turn,
            };
            self.lives.push((example, plan));
        }
    }

    /// Drives it to its end.
    pub fn run(&self) -> Report {
        println!("seed {}, {} cells", self.seed, self.lives.len());
        let report = Mutex::new(Report::default());
        let outcome = catch_unwind(AssertUnwindSafe(|| self.drive(&report)));
        let mut report = report
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        report.trouble = outcome.err().map(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            text.unwrap_or_else(|| "it failed and does not say why".to_owned())
        });
        report
    }

    fn drive(&self, report: &Mutex<Report>) {
        let lives: Vec<(Cell, Plan)> = (0..)
            .zip(&self.lives)
            .map(|(number, (example, plan))| (Cell::new(*example, number), *plan))
            .collect();
        let cells: Vec<&Cell> = lives.iter().map(|(cell, _)| cell).collect();
        let world = World::start(&cells, self.seed, self.validity_seconds);
        let began = Instant::now();
        let live = |cell: &Cell, plan: Plan| {
            let note = |strike: Strike| {
                println!(
                    "{:>4} s  {}  {:?} {}  {:?}: {}",
                    began.elapsed().as_secs(),
                    strike.cell,
                    plan.blow.unwrap(),
                    strike.write,
                    strike.fate,
                    strike.outcome
                );
                report
                    .lock()
                    .unwrap()
                    .strikes
                    .push((plan.blow.unwrap(), strike));
            };
            let mut life = Life::begin(&world, cell, plan, &note);
            for phase in plan.scope.phases() {
                let plain = life.drive(*phase);
                println!(
                    "{:>4} s  {}  {phase:?}: done",
                    began.elapsed().as_secs(),
                    cell.namespace
                );
                report.lock().unwrap().plain.extend(plain);
            }
        };
        scope(|threads| {
            let all: Vec<_> = lives
                .iter()
                .map(|(cell, plan)| threads.spawn(move || live(cell, *plan)))
                .collect();
            let failed = all.into_iter().filter_map(|life| life.join().err());
            if let Some(panic) = failed.last() {
                resume_unwind(panic);
            }
        });
        verdict::each_object_is_there_once(&world.dxsim, &cells);
        world.recorder.assert_oracle_is_content();
    }
}

impl Report {
    /// Processes struck, and writes that were held then.
    pub fn counts(&self, blow: Blow) -> (usize, usize) {
        let strikes = self.strikes.iter().filter(|(of, _)| *of == blow);
        let blows: BTreeSet<_> = strikes.clone().map(|(_, s)| (&s.cell, s.number)).collect();
        (blows.len(), strikes.count())
    }

    /// Writes that every life has and that nobody struck.
    pub fn unstruck(&self) -> Option<String> {
        let all: BTreeSet<_> = self
            .strikes
            .iter()
            .map(|(_, strike)| &strike.write)
            .collect();
        let mut missed = self.plain.iter().filter(|write| !all.contains(write));
        missed.next().map(|write| format!("never struck: {write}"))
    }

    /// Writes that every life has, each with its fates.
    pub fn fates(&self, blow: Blow) -> BTreeMap<&Write, BTreeSet<Fate>> {
        let mut fates: BTreeMap<&Write, BTreeSet<Fate>> = self
            .plain
            .iter()
            .map(|write| (write, BTreeSet::new()))
            .collect();
        for (_, strike) in self.strikes.iter().filter(|(of, _)| *of == blow) {
            if let Some(fates) = fates.get_mut(&strike.write) {
                fates.insert(strike.fate);
            }
        }
        fates
    }
}
