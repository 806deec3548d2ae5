//! What users and administrators do to the object.

use crate::clause::Clause;
use crate::config::Config;
use crate::time::{AGES, Time};
use crate::world::{Object, Operator, Status, World};

/// The object is created, under the same name as any before.
pub fn create(config: &Config, world: &mut World) {
    world.left.births -= 1;
    appear(config, world);
}

fn appear(config: &Config, world: &mut World) {
    world.born += 1;
    world.object = Some(Object {
        uid: world.born,
        finalizer: false,
        deleting: false,
        retain: config.retain,
        forced: false,
        status: Status::default(),
    });
}

/// `kubectl delete`.
pub fn delete(world: &mut World) {
    world.left.deletes -= 1;
    let gone = world.object.as_mut().is_some_and(|o| {
        o.deleting = true;
        !o.finalizer
    });
    if gone {
        world.object = None;
    }
    world.touch();
}

/// `spec.deletionPolicy` is changed.
pub fn edit(world: &mut World) {
    world.left.edits -= 1;
    if let Some(object) = &mut world.object {
        object.retain = !object.retain;
    }
    world.touch();
}

/// The status is removed.
pub fn wipe(world: &mut World) {
    world.left.wipes -= 1;
    if let Some(object) = &mut world.object {
        object.status = Status::default();
    }
    world.touch();
    excuse(world);
}

/// Our finalizer is removed by force.
pub fn force(world: &mut World) {
    world.left.forces -= 1;
    let gone = world.object.as_mut().is_some_and(|o| {
        o.finalizer = false;
        o.forced = true;
        o.deleting
    });
    if gone {
        world.object = None;
    }
    world.given_up.forced = Some(Time::NOW);
    world.touch();
    excuse(world);
}

/// Orders under way are not to blame for what a user took away.
fn excuse(world: &mut World) {
    for operator in &mut world.operators {
        if let Some(order) = operator.phase.order() {
            order.excused = true;
        }
    }
}

/// True if a finalizer may be forced off, or a process die, without what the protocol gives up.
pub fn within_promise(config: &Config, world: &World, force: bool) -> bool {
    let given_up = &world.given_up;
    let other = if force {
        given_up.restarted
    } else {
        given_up.forced.is_some()
    };
    config.drops(Clause::ForceAndRestart) || given_up.sent.is_none() || !other
}

/// A process dies and another one starts.
pub fn crash(world: &mut World, me: usize) {
    let phase = std::mem::replace(&mut world.operators[me], Operator::started()).phase;
    if let crate::world::Phase::Writing(write, _) = phase {
        world.late.push(write);
    }
    for request in &mut world.requests {
        request.asker.take_if(|asker| *asker == me);
    }
    if world.given_up.sent.is_some() {
        world.given_up.restarted = true;
    }
}

/// etcd is saved.
pub fn save(world: &mut World) {
    world.saved = Some(world.object.clone());
}

/// True if etcd may be restored: the operator was stopped, and a window has passed since its last call.
pub fn may_restore(config: &Config, world: &World) -> bool {
    let quiet = world.requests.is_empty() && world.given_up.sent.is_none();
    world.left.restores > 0 && (quiet || config.drops(Clause::RestoreStopped))
}

/// How etcd comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// As it was saved.
    AsSaved,
    /// As it was saved, hours later.
    HoursLater,
    /// The manifests are applied to an empty cluster: another uid, no status, no finalizer.
    Manifests,
}

/// etcd comes back as it was.
pub fn restore(config: &Config, world: &mut World, how: Restored) {
    world.left.restores -= 1;
    for me in 0..world.operators.len() {
        crash(world, me);
    }
    world.late.clear();
    match how {
        Restored::Manifests => appear(config, world),
        Restored::AsSaved | Restored::HoursLater => {
            world.object = world.saved.take().flatten();
        }
    }
    world.saved = None;
    if how == Restored::HoursLater {
        world.tick(AGES);
    }
}
