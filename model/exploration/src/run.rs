//! Runs a configuration and tells what was found.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use stateright::{Checker, HasDiscoveries, Model, Path};

use crate::config::Config;
use crate::ending;
use crate::explore::Event;
use crate::words;
use crate::world::World;

/// Limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// States that are enough; none for all.
    pub states: Option<usize>,
    /// Length of the longest path; none for any.
    pub depth: Option<usize>,
    /// Threads. One finds shortest paths.
    pub threads: usize,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Configuration.
    pub config: String,
    /// Clause that was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
    /// Different states.
    pub states: usize,
    /// Transitions.
    pub transitions: usize,
    /// Longest of the shortest paths.
    pub depth: usize,
    /// Seconds.
    pub seconds: f64,
    /// States visited in a second.
    #[serde(default)]
    pub rate: usize,
    /// Every state within the budget was visited.
    pub complete: bool,
    /// The promise that is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The path to it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

/// Explores a configuration until something is broken or nothing is left.
pub fn run(config: &Config, bounds: Bounds) -> Outcome {
    let started = Instant::now();
    let mut builder = config
        .clone()
        .checker()
        .threads(bounds.threads)
        .finish_when(HasDiscoveries::AnyFailures);
    if let Some(states) = bounds.states {
        builder = builder.target_state_count(states);
    }
    if let Some(depth) = bounds.depth {
        builder = builder.target_max_depth(depth);
    }
    let checker = builder.spawn_bfs().join();
    let found = checker.discoveries();
    let first = found
        .into_iter()
        .min_by_key(|(name, path)| (path.clone().into_states().len(), *name));
    let (broken, path) = first.map_or((None, vec![]), |(name, path)| {
        let last = path.last_state().clone();
        let mut lines = told(path);
        if name == "Converges" {
            lines.extend(ending::told(config, &last));
        }
        (Some(name.to_owned()), lines)
    });
    let limited = bounds
        .states
        .is_some_and(|most| checker.state_count() >= most)
        || bounds.depth.is_some_and(|most| checker.max_depth() >= most);
    let taken = started.elapsed();
    let millis = usize::try_from(taken.as_millis())
        .unwrap_or(usize::MAX)
        .max(1);
    Outcome {
        config: config.name.to_owned(),
        dropped: config.dropped.map(|c| c.to_string()),
        states: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        seconds: taken.as_secs_f64(),
        rate: checker.unique_state_count() * 1_000 / millis,
        complete: broken.is_none() && !limited,
        broken,
        path,
    }
}

fn told(path: Path<World, Event>) -> Vec<String> {
    let steps = path.into_vec();
    let mut lines: Vec<String> = steps
        .windows(2)
        .filter_map(|pair| {
            let (before, event) = &pair[0];
            let event = event.as_ref()?;
            Some(words::event(before, event, &pair[1].0))
        })
        .collect();
    if let Some((last, _)) = steps.last() {
        lines.push(format!("in the end: {}", words::ending(last)));
    }
    lines
}

impl Outcome {
    /// One line.
    pub fn line(&self) -> String {
        let name = self.dropped.as_ref().map_or_else(
            || self.config.clone(),
            |clause| format!("{} without {clause}", self.config),
        );
        let verdict = match &self.broken {
            Some(promise) => format!(
                "BROKEN {promise} after {} steps",
                self.path.len().saturating_sub(1)
            ),
            None if self.complete => "every promise holds".to_owned(),
            None => "every promise holds so far".to_owned(),
        };
        format!(
            "{name}: {} states, {} transitions, depth {}, {:.1} s, {} states/s: {verdict}",
            self.states, self.transitions, self.depth, self.seconds, self.rate
        )
    }
}
