//! Watches all objects of ours, keeps every form that they ever had, and asks the oracle about each; and about the requests that made them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use directconnect_local::{ControlPlane, Scratch, Watch, record_requests};
use serde_json::Value;

use crate::kubectl::RESOURCES;
use crate::{oracle, shapes};

/// `namespace/kind/name`.
pub type Name = String;

#[derive(Default)]
struct State {
    newest: BTreeMap<Name, Value>,
    /// Every form, as text.
    history: Vec<String>,
    violations: Vec<String>,
}

/// The folder of a world whose requests to Kubernetes are recorded.
pub fn scratch() -> Scratch {
    let scratch = Scratch::new().unwrap();
    record_requests(&scratch.path().join("cluster")).unwrap();
    scratch
}

/// A running recorder.
pub struct Recorder {
    /// The control plane's.
    dir: PathBuf,
    shared: Arc<(Mutex<State>, Condvar)>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins to watch.
    pub fn start(cluster: &ControlPlane) -> Self {
        let watch = Watch::start(cluster, &RESOURCES.map(str::to_owned)).unwrap();
        let shared = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
            spawn(move || follow(&watch, &shared, &stop))
        };
        Self {
            dir: cluster.dir().to_owned(),
            shared,
            stop,
            thread: Some(thread),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap()
    }

    /// Waits until what this asks of the newest forms holds.
    pub fn until<T>(
        &self,
        what: &str,
        patience: Duration,
        ask: impl Fn(&BTreeMap<Name, Value>) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if let Some(answer) = ask(&state.newest) {
                return answer;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{what}: not seen within {patience:?}\n{}",
                brief(&state.newest)
            );
            state = self.shared.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Whether this holds within that time; true as soon as it does.
    pub fn within(&self, patience: Duration, ask: impl Fn(&BTreeMap<Name, Value>) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if ask(&state.newest) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// How many forms were seen.
    pub fn count(&self) -> usize {
        self.state().history.len()
    }

    /// The forms seen after the first `count`.
    pub fn since(&self, count: usize) -> Vec<String> {
        self.state().history[count..].to_vec()
    }

    /// Waits that long for anything to change; returns what did.
    pub fn changed_within(&self, patience: Duration) -> Option<String> {
        let count = self.count();
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.history.len() == count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.shared.1.wait_timeout(state, left).unwrap().0;
        }
        state.history.get(count).cloned()
    }

    /// Everything that the oracle objects to, and requests to Kubernetes that no conformance case has.
    pub fn assert_oracle_is_content(&self) {
        shapes::assert_covered(&self.dir);
        let state = self.state();
        assert!(!state.history.is_empty());
        println!("oracle: {} statuses judged", state.history.len());
        assert!(
            state.violations.is_empty(),
            "{}",
            state.violations.join("\n")
        );
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn follow(watch: &Watch, shared: &(Mutex<State>, Condvar), stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let change = match watch.next(Duration::from_millis(200)) {
            Ok(Some(change)) => change,
            Ok(None) => continue,
            // The kinds themselves are gone, or the API server is.
            Err(_) => return,
        };
        let object = change.object;
        let name = name(&object);
        let mut state = shared.0.lock().unwrap();
        let wrong = oracle::violations(&object, state.newest.get(&name).filter(|_| !change.gone));
        state.violations.extend(
            wrong
                .into_iter()
                .map(|wrong| format!("{name}: {wrong}\n    {}", object["status"])),
        );
        state.history.push(object.to_string());
        if change.gone {
            state.newest.remove(&name);
        } else {
            state.newest.insert(name, object);
        }
        shared.1.notify_all();
    }
}

fn name(object: &Value) -> Name {
    let metadata = &object["metadata"];
    let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{}/{}/{}",
        part(&metadata["namespace"]),
        part(&object["kind"]),
        part(&metadata["name"])
    )
}

/// What is not Ready, and why.
fn brief(newest: &BTreeMap<Name, Value>) -> String {
    let mut lines = Vec::new();
    for (name, object) in newest {
        let ready = crate::kubectl::condition(object, "Ready");
        if ready["status"] != "True" || !object["metadata"]["deletionTimestamp"].is_null() {
            lines.push(format!(
                "  {name}: {} {} {} intents {}",
                ready["status"], ready["reason"], ready["message"], object["status"]["intents"]
            ));
        }
    }
    lines.join("\n")
}
