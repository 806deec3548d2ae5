//! Which writes of a cell are struck, how, and with which fate.

use serde::{Deserialize, Serialize};

use super::writes::{Fate, Phase, Write};

/// A write that is repeated again and again is not struck for ever.
const REPEATED: u64 = 3;

/// What is done to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Blow {
    /// `kill -9`; it is started again.
    Kill,
    /// It is held still until its lease has run out and the other process leads; then it goes on.
    TakeOver,
}

/// Which writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    Whole,
    /// Those of a first life; it ends with them.
    Start,
    /// Those of its end; of the second life only what the first does not have.
    End,
    /// Both.
    StartAndEnd,
    /// Creates and deletes of ports and interfaces.
    Few,
}

impl Scope {
    /// The phases that are driven.
    pub fn phases(self) -> &'static [Phase] {
        match self {
            Self::Start => &[Phase::Apply],
            _ => &[Phase::Apply, Phase::Delete, Phase::Again],
        }
    }

    /// Whether this write is struck.
    pub fn has(self, write: &Write) -> bool {
        let start = write.phase == Phase::Apply;
        let end = match write.phase {
            Phase::Apply => false,
            Phase::Delete => true,
            Phase::Again => write.operation.contains("Tag") && write.nth <= 2,
        };
        let few = [
            "CreateConnection",
            "CreatePrivateVirtualInterface",
            "DeleteVirtualInterface",
        ];
        write.nth <= REPEATED
            && match self {
                Self::Whole => true,
                Self::Start => start,
                Self::End => end,
                Self::StartAndEnd => start || end,
                Self::Few => (start || end) && few.contains(&write.operation.as_str()),
            }
    }
}

/// The plan of one cell.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// None: nobody disturbs it.
    pub blow: Option<Blow>,
    pub scope: Scope,
    pub seed: u64,
    /// Shifts the fates.
    pub turn: usize,
}

impl Plan {
    /// What is to become of this write.
    pub fn fate(&self, write: &Write) -> Option<Fate> {
        let strikes = self.blow.is_some() && self.scope.has(write);
        strikes.then(|| Fate::of(write, self.seed, self.turn))
    }
}
