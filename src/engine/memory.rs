//! What this process remembers of each object, by uid. All of it may be lost in a crash.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use directconnect_model::view::Memory;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// What is known of an object is said anew this often at most within [`TOLD_WITHIN`].
const TOLD_MOST: usize = 5;
/// See [`TOLD_MOST`].
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// How long a cache is believed to be behind our own last write.
const STALE_FOR: Duration = Duration::from_secs(30);

/// One object.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// What decisions see.
    pub memory: Memory,
    /// Failures in a row.
    pub failures: u32,
    /// The resourceVersion that our last write replaced, and when: a cache that shows it is stale.
    pub replaced: Option<(String, Instant)>,
    /// The version on which writes were refused last, and how often in a row.
    pub refused: (String, u32),
    /// Its lists were read often because something was under way when this process, as it led, saw it first.
    pub hastened: bool,
    /// Generation that was decided on last.
    pub generation: Option<i64>,
    /// Of an AwsAccount: when STS last said what its present generation expects.
    pub verified: Option<Instant>,
    /// When what is known was last said anew.
    pub told: VecDeque<Instant>,
    /// Value of the annotation that asks for a fresh pass, as it was last answered.
    pub requested: Option<String>,
}

/// All objects.
#[derive(Debug, Default)]
pub struct Memories(Mutex<BTreeMap<String, Remembered>>);

impl Memories {
    /// Reads or changes what is remembered of the object with this uid.
    pub fn with<T>(&self, uid: &str, change: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(uid.to_owned()).or_default())
    }

    /// Nobody here has looked for a while: absences that were noted are not in a row with later ones.
    pub fn forget_absences(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for remembered in all.values_mut() {
            remembered.memory.missing.clear();
            remembered.hastened = false;
        }
    }

    /// The object is gone.
    pub fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }
}

impl Remembered {
    /// True if a cache that shows this version shows what was before our own last write. Not for ever: etcd may have been restored.
    pub fn is_stale(&self, version: &str) -> bool {
        let replaced = self.replaced.as_ref();
        replaced.is_some_and(|(before, at)| before == version && at.elapsed() < STALE_FOR)
    }

    /// True if a status that says something else may be stored now. Two processes that both act, and know different
    /// things of their own calls, would else take turns as fast as the network lets them.
    pub fn may_tell(&mut self) -> bool {
        while self
            .told
            .front()
            .is_some_and(|at| at.elapsed() >= TOLD_WITHIN)
        {
            self.told.pop_front();
        }
        if self.told.len() >= TOLD_MOST {
            return false;
        }
        self.told.push_back(Instant::now());
        true
    }

    /// Another spec was written: a call that equals an earlier one is another one.
    pub fn spec_seen(&mut self, generation: Option<i64>) {
        if self.generation != generation {
            self.generation = generation;
            self.memory.accepted.clear();
        }
    }
}

/// Drops what time has made useless.
pub fn tidy(memory: &mut Memory, now: Timestamp) {
    // Kept for a while longer: lists may be older than the time, and repetitions slow down.
    let useful = |time: Timestamp| time + SignedDuration::from_hours(1) > now;
    memory.accepted.retain(|_, until| useful(*until));
    memory.refused.retain(|_, r| useful(r.retry_at));
    memory.withheld.retain(|_, r| useful(r.retry_at));
}
