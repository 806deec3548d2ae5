//! Which prefixes go over an established session, both ways.

use super::routers::Cabling;
use crate::world::{
    AddressFamily, Association, AssociationState, AttachmentState, BgpPeer, BgpRoute, GatewayType,
    Prefix, RouteDirection, Router, VirtualInterface, VirtualInterfaceType, VpcAttachmentState,
    World,
};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Stand-ins for the ranges that AWS announces on public virtual interfaces (assumed).
const PUBLIC_RANGES: [&str; 2] = ["52.94.0.0/22", "2600:1f00::/40"];

fn is_of(cidr: IpNet, family: AddressFamily) -> bool {
    matches!(
        (cidr, family),
        (IpNet::V4(_), AddressFamily::Ipv4) | (IpNet::V6(_), AddressFamily::Ipv6)
    )
}

/// What a router announces to a peer and AWS takes: on a public virtual interface only what lies
/// in its route filter prefixes.
pub(super) fn announced<'r>(
    router: &'r Router,
    interface: &VirtualInterface,
    peer: &BgpPeer,
) -> impl Iterator<Item = &'r Prefix> {
    let family = peer.address_family;
    let filter = (interface.kind == VirtualInterfaceType::Public)
        .then(|| interface.route_filter_prefixes.clone());
    router.prefixes.iter().filter(move |prefix| {
        is_of(prefix.cidr, family)
            && filter
                .as_ref()
                .is_none_or(|allowed| allowed.iter().any(|net| net.contains(&prefix.cidr)))
    })
}

/// Writes the routes of every session into the world; a route that was there keeps its time.
pub(super) fn settle(world: &mut World, at: Timestamp) {
    let cabling = Cabling::of(world);
    let mut accepted: BTreeMap<String, Vec<BgpRoute>> = BTreeMap::new();
    for interface in world.virtual_interfaces.values() {
        for peer in interface.peers.iter().filter(|peer| peer.up) {
            let routes = accepted_routes(world, &cabling, interface, peer, at);
            accepted.insert(peer.id.clone(), routes);
        }
    }
    let mut all = BTreeMap::new();
    for interface in world.virtual_interfaces.values() {
        for peer in &interface.peers {
            let mut routes = accepted.get(&peer.id).cloned().unwrap_or_default();
            if peer.up {
                routes.extend(advertised_routes(world, interface, peer, &accepted, at));
            }
            all.insert(peer.id.clone(), routes);
        }
    }
    for (peer, mut routes) in all {
        let Some(session) = world.bgp_sessions.get_mut(&peer) else {
            continue;
        };
        for route in &mut routes {
            let before = session
                .routes
                .iter()
                .find(|old| old.cidr == route.cidr && old.direction == route.direction);
            if let Some(before) = before
                && before.as_path == route.as_path
                && before.communities == route.communities
            {
                route.installed_at = before.installed_at;
            }
        }
        session.routes = routes;
    }
}

/// What comes in. A session whose router went silent keeps its routes until it is down.
fn accepted_routes(
    world: &World,
    cabling: &Cabling<'_>,
    interface: &VirtualInterface,
    peer: &BgpPeer,
    at: Timestamp,
) -> Vec<BgpRoute> {
    let Ok(router) = cabling.partner(interface, peer) else {
        let known = world.bgp_sessions.get(&peer.id);
        return known
            .map(|session| session.routes.as_slice())
            .unwrap_or_default()
            .iter()
            .filter(|route| route.direction == RouteDirection::Accepted)
            .cloned()
            .collect();
    };
    announced(router, interface, peer)
        .map(|prefix| BgpRoute {
            cidr: prefix.cidr,
            direction: RouteDirection::Accepted,
            as_path: (0..=prefix.prepend).map(|_| router.asn).collect(),
            communities: prefix.communities.clone(),
            installed_at: at,
        })
        .collect()
}

fn advertised_routes(
    world: &World,
    interface: &VirtualInterface,
    peer: &BgpPeer,
    accepted: &BTreeMap<String, Vec<BgpRoute>>,
    at: Timestamp,
) -> Vec<BgpRoute> {
    let mut routes: BTreeMap<IpNet, Vec<i64>> = BTreeMap::new();
    let own = vec![interface.amazon_side_asn];
    for cidr in aws_prefixes(world, interface) {
        routes.insert(cidr, own.clone());
    }
    for (cidr, path) in other_sites(world, interface, accepted) {
        let through = own.iter().chain(&path).copied().collect();
        routes.entry(cidr).or_insert(through);
    }
    routes
        .into_iter()
        .filter(|(cidr, _)| is_of(*cidr, peer.address_family))
        .map(|(cidr, as_path)| BgpRoute {
            cidr,
            direction: RouteDirection::Advertised,
            as_path,
            communities: Vec::new(),
            installed_at: at,
        })
        .collect()
}

/// What AWS announces on a virtual interface, both families.
fn aws_prefixes(world: &World, interface: &VirtualInterface) -> Vec<IpNet> {
    if interface.kind == VirtualInterfaceType::Public {
        return PUBLIC_RANGES
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
    }
    if let Some(gateway) = &interface.virtual_gateway_id {
        return vpc_cidrs(world, gateway);
    }
    associations(world, interface)
        .flat_map(|association| match association.gateway_type {
            GatewayType::TransitGateway => association.allowed_prefixes.iter().copied().collect(),
            GatewayType::VirtualPrivateGateway => {
                let allowed: Vec<IpNet> = association.allowed_prefixes.iter().copied().collect();
                through_filter(vpc_cidrs(world, &association.gateway_id), &allowed)
            }
        })
        .collect()
}

/// The allowed prefixes of a VGW's association are a filter: a CIDR passes if an entry is equal or
/// wider; no entries let everything pass (Direct Connect User Guide, "Allowed prefixes
/// interactions").
fn through_filter(cidrs: Vec<IpNet>, allowed: &[IpNet]) -> Vec<IpNet> {
    cidrs
        .into_iter()
        .filter(|cidr| allowed.is_empty() || allowed.iter().any(|net| net.contains(cidr)))
        .collect()
}

/// The CIDRs of the VPC that a VGW is attached to.
fn vpc_cidrs(world: &World, gateway: &str) -> Vec<IpNet> {
    world
        .vpn_gateways
        .get(gateway)
        .and_then(|gateway| gateway.attachment.as_ref())
        .filter(|attachment| attachment.state == VpcAttachmentState::Attached)
        .and_then(|attachment| world.vpcs.get(&attachment.vpc_id))
        .map(|vpc| vpc.cidrs.clone())
        .unwrap_or_default()
}

/// The working associations of the gateway that a virtual interface is attached to.
pub(super) fn associations<'w>(
    world: &'w World,
    interface: &VirtualInterface,
) -> impl Iterator<Item = &'w Association> {
    let gateway = attached_to(world, interface);
    world.associations.values().filter(move |association| {
        Some(association.direct_connect_gateway_id.as_str()) == gateway
            && matches!(
                association.state,
                AssociationState::Associated | AssociationState::Updating
            )
    })
}

/// The Direct Connect gateway that a virtual interface is attached to by now.
fn attached_to<'w>(world: &'w World, interface: &VirtualInterface) -> Option<&'w str> {
    world
        .attachments
        .get(&interface.id)
        .filter(|attachment| attachment.state == AttachmentState::Attached)
        .map(|attachment| attachment.direct_connect_gateway_id.as_str())
}

/// What SiteLink brings from the other virtual interfaces of the same gateway.
fn other_sites(
    world: &World,
    interface: &VirtualInterface,
    accepted: &BTreeMap<String, Vec<BgpRoute>>,
) -> Vec<(IpNet, Vec<i64>)> {
    let gateway = attached_to(world, interface);
    if !interface.site_link_enabled || gateway.is_none() {
        return Vec::new();
    }
    world
        .virtual_interfaces
        .values()
        .filter(|other| {
            other.id != interface.id
                && other.site_link_enabled
                && attached_to(world, other) == gateway
        })
        .flat_map(|other| &other.peers)
        .filter_map(|peer| accepted.get(&peer.id))
        .flatten()
        .map(|route| (route.cidr, route.as_path.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_prefixes_of_a_vgw_are_a_filter() {
        let net = |text: &str| text.parse::<IpNet>().expect("a prefix");
        let vpc = vec![net("10.0.0.0/16")];
        assert_eq!(through_filter(vpc.clone(), &[]), vpc);
        assert_eq!(through_filter(vpc.clone(), &[net("10.0.0.0/8")]), vpc);
        assert_eq!(through_filter(vpc.clone(), &[net("10.0.0.0/16")]), vpc);
        assert_eq!(through_filter(vpc, &[net("10.0.0.0/24")]), []);
    }
}
