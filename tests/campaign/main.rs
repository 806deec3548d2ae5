//! The fault campaign: every boundary of every course, with every fault that applies to it; seeded schedules, walks over generated
//! specs, and the catalogue of planted bugs.
//!
//! A course is driven once without faults. Driven again, the process forks at each request of the operator, before the request
//! has had an effect: each child goes on with one fault at that request, to the course's end, and is judged there. So a run costs
//! only what follows its fault, and both simulators, the operator and the clock are as they were.
#![allow(clippy::unwrap_used, clippy::panic)]

mod boundary;
mod catalogue;
mod courses;
mod drive;
mod faults;
mod figures;
mod forks;
mod handles;
mod replay;
mod results;
mod schedules;
mod walks;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use directconnect_operator::planted::Planted;

use crate::courses::Always;
use crate::forks::Plan;
use crate::results::Results;

/// Schedules and walks that belong to all tests.
const SCHEDULES: u64 = 120;
/// Those that are driven in two fresh processes, which must do the same.
const TWICE: usize = 12;
/// See [`SCHEDULES`].
const WALKS: u64 = 120;

/// Every fault at every boundary of the operator's work.
#[derive(Parser)]
struct Options {
    /// Only courses whose name begins with this.
    #[arg(long, default_value = "")]
    course: String,
    /// Only runs whose name has this in it.
    #[arg(long, default_value = "")]
    run: String,
    /// Every course and boundary, not the choice that belongs to all tests.
    #[arg(long)]
    all: bool,
    /// Children at once; as many as there are processors unless said.
    #[arg(long)]
    jobs: Option<usize>,
    /// Where results are; what passed there is not run again.
    #[arg(long)]
    results: Option<PathBuf>,
    /// Write the figures of the results that there are into this folder, and run nothing.
    #[arg(long, requires = "results")]
    figures: Option<PathBuf>,
    /// The revision that those results are of.
    #[arg(long, default_value = "unknown")]
    revision: String,
    /// Drive one run in this process, and show what happens.
    #[arg(long)]
    replay: Option<String>,
    /// Plant the bugs whose names have this in them, and nothing else.
    #[arg(long)]
    catalogue: Option<String>,
    /// Drive the schedule of one seed, and shrink it if it fails.
    #[arg(long)]
    schedule: Option<u64>,
    /// Run this many seeded schedules and walks, and nothing else.
    #[arg(long)]
    seeds: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Stop after the first course in which a run fails.
    #[arg(long)]
    first: bool,
}

fn main() -> ExitCode {
    // `cargo test -- name` hands its arguments to every test: those of the other harness are not for this one.
    let foreign = std::env::args().nth(1).is_some_and(|first| {
        Options::command().get_arguments().all(|a| {
            a.get_long()
                .is_none_or(|long| !first.starts_with(&format!("--{long}")))
        }) && first != "--help"
    });
    if foreign {
        println!("campaign: nothing is chosen by these arguments");
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("CAMPAIGN_RUNS_BESIDE").is_some() {
        println!("campaign: it runs beside the other tests");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    if let Some(name) = &options.replay {
        return replay::show(name);
    }
    let jobs = options
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if let Some(only) = &options.catalogue {
        return ExitCode::from(u8::from(catalogue::run(jobs, only) > 0));
    }
    if let Some(seed) = options.schedule {
        return ExitCode::from(u8::from(!schedules::replay(seed)));
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = options
        .results
        .clone()
        .unwrap_or_else(|| scratch.path().to_owned());
    let results = Results::open(&folder);
    if let Some(into) = &options.figures {
        figures::write(&results, &options.revision, into);
        return ExitCode::SUCCESS;
    }
    if let Some(count) = options.seeds {
        let seeds = options.from..options.from + count;
        by_chance(seeds.clone(), seeds, jobs, &results);
        return results.end();
    }
    for course in courses::all() {
        let always = if options.all {
            Always::Everything
        } else {
            course.always
        };
        let (part, every) = match always {
            Always::No => continue,
            Always::Writes(part) => (part, false),
            Always::Everything => ("", true),
        };
        if !course.name.starts_with(&options.course) {
            continue;
        }
        let plan = Plan {
            filters: [part.to_owned(), options.run.clone()],
            every,
            doubles: course.doubles && options.all,
            jobs,
            planted: Planted::default(),
        };
        let reference = drive::reference(&course);
        match forks::course(&course, &plan, &reference, &results) {
            Ok(end) => assert_eq!(end.lines, reference.lines, "a second drive ends otherwise"),
            Err(why) => panic!("{} without a fault: {why}", course.name),
        }
        results.line(course.name);
        if options.first && results.failed() > 0 {
            break;
        }
    }
    let whole = options.course.is_empty() && options.run.is_empty();
    if whole && options.all {
        by_chance(0..2_000, 0..20_000, jobs, &results);
    } else if whole {
        by_chance(0..SCHEDULES, 0..WALKS, jobs, &results);
    }
    let wrong = if whole {
        differing() + catalogue::run(jobs, "") + usize::from(!in_step())
    } else {
        0
    };
    match results.end() {
        ExitCode::SUCCESS if wrong == 0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn in_step() -> bool {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let in_step = figures::is_in_step(docs.as_ref());
    if !in_step {
        println!(
            "FAILED docs/campaign.md is not what docs/campaign.jsonl says: see `campaign --figures`"
        );
    }
    in_step
}

/// Of schedules that are driven twice, how many do something else the second time. Where there is more than one object, the order in
/// which kube takes them up is another in each process.
fn differing() -> usize {
    let one_object = (0..).filter(|seed| schedules::has_one_object(*seed));
    let differ = one_object
        .take(TWICE)
        .filter(|seed| !schedules::is_the_same_twice(*seed));
    let differing = differ.count();
    println!("CAMPAIGN {TWICE} schedules driven twice, in fresh processes; {differing} differ");
    differing
}

/// Seeded schedules, and walks.
fn by_chance(schedules: Range<u64>, walks: Range<u64>, jobs: usize, results: &Results) {
    schedules::run(schedules, jobs, results);
    results.line("schedule");
    walks::run(walks, jobs, results);
    results.line("walk");
}
