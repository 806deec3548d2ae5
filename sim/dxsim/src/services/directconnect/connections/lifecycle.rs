//! What happens to connections by itself or by people: approval, cross-connect, light, end.

use crate::services::directconnect::arn;
use crate::world::{Connection, ConnectionState, Event, World};
use jiff::Timestamp;

type Done = Result<(), String>;

fn change<R>(
    world: &mut World,
    at: Timestamp,
    id: &str,
    change: impl FnOnce(&mut Connection) -> R,
) -> Result<R, String> {
    world
        .connections
        .update(at, id, change)
        .ok_or_else(|| format!("there is no connection {id}"))
}

/// requested → pending: the LOA is out, and the cross-connect is on its way if that takes a fixed time.
pub fn approve(world: &mut World, at: Timestamp, id: &str) -> Done {
    let approved = change(world, at, id, |connection| {
        let waiting = connection.state == ConnectionState::Requested;
        if waiting {
            connection.state = ConnectionState::Pending;
            connection.loa_available = true;
        }
        waiting
    })?;
    if approved {
        world.schedule_cross_connect(at, id);
    }
    Ok(())
}

impl World {
    /// Schedules the cross-connect of a connection whose LOA is out, if the world says when.
    pub(crate) fn schedule_cross_connect(&mut self, at: Timestamp, id: &str) {
        let location = self.connections.get(id).map(|one| one.location.as_str());
        let delay = location
            .and_then(|code| self.locations.get(code))
            .and_then(|location| location.cross_connect)
            .or(self.settings.cross_connect);
        if let Some(delay) = delay {
            self.schedule(at, delay, Event::CrossConnectBuilt(id.to_owned()));
        }
    }
}

/// The cross-connect is built, unless the order has ended meanwhile.
pub fn built(world: &mut World, at: Timestamp, id: &str) {
    world.connections.update(at, id, |connection| {
        if super::live(connection) && connection.loa_available {
            connection.cross_connected = true;
        }
    });
}

/// The same on command; the LOA is issued first if need be.
pub fn complete(world: &mut World, at: Timestamp, id: &str) -> Done {
    approve(world, at, id)?;
    built(world, at, id);
    Ok(())
}

/// The fibre is cut or mended.
pub fn set_cut(world: &mut World, at: Timestamp, id: &str, cut: bool) -> Done {
    change(world, at, id, |connection| connection.cut = cut)
}

/// AWS refuses the order.
pub fn reject(world: &mut World, at: Timestamp, id: &str) -> Done {
    let rejected = change(world, at, id, |connection| {
        let waiting = matches!(
            connection.state,
            ConnectionState::Ordering | ConnectionState::Requested
        );
        if waiting {
            connection.state = ConnectionState::Rejected;
            connection.ended_at = Some(at);
        }
        waiting
    })?;
    if !rejected {
        return Err(format!("{id} is no longer an open order"));
    }
    let visible = world.settings.connection_deleted_visible;
    world.schedule(at, visible, Event::ConnectionForgotten(id.to_owned()));
    Ok(())
}

/// deleting → deleted.
pub fn gone(world: &mut World, at: Timestamp, id: &str) {
    world.connections.update(at, id, |connection| {
        connection.state = ConnectionState::Deleted;
        connection.ended_at = Some(at);
    });
    let visible = world.settings.connection_deleted_visible;
    world.schedule(at, visible, Event::ConnectionForgotten(id.to_owned()));
}

/// No longer listed.
pub fn forget(world: &mut World, at: Timestamp, id: &str) {
    if let Some(connection) = world.connections.remove(at, id) {
        let arn = arn::connection(&connection.region, &connection.account, id);
        world.tags.remove(at, &arn);
    }
}

/// The port has come back from its reset.
pub fn reset_done(world: &mut World, at: Timestamp, id: &str) {
    world.connections.update(at, id, |connection| {
        if connection.resetting_until.is_some_and(|until| until <= at) {
            connection.resetting_until = None;
        }
    });
}

/// pending, available and down follow the light.
pub fn settle(world: &mut World, at: Timestamp) {
    let changes: Vec<(String, ConnectionState)> = world
        .connections
        .iter()
        .filter_map(|(id, connection)| {
            let next = match (connection.state, lit(world, connection)) {
                (ConnectionState::Pending | ConnectionState::Down, true) => {
                    ConnectionState::Available
                }
                (ConnectionState::Available, false) => ConnectionState::Down,
                _ => return None,
            };
            Some((id.clone(), next))
        })
        .collect();
    for (id, next) in changes {
        world
            .connections
            .update(at, &id, |connection| connection.state = next);
    }
}

/// Whether there is light on the port: cross-connect built and whole, device and location working,
/// not resetting, and not refusing plain frames (`must_encrypt` without a MACsec key).
fn lit(world: &World, connection: &Connection) -> bool {
    connection.cross_connected
        && !connection.cut
        && connection.resetting_until.is_none()
        && connection.encryption_mode.as_deref() != Some("must_encrypt")
        && world
            .locations
            .get(&connection.location)
            .is_none_or(|location| location.lit(&connection.device))
}
