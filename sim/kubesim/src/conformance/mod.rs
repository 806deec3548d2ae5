//! Request cases that this server and a real kube-apiserver must answer alike.
//!
//! [`run`] sends them through any transport; it installs its own CustomResourceDefinition and namespace and takes
//! both away again. The cases are data: `sim/kubesim/cases/*.yaml`.

mod case;
mod runner;

use std::{fmt, future::Future};

use serde_json::Value;

pub use case::Case;

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

/// All cases, in order.
pub fn cases() -> Vec<Case> {
    case::all()
}

/// Reads a response body as `run` wants it: one JSON value, or an array of the lines of a watch.
pub fn parse_body(bytes: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(bytes) {
        let watch =
            matches!(&value, Value::Object(map) if map.len() == 2 && map.contains_key("object"));
        return if watch {
            Value::Array(vec![value])
        } else {
            value
        };
    }
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let parsed: Result<Vec<Value>, _> = lines.map(serde_json::from_slice).collect();
    parsed.map_or_else(
        |_| Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Value::Array,
    )
}

/// Runs every case. `send` takes a request with a relative URI, reads the whole answer (a watch ends by its
/// `timeoutSeconds`) and returns the code and `parse_body` of the body.
pub async fn run<F, Fut>(send: F) -> Report
where
    F: FnMut(http::Request<Vec<u8>>) -> Fut,
    Fut: Future<Output = (u16, Value)>,
{
    runner::run(send).await
}
