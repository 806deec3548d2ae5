//! The API server: writes with preconditions, and what their arrival may break.

use crate::clause::Clause;
use crate::config::Config;
use crate::promise::Promise;
use crate::world::{Status, What, World, Write};

/// A precondition did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

/// Applies a write, as `PATCH` with tests of uid and resourceVersion does (`src/engine/store.rs`).
pub fn apply(config: &Config, world: &mut World, write: &Write) -> Result<(), Conflict> {
    let Some(object) = &mut world.object else {
        return Err(Conflict);
    };
    let holds = write.base.uid == object.uid && write.base.current;
    let untested = match write.what {
        What::RemoveFinalizer => config.drops(Clause::FinalizerTests),
        _ => config.drops(Clause::Preconditions),
    };
    if !holds && !untested {
        return Err(Conflict);
    }
    let mut breach = None;
    match &write.what {
        What::Status(status) => {
            breach = judge(&object.status, status, object.deleting, object.retain);
            object.status = status.clone();
        }
        What::AddFinalizer => {
            object.finalizer = true;
            object.forced = false;
        }
        What::RemoveFinalizer => {
            object.finalizer = false;
        }
    }
    let removed = write.what == What::RemoveFinalizer;
    let (deleting, retain) = (object.deleting, object.retain);
    if removed && deleting {
        world.object = None;
    }
    world.touch();
    if removed && leaves_something(world, retain) {
        breach = breach.or(Some(Promise::FinalizerWhileOwning));
    }
    if let Some(promise) = breach {
        world.broken(promise);
    }
    Ok(())
}

/// Judges a status write of the operator.
fn judge(before: &Status, after: &Status, deleting: bool, retain: bool) -> Option<Promise> {
    if before.id.is_some() && after.id != before.id {
        return Some(Promise::IdsStay);
    }
    let new = after.delete.is_some() && before.delete != after.delete;
    (new && (!deleting || retain)).then_some(Promise::Retained)
}

/// True if letting go loses something: what should have been deleted lives, or a request may still take effect.
fn leaves_something(world: &World, retain: bool) -> bool {
    let lives = !retain && world.live().next().is_some();
    let coming = world
        .requests
        .iter()
        .any(|r| r.call == crate::world::Call::Create);
    lives || coming
}
