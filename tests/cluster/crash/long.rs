//! The long form: round after round, each with a new seed, until enough processes were struck. `make kills` runs it.
//!
//! `KILLS` and `TAKEOVERS` say how much is enough, `RESULTS` where the lines go; begun again, it goes on after the last round that ended.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use directconnect_local::paths;

use super::cell::Example;
use super::plan::{Blow, Scope};
use super::results::Results;
use super::round::Round;

/// Lives of each example in a round, for each blow.
const KILLED: usize = 8;
const TAKEN_OVER: usize = 4;

fn setting<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not understood")),
        Err(_) => default,
    }
}

#[test]
#[ignore = "takes an hour: make kills"]
fn make_kills() {
    let _alone = crate::api::alone();
    let path = setting::<PathBuf>("RESULTS", paths::binary("kills.jsonl").unwrap());
    let mut results = Results::open(&path);
    println!("results: {}", path.display());
    println!("{}", results.summary());
    let goals = [
        (Blow::Kill, setting("KILLS", 1000), KILLED, 10),
        // A call that is held past the lease may take effect still.
        (Blow::TakeOver, setting("TAKEOVERS", 200), TAKEN_OVER, 30),
    ];
    let began = Instant::now();
    for (blow, goal, lives, validity) in goals {
        while results.blows(blow) < goal || !results.gaps(blow).is_empty() {
            let number = results.next();
            println!("round {number}: {blow:?}");
            let mut round = Round::new(number, validity);
            for example in [Example::Quickstart, Example::SecureCart] {
                round.add(example, Some(blow), Scope::Whole, lives);
            }
            results.append(number, round.run());
            println!("{} s: {}", began.elapsed().as_secs(), results.summary());
            assert!(results.troubles().is_empty(), "{:#?}", results.troubles());
        }
    }
    for (blow, ..) in goals {
        println!("{blow:?}\n{}", results.table(blow));
    }
    println!("{}", results.summary());
    assert!(results.troubles().is_empty(), "{:#?}", results.troubles());
}
