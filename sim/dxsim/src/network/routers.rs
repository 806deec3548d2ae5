//! The customer's routers: which of their sessions meet which BGP peer, and when they are configured.

use crate::world::{
    BgpPeer, Event, Router, RouterSession, VirtualInterface, VirtualInterfaceState, World,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Whether a virtual interface is there at all.
pub(super) fn exists(interface: &VirtualInterface) -> bool {
    !matches!(
        interface.state,
        VirtualInterfaceState::Deleting
            | VirtualInterfaceState::Deleted
            | VirtualInterfaceState::Rejected
    )
}

/// Whether a router's session is cabled to this interface's port and speaks on its VLAN.
fn reaches(session: &RouterSession, interface: &VirtualInterface) -> bool {
    let fits = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|id| id == found);
    session.vlan == interface.vlan
        && fits(&session.account, &interface.account)
        && fits(&session.connection_id, &interface.connection_id)
        && fits(&session.location, &interface.location)
}

/// Begins to configure sessions that have a virtual interface to talk to now.
pub(super) fn configure(world: &mut World, at: Timestamp) {
    let mut begun = Vec::new();
    for router in world.routers.values() {
        for (index, session) in router.sessions.iter().enumerate() {
            let Some(delay) = session.configure_after else {
                continue;
            };
            let wanted = world
                .virtual_interfaces
                .values()
                .any(|interface| exists(interface) && reaches(session, interface));
            if wanted && !session.configured && !session.configuring {
                begun.push((router.name.clone(), index, delay));
            }
        }
    }
    for (name, index, delay) in begun {
        if let Some(session) = session_mut(world, &name, index) {
            session.configuring = true;
        }
        world.schedule(at, delay, Event::RouterConfigured(name, index));
    }
}

/// The engineer has typed it in.
pub(super) fn configured(world: &mut World, router: &str, index: usize) {
    if let Some(session) = session_mut(world, router, index) {
        session.configured = true;
        session.configuring = false;
    }
}

fn session_mut<'w>(
    world: &'w mut World,
    router: &str,
    index: usize,
) -> Option<&'w mut RouterSession> {
    world.routers.get_mut(router)?.sessions.get_mut(index)
}

/// What a session is cabled to: VLAN, connection, location.
type Plug<'w> = (i32, Option<&'w str>, Option<&'w str>);

/// Every session of every router, by what it is cabled to.
pub(super) struct Cabling<'w>(BTreeMap<Plug<'w>, Vec<(&'w Router, &'w RouterSession)>>);

impl<'w> Cabling<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        let mut plugs: BTreeMap<Plug<'w>, Vec<_>> = BTreeMap::new();
        for router in world.routers.values() {
            for session in &router.sessions {
                let plug = (
                    session.vlan,
                    session.connection_id.as_deref(),
                    session.location.as_deref(),
                );
                plugs.entry(plug).or_default().push((router, session));
            }
        }
        Self(plugs)
    }

    /// The sessions that may meet a virtual interface.
    fn candidates<'a>(
        &'a self,
        interface: &'a VirtualInterface,
    ) -> impl Iterator<Item = (&'w Router, &'w RouterSession)> + 'a {
        let connection = Some(interface.connection_id.as_str());
        let location = Some(interface.location.as_str());
        [
            (connection, location),
            (connection, None),
            (None, location),
            (None, None),
        ]
        .into_iter()
        .filter_map(|(connection, location)| self.0.get(&(interface.vlan, connection, location)))
        .flatten()
        .copied()
        .filter(|(_, session)| reaches(session, interface))
    }

    /// The router that agrees with a peer in everything, or why none does.
    pub(super) fn partner(
        &self,
        interface: &VirtualInterface,
        peer: &BgpPeer,
    ) -> Result<&'w Router, String> {
        let mut reason = format!(
            "no router serves VLAN {} of {} for {}",
            interface.vlan, interface.connection_id, peer.address_family
        );
        for (router, session) in self.candidates(interface) {
            if session.address_family == peer.address_family {
                match disagreement(router, session, peer) {
                    None => return Ok(router),
                    Some(found) => reason = found,
                }
            }
        }
        Err(reason)
    }
}

/// What keeps this session of a router from agreeing with a peer. Never tells a key.
fn disagreement(router: &Router, session: &RouterSession, peer: &BgpPeer) -> Option<String> {
    let name = &router.name;
    if router.broken {
        return Some(format!("router {name} is out of order"));
    }
    if !session.configured {
        return Some(format!("router {name} is not configured"));
    }
    if router.asn != peer.asn {
        return Some(format!(
            "router {name} has ASN {}, the peer expects {}",
            router.asn, peer.asn
        ));
    }
    for (wanted, found, whose) in [
        (&session.amazon_address, &peer.amazon_address, "Amazon"),
        (
            &session.customer_address,
            &peer.customer_address,
            "customer",
        ),
    ] {
        if let Some(wanted) = wanted
            && wanted != found
        {
            return Some(format!(
                "router {name} uses {whose} address {wanted}, the peer {found}"
            ));
        }
    }
    match &session.auth_key {
        Some(key) if *key != peer.auth_key => {
            Some(format!("router {name} has another authentication key"))
        }
        _ => None,
    }
}
