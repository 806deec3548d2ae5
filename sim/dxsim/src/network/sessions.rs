//! BGP sessions: up when port, VLAN, ASN, addresses and key agree and the prefixes are not too many.

use super::routers::Cabling;
use super::{later, prefixes};
use crate::world::{
    BgpPeer, BgpPeerState, BgpSession, ConnectionState, Event, VirtualInterface,
    VirtualInterfaceState, VirtualInterfaceType, World,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long BFD takes to tell: three times 300 ms (Direct Connect User Guide, "Enable BFD").
const BFD_DETECTION: SignedDuration = SignedDuration::from_millis(900);

/// Prefixes that a public virtual interface accepts (User Guide, "Quotas").
const PUBLIC_LIMIT: i32 = 1000;

/// Why a session is not up.
struct Obstacle {
    text: String,
    /// Seen by AWS at once; else the session lives on until the hold timer, or BFD, ends it.
    immediate: bool,
}

/// Takes every session up or down that is due, and the states of virtual interfaces with it.
pub(super) fn settle(world: &mut World, at: Timestamp) {
    let interfaces: Vec<VirtualInterface> = world.virtual_interfaces.values().cloned().collect();
    let peers: BTreeSet<&str> = interfaces
        .iter()
        .flat_map(|interface| &interface.peers)
        .map(|peer| peer.id.as_str())
        .collect();
    world
        .bgp_sessions
        .retain(|peer, _| peers.contains(peer.as_str()));
    let cabling = Cabling::of(world);
    let obstacles: Vec<Vec<Option<Obstacle>>> = interfaces
        .iter()
        .map(|interface| {
            let peers = interface.peers.iter();
            peers
                .map(|peer| obstacle(world, &cabling, interface, peer))
                .collect()
        })
        .collect();
    for (interface, obstacles) in interfaces.into_iter().zip(obstacles) {
        let mut changed = interface.clone();
        for (peer, obstacle) in changed.peers.iter_mut().zip(obstacles) {
            let up = settle_peer(world, at, peer, obstacle);
            if up != peer.up {
                peer.up = up;
                peer.since = at;
            }
        }
        follow(&mut changed);
        if changed != interface {
            let id = interface.id;
            world.virtual_interfaces.insert(at, id, changed);
        }
    }
}

/// `available` and `down` follow the sessions.
fn follow(interface: &mut VirtualInterface) {
    let up = interface.peers.iter().any(|peer| peer.up);
    interface.state = match interface.state {
        VirtualInterfaceState::Available | VirtualInterfaceState::Down if up => {
            VirtualInterfaceState::Available
        }
        VirtualInterfaceState::Available | VirtualInterfaceState::Down => {
            VirtualInterfaceState::Down
        }
        other => other,
    };
}

/// Notes what keeps a session down, sets timers, and tells whether it is up now.
fn settle_peer(
    world: &mut World,
    at: Timestamp,
    peer: &BgpPeer,
    obstacle: Option<Obstacle>,
) -> bool {
    let delay = match (&obstacle, peer.up) {
        (Some(obstacle), true) if obstacle.immediate => SignedDuration::ZERO,
        (Some(_), true) if world.settings.bfd => BFD_DETECTION,
        (Some(_), true) => world.settings.bgp_hold,
        (None, false) => world.settings.bgp_establish,
        _ => SignedDuration::ZERO,
    };
    let session = world
        .bgp_sessions
        .entry(peer.id.clone())
        .or_insert_with(|| BgpSession {
            obstacle: obstacle.is_none().then(|| "new".to_owned()),
            since: at,
            routes: Vec::new(),
        });
    let turned = session.obstacle.is_some() != obstacle.is_some();
    if turned {
        session.since = at;
    }
    let due = at >= later(session.since, delay);
    let up = if obstacle.is_some() {
        peer.up && !due
    } else {
        peer.up || due
    };
    session.obstacle = obstacle.map(|obstacle| obstacle.text);
    if turned && !due {
        world.schedule(at, delay, Event::NetworkTimer(peer.id.clone()));
    }
    up
}

fn obstacle(
    world: &World,
    cabling: &Cabling<'_>,
    interface: &VirtualInterface,
    peer: &BgpPeer,
) -> Option<Obstacle> {
    let at_once = |text: String| Obstacle {
        text,
        immediate: true,
    };
    if let Some(text) = aws_side(world, interface, peer) {
        return Some(at_once(text));
    }
    let router = match cabling.partner(interface, peer) {
        Ok(router) => router,
        Err(text) => {
            return Some(Obstacle {
                text,
                immediate: false,
            });
        }
    };
    let announced = prefixes::announced(router, interface, peer).count();
    let limit = limit(interface, peer);
    (announced > usize::try_from(limit).unwrap_or(0)).then(|| {
        at_once(format!(
            "router {} announces {announced} prefixes, {limit} are allowed",
            router.name
        ))
    })
}

/// What is not ready on AWS's side of a session.
fn aws_side(world: &World, interface: &VirtualInterface, peer: &BgpPeer) -> Option<String> {
    let ready = matches!(
        interface.state,
        VirtualInterfaceState::Available | VirtualInterfaceState::Down
    );
    if !ready {
        return Some(format!("the virtual interface is {}", interface.state));
    }
    if peer.state != BgpPeerState::Available {
        return Some(format!("the peer is {}", peer.state));
    }
    match world.connections.get(&interface.connection_id) {
        None => Some("the connection is gone".to_owned()),
        Some(connection) if connection.state != ConnectionState::Available => {
            Some(format!("the connection is {}", connection.state))
        }
        Some(_) => None,
    }
}

/// How many prefixes of the peer's family may come in (User Guide, "Quotas").
fn limit(interface: &VirtualInterface, peer: &BgpPeer) -> i32 {
    use crate::world::AddressFamily::{Ipv4, Ipv6};
    match (interface.kind, peer.address_family) {
        (VirtualInterfaceType::Public, _) => PUBLIC_LIMIT,
        (_, Ipv4) => interface.prefix_pool_ipv4,
        (_, Ipv6) => interface.prefix_pool_ipv6,
    }
}
