//! Drives a course to its end, with or without a fault, and judges it.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use directconnect_harness::ends::{effects, end_state, names};
use directconnect_harness::logs::Logs;
use directconnect_harness::look;
use directconnect_harness::promises::{Breach, Promise};
use directconnect_harness::waits::Looks;
use directconnect_harness::world::World;
use directconnect_operator::planted::Planted;
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;

use crate::courses::{self, Act, Course};
use crate::faults::{Expects, Fault};
use crate::handles::{Handles, Wishes};
use crate::results::{Line, processor_seconds};

/// Longest that a course may take to rest after a fault: every window of the create protocol, sweeps, and the longest backoff.
const LIMIT: Duration = Duration::from_hours(2);
/// What is read once a minute is read once more.
const QUIET: Duration = Duration::from_secs(65);
/// Lines of the log that are shown of what fails.
const SHOWN: usize = 1_500;
/// How often what rests is judged.
const STEP: Duration = Duration::from_secs(5);

/// How a course ended.
pub struct End {
    /// Kubernetes and AWS in lines, ids and times aside.
    pub lines: Vec<String>,
    /// How often what is made or deleted once took effect.
    pub effects: Vec<(&'static str, usize)>,
    /// Hash of all calls.
    pub trace: u64,
    /// Calls to AWS and to Kubernetes.
    pub calls: (usize, usize),
}

impl End {
    /// How it is now.
    pub fn of(world: &World) -> Self {
        Self {
            lines: end_state(world),
            effects: effects(world),
            trace: trace(world),
            calls: (world.calls(), world.kube.requests().len()),
        }
    }

    /// What is otherwise than in another.
    pub fn differs(&self, from: &Self) -> Option<Breach> {
        if self.lines == from.lines {
            return None;
        }
        let gone = from.lines.iter().filter(|l| !self.lines.contains(l));
        let new = self.lines.iter().filter(|l| !from.lines.contains(l));
        let what = format!(
            "the end is another: {:?} instead of {:?}",
            new.collect::<Vec<_>>(),
            gone.collect::<Vec<_>>()
        );
        Some(Breach::new(Promise::Converges, what))
    }

    /// How often an operation took effect.
    pub fn made(&self, operation: &str) -> usize {
        let of = self.effects.iter().find(|(name, _)| *name == operation);
        of.map_or(0, |(_, times)| *times)
    }
}

/// How it ended, or what went wrong.
pub type Outcome = Result<End, String>;

/// What a run without a fault does.
pub type Reference = End;

/// Panics of tasks: nobody waits for some of them.
fn panics() -> &'static Mutex<Vec<String>> {
    static ALL: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    ALL.get_or_init(|| {
        std::panic::set_hook(Box::new(|info| {
            let mut all = panics().lock().unwrap_or_else(PoisonError::into_inner);
            all.push(info.to_string());
        }));
        Mutex::default()
    })
}

/// Drives a course. `prepare` is called where faults may begin.
pub fn run(
    course: &Course,
    planted: Planted,
    level: LevelFilter,
    prepare: impl FnOnce(&World, &Arc<Wishes>),
) -> Outcome {
    with(course, planted, level, async |driver| {
        driver.whole(course, prepare).await;
    })
}

/// Makes a course's world, and has it driven.
pub fn with(
    course: &Course,
    planted: Planted,
    level: LevelFilter,
    drives: impl AsyncFnOnce(&mut Driver),
) -> Outcome {
    panics()
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clear();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let kept: Arc<Mutex<Option<(Handles, Logs)>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut driver = Driver {
                world: course.world(level),
                wishes: Arc::default(),
            };
            driver.world.planted = planted;
            driver.world.quiet = true;
            let (world, wishes) = (&driver.world, &driver.wishes);
            *keep.lock().unwrap() = Some((Handles::of(world, wishes), world.logs.clone()));
            drives(&mut driver).await;
            End::of(&driver.world)
        })
    }));
    let panics = panics().lock().unwrap_or_else(PoisonError::into_inner);
    match ended {
        Ok(end) if panics.is_empty() => Ok(end),
        _ => {
            let mut what = panics.join("\n");
            if let Some((handles, logs)) =
                kept.lock().unwrap_or_else(PoisonError::into_inner).take()
            {
                what = format!("{what}\n{}\n{}", handles.describe(), logs.tail(SHOWN));
            }
            Err(what)
        }
    }
}

/// Drives one world.
pub struct Driver {
    /// The world.
    pub world: World,
    wishes: Arc<Wishes>,
}

impl Driver {
    /// All that the user does, and what follows.
    pub async fn whole(&mut self, course: &Course, prepare: impl FnOnce(&World, &Arc<Wishes>)) {
        let mut prepare = Some(prepare);
        for (number, act) in course.acts.iter().enumerate() {
            if number == course.from
                && let Some(prepare) = prepare.take()
            {
                prepare(&self.world, &self.wishes);
            }
            (act.does)(&mut self.world);
            self.forget_older();
            if self.until(act).await == Reached::Leaving {
                break;
            }
        }
        self.settle(course).await;
    }

    /// Waits until everything rests, and judges what is left.
    pub async fn settle(&mut self, course: &Course) {
        self.wishes.over.store(true, Ordering::Relaxed);
        let leaves = self.leaves();
        // Tokens of calls that were lost stay until they can do nothing any more.
        let open = Act {
            does: |_| {},
            what: "everything rests",
            until: if leaves {
                courses::left
            } else {
                courses::rests
            },
            consents: true,
        };
        self.until(&open).await;
        // An orphan is told once no list can lack the mark any more.
        let rest = if leaves {
            course.rest.max(400)
        } else {
            course.rest
        };
        self.rest(Duration::from_secs(rest)).await;
        self.until(&open).await;
        self.world.judge_ends();
        self.quiet().await;
        self.until(&open).await;
        self.world.finish();
    }

    /// Nobody restores what was before the user did something.
    fn forget_older(&self) {
        let kube = &self.world.kube;
        *self.wishes.older.lock().unwrap() = vec![(kube.now(), kube.snapshot())];
    }

    fn leaves(&self) -> bool {
        self.wishes.leaves.load(Ordering::Relaxed)
    }

    /// A process that died is replaced at once; one that is wanted beside it comes.
    async fn revive(&mut self) {
        if self.world.is_stopped() {
            self.world.crash().await;
            self.world.start();
        }
        if self.wishes.beside.load(Ordering::Relaxed) {
            self.world.start_beside();
        }
    }

    /// Lets time pass.
    pub async fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            tokio::time::sleep(STEP).await;
            self.revive().await;
            self.world.judge();
        }
    }

    /// Nothing changes any more: nothing is stored.
    async fn quiet(&mut self) {
        let seen = self.world.kube.history().len();
        self.rest(QUIET).await;
        let news = self.world.kube.history_since(seen);
        let stored = news.iter().find(|c| {
            let resource = &c.key.resource;
            resource.ends_with(".directconnect.dev") || resource.starts_with("events")
        });
        if let Some(change) = stored.filter(|_| !self.world.is_restless()) {
            let (key, object) = (&change.key, &change.object);
            let what = format!(
                "{} {} is stored while nothing changes: {object}",
                key.resource, key.name
            );
            panic!("{}", Breach::new(Promise::Budgets, what));
        }
    }

    /// Waits until what the act waits for is so, or a fault has the user want something else.
    async fn until(&mut self, act: &Act) -> Reached {
        let end = Instant::now() + LIMIT;
        let leaving = self.leaves();
        let mut looks = Looks::default();
        loop {
            self.revive().await;
            if self.leaves() && !leaving {
                return Reached::Leaving;
            }
            if looks.is_due(&self.world) {
                self.world.judge();
                if act.consents && consent(&self.world) {
                    self.forget_older();
                }
                if (act.until)(&self.world) {
                    return Reached::End;
                }
            }
            assert!(
                Instant::now() < end,
                "{}",
                Breach::new(
                    Promise::Converges,
                    format!("{}: not within {LIMIT:?}", act.what)
                )
            );
            looks.wait().await;
        }
    }
}

#[derive(PartialEq, Eq)]
enum Reached {
    End,
    Leaving,
}

/// Gives the consent that the guard asks for, as a user would. Answers true if it was asked for.
fn consent(world: &World) -> bool {
    let mut gave = false;
    for object in world.managed() {
        let asked = look::is(&object, "Guarded", "True");
        let code = look::consent_code(&object["status"].to_string());
        if let Some(code) = code.filter(|_| asked) {
            let given = &object["metadata"]["annotations"]["directconnect.dev/consent"];
            if *given != code.as_str() {
                let (kind, name) = names(&object);
                world.annotate(kind, name, "consent", &serde_json::json!(code));
                gave = true;
            }
        }
    }
    gave
}

/// What was called and what was answered, for each object and operation, without ids and times. Objects of one kind that are due at
/// one instant are taken up in the order of a hash, which is another in each process.
fn trace(world: &World) -> u64 {
    let mut each: BTreeMap<String, DefaultHasher> = BTreeMap::new();
    for row in world.sim.ledger() {
        let of = each.entry(row.operation.clone()).or_default();
        (format!("{:?}", row.outcome), row.effect).hash(of);
    }
    for request in world.kube.requests() {
        let name = if request.resource.starts_with("events") {
            ""
        } else {
            &request.name
        };
        let of = each.entry(format!("{} {name}", request.resource));
        let what = (&request.verb, &request.subresource);
        (what, request.effect, request.code).hash(of.or_default());
    }
    let mut all = DefaultHasher::new();
    for (of, hasher) in each {
        (of, hasher.finish()).hash(&mut all);
    }
    all.finish()
}

/// A run without faults.
pub fn reference(course: &Course) -> Reference {
    match run(course, Planted::default(), LevelFilter::WARN, |_, _| {}) {
        Ok(end) => end,
        Err(why) => {
            // Panics are kept for runs, not shown.
            println!("FAILED {} without a fault: {why}", course.name);
            std::process::exit(1);
        }
    }
}

/// What becomes of a run: what went wrong on its way, or what there is to say of its end.
pub fn line(name: &str, outcome: Outcome, judge: impl FnOnce(&End) -> Option<Breach>) -> Line {
    match outcome {
        Ok(end) => Line {
            name: name.to_owned(),
            trace: end.trace,
            calls: end.calls,
            seconds: processor_seconds(),
            trouble: judge(&end).map(|b| b.to_string()).unwrap_or_default(),
        },
        Err(why) => Line::failed(name, why),
    }
}

/// Judges how a run with these faults ended.
pub fn judge(name: &str, faults: &[Fault], reference: &Reference, outcome: Outcome) -> Line {
    let expects = faults.iter().map(|f| f.expects()).max();
    let expects = expects.unwrap_or(Expects::Same);
    // Of a delete that two faults hide nothing is known any more: it is sent again, for the same id.
    let counts = |end: &End| -> Vec<(&'static str, usize)> {
        let once = |(name, _): &&(&str, usize)| faults.len() < 2 || !name.starts_with("Delete");
        end.effects.iter().filter(once).copied().collect()
    };
    line(name, outcome, |end| {
        let other = match expects {
            Expects::Promises => None,
            _ => end.differs(reference),
        };
        let made = (expects == Expects::Same && counts(end) != counts(reference)).then(|| {
            let what = format!("made {:?}, and not {:?}", end.effects, reference.effects);
            Breach::new(Promise::GoesAndStays, what)
        });
        other.or(made)
    })
}
