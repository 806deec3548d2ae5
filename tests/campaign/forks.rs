//! Forking at each boundary.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use fork::Fork;
use strum::VariantArray;

use crate::courses::Course;
use crate::drive::{self, Chosen};
use crate::faults::{Boundary, Fault, at_each_request};
use crate::results::Results;

/// What is run.
pub struct Plan {
    /// Part of a run's name.
    pub filter: String,
    /// The first two occurrences of each boundary; else the first of each write.
    pub every: bool,
    /// Children at once.
    pub jobs: usize,
}

/// Children under way.
struct Slots {
    running: usize,
    jobs: usize,
}

impl Slots {
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
}

/// Occurrences of boundaries so far, and what is still to be chosen.
struct Forker {
    course: &'static str,
    occurrences: usize,
    every: bool,
    filter: String,
    seen: BTreeMap<String, usize>,
    passed: Box<dyn Fn(&str) -> bool + Send>,
    slots: Slots,
    forked: Vec<String>,
    chosen: Chosen,
}

impl Forker {
    /// Forks for each fault at this boundary. Answers the fault in a child, nothing in the parent.
    fn at(&mut self, boundary: &Boundary) -> Option<Fault> {
        if self.chosen.is_made() || !self.every && !boundary.writes {
            return None;
        }
        let signature = boundary.signature();
        let seen = self.seen.entry(signature.clone()).or_default();
        *seen += 1;
        if *seen > self.occurrences {
            return None;
        }
        let place = format!("{}/{signature}#{seen}", self.course);
        for fault in Fault::VARIANTS.iter().filter(|f| f.applies(boundary)) {
            let name = format!("{place}/{fault}");
            if !name.contains(&self.filter) || (self.passed)(&name) {
                continue;
            }
            self.slots.take();
            std::io::stdout().flush().unwrap();
            match fork::fork() {
                Ok(Fork::Child) => {
                    let _ = fork::redirect_stdio();
                    self.chosen.make(name, *fault);
                    return Some(*fault);
                }
                Ok(Fork::Parent(_)) => self.forked.push(name),
                Err(error) => panic!("fork: {error}"),
            }
        }
        None
    }
}

/// True if nothing else runs in this process: a child has only the thread that forks.
fn single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").map_or(true, |tasks| tasks.count() == 1)
}

/// Runs all faults at all boundaries of a course.
pub fn course(course: &Course, plan: &Plan, results: &mut Results) {
    let reference = drive::reference(course);
    let folder = results.folder().to_owned();
    let passed = results.passed.clone();
    let chosen = Chosen::default();
    let forker = Arc::new(Mutex::new(Forker {
        course: course.name,
        occurrences: if plan.every { 2 } else { 1 },
        every: plan.every,
        filter: plan.filter.clone(),
        seen: BTreeMap::new(),
        passed: Box::new(move |name| passed.contains(name)),
        slots: Slots {
            running: 0,
            jobs: plan.jobs,
        },
        forked: vec![],
        chosen: chosen.clone(),
    }));
    let outcome = drive::run(course, |world| {
        assert!(single_threaded(), "another thread is alive");
        let at = Arc::clone(&forker);
        at_each_request(world, move |boundary| lock(&at).at(boundary));
    });
    if let Some((name, fault)) = chosen.get() {
        // The child: it has driven the course to its end, with its fault.
        drive::judge(&name, fault, &reference, outcome).append(&folder);
        // Nothing of the parent's is to be dropped or run here.
        std::process::exit(0);
    }
    let mut forker = lock(&forker);
    while forker.slots.running > 0 {
        forker.slots.wait_for_one();
    }
    results.expect(&forker.forked);
    match outcome {
        Ok(end) => assert_eq!(end.lines, reference.lines, "a second drive ends otherwise"),
        Err(why) => panic!("{} without a fault: {why}", course.name),
    }
}

fn lock(forker: &Arc<Mutex<Forker>>) -> std::sync::MutexGuard<'_, Forker> {
    forker.lock().unwrap_or_else(PoisonError::into_inner)
}
