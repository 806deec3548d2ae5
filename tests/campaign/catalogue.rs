//! The catalogue: bugs that operators of this kind had, planted in ours. Each must be caught, and by the promise that it breaks.

use std::collections::BTreeMap;

use directconnect_harness::promises::Promise;
use directconnect_operator::planted::{Bug, Planted};
use strum::VariantArray;
use tracing::level_filters::LevelFilter;

use crate::courses;
use crate::drive::{self, Reference};
use crate::forks::{self, Plan};
use crate::replay;
use crate::results::Results;

/// Where a bug shows, and what it breaks.
struct Entry {
    course: &'static str,
    runs: Runs,
    promise: Promise,
}

/// The runs in which it shows.
enum Runs {
    /// The course as it is.
    NoFault,
    /// The run of this name.
    One(&'static str),
    /// Runs whose names have this in them: one of them is enough.
    Any(&'static str),
}

use Runs::{Any, NoFault, One};

fn entry(bug: Bug) -> Entry {
    let (course, runs, promise) = match bug {
        Bug::PauseIgnored => (
            "port",
            One("aws CreateConnection#1/paused"),
            Promise::StopsWhenTold,
        ),
        Bug::RetainIgnored => ("retained-port", NoFault, Promise::Retained),
        Bug::ReleaseIgnored => ("released-port", NoFault, Promise::Retained),
        Bug::NoFinalizer => ("port", NoFault, Promise::FinalizerWhileOwning),
        Bug::IntentForgottenAtDeletion => (
            "port",
            One("aws CreateConnection#1/crash-then-lands + kubernetes list connections#1/deleted"),
            Promise::GoesAndStays,
        ),
        Bug::NothingLookedFor => (
            "quickstart",
            One("aws CreateDirectConnectGateway#1/lost-after"),
            Promise::OneForEachIdentity,
        ),
        Bug::StatusIsIdentity => (
            "quickstart",
            One("aws CreatePrivateVirtualInterface#1/status-wiped"),
            Promise::OneForEachIdentity,
        ),
        Bug::NameIsIdentity => ("namesake", NoFault, Promise::OnlyOurs),
        Bug::LimitIgnored => ("limit", NoFault, Promise::OrderLimits),
        Bug::GuardIgnored => ("leaving", NoFault, Promise::LastPathNeedsConsent),
        Bug::NoWindow => (
            "retained-port",
            One("aws CreateConnection#1/lost-then-lands-last"),
            Promise::OneForEachIdentity,
        ),
        Bug::NamespaceIgnored => ("port", Any("/namespace-deleted"), Promise::Retained),
        Bug::DependentsIgnored => ("leaving", NoFault, Promise::DependentsFirst),
        Bug::IntentNotStored | Bug::NoIdentityTag => ("port", NoFault, Promise::IntentBeforeCreate),
        Bug::SentAgain => (
            "port",
            One("aws CreateConnection#1/lost-after"),
            Promise::OnceForEachToken,
        ),
        Bug::AmbiguousIsRefused => (
            "port",
            One("aws CreateConnection#1/lost-then-lands"),
            Promise::OneForEachIdentity,
        ),
        Bug::IdLostOnConflict => (
            "port-behind-lag",
            One("kubernetes patch connections status with an intent of dc2#1/kubernetes-conflict"),
            Promise::OneForEachIdentity,
        ),
        Bug::FinalizerDroppedOnError => (
            "port",
            One("aws CreateConnection#1/lost-after"),
            Promise::FinalizerWhileOwning,
        ),
        Bug::SentLate => ("port", Any("/held-still"), Promise::IntentBeforeCreate),
        Bug::OtherRegion => ("port", NoFault, Promise::AccountAndRegion),
        Bug::KeyShown => (
            "quickstart",
            One("aws CreatePrivateVirtualInterface#1/refused"),
            Promise::SecretsNowhere,
        ),
        Bug::ReadyForEver => ("outage", NoFault, Promise::ReadyIsTrue),
        Bug::TimeInMessage | Bug::EventEachPass => ("quickstart", NoFault, Promise::Budgets),
        Bug::TimesMove => ("port", NoFault, Promise::StatusWellFormed),
        Bug::HotLoop => ("refused", NoFault, Promise::Budgets),
        Bug::SpecWritten => ("port", NoFault, Promise::SpecUntouched),
        Bug::FinalizersOfOthersRemoved => ("guest", NoFault, Promise::SpecUntouched),
        Bug::OwnTagsRemoved => ("changing", NoFault, Promise::TagsStay),
        Bug::KeptWithoutIdentity => ("retained-port", NoFault, Promise::Converges),
        Bug::GenerationStuck => ("port", NoFault, Promise::Converges),
    };
    Entry {
        course,
        runs,
        promise,
    }
}

/// Plants each bug, and answers how many were not caught by their promise.
pub fn run(jobs: usize, only: &str) -> usize {
    let mut missed = 0;
    let mut references: BTreeMap<&str, Reference> = BTreeMap::new();
    for bug in Bug::VARIANTS
        .iter()
        .filter(|b| b.to_string().contains(only))
    {
        let entry = entry(*bug);
        let course = courses::named(entry.course).unwrap();
        let reference = references
            .entry(course.name)
            .or_insert_with(|| drive::reference(&course));
        let troubles = troubles(*bug, &entry, reference, jobs);
        let wanted = format!("the promise {:?} is broken", entry.promise);
        let caught = troubles.iter().find(|(_, why)| why.contains(&wanted));
        if let Some((name, _)) = caught {
            println!("CAUGHT {bug}: {:?}, {name}", entry.promise);
            continue;
        }
        missed += 1;
        println!("MISSED {bug}: {:?} is not what breaks", entry.promise);
        for (name, why) in troubles.iter().take(3) {
            println!("  {name}: {}", why.chars().take(400).collect::<String>());
        }
    }
    missed
}

/// What goes wrong with the bug in the runs of its entry.
fn troubles(bug: Bug, entry: &Entry, reference: &Reference, jobs: usize) -> Vec<(String, String)> {
    let course = courses::named(entry.course).unwrap();
    let planted = Planted::bug(bug);
    match entry.runs {
        NoFault => {
            let outcome = drive::run(&course, planted, LevelFilter::WARN, |_, _| {});
            let name = format!("{} without a fault", course.name);
            let line = drive::judge(&name, &[], reference, outcome);
            vec![(line.name, line.trouble)]
        }
        One(run) => {
            let name = format!("{}/{run}", entry.course);
            let run = name.parse();
            match run.and_then(|run| replay::run(&run, planted, reference)) {
                Ok(line) => vec![(line.name, line.trouble)],
                Err(why) => vec![(name, why)],
            }
        }
        Any(part) => {
            let scratch = tempfile::tempdir().unwrap();
            let results = Results::open(scratch.path());
            let plan = Plan {
                filters: [part.to_owned(), String::new()],
                every: true,
                doubles: false,
                jobs,
                planted,
            };
            let _ = forks::course(&course, &plan, reference, &results);
            results.troubles()
        }
    }
}
