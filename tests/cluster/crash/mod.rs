//! The operator's process is struck while a call is held at AWS: at every write of both examples, with four fates of the call.
//!
//! A cell is one example in an account and a namespace of its own, with an operator of its own: a shard. Each write stops at a gate before its
//! effect and at another after it; there its process is killed, or held still until a second process leads. Cells do not wait for one another.
//! One cell of each example goes undisturbed: its writes are those that must be struck.

mod blows;
pub mod cell;
mod crew;
mod gates;
mod life;
mod long;
mod plan;
mod results;
mod round;
pub mod verdict;
mod world;
pub mod writes;

use cell::Example;
use plan::{Blow, Scope};
use round::Round;
use writes::Fate;

const SEED: u64 = 11;

#[test]
fn a_strike_at_every_aws_write_orders_every_port_once() {
    let _alone = crate::api::alone();
    let mut round = Round::new(SEED, 6);
    let (kill, take_over) = (Some(Blow::Kill), Some(Blow::TakeOver));
    let lives = Fate::ALL.len();
    // Each write that is struck is settled for half a minute: the longer example is split.
    round.add(Example::Quickstart, kill, Scope::Start, lives);
    round.add(Example::Quickstart, kill, Scope::End, lives);
    round.add(Example::SecureCart, kill, Scope::StartAndEnd, lives);
    round.add(Example::Quickstart, take_over, Scope::Few, 1);
    round.add(Example::SecureCart, take_over, Scope::Few, 1);
    let report = round.run();
    for blow in [Blow::Kill, Blow::TakeOver] {
        let (blows, strikes) = report.counts(blow);
        println!("{strikes} writes struck in {blows} x {blow:?}");
    }
    assert_eq!(report.trouble, None);
    for (blow, scope, fates) in [
        (Blow::Kill, Scope::StartAndEnd, lives),
        (Blow::TakeOver, Scope::Few, 1),
    ] {
        let struck = report.fates(blow);
        assert!(struck.keys().any(|write| scope.has(write)));
        for (write, found) in struck {
            let wanted = if scope.has(write) { fates } else { 0 };
            assert_eq!(found.len(), wanted, "{write} {blow:?}: {found:?}");
        }
    }
}
