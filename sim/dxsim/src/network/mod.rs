//! Between AWS and the customer's routers: BGP sessions, announced prefixes, propagated routes.

mod prefixes;
mod propagation;
mod routers;
mod sessions;

use crate::world::{BgpRoute, Event, VirtualInterface, World};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Brings BGP sessions and route tables in line with everything that they depend on. Idempotent;
/// what takes time is scheduled as an event. Runs after every event and every effect.
pub fn settle(world: &mut World, at: Timestamp) {
    routers::configure(world, at);
    sessions::settle(world, at);
    prefixes::settle(world, at);
    propagation::settle(world, at);
}

/// Settles a world that begins: what agrees has been up for long, its routes are known everywhere.
pub fn start(world: &mut World, at: Timestamp) {
    let usual = world.settings.clone();
    world.settings.bgp_establish = SignedDuration::ZERO;
    world.settings.route_propagation = SignedDuration::ZERO;
    settle(world, at);
    world.settings = usual;
}

/// Applies an event, if it is one of the network's.
pub fn happen(world: &mut World, _at: Timestamp, event: &Event) {
    if let Event::RouterConfigured(router, index) = event {
        routers::configured(world, router, *index);
    }
}

/// The routes of a virtual interface as ListVirtualInterfaceRoutes' `routes`, unfiltered.
pub fn routes(world: &World, virtual_interface: &VirtualInterface) -> Vec<Value> {
    let mut routes = Vec::new();
    for peer in &virtual_interface.peers {
        let session = world.bgp_sessions.get(&peer.id);
        let known = session.map(|session| session.routes.as_slice());
        for route in known.unwrap_or_default() {
            routes.push(as_json(route, &peer.logical_device));
        }
    }
    routes
}

fn as_json(route: &BgpRoute, logical_device: &str) -> Value {
    let family = match route.cidr {
        IpNet::V4(_) => "ipv4",
        IpNet::V6(_) => "ipv6",
    };
    json!({
        "cidr": route.cidr.to_string(),
        "routeDirection": route.direction.to_string(),
        "addressFamily": family,
        "asPath": [{"pathType": "seq", "path": route.as_path}],
        "communities": route.communities,
        "awsLogicalDeviceId": logical_device,
        "routeInstalledAt": route.installed_at.as_second(),
    })
}

/// `at` plus a delay.
fn later(at: Timestamp, delay: SignedDuration) -> Timestamp {
    at.checked_add(delay).unwrap_or(Timestamp::MAX)
}
