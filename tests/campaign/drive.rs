//! Drives a course to its end, with or without a fault, and judges it.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use directconnect_harness::ends::{effects, end_state};
use directconnect_harness::logs::Logs;
use directconnect_harness::look;
use directconnect_harness::world::World;
use strum::VariantArray;
use tokio::time::Instant;

use crate::courses::{self, Act, Course};
use crate::faults::{Expects, Fault, Handles, at_each_request};
use crate::results::Line;

/// Longest that a course may take to rest after a fault: every window of the create protocol, sweeps, and the longest backoff.
const LIMIT: Duration = Duration::from_hours(2);
/// How often conditions are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// …and how often if nothing was stored and nothing sent.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);

/// The run that this process is, once a fault was chosen.
#[derive(Clone, Default)]
pub struct Chosen(Arc<Mutex<Option<(String, Fault)>>>);

impl Chosen {
    /// This process is this run from now on.
    pub fn make(&self, name: String, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((name, fault));
    }

    /// True in a child.
    pub fn is_made(&self) -> bool {
        self.get().is_some()
    }

    /// The run, in a child.
    pub fn get(&self) -> Option<(String, Fault)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

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
pub fn run(course: &Course, prepare: impl FnOnce(&World)) -> Outcome {
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
            let mut world = course.world();
            *keep.lock().unwrap() = Some((Handles::of(&world), world.logs.clone()));
            whole(course, &mut world, prepare).await;
            End {
                lines: end_state(&world),
                effects: effects(&world),
                trace: trace(&world),
                calls: (world.calls(), world.kube.requests().len()),
            }
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
                what = format!("{what}\n{}\n{}", handles.describe(), logs.tail(120));
            }
            Err(what)
        }
    }
}

async fn whole(course: &Course, world: &mut World, prepare: impl FnOnce(&World)) {
    let mut prepare = Some(prepare);
    for (number, act) in course.acts.iter().enumerate() {
        if number == course.from
            && let Some(prepare) = prepare.take()
        {
            prepare(world);
        }
        (act.does)(world);
        until(world, act).await;
    }
    // Tokens of calls that were lost stay until they can do nothing any more.
    let open = Act {
        does: |_| {},
        what: "everything rests",
        until: |w| courses::rests(w),
        consents: false,
    };
    until(world, &open).await;
    rest(world, Duration::from_secs(course.rest)).await;
    until(world, &open).await;
    world.finish();
}

/// A process that died is replaced at once.
async fn revive(world: &mut World) {
    if world.is_stopped() {
        world.crash().await;
        world.start();
    }
}

async fn rest(world: &mut World, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        tokio::time::sleep(LOOK_AT_LEAST).await;
        revive(world).await;
        world.judge();
    }
}

async fn until(world: &mut World, act: &Act) {
    let end = Instant::now() + LIMIT;
    let mut looked: Option<(Instant, (u64, u64))> = None;
    loop {
        revive(world).await;
        let state = (world.kube.version(), world.gate.mutations());
        if looked.is_none_or(|(at, seen)| seen != state || at.elapsed() >= LOOK_AT_LEAST) {
            looked = Some((Instant::now(), state));
            world.judge();
            if act.consents {
                consent(world);
            }
            if (act.until)(world) {
                return;
            }
        }
        assert!(Instant::now() < end, "{}: not within {LIMIT:?}", act.what);
        tokio::time::sleep(LOOK).await;
    }
}

/// Gives the consent that the guard asks for, as a user would.
fn consent(world: &World) {
    for object in world.managed() {
        let asked = look::is(&object, "Guarded", "True");
        let code = look::consent_code(&object["status"].to_string());
        if let Some(code) = code.filter(|_| asked) {
            let given = &object["metadata"]["annotations"]["directconnect.dev/consent"];
            if *given != code.as_str() {
                let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
                let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
                world.annotate(&kind, &name, "consent", &serde_json::json!(code));
            }
        }
    }
}

/// What was called and what was answered, without ids and times.
fn trace(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    for row in world.sim.ledger() {
        (&row.operation, format!("{:?}", row.outcome), row.effect).hash(&mut hasher);
    }
    for request in world.kube.requests() {
        let name = if request.resource.starts_with("events") {
            ""
        } else {
            &request.name
        };
        (&request.verb, &request.resource, &request.subresource, name).hash(&mut hasher);
        (request.effect, request.code).hash(&mut hasher);
    }
    hasher.finish()
}

/// A run without faults.
pub fn reference(course: &Course) -> Reference {
    match run(course, |_| {}) {
        Ok(end) => end,
        Err(why) => panic!("{} without a fault: {why}", course.name),
    }
}

/// Judges how a run with a fault ended.
pub fn judge(name: &str, fault: Fault, reference: &Reference, outcome: Outcome) -> Line {
    let mut line = Line {
        name: name.to_owned(),
        trace: 0,
        calls: (0, 0),
        trouble: String::new(),
    };
    let end = match outcome {
        Ok(end) => end,
        Err(why) => {
            line.trouble = why;
            return line;
        }
    };
    line.trace = end.trace;
    line.calls = end.calls;
    let expects = fault.expects();
    if expects == Expects::Same && end.effects != reference.effects {
        line.trouble = format!("made {:?}, and not {:?}", end.effects, reference.effects);
    }
    if expects != Expects::Promises && end.lines != reference.lines {
        let missing = reference.lines.iter().filter(|l| !end.lines.contains(l));
        let new = end.lines.iter().filter(|l| !reference.lines.contains(l));
        line.trouble = format!(
            "the end is another: {:?} instead of {:?}",
            new.collect::<Vec<_>>(),
            missing.collect::<Vec<_>>()
        );
    }
    line
}

/// Drives one run by its name in this process and shows what happened.
pub fn replay(name: &str) -> ExitCode {
    let all = courses::all();
    let Some(course) = all.iter().find(|c| name.split('/').next() == Some(c.name)) else {
        println!("no such course");
        return ExitCode::FAILURE;
    };
    let reference = reference(course);
    let chosen = Chosen::default();
    let outcome = run(course, |world| {
        let (chosen, name, course) = (chosen.clone(), name.to_owned(), course.name);
        let seen: Mutex<BTreeMap<String, usize>> = Mutex::default();
        at_each_request(world, move |boundary| {
            let signature = boundary.signature();
            let mut seen = seen.lock().unwrap();
            let count = seen.entry(signature.clone()).or_default();
            *count += 1;
            let place = format!("{course}/{signature}#{count}");
            let fits = |f: &&Fault| f.applies(boundary) && format!("{place}/{f}") == name;
            let fault = *Fault::VARIANTS.iter().find(fits)?;
            chosen.make(name.clone(), fault);
            Some(fault)
        });
    });
    let Some((name, fault)) = chosen.get() else {
        println!("{name} is not reached");
        return ExitCode::FAILURE;
    };
    let line = judge(&name, fault, &reference, outcome);
    println!(
        "{} {}",
        line.name,
        if line.trouble.is_empty() {
            "ok"
        } else {
            &line.trouble
        }
    );
    if line.trouble.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
