//! Seeded schedules: when answers come, and what goes wrong, several times in one course.
//!
//! Every choice comes from one list of numbers, which a seed makes: so a schedule is replayed by its seed, and a failing one is
//! shrunk by taking choices out of the list until each one that is left is needed.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use directconnect_operator::planted::Planted;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use strum::VariantArray;
use tracing::level_filters::LevelFilter;

use crate::boundary::Boundary;
use crate::courses::{self, Course};
use crate::drive::{self, Reference};
use crate::faults::{Blow, Fault, at_each_request};
use crate::forks::{self, Places};
use crate::results::{Line, Results};

/// Courses of one object that are driven, in turn…
const OF_THE_PORT: &[&str] = &["port", "retained-port"];
/// …and one schedule in so many is of these: they cost more.
const ONE_IN: usize = 8;
/// See [`ONE_IN`].
const OF_ALL_KINDS: &[&str] = &["quickstart", "leaving", "changing"];
/// Most faults in one course.
const FAULTS: usize = 4;
/// Of a thousand requests, so many meet a fault…
const FAULTY: u32 = 15;
/// …and so many are answered late.
const LATE: u32 = 250;
/// Longest that an answer takes: attempts have 8 s and 10 s.
const LATEST: u32 = 6_000;

/// The choices of one course: a number for each request, 0 if nothing befalls it.
#[derive(Clone)]
struct Choices {
    seed: u64,
    /// Places whose choice is taken out.
    without: BTreeSet<String>,
}

impl Choices {
    fn of(seed: u64) -> Self {
        Self {
            seed,
            without: BTreeSet::new(),
        }
    }

    /// Each place has a number of its own: taking one out moves no other, and nor does the order in which objects are taken up.
    fn at(&self, place: &str) -> u32 {
        let mut rng = ChaCha12Rng::seed_from_u64(self.seed);
        let mut hasher = DefaultHasher::new();
        place.hash(&mut hasher);
        rng.set_stream(hasher.finish());
        rng.next_u32()
    }

    fn blow(&self, place: &str, boundary: &Boundary, faults: usize) -> Option<Blow> {
        if self.without.contains(place) {
            return None;
        }
        let choice = self.at(place);
        let (kind, value) = (choice % 1_000, choice / 1_000);
        if kind < FAULTY && faults < FAULTS {
            let fits: Vec<&Fault> = Fault::VARIANTS
                .iter()
                .filter(|f| f.applies(boundary))
                .collect();
            let fault = fits.get(value as usize % fits.len())?;
            return Some(Blow::Fault(**fault));
        }
        (1_000 - kind <= LATE).then(|| Blow::Late(Duration::from_millis(u64::from(value % LATEST))))
    }
}

/// What befell a course.
#[derive(Default)]
struct Story {
    requests: usize,
    places: Places,
    faults: Vec<Fault>,
    told: Vec<String>,
    /// The places that something befell.
    at: Vec<String>,
}

/// The course that a seed drives.
fn course_of(seed: u64) -> &'static str {
    let number = usize::try_from(seed).unwrap_or_default();
    let (round, turn) = (number / ONE_IN, number % ONE_IN);
    let of = if turn == 0 { OF_ALL_KINDS } else { OF_THE_PORT };
    of[(round + turn) % of.len()]
}

fn course(seed: u64) -> Course {
    courses::named(course_of(seed)).unwrap()
}

fn name(seed: u64) -> String {
    format!("schedule {seed} of {}", course_of(seed))
}

fn drive(choices: &Choices, reference: &Reference) -> (Line, Story) {
    let course = course(choices.seed);
    let story: Arc<Mutex<Story>> = Arc::default();
    let (at, chosen) = (Arc::clone(&story), choices.clone());
    let outcome = drive::run(
        &course,
        Planted::default(),
        LevelFilter::WARN,
        |world, wishes| {
            let over = Arc::clone(wishes);
            at_each_request(world, wishes, move |boundary| {
                if over.over.load(Ordering::Relaxed) {
                    return None;
                }
                let mut story = at.lock().unwrap();
                story.requests += 1;
                let (place, _) = story.places.next(boundary);
                let blow = chosen.blow(&place, boundary, story.faults.len())?;
                let what = match &blow {
                    Blow::Fault(fault) => {
                        story.faults.push(*fault);
                        fault.to_string()
                    }
                    Blow::Late(by) => format!("answered after {by:?}"),
                };
                story.told.push(format!("{place}: {what}"));
                story.at.push(place);
                Some(blow)
            });
        },
    );
    let story = std::mem::take(&mut *story.lock().unwrap());
    (
        drive::judge(&name(choices.seed), &story.faults, reference, outcome),
        story,
    )
}

/// Runs schedules with these seeds.
pub fn run(seeds: std::ops::Range<u64>, jobs: usize, results: &Results) {
    let references: BTreeMap<&str, Reference> = OF_THE_PORT
        .iter()
        .chain(OF_ALL_KINDS)
        .map(|name| (*name, drive::reference(&courses::named(name).unwrap())))
        .collect();
    let runs = seeds.map(|seed| (name(seed), seed));
    let Some((_, seed)) = forks::each(runs, jobs, results) else {
        return;
    };
    let (mut line, story) = drive(&Choices::of(seed), &references[course_of(seed)]);
    if !line.trouble.is_empty() {
        line.trouble = format!("{:?}: {}", story.faults, line.trouble);
    }
    line.append(results.folder());
    std::process::exit(0);
}

/// True if the schedule is of a course with one object.
pub fn has_one_object(seed: u64) -> bool {
    OF_THE_PORT.contains(&course_of(seed))
}

/// Drives a schedule in two processes of their own. Answers true if the same happened in both.
pub fn is_the_same_twice(seed: u64) -> bool {
    let told = || {
        let process = std::env::current_exe().and_then(|exe| {
            std::process::Command::new(exe)
                .args(["--schedule", &seed.to_string()])
                .output()
        });
        String::from_utf8(process.unwrap().stdout).unwrap()
    };
    let (one, other) = (told(), told());
    if one != other {
        println!(
            "FAILED schedule {seed}: {} and then {}",
            one.trim(),
            other.trim()
        );
    }
    one == other
}

/// Drives one schedule in this process; a failing one is shrunk. Answers true if it holds.
pub fn replay(seed: u64) -> bool {
    let reference = drive::reference(&course(seed));
    let mut choices = Choices::of(seed);
    let (line, story) = drive(&choices, &reference);
    println!(
        "{}: {} requests, {} faults, trace {:016x}",
        line.name,
        story.requests,
        story.faults.len(),
        line.trace
    );
    if line.trouble.is_empty() {
        return true;
    }
    let mut last = (line, story);
    let mut size = last.1.told.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < last.1.at.len() {
            let to = (from + size).min(last.1.at.len());
            let mut fewer = choices.clone();
            fewer.without.extend(last.1.at[from..to].iter().cloned());
            let tried = drive(&fewer, &reference);
            if tried.0.trouble.is_empty() {
                from = to;
            } else {
                // It fails without them: they were not needed.
                choices = fewer;
                last = tried;
            }
        }
        size /= 2;
    }
    println!("needed for that:\n  {}", last.1.told.join("\n  "));
    println!("{}", last.0.trouble);
    false
}
