//! Clauses: those that can be dropped quickly are, and the page names every one as the results have it.

#![allow(clippy::panic, reason = "a test says what it found")]

use std::collections::BTreeSet;

use directconnect_exploration::clause::Clause;
use directconnect_exploration::run::{Bounds, run};
use directconnect_exploration::{clauses, table};
use strum::IntoEnumIterator;

/// The exploration finds what it is to find: a model in which nothing can break would show nothing.
#[test]
fn dropped_clauses_break_promises() {
    let bounds = Bounds {
        states: None,
        depth: None,
        threads: 1,
    };
    for clause in clauses::QUICK {
        let config = clauses::trial(*clause);
        let outcome = run(&config, bounds);
        println!("{}", outcome.line());
        assert!(outcome.broken.is_some(), "nothing breaks without {clause}");
    }
}

fn docs(name: &str) -> String {
    let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_page_is_what_the_results_say() {
    let outcomes = table::read(&docs("exploration.jsonl")).expect("results");
    let page = docs("exploration.md");
    let generated = table::page(&page, &outcomes).expect("a generated part");
    assert!(
        page == generated,
        "run `explore --page docs` and commit docs/exploration.md"
    );
}

#[test]
fn every_clause_and_configuration_was_run() {
    let outcomes = table::read(&docs("exploration.jsonl")).expect("results");
    for clause in Clause::iter() {
        let outcome = outcomes
            .iter()
            .find(|o| o.dropped.as_deref() == Some(<&str>::from(clause)))
            .unwrap_or_else(|| panic!("{clause} was not dropped in the results"));
        assert_eq!(
            outcome.broken.is_none(),
            clauses::stays(clause).is_some(),
            "{clause}: a counterexample, or a reason why it stays all the same"
        );
    }
    let run: BTreeSet<&str> = outcomes
        .iter()
        .filter(|o| o.dropped.is_none())
        .map(|o| o.config.as_str())
        .collect();
    let all: BTreeSet<&str> = directconnect_exploration::config::all()
        .iter()
        .map(|c| c.name)
        .collect();
    assert!(run.is_subset(&all), "{run:?}");
    for outcome in outcomes.iter().filter(|o| o.dropped.is_none()) {
        assert!(outcome.broken.is_none(), "{}", outcome.line());
    }
}
