//! What the spec may not say, and what clashes with what exists.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::{AddressFamily, BgpPeer};
use crate::api::virtual_interface::VirtualInterfaceType;
use crate::aws;
use crate::decide::SELF;
use crate::managed::Managed;
use crate::net;
use crate::reason::Reason;
use crate::tags;
use crate::view::{Blocked, View};

use super::presence;
use super::references::{Gateway, stalled};
use crate::identity::Presence;

/// Why the spec cannot be done at all.
pub(super) fn invalid(object: &VirtualInterface, view: &View) -> Option<Blocked> {
    unsupported(object)
        .or_else(|| reserved_tags(object, view))
        .or_else(|| shape(object).map(|m| stalled(Reason::Invalid, m)))
        .or_else(|| peers(object).map(|m| stalled(Reason::Invalid, m)))
        .or_else(|| redundancy(object, view).map(|m| stalled(Reason::Invalid, m)))
        .or_else(|| regions(object, view))
        .or_else(|| incomparable(object, view))
}

fn unsupported(object: &VirtualInterface) -> Option<Blocked> {
    let spec = &object.spec;
    let message = if spec.lag_ref.is_some() || spec.lag_id.is_some() {
        "spec.lagRef and spec.lagId are not supported yet: set connectionRef or connectionId"
    } else if spec.owner_account_id.is_some() {
        "spec.ownerAccountId, an interface for another account, is not supported yet: remove it, or declare the interface under that account"
    } else {
        return None;
    };
    Some(stalled(Reason::NotSupportedYet, message.to_owned()))
}

fn reserved_tags(object: &VirtualInterface, view: &View) -> Option<Blocked> {
    let message = tags::refused(&tags::declared(object.common(), view.account()?))?;
    Some(stalled(
        Reason::Invalid,
        format!("spec.tags or the account's defaultTags: {message}; rename it"),
    ))
}

fn shape(object: &VirtualInterface) -> Option<String> {
    let spec = &object.spec;
    let Some(kind) = spec.virtual_interface_type else {
        return Some(
            "spec.virtualInterfaceType is missing: set private, public or transit".to_owned(),
        );
    };
    match spec.vlan {
        None => return Some("spec.vlan is missing: set a VLAN from 1 to 4094".to_owned()),
        Some(vlan) if !(1..=4094).contains(&vlan) => {
            return Some(format!(
                "spec.vlan is {vlan}: a VLAN is a number from 1 to 4094; choose one that is free on the connection"
            ));
        }
        Some(_) => {}
    }
    if spec.bgp_peers.is_empty() {
        return Some("spec.bgpPeers is empty: declare at least one BGP peer".to_owned());
    }
    match (spec.mtu, kind) {
        (Some(mtu), VirtualInterfaceType::Public) => {
            return Some(format!(
                "spec.mtu is {mtu}: a public virtual interface has no choice of MTU (1500); remove mtu"
            ));
        }
        (Some(1500 | 8500) | None, _) | (Some(9001), VirtualInterfaceType::Private) => {}
        (Some(mtu), _) => {
            return Some(format!(
                "spec.mtu is {mtu}, which AWS does not offer on a {kind} virtual interface: set 1500 or 8500"
            ));
        }
    }
    let by_gateway =
        spec.direct_connect_gateway_ref.is_some() || spec.direct_connect_gateway_id.is_some();
    let by_virtual =
        spec.virtual_private_gateway_ref.is_some() || spec.virtual_private_gateway_id.is_some();
    if kind == VirtualInterfaceType::Transit && (by_virtual || !by_gateway) {
        return Some("spec.virtualInterfaceType is transit, which leads to a Direct Connect gateway only: set directConnectGatewayRef or directConnectGatewayId, and nothing of a virtual private gateway".to_owned());
    }
    if kind == VirtualInterfaceType::Public && (by_virtual || by_gateway) {
        return Some("spec.virtualInterfaceType is public, which has no gateway: remove the gateway, or set private or transit".to_owned());
    }
    if by_virtual && by_gateway {
        return Some(
            "spec names a virtual private gateway and a Direct Connect gateway: keep exactly one"
                .to_owned(),
        );
    }
    if spec.enable_site_link == Some(true) && !by_gateway {
        return Some("spec.enableSiteLink is true, which works through a Direct Connect gateway only: set directConnectGatewayRef, or remove it".to_owned());
    }
    let has_prefixes = spec
        .route_filter_prefixes
        .as_ref()
        .is_some_and(|p| !p.is_empty());
    if (kind == VirtualInterfaceType::Public) != has_prefixes {
        return Some("spec.routeFilterPrefixes is required on a public virtual interface and refused on any other: add the prefixes that you announce, or remove it".to_owned());
    }
    None
}

fn peers(object: &VirtualInterface) -> Option<String> {
    let public = object.spec.virtual_interface_type == Some(VirtualInterfaceType::Public);
    let peers = &object.spec.bgp_peers;
    for (at, peer) in peers.iter().enumerate() {
        let field = format!("spec.bgpPeers[{}]", peer.name);
        if let Some(rule) = net::asn_rule(peer.asn) {
            return Some(format!("{field}.asn is {}: {rule}", peer.asn));
        }
        match (
            &peer.amazon_address,
            &peer.customer_address,
            peer.address_family,
        ) {
            (None, None, AddressFamily::Ipv4) if public => {
                return Some(format!(
                    "{field} has no addresses: an IPv4 peer of a public virtual interface needs amazonAddress and customerAddress, public addresses that you own"
                ));
            }
            (None, None, _) => {}
            (_, _, AddressFamily::Ipv6) => {
                return Some(format!(
                    "{field}: AWS assigns the addresses of an IPv6 peer (a /125); remove amazonAddress and customerAddress"
                ));
            }
            (Some(amazon), Some(customer), _) => {
                if let Some(rule) = net::peer_rule(amazon, customer) {
                    return Some(format!("{field}.amazonAddress and customerAddress: {rule}"));
                }
            }
            _ => {
                return Some(format!(
                    "{field}: set amazonAddress and customerAddress, or neither: AWS then assigns both"
                ));
            }
        }
        for other in &peers[..at] {
            if other.name == peer.name {
                return Some(format!(
                    "{field}: two peers have this name; the name is a peer's identity, choose another"
                ));
            }
            if let (Some(a), Some(b)) = (&peer.customer_address, &other.customer_address)
                && net::overlap(a, b)
            {
                return Some(format!(
                    "{field}.customerAddress is {a}, which overlaps {b} of spec.bgpPeers[{}]: choose another /30 or /31",
                    other.name
                ));
            }
        }
    }
    None
}

/// Two peers of one family need logical redundancy. Source: `CreateBGPPeer` and
/// `hasLogicalRedundancy`, Direct Connect API Reference.
fn redundancy(object: &VirtualInterface, view: &View) -> Option<String> {
    let connection = object
        .wanted_connection(view)
        .ok()
        .and_then(|id| view.aws.connection(&id))?;
    if redundant(Some(connection)) {
        return None;
    }
    for family in [AddressFamily::Ipv4, AddressFamily::Ipv6] {
        let names: Vec<&str> = object
            .spec
            .bgp_peers
            .iter()
            .filter(|p| p.address_family == family)
            .map(|p| p.name.as_str())
            .collect();
        if names.len() > 1 {
            return Some(format!(
                "spec.bgpPeers has {} {family} peers ({}), and {} has no logical redundancy, where AWS takes one of each family: remove all but one, or declare a second VirtualInterface",
                names.len(),
                names.join(", "),
                connection.connection_id
            ));
        }
    }
    None
}

/// True if AWS takes two peers of one family.
pub(super) fn redundant(connection: Option<&aws::Connection>) -> bool {
    connection.and_then(|c| c.has_logical_redundancy.as_deref()) == Some("yes")
}

fn regions(object: &VirtualInterface, view: &View) -> Option<Blocked> {
    let region = view.account()?.region.as_str();
    let other = |key: &crate::kind::ObjectKey| {
        view.references
            .get(key)
            .and_then(|r| r.region.clone())
            .filter(|r| r != region)
    };
    if let Some(key) = object.virtual_private_gateway()
        && let Some(theirs) = other(&key)
    {
        return Some(stalled(
            Reason::RegionMismatch,
            format!(
                "spec.virtualPrivateGatewayRef: {key} is in region {theirs} and this interface in {region}: an interface reaches a virtual private gateway of its own region only; \
                 declare a DirectConnectGateway, associate the virtual private gateway with it, and set directConnectGatewayRef instead"
            ),
        ));
    }
    let key = object.connection()?;
    let theirs = other(&key)?;
    Some(stalled(
        Reason::RegionMismatch,
        format!(
            "spec.connectionRef: {key} is in region {theirs} and this interface in {region}: set spec.region to {theirs}, or refer to a connection of {region}"
        ),
    ))
}

/// An import compares everything before it takes over, so what the spec names must be known first.
fn incomparable(object: &VirtualInterface, view: &View) -> Option<Blocked> {
    let stored = object.stored();
    let settled = stored
        .is_none_or(|s| s.virtual_interface_id.is_none() && !s.common.intents.contains_key(SELF));
    if object.common().import.is_none() || !settled {
        return None;
    }
    object
        .wanted_connection(view)
        .map(|_| ())
        .and_then(|()| object.wanted_gateway(view).map(|_| ()))
        .and_then(|()| {
            object
                .spec
                .bgp_peers
                .iter()
                .try_for_each(|p| object.wanted_key(view, p).map(|_| ()))
        })
        .err()
}

/// What a new peer clashes with: Amazon's ASN, or the addresses of another interface of the gateway.
pub(super) fn clash(
    view: &View,
    gateway: &Gateway,
    own_id: &str,
    peer: &BgpPeer,
) -> Option<Blocked> {
    let field = format!("spec.bgpPeers[{}]", peer.name);
    if gateway.asn(view) == Some(peer.asn) {
        return Some(stalled(
            Reason::Invalid,
            format!(
                "{field}.asn is {}, which is the ASN of Amazon's side of gateway {}: BGP needs two different ones; use the ASN of your router",
                peer.asn,
                gateway.id().unwrap_or_default()
            ),
        ));
    }
    let address = peer.customer_address.as_ref()?;
    let id = gateway.id()?;
    view.aws
        .virtual_interfaces()
        .iter()
        .filter(|v| v.virtual_interface_id != own_id && presence(&v.virtual_interface_state) == Presence::Live)
        .filter(|v| Gateway::of(v).id() == Some(id))
        .flat_map(|v| v.bgp_peers.iter().map(move |p| (v, p)))
        .find_map(|(v, p)| {
            let theirs = p.customer_address.as_ref().filter(|theirs| net::overlap(theirs, address))?;
            Some(stalled(
                Reason::Invalid,
                format!(
                    "{field}.customerAddress is {address}, which overlaps {theirs} of {} on the same gateway {id}: addresses are used once per gateway; choose another /30 or /31, or leave both addresses out",
                    v.virtual_interface_id
                ),
            ))
        })
}
