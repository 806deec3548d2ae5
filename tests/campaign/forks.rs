//! Forking at each boundary.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directconnect_operator::planted::Planted;
use fork::Fork;
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};
use strum::VariantArray;
use tracing::level_filters::LevelFilter;

use crate::boundary::Boundary;
use crate::courses::Course;
use crate::drive::{self, Outcome, Reference};
use crate::faults::{Blow, Fault, at_each_request};
use crate::results::Results;

/// Seconds of processor time that one run may take: it would else run for ever.
const SECONDS: u64 = 300;

/// What is run.
#[derive(Clone)]
pub struct Plan {
    /// Parts of a run's name.
    pub filters: [String; 2],
    /// Reads too, and each boundary twice; else the first of each write.
    pub every: bool,
    /// Faults at writes are followed by a second one, at the writes that come after them.
    pub doubles: bool,
    /// Children at once.
    pub jobs: usize,
    /// The operator's bug.
    pub planted: Planted,
}

impl Plan {
    fn wants(&self, run: &str) -> bool {
        self.filters.iter().all(|part| run.contains(part))
    }
}

/// One fault and where it strikes: `signature#occurrence/fault`. Occurrences are counted from the fault before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// `signature#occurrence`.
    pub place: String,
    /// What goes wrong there.
    pub fault: Fault,
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.fault)
    }
}

/// A run: a course and what strikes it, in order. Written `course/strike + strike`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The course's name.
    pub course: String,
    /// What goes wrong.
    pub strikes: Vec<Strike>,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strikes: Vec<String> = self.strikes.iter().map(ToString::to_string).collect();
        write!(f, "{}/{}", self.course, strikes.join(" + "))
    }
}

impl FromStr for Run {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let (course, rest) = name.split_once('/').ok_or("course/place/fault")?;
        let strike = |text: &str| {
            let (place, fault) = text.split_once('/').ok_or("place/fault")?;
            let fault = fault
                .parse()
                .map_err(|_| format!("no fault is called {fault}"))?;
            let place = place.to_owned();
            Ok::<_, String>(Strike { place, fault })
        };
        Ok(Self {
            course: course.to_owned(),
            strikes: rest.split(" + ").map(strike).collect::<Result<_, _>>()?,
        })
    }
}

impl Run {
    /// Its faults.
    pub fn faults(&self) -> Vec<Fault> {
        self.strikes.iter().map(|s| s.fault).collect()
    }
}

/// Counts boundaries since the last strike.
#[derive(Default)]
pub struct Places(BTreeMap<String, usize>);

impl Places {
    /// The place of this occurrence, and how many there were.
    pub fn next(&mut self, boundary: &Boundary) -> (String, usize) {
        let signature = boundary.signature();
        let seen = self.0.entry(signature.clone()).or_default();
        *seen += 1;
        (format!("{signature}#{seen}"), *seen)
    }

    /// From the beginning.
    pub fn begin(&mut self) {
        self.0.clear();
    }
}

/// Children under way.
struct Slots {
    running: usize,
    jobs: usize,
}

impl Slots {
    /// None yet.
    fn of(jobs: usize) -> Self {
        Self { running: 0, jobs }
    }

    /// Forks once there is room: true in the child.
    fn fork(&mut self) -> bool {
        self.take();
        std::io::stdout().flush().unwrap();
        match fork::fork() {
            Ok(Fork::Child) => {
                let _ = fork::redirect_stdio();
                limit();
                set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
                true
            }
            Ok(Fork::Parent(_)) => false,
            Err(error) => panic!("fork: {error}"),
        }
    }

    fn wait_for_one(&mut self) {
        // A child that ended by a signal wrote no line: it is missed by its name.
        let _ = fork::wait_any();
        self.running -= 1;
    }

    fn take(&mut self) {
        while self.running >= self.jobs {
            self.wait_for_one();
        }
        self.running += 1;
    }

    /// Waits for all of them.
    fn end(&mut self) {
        while self.running > 0 {
            self.wait_for_one();
        }
    }
}

/// Occurrences of boundaries so far, and what is still to be chosen.
struct Forker {
    plan: Plan,
    places: Places,
    passed: BTreeSet<String>,
    slots: Slots,
    forked: Vec<String>,
    /// What this process is.
    run: Run,
    /// Another fault may follow those that this process has.
    goes_on: bool,
}

impl Forker {
    /// Forks for each fault at this boundary. Answers the fault in a child, nothing in the parent.
    fn at(&mut self, boundary: &Boundary) -> Option<Fault> {
        let first = self.run.strikes.is_empty();
        let wanted = boundary.writes || first && self.plan.every;
        if !self.goes_on || !wanted {
            return None;
        }
        let (place, seen) = self.places.next(boundary);
        if seen > if first && self.plan.every { 2 } else { 1 } {
            return None;
        }
        let follows = self.plan.doubles && boundary.writes;
        for fault in Fault::VARIANTS.iter().filter(|f| f.applies(boundary)) {
            let mut run = self.run.clone();
            let place = place.clone();
            run.strikes.push(Strike {
                place,
                fault: *fault,
            });
            let name = run.to_string();
            let chosen = self.plan.wants(&name) && !self.passed.contains(&name);
            let leads_on = first && follows;
            if !chosen && !leads_on {
                continue;
            }
            if self.slots.fork() {
                self.run = run;
                self.goes_on = leads_on;
                self.places.begin();
                self.forked = vec![];
                // As many as there are: this process waits while its children run.
                self.slots = Slots::of(1);
                return Some(*fault);
            }
            self.forked.push(name);
        }
        None
    }
}

/// A run that never ends is ended by the kernel.
fn limit() {
    let most = Rlimit {
        current: Some(SECONDS),
        maximum: getrlimit(Resource::Cpu).maximum,
    };
    setrlimit(Resource::Cpu, most).unwrap();
}

/// True if nothing else runs in this process: a child has only the thread that forks.
fn single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").map_or(true, |tasks| tasks.count() == 1)
}

/// Runs all faults at all boundaries of a course.
pub fn course(course: &Course, plan: &Plan, reference: &Reference, results: &Results) -> Outcome {
    let folder = results.folder().to_owned();
    let forker = Arc::new(Mutex::new(Forker {
        plan: plan.clone(),
        places: Places::default(),
        passed: results.passed.clone(),
        slots: Slots::of(plan.jobs),
        forked: vec![],
        run: Run {
            course: course.name.to_owned(),
            strikes: vec![],
        },
        goes_on: true,
    }));
    let outcome = drive::run(course, plan.planted, LevelFilter::WARN, |world, wishes| {
        assert!(single_threaded(), "another thread is alive");
        let at = Arc::clone(&forker);
        at_each_request(world, wishes, move |boundary| {
            lock(&at).at(boundary).map(Blow::Fault)
        });
    });
    let mut forker = lock(&forker);
    forker.slots.end();
    if !forker.run.strikes.is_empty() {
        // A child: it has driven the course to its end, with its faults.
        let name = forker.run.to_string();
        if forker.plan.wants(&name) && !forker.passed.contains(&name) {
            drive::judge(&name, &forker.run.faults(), reference, outcome).append(&folder);
        }
        results.expect(&forker.forked);
        // Nothing of the parent's is to be dropped or run here.
        std::process::exit(0);
    }
    results.expect(&forker.forked);
    outcome
}

/// Forks for each of these runs that has not passed. Answers the one that this process is, in a child; nothing in the parent, once
/// all have ended.
pub fn each<T>(
    runs: impl IntoIterator<Item = (String, T)>,
    jobs: usize,
    results: &Results,
) -> Option<(String, T)> {
    let mut slots = Slots::of(jobs);
    let mut forked = vec![];
    for (name, run) in runs {
        if results.passed.contains(&name) {
            continue;
        }
        if slots.fork() {
            return Some((name, run));
        }
        forked.push(name);
    }
    slots.end();
    results.expect(&forked);
    None
}

fn lock(forker: &Arc<Mutex<Forker>>) -> MutexGuard<'_, Forker> {
    forker.lock().unwrap_or_else(PoisonError::into_inner)
}
