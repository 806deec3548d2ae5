//! Request cases that this server and a real kube-apiserver must answer alike.
//!
//! [`run`] sends them through any transport; it installs its own CustomResourceDefinition and namespace and takes
//! both away again. The cases are data: `sim/kubesim/cases/*.yaml`.

mod answer;
mod case;
mod fixture;
mod runner;
mod shapes;

use std::{fmt, future::Future};

pub use answer::Answer;
pub use case::{Case, Difference};
pub use shapes::shapes;

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the case.
    pub name: String,
    /// What was not as expected; empty if all was.
    pub failures: Vec<String>,
}

/// What became of all cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One entry per case, in order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// How many cases ran.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// The cases that failed.
    pub fn failed(&self) -> Vec<&Outcome> {
        self.outcomes
            .iter()
            .filter(|outcome| !outcome.failures.is_empty())
            .collect()
    }

    /// How the outcomes differ from what the list of differences allows: cases that failed otherwise than listed, and listed ones
    /// that no longer do.
    pub fn beyond(&self, allowed: &[Difference]) -> Vec<String> {
        let listed = |outcome: &Outcome| {
            let text = outcome.failures.join("\n");
            let mut found = allowed.iter().filter(|one| one.case == outcome.name);
            found.any(|one| text.contains(&one.says))
        };
        let failed = self.failed();
        let new = failed
            .iter()
            .filter(|outcome| !listed(outcome))
            .map(|outcome| format!("{}: {}", outcome.name, outcome.failures.join("; ")));
        let vanished = allowed
            .iter()
            .filter(|one| !failed.iter().any(|outcome| outcome.name == one.case))
            .map(|one| format!("{}: listed as a difference, but as expected", one.case));
        new.chain(vanished).collect()
    }

    /// True if every case went as expected.
    pub fn passed(&self) -> bool {
        !self.outcomes.is_empty() && self.failed().is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cases, {} failed", self.count(), self.failed().len())?;
        for outcome in self.failed() {
            writeln!(f, "- {}", outcome.name)?;
            for failure in &outcome.failures {
                writeln!(f, "    {failure}")?;
            }
        }
        Ok(())
    }
}

/// Where this server may differ from a real one, and why.
pub fn differences() -> Vec<Difference> {
    case::differences()
}

/// All cases, in order.
pub fn cases() -> Vec<Case> {
    case::all()
}

/// Runs every case. `send` takes a request with a relative URI, reads the whole answer (a watch ends by its
/// `timeoutSeconds`) and returns code, warnings and body.
pub async fn run<F, Fut>(send: F) -> Report
where
    F: FnMut(http::Request<Vec<u8>>) -> Fut,
    Fut: Future<Output = Answer>,
{
    runner::run(send).await
}
