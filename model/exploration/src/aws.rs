//! AWS: requests that take effect when they like, and lists that lag.

use crate::clause::Clause;
use crate::config::{Config, Subject};
use crate::promise::Promise;
use crate::time::{Time, VALIDITY, VISIBILITY};
use crate::world::{Call, Id, Item, Port, Request, Tags, World};

/// How a list shows an AWS object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Not at all.
    Hidden,
    /// As it is.
    AsIs,
    /// Without its tags.
    Untagged,
    /// With the tags that it had before.
    OldTags,
    /// As it was before it was deleted.
    StillThere,
}

/// What AWS does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done; the id of what was made.
    Done(Option<Id>),
    /// It is refused, certainly without effect.
    Refused,
    /// It is refused as a conflict with what exists: nothing is certain.
    Conflict,
}

/// Carries out a request.
pub fn perform(config: &Config, world: &mut World, request: &Request) -> Answer {
    match request.call {
        Call::Create => {
            let natural = config.subject == Subject::VirtualInterface;
            if natural && world.live().next().is_some() {
                return Answer::Conflict;
            }
            let id = 1 + ids(world);
            world.ports.push(Port {
                id,
                token: request.token,
                tags: Tags {
                    uid: request.uid,
                    retained: false,
                },
                before: None,
                created: Some(Time::NOW),
                deleted: None,
            });
            if world.live().count() > 1 {
                world.broken(Promise::OneForEachIdentity);
            }
            Answer::Done(Some(id))
        }
        Call::Delete(id) => {
            let Some(port) = living(world, id) else {
                return Answer::Refused;
            };
            port.deleted = Some(Time::NOW);
            port.before = None;
            Answer::Done(None)
        }
        Call::Tag {
            id, uid, retained, ..
        } => {
            let Some(port) = living(world, id) else {
                return Answer::Refused;
            };
            let tags = Tags {
                uid: uid.unwrap_or(port.tags.uid),
                retained: retained || port.tags.retained,
            };
            retag(port, tags);
            Answer::Done(None)
        }
        Call::Untag(id) => {
            let Some(port) = living(world, id) else {
                return Answer::Refused;
            };
            let tags = Tags {
                retained: false,
                ..port.tags
            };
            retag(port, tags);
            Answer::Done(None)
        }
    }
}

fn retag(port: &mut Port, tags: Tags) {
    if port.tags != tags {
        port.before = Some((port.tags, Time::NOW));
        port.tags = tags;
    }
}

fn living(world: &mut World, id: Id) -> Option<&mut Port> {
    world
        .ports
        .iter_mut()
        .find(|p| p.id == id && p.deleted.is_none())
}

/// The highest id that anybody knows.
fn ids(world: &mut World) -> Id {
    let mut highest = 0;
    world.each_id(&mut |id| highest = highest.max(*id));
    highest
}

/// True if AWS takes a request that was signed then.
pub fn valid(signed: Time) -> bool {
    signed.within(VALIDITY, Time::NOW)
}

/// The ways in which lists that were begun then may show what there is.
pub fn views(config: &Config, world: &World, begun: Time) -> Vec<Vec<Shown>> {
    let mut all = vec![vec![]];
    for port in &world.ports {
        let ways = ways(config, port, begun);
        all = all
            .into_iter()
            .flat_map(|view: Vec<Shown>| {
                ways.iter().map(move |way| {
                    let mut view = view.clone();
                    view.push(*way);
                    view
                })
            })
            .collect();
    }
    all
}

/// Lists begun later than the visibility delay after a change show it; until then they may or may not.
fn ways(config: &Config, port: &Port, begun: Time) -> Vec<Shown> {
    let lags = |at: Option<Time>| at.is_some_and(|at| at.within(VISIBILITY, begun));
    let mut ways = vec![Shown::AsIs];
    if let Some(deleted) = port.deleted {
        if lags(Some(deleted)) {
            ways.push(Shown::StillThere);
        }
        ways.push(Shown::Hidden);
        return ways;
    }
    if lags(port.created) {
        ways.push(Shown::Hidden);
        if config.late_tags {
            ways.push(Shown::Untagged);
        }
    } else if config.drops(Clause::CompleteLists) {
        ways.push(Shown::Hidden);
    }
    if port.before.is_some_and(|(_, at)| lags(Some(at))) {
        ways.push(Shown::OldTags);
    }
    ways
}

/// What such a list shows.
pub fn items(world: &World, view: &[Shown]) -> Vec<Item> {
    world
        .ports
        .iter()
        .zip(view)
        .filter_map(|(port, shown)| {
            let tags = match shown {
                Shown::Hidden => return None,
                Shown::Untagged => None,
                Shown::OldTags => port.before.map(|(tags, _)| tags),
                Shown::AsIs | Shown::StillThere => Some(port.tags),
            };
            Some(Item {
                id: port.id,
                token: if tags.is_some() { port.token } else { 0 },
                tags,
                gone: port.deleted.is_some() && *shown == Shown::AsIs,
            })
        })
        .collect()
}
