//! The writes of an example's life at AWS, and what becomes of one whose caller is struck.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cell::Example;

/// A part of an example's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Declared, until all is Ready.
    Apply,
    /// Deleted, until all is gone; ports are retained.
    Delete,
    /// Declared again: the retained port is taken back.
    Again,
}

/// The nth write of this operation in a phase that took effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Write {
    pub example: Example,
    pub phase: Phase,
    pub operation: String,
    pub nth: u64,
}

impl Write {
    /// What is retained without its last tags needs fewer writes to be taken back, and a list that shows an object before its tags, or
    /// tags after they were taken off, may make for one more.
    fn may_vary(&self) -> bool {
        let off = self.operation.starts_with("Untag") || self.operation == "DeleteTags";
        self.operation.contains("Tag") && self.nth > if off { 1 } else { 2 }
    }

    /// The writes of a cell that nobody disturbed, and that each life has.
    pub fn of(example: Example, phase: Phase, rows: &[&Value]) -> BTreeSet<Self> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let mut writes = BTreeSet::new();
        for row in rows.iter().filter(|row| row["effect"] == true) {
            let operation = row["operation"].as_str().unwrap();
            let nth = counts.entry(operation).or_default();
            *nth += 1;
            writes.insert(Self {
                example,
                phase,
                operation: operation.to_owned(),
                nth: *nth,
            });
        }
        writes.retain(|write| !write.may_vary());
        writes
    }
}

impl std::fmt::Display for Write {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            example,
            phase,
            operation,
            nth,
        } = self;
        write!(formatter, "{example:?}/{phase:?}/{operation}#{nth}")
    }
}

/// What becomes of the call whose caller is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Fate {
    /// It has no effect.
    Lost,
    /// It goes on after the next operator has looked.
    Late,
    /// It took effect, its answer is lost.
    Unheard,
    /// It took effect, and its answer has arrived as its caller is struck.
    Answered,
}

impl Fate {
    pub const ALL: [Self; 4] = [Self::Lost, Self::Late, Self::Unheard, Self::Answered];

    /// Whether the call is held before its effect.
    pub fn before_effect(self) -> bool {
        matches!(self, Self::Lost | Self::Late)
    }

    /// Of as many cells as there are fates, each has another for this write.
    pub fn of(write: &Write, seed: u64, turn: usize) -> Self {
        let mut hash = DefaultHasher::new();
        (write, seed).hash(&mut hash);
        let first = usize::try_from(hash.finish() % 4).unwrap();
        Self::ALL[(first + turn) % Self::ALL.len()]
    }
}

/// A write that was held while its caller was struck.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Strike {
    #[serde(flatten)]
    pub write: Write,
    pub fate: Fate,
    pub cell: String,
    /// The cell's operator was struck that often then; calls that were held together share a number.
    pub number: usize,
    /// What AWS did with the call.
    pub outcome: String,
}
