//! What virtual private gateways learn, and the route tables that show it.

use super::{later, prefixes};
use crate::world::{
    Event, LearnedRoute, LearnedRoutes, Route, RouteDirection, RouteOrigin, RouteTable,
    RouteTarget, VirtualInterface, VpcAttachmentState, World,
};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Propagated routes per route table (Amazon VPC User Guide, "Quotas").
const LIMIT: usize = 100;

/// Brings learned routes and route tables up to date.
pub(super) fn settle(world: &mut World, at: Timestamp) {
    learn(world, at);
    let tables: Vec<RouteTable> = world.route_tables.values().cloned().collect();
    for table in tables {
        let routes = routes_of(world, &table);
        if routes != table.routes {
            world.route_tables.update(at, &table.id, |table| {
                table.routes = routes;
            });
        }
    }
}

/// Notes what is announced to each VGW; it is shown, or gone, after the propagation delay.
fn learn(world: &mut World, at: Timestamp) {
    let announced = announced(world);
    let delay = world.settings.route_propagation;
    let mut timers = BTreeSet::new();
    for gateway in announced.keys() {
        world.learned_routes.entry(gateway.clone()).or_default();
    }
    for (gateway, learned) in &mut world.learned_routes {
        let now: BTreeSet<IpNet> = announced.get(gateway).cloned().unwrap_or_default();
        if note(learned, &now, at) {
            timers.insert(gateway.clone());
        }
        for route in learned.values_mut() {
            if at >= later(route.since, delay) {
                route.shown = route.announced;
            }
        }
        learned.retain(|_, route| route.announced || route.shown);
    }
    world
        .learned_routes
        .retain(|_, learned| !learned.is_empty());
    for gateway in timers {
        world.schedule(at, delay, Event::NetworkTimer(gateway));
    }
}

/// Notes which prefixes are announced now; tells whether that changed.
fn note(learned: &mut LearnedRoutes, now: &BTreeSet<IpNet>, at: Timestamp) -> bool {
    let mut changed = false;
    for cidr in now {
        learned.entry(*cidr).or_insert(LearnedRoute {
            announced: false,
            since: at,
            shown: false,
        });
    }
    for (cidr, route) in learned {
        if route.announced != now.contains(cidr) {
            route.announced = !route.announced;
            route.since = at;
            changed = true;
        }
    }
    changed
}

/// By VGW, the prefixes that come in over sessions which reach it.
fn announced(world: &World) -> BTreeMap<String, BTreeSet<IpNet>> {
    let mut announced: BTreeMap<String, BTreeSet<IpNet>> = BTreeMap::new();
    for interface in world.virtual_interfaces.values() {
        let accepted: BTreeSet<IpNet> = interface
            .peers
            .iter()
            .filter(|peer| peer.up)
            .filter_map(|peer| world.bgp_sessions.get(&peer.id))
            .flat_map(|session| &session.routes)
            .filter(|route| route.direction == RouteDirection::Accepted)
            .map(|route| route.cidr)
            .collect();
        if accepted.is_empty() {
            continue;
        }
        for gateway in gateways(world, interface) {
            announced.entry(gateway).or_default().extend(&accepted);
        }
    }
    announced
}

/// The VGWs that an interface reaches, directly or through a Direct Connect gateway.
fn gateways(world: &World, interface: &VirtualInterface) -> Vec<String> {
    let through =
        prefixes::associations(world, interface).map(|association| association.gateway_id.clone());
    interface
        .virtual_gateway_id
        .clone()
        .into_iter()
        .chain(through)
        .filter(|gateway| world.vpn_gateways.get(gateway).is_some())
        .collect()
}

/// A table's routes: its own, then what propagates into it and does not clash with those.
fn routes_of(world: &World, table: &RouteTable) -> Vec<Route> {
    let mut routes: Vec<Route> = table
        .routes
        .iter()
        .filter(|route| route.origin != RouteOrigin::EnableVgwRoutePropagation)
        .cloned()
        .collect();
    for route in &mut routes {
        if let RouteTarget::Gateway(id) = &route.target
            && id.starts_with("vgw-")
        {
            route.active = attached(world, id, &table.vpc_id);
        }
    }
    let taken: BTreeSet<IpNet> = routes.iter().map(|route| route.destination).collect();
    let propagated = table
        .propagating
        .iter()
        .filter(|gateway| attached(world, gateway, &table.vpc_id))
        .filter_map(|gateway| Some((gateway, world.learned_routes.get(gateway)?)))
        .flat_map(|(gateway, learned)| {
            learned
                .iter()
                .map(move |(cidr, route)| (gateway, cidr, route))
        })
        .filter(|(_, cidr, route)| route.shown && !taken.contains(cidr))
        .take(LIMIT)
        .map(|(gateway, cidr, _)| Route {
            destination: *cidr,
            target: RouteTarget::Gateway(gateway.clone()),
            origin: RouteOrigin::EnableVgwRoutePropagation,
            active: true,
        });
    routes.extend(propagated);
    routes
}

fn attached(world: &World, gateway: &str, vpc_id: &str) -> bool {
    world
        .vpn_gateways
        .get(gateway)
        .and_then(|gateway| gateway.attachment.as_ref())
        .is_some_and(|attachment| {
            attachment.vpc_id == vpc_id && attachment.state == VpcAttachmentState::Attached
        })
}
