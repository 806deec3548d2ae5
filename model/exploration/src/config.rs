//! What is explored: named configurations, each with its budget of faults.

use serde::Serialize;

use crate::clause::Clause;

/// What may still happen, each so many times. Pauses, ticks, stale and torn lists are not counted: they may happen at any
/// time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Budget {
    /// Incarnations of the object.
    pub births: u8,
    /// Deletions of the object by a user.
    pub deletes: u8,
    /// Processes that die.
    pub crashes: u8,
    /// Answers that are lost, or come too late.
    pub losses: u8,
    /// Definite rejections.
    pub refusals: u8,
    /// Kubernetes writes whose answer is lost and that are applied later, or never.
    pub late: u8,
    /// Status removed by a user.
    pub wipes: u8,
    /// Finalizers removed by a user.
    pub forces: u8,
    /// Restores of an older state of the object.
    pub restores: u8,
    /// `deletionPolicy` changed by a user.
    pub edits: u8,
}

/// The kind that is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, strum::Display)]
pub enum Subject {
    /// Paid, and AWS makes a second one without asking.
    Connection,
    /// AWS refuses a second one with the same VLAN.
    VirtualInterface,
}

/// A configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Kind.
    pub subject: Subject,
    /// Processes, each of which takes itself for the leader.
    pub operators: usize,
    /// `deletionPolicy` of new objects is Retain.
    pub retain: bool,
    /// Other parties act between the pages of a list.
    pub long_lists: bool,
    /// Lists may show objects before their tags.
    pub late_tags: bool,
    /// Faults.
    pub budget: Budget,
    /// A clause that is dropped.
    pub dropped: Option<Clause>,
}

impl Config {
    /// What may happen, in words.
    pub fn room(&self) -> String {
        let Budget {
            births,
            deletes,
            crashes,
            losses,
            refusals,
            late,
            wipes,
            forces,
            restores,
            edits,
        } = self.budget;
        let counts = [
            (self.operators, "operator"),
            (births.into(), "incarnation"),
            (deletes.into(), "deletion"),
            (crashes.into(), "crash"),
            (losses.into(), "lost answer"),
            (refusals.into(), "rejection"),
            (late.into(), "late write"),
            (wipes.into(), "status removed"),
            (forces.into(), "finalizer forced"),
            (restores.into(), "restore"),
            (edits.into(), "policy change"),
        ];
        let mut parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what} {count}"))
            .collect();
        if self.subject == Subject::VirtualInterface {
            parts.insert(0, "VirtualInterface".to_owned());
        }
        if self.retain {
            parts.push("Retain".to_owned());
        }
        if self.long_lists {
            parts.push("long lists".to_owned());
        }
        parts.join(", ")
    }

    /// True if this clause is dropped.
    pub fn drops(&self, clause: Clause) -> bool {
        self.dropped == Some(clause)
    }
}

const BASE: Config = Config {
    name: "",
    about: "",
    subject: Subject::Connection,
    operators: 1,
    retain: false,
    long_lists: false,
    late_tags: false,
    budget: Budget {
        births: 1,
        deletes: 1,
        crashes: 0,
        losses: 0,
        refusals: 0,
        late: 0,
        wipes: 0,
        forces: 0,
        restores: 0,
        edits: 0,
    },
    dropped: None,
};

/// A crash and a lost answer.
const FAULTS: Budget = Budget {
    crashes: 1,
    losses: 1,
    ..BASE.budget
};

/// An object and its successor.
const TWICE: Budget = Budget {
    births: 2,
    ..BASE.budget
};

/// The small configurations, which run with all tests.
pub fn small() -> Vec<Config> {
    vec![
        Config {
            name: "small-create",
            about: "one object; a crash, a lost answer",
            budget: FAULTS,
            ..BASE
        },
        Config {
            name: "small-retain",
            about: "an object and its successor, Retain; a crash, a lost answer",
            retain: true,
            budget: Budget {
                births: 2,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "small-two",
            about: "two operators, one object that nobody deletes",
            operators: 2,
            budget: Budget {
                deletes: 0,
                ..BASE.budget
            },
            ..BASE
        },
        Config {
            name: "small-wipe",
            about: "one object whose status is removed; a lost answer",
            budget: Budget {
                wipes: 1,
                losses: 1,
                ..BASE.budget
            },
            ..BASE
        },
        Config {
            name: "small-edit",
            about: "one object whose deletionPolicy changes",
            budget: Budget {
                edits: 1,
                ..BASE.budget
            },
            ..BASE
        },
    ]
}

/// The full configurations.
pub fn full() -> Vec<Config> {
    let mut all = single();
    all.extend(deep());
    all
}

/// One fault at a time, with more room than the small ones.
fn single() -> Vec<Config> {
    vec![
        Config {
            name: "lists",
            about: "one object, lists of several pages and tags that come late; a lost answer",
            long_lists: true,
            late_tags: true,
            budget: Budget {
                losses: 1,
                ..BASE.budget
            },
            ..BASE
        },
        Config {
            name: "recreate",
            about: "an object and its successor; a crash, a lost answer",
            budget: Budget {
                births: 2,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "two-retain",
            about: "two operators, an object and its successor, Retain",
            operators: 2,
            retain: true,
            budget: TWICE,
            ..BASE
        },
        Config {
            name: "late",
            about: "an object and its successor; a late Kubernetes write, a crash",
            budget: Budget {
                late: 1,
                crashes: 1,
                ..TWICE
            },
            ..BASE
        },
        Config {
            name: "force",
            about: "an object whose finalizer is removed by force, and its successor; a crash",
            budget: Budget {
                forces: 1,
                crashes: 1,
                ..TWICE
            },
            ..BASE
        },
        Config {
            name: "restore",
            about: "one object, restored from an older state; a lost answer",
            budget: Budget {
                restores: 1,
                losses: 1,
                ..BASE.budget
            },
            ..BASE
        },
        Config {
            name: "interface",
            about: "a virtual interface; two lost answers, a crash",
            subject: Subject::VirtualInterface,
            budget: Budget {
                losses: 2,
                ..FAULTS
            },
            ..BASE
        },
    ]
}

/// Several faults together.
fn deep() -> Vec<Config> {
    vec![
        Config {
            name: "three-incarnations",
            about: "one operator, three incarnations; a crash, a lost answer, a late Kubernetes write",
            budget: Budget {
                births: 3,
                deletes: 2,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "three-retained",
            about: "one operator, three incarnations, Retain; a crash, a lost answer, a late Kubernetes write",
            retain: true,
            budget: Budget {
                births: 3,
                deletes: 2,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "two-operators",
            about: "two operators, two incarnations; a crash, a lost answer, a late Kubernetes write",
            operators: 2,
            budget: Budget {
                births: 2,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "status-wiped",
            about: "two incarnations, status removed; a crash, a lost answer, a late Kubernetes write",
            budget: Budget {
                births: 2,
                wipes: 1,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "finalizer-forced",
            about: "two incarnations, finalizer forced off; a crash, a lost answer, a late Kubernetes write",
            budget: Budget {
                births: 2,
                forces: 1,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "restored",
            about: "two incarnations, an older state restored; a crash, a lost answer, a late Kubernetes write",
            budget: Budget {
                births: 2,
                restores: 1,
                late: 1,
                ..FAULTS
            },
            ..BASE
        },
        Config {
            name: "refused",
            about: "one object; two definite rejections, a crash, a lost answer",
            budget: Budget {
                refusals: 2,
                ..FAULTS
            },
            ..BASE
        },
    ]
}

/// A configuration in which nothing goes wrong.
pub fn bare(name: &'static str) -> Config {
    Config { name, ..BASE }
}

/// All configurations.
pub fn all() -> Vec<Config> {
    let mut all = small();
    all.extend(full());
    all
}
