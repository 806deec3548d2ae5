//! What becomes of a state when faults end: every operator goes on, nothing more is lost, time passes.
//!
//! Two endings are followed from each state: what is on its way arrives, or never does. Both must come to rest, and at rest
//! what AWS has must be known again. Each state has one successor in an ending, so that endings join: what was found good
//! is remembered.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use crate::aws::Shown;
use crate::config::Config;
use crate::explore::Event;
use crate::product::{self, Sight};
use crate::time::{VALIDITY, VISIBILITY};
use crate::words;
use crate::world::{Phase, World};

/// More steps than any ending takes.
const STEPS: usize = 600;

thread_local! {
    static GOOD: RefCell<HashSet<u64>> = RefCell::default();
    static HASH: RandomState = RandomState::new();
}

fn key(world: &World) -> u64 {
    HASH.with(|state| state.hash_one(world))
}

/// True if both endings come to a good rest.
pub fn converges(config: &Config, world: &World) -> bool {
    beginnings(config, world).all(|world| ends(config, world))
}

/// What is on its way arrives, or never does.
fn beginnings(config: &Config, world: &World) -> impl Iterator<Item = World> {
    let waiting = !world.requests.is_empty() || !world.late.is_empty();
    let lost = waiting.then(|| {
        let mut lost = world.clone();
        lost.requests.clear();
        lost.late.clear();
        for operator in &mut lost.operators {
            if matches!(operator.phase, Phase::Awaiting(_)) {
                operator.phase = Phase::Idle;
            }
        }
        lost.canonical(config);
        lost
    });
    std::iter::once(world.clone()).chain(lost)
}

fn ends(config: &Config, world: World) -> bool {
    let mut at = world;
    let mut walked = vec![];
    for _ in 0..STEPS {
        let here = key(&at);
        let repeats = walked.contains(&here);
        if repeats && !rests(config, &at) {
            return false;
        }
        if repeats || GOOD.with_borrow(|all| all.contains(&here)) {
            GOOD.with_borrow_mut(|all| all.extend(walked));
            return true;
        }
        walked.push(here);
        at = follow(config, &at).1;
        if at.breach.is_some() {
            return false;
        }
    }
    false
}

/// The ending of a state that comes to no good rest, in words, to where it begins to repeat itself.
pub fn told(config: &Config, world: &World) -> Vec<String> {
    let bad = beginnings(config, world).find(|world| !ends(config, world.clone()));
    let Some(mut at) = bad else {
        return vec![];
    };
    let mut lines = vec![if at == *world {
        "from here on nothing goes wrong".to_owned()
    } else {
        "what is on its way never arrives; from here on nothing goes wrong".to_owned()
    }];
    let mut walked = vec![];
    while !walked.contains(&at) && at.breach.is_none() {
        let (event, next) = follow(config, &at);
        lines.push(words::event(&at, &event, &next));
        walked.push(std::mem::replace(&mut at, next));
    }
    lines.push(format!("and so on: {}", words::ending(&at)));
    lines
}

/// The next state of an ending.
fn follow(config: &Config, world: &World) -> (Event, World) {
    let after = |event: Event| {
        let next = config.after(world, &event);
        (event, next)
    };
    if !world.requests.is_empty() {
        return after(Event::Land(0));
    }
    if !world.late.is_empty() {
        return after(Event::Arrive(0));
    }
    let mut events = vec![];
    for (me, operator) in world.operators.iter().enumerate() {
        if operator.phase != Phase::Idle {
            config.steps(world, me, &mut events);
            // Of lists the one that shows what is.
            let truth = events
                .iter()
                .position(|e| match e {
                    Event::Read(_, shown) | Event::Count(_, shown) => {
                        shown.iter().all(|s| *s == Shown::AsIs)
                    }
                    _ => true,
                })
                .unwrap_or(0);
            return after(events.swap_remove(truth));
        }
    }
    for me in 0..world.operators.len() {
        let stale = world.operators[me]
            .list
            .as_ref()
            .is_none_or(|l| l.begun != crate::time::Time::NOW);
        if stale && world.object.is_some() {
            return after(Event::Sweep(me));
        }
        let (event, next) = after(Event::Pass(me));
        if next != *world {
            return (event, next);
        }
    }
    after(Event::Tick)
}

/// True if what AWS has is known, or somebody is asked to do something.
fn rests(config: &Config, world: &World) -> bool {
    let live: Vec<_> = world.live().map(|p| p.id).collect();
    match &world.object {
        None => true,
        Some(object) if object.deleting => false,
        Some(object) => {
            let known = live.len() == 1 && object.status.id == live.first().copied();
            // After a restore, or a finalizer that was forced off while a delete was sent, a recorded id may be of
            // something that is gone: that it is lost is told.
            let restored = world.left.restores < config.budget.restores;
            let forced = world.left.forces < config.budget.forces;
            let lost = (restored || forced) && object.status.id.is_some();
            known && object.finalizer || live.is_empty() && (lost || stalled(config, world))
        }
    }
}

fn stalled(config: &Config, world: &World) -> bool {
    let Some(object) = &world.object else {
        return false;
    };
    world.operators.iter().all(|operator| {
        let sight = Sight {
            subject: config.subject,
            object: object.clone(),
            list: operator.list.clone(),
            last_order: operator.last_order,
            accepted: vec![],
            refused: vec![],
            windows: (VALIDITY, VISIBILITY),
        };
        product::decide(&sight).stalled
    })
}
