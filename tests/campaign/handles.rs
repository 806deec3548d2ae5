//! What can be done to a world from within a request.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directconnect_harness::aws::Gate;
use directconnect_harness::ends::names;
use directconnect_harness::link::Hold;
use directconnect_harness::look;
use directconnect_harness::world::World;
use dxsim::Sim;
use jiff::{SignedDuration, Timestamp};
use kubesim::{FaultKind, FaultMatch, Server, Snapshot, When};
use serde_json::{Value, json};

/// How far apart states are that Kubernetes may be set back to.
const APART: SignedDuration = SignedDuration::from_secs(30);

/// What a fault asks of who drives the course.
#[derive(Default)]
pub struct Wishes {
    /// A second operator works beside the first.
    pub beside: AtomicBool,
    /// The user wants everything gone: what else was to be done is not done any more.
    pub leaves: AtomicBool,
    /// Everything was done: nothing more goes wrong by chance.
    pub over: AtomicBool,
    /// What Kubernetes held since the user last did something, now and then.
    pub older: Mutex<Vec<(Timestamp, Snapshot)>>,
}

/// What can be done to a world from within a request.
#[derive(Clone)]
pub struct Handles {
    /// Kubernetes.
    pub kube: Server,
    /// AWS.
    pub sim: Sim,
    /// Seconds that the operator's clock is ahead.
    pub skew: Arc<AtomicI64>,
    /// Holds the operator still.
    pub hold: Hold,
    /// What is asked of who drives the course.
    pub wishes: Arc<Wishes>,
    gate: Gate,
    cut_off: Arc<AtomicBool>,
    namespace: String,
}

impl Handles {
    /// Those of this world.
    pub fn of(world: &World, wishes: &Arc<Wishes>) -> Self {
        Self {
            kube: world.kube.clone(),
            sim: world.sim.clone(),
            gate: world.gate.clone(),
            skew: Arc::clone(&world.skew),
            hold: world.hold.clone(),
            cut_off: Arc::clone(&world.cut_off),
            wishes: Arc::clone(wishes),
            namespace: world.namespace.clone(),
        }
    }

    fn managed(&self) -> Vec<Arc<Value>> {
        let mut ours = self
            .kube
            .objects_of(|key| key.resource.ends_with(".directconnect.dev"));
        ours.retain(|o| o["kind"] != "AwsAccount");
        ours
    }

    /// All objects in words, and the last writes at AWS.
    pub fn describe(&self) -> String {
        let lines: Vec<String> = self.managed().iter().map(|o| look::line(o)).collect();
        let rows = self.sim.ledger();
        let writes = rows.iter().filter(|r| r.mutating).map(|row| {
            format!(
                "{} {} {} effect={} {:?}",
                row.at, row.operation, row.outcome, row.effect, row.resource
            )
        });
        format!(
            "{}\n{}",
            lines.join("\n"),
            writes.collect::<Vec<_>>().join("\n")
        )
    }

    pub fn annotate(&self, annotation: &str, value: &Value) {
        for object in self.managed() {
            let (kind, name) = names(&object);
            let key = format!("directconnect.dev/{annotation}");
            let patch = json!({"annotations": {key: value}});
            let _ = self
                .kube
                .patch_metadata(kind, &self.namespace, name, &patch);
        }
        self.forget_older();
    }

    pub fn wipe(&self) {
        for object in self.managed() {
            let (kind, name) = names(&object);
            let _ = self.kube.wipe_status(kind, &self.namespace, name);
        }
    }

    /// The answer comes after this time.
    pub fn late(&self, by: Duration) -> FaultKind {
        self.later(by, |now| {
            now.kube.release_holds();
        });
        FaultKind::Hold(When::AfterEffect)
    }

    fn older(&self) -> MutexGuard<'_, Vec<(Timestamp, Snapshot)>> {
        self.wishes
            .older
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what Kubernetes holds, now and then.
    pub fn remember(&self) {
        let now = self.kube.now();
        let mut older = self.older();
        if older
            .last()
            .is_none_or(|(at, _)| now.duration_since(*at) >= APART)
        {
            older.push((now, self.kube.snapshot()));
        }
    }

    /// Nobody restores what was before a user did something.
    fn forget_older(&self) {
        *self.older() = vec![(self.kube.now(), self.kube.snapshot())];
    }

    /// Kubernetes holds what it held a while ago: etcd was restored.
    pub fn set_back(&self) {
        let now = self.kube.now();
        let older = self.older();
        let fits = |(at, _): &&(Timestamp, Snapshot)| now.duration_since(*at) >= APART * 2;
        if let Some((_, snapshot)) = older.iter().rev().find(fits).or(older.first()) {
            self.kube.set_back(snapshot);
        }
    }

    /// Every object is there anew: no status, no finalizer, another uid.
    pub fn recreate(&self) {
        for object in self.managed() {
            let mut object = Value::clone(&object);
            let metadata = &object["metadata"];
            if !metadata["deletionTimestamp"].is_null() {
                continue;
            }
            let (kind, name) = names(&object);
            let (kind, name) = (kind.to_owned(), name.to_owned());
            let mut kept = json!({"name": name, "namespace": self.namespace});
            for member in ["labels", "annotations"] {
                if !metadata[member].is_null() {
                    kept[member] = metadata[member].clone();
                }
            }
            object["metadata"] = kept;
            object["status"] = Value::Null;
            let _ = self.kube.wipe_status(&kind, &self.namespace, &name);
            let _ = self
                .kube
                .force_remove_finalizers(&kind, &self.namespace, &name);
            let _ = self.kube.delete(&kind, &self.namespace, &name);
            let _ = self.kube.create(&object);
        }
        self.forget_older();
    }

    /// The user wants all of it gone.
    pub fn leave(&self, namespace: bool) {
        self.wishes.leaves.store(true, Ordering::Relaxed);
        if namespace {
            let _ = self.kube.delete("Namespace", "", &self.namespace);
        } else {
            for object in self.managed() {
                let (kind, name) = names(&object);
                let _ = self.kube.delete(kind, &self.namespace, name);
            }
        }
        self.forget_older();
    }

    /// Every request of the operator is answered like this for a while.
    pub fn for_a_while(&self, kind: FaultKind) {
        let pattern = FaultMatch {
            client: Some(kubesim::DEFAULT_CLIENT.to_owned()),
            ..FaultMatch::default()
        };
        self.kube.add_fault(pattern, kind, u32::MAX);
        self.cut_off.store(true, Ordering::Relaxed);
        self.later(Duration::from_mins(5), |now| {
            now.kube.clear_faults();
            now.cut_off.store(false, Ordering::Relaxed);
        });
    }

    pub fn later(&self, after: Duration, does: fn(&Self)) {
        let now = self.clone();
        // It belongs to the world, as calls under way do.
        let under_way = self.gate.begin();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            does(&now);
            drop(under_way);
        });
    }
}
