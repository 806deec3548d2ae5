//! What happens to virtual interfaces by itself. `available` and `down` follow BGP; that is the
//! network's doing.

use crate::services::directconnect::arn;
use crate::world::{AttachmentState, BgpPeerState, Event, VirtualInterfaceState as State, World};
use jiff::Timestamp;

/// verifying → pending, for a public interface and its first peers.
pub fn verified(world: &mut World, at: Timestamp, id: &str) {
    let changed = world.virtual_interfaces.update(at, id, |interface| {
        let waiting = interface.state == State::Verifying;
        if waiting {
            interface.state = State::Pending;
        }
        waiting
    });
    if changed == Some(true) {
        let delay = world.settings.virtual_interface_provision;
        world.schedule(at, delay, Event::VirtualInterfaceProvisioned(id.to_owned()));
    }
}

/// pending → down, from where BGP takes it to available. Peers that came with it are ready too.
pub fn provisioned(world: &mut World, at: Timestamp, id: &str) {
    world.virtual_interfaces.update(at, id, |interface| {
        if interface.state != State::Pending {
            return;
        }
        interface.state = State::Down;
        for peer in &mut interface.peers {
            if matches!(peer.state, BgpPeerState::Pending | BgpPeerState::Verifying) {
                peer.state = BgpPeerState::Available;
            }
        }
    });
}

/// deleting → deleted.
pub fn deleted(world: &mut World, at: Timestamp, id: &str) {
    world.virtual_interfaces.update(at, id, |interface| {
        interface.state = State::Deleted;
        interface.ended_at = Some(at);
        for peer in &mut interface.peers {
            peer.state = BgpPeerState::Deleted;
            peer.up = false;
        }
    });
    let visible = world.settings.virtual_interface_deleted_visible;
    world.schedule(at, visible, Event::VirtualInterfaceForgotten(id.to_owned()));
}

/// No longer listed.
pub fn forget(world: &mut World, at: Timestamp, id: &str) {
    if let Some(interface) = world.virtual_interfaces.remove(at, id) {
        let arn = arn::virtual_interface(&interface.region, &interface.account, id);
        world.tags.remove(at, &arn);
    }
}

/// attaching → attached.
pub fn attached(world: &mut World, at: Timestamp, id: &str) {
    world.attachments.update(at, id, |attachment| {
        if attachment.state == AttachmentState::Attaching {
            attachment.state = AttachmentState::Attached;
        }
    });
}

/// detaching → gone.
pub fn detached(world: &mut World, at: Timestamp, id: &str) {
    world.attachments.remove(at, id);
}
