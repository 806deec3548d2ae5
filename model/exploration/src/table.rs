//! The tables of `docs/exploration.md`, made from a results file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use strum::IntoEnumIterator;

use crate::clause::Clause;
use crate::clauses;
use crate::config;
use crate::run::Outcome;

/// What comes before the generated part of the page.
pub const BEGIN: &str = "<!-- generated from exploration.jsonl by `explore --page`: begin -->";
/// What comes after it.
pub const END: &str = "<!-- generated: end -->";

/// Reads a results file: one outcome for each line.
pub fn read(text: &str) -> Result<Vec<Outcome>, serde_json::Error> {
    text.lines().map(serde_json::from_str).collect()
}

/// The generated part.
pub fn generated(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{BEGIN}\n\n{}\n{}\n{}",
        configurations(outcomes),
        dropped(outcomes),
        paths(outcomes)
    );
    text.push_str(END);
    text
}

/// The page with its generated part replaced; none if it has no such part.
pub fn page(text: &str, outcomes: &[Outcome]) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{}{after}", generated(outcomes)))
}

fn configurations(outcomes: &[Outcome]) -> String {
    let mut text = "| configuration | what may happen | states | transitions | depth | time | result |\n|---|---|---:|---:|---:|---:|---|\n".to_owned();
    let about: BTreeMap<_, _> = config::all()
        .into_iter()
        .map(|c| (c.name.to_owned(), c.about))
        .collect();
    for config in config::all() {
        let Some(outcome) = outcomes
            .iter()
            .find(|o| o.dropped.is_none() && o.config == config.name)
        else {
            let _ = writeln!(
                text,
                "| `{}` | {} | | | | | not run yet |",
                config.name, config.about
            );
            continue;
        };
        let about = about.get(&outcome.config).copied().unwrap_or_default();
        let result = match (&outcome.broken, outcome.complete) {
            (Some(promise), _) => format!("**{promise} is broken**"),
            (None, true) => "every promise holds".to_owned(),
            (None, false) => "every promise holds as far as it went".to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {about} | {} | {} | {} | {:.0} s | {result} |",
            outcome.config, outcome.states, outcome.transitions, outcome.depth, outcome.seconds
        );
    }
    text
}

fn dropped(outcomes: &[Outcome]) -> String {
    let mut text =
        "| clause | says | dropped in | what breaks, or why it stays |\n|---|---|---|---|\n"
            .to_owned();
    for clause in Clause::iter() {
        let outcome = outcomes
            .iter()
            .find(|o| o.dropped.as_deref() == Some(<&str>::from(clause)));
        let (place, what) = match outcome {
            None => (String::new(), "not run".to_owned()),
            Some(o) => (
                clauses::trial(clause).room(),
                match &o.broken {
                    Some(promise) => format!(
                        "{promise}, after {} steps ([path](#without-{}))",
                        o.path.len().saturating_sub(1),
                        clause.to_string().to_lowercase()
                    ),
                    None => format!(
                        "nothing in {} states: {}",
                        o.states,
                        clauses::stays(clause).unwrap_or("no reason is written down")
                    ),
                },
            ),
        };
        let _ = writeln!(
            text,
            "| {clause} | {} | {place} | {what} |",
            clauses::says(clause)
        );
    }
    text
}

fn paths(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|o| !o.path.is_empty()) {
        let Some(clause) = &outcome.dropped else {
            continue;
        };
        let _ = writeln!(text, "### Without {clause}\n");
        for (number, line) in outcome.path.iter().enumerate() {
            let _ = writeln!(text, "{}. {line}", number + 1);
        }
        text.push('\n');
    }
    text
}
