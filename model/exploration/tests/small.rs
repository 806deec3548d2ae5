//! The small configurations, exhaustively: every promise holds in every state.

use directconnect_exploration::config;
use directconnect_exploration::run::{Bounds, run};

#[test]
fn every_promise_holds_in_every_state_of_the_small_configurations() {
    let bounds = Bounds {
        states: None,
        depth: None,
        threads: 2,
    };
    let mut broken = vec![];
    for config in config::small() {
        let outcome = run(&config, bounds);
        println!("{}", outcome.line());
        if !outcome.complete {
            broken.push(format!("{}\n{}", outcome.line(), outcome.path.join("\n")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
