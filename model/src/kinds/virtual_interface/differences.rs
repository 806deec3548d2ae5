//! What AWS has otherwise than the spec says. What the spec leaves out is not compared.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::{AddressFamily, BgpPeer};
use crate::api::virtual_interface::VirtualInterfaceType;
use crate::aws;
use crate::difference::Difference;
use crate::net;
use crate::view::View;

use super::peers::{self, Peers};
use super::references::Gateway;

/// MTU that an interface has where AWS says none (`mtu`, Direct Connect API Reference).
pub(super) const DEFAULT_MTU: i32 = 1500;

/// All differences.
pub(super) fn all(object: &VirtualInterface, view: &View, id: &str) -> Vec<Difference> {
    let Some(vif) = view.aws.virtual_interface(id) else {
        return vec![];
    };
    let mut found = immutable(object, view, vif);
    found.extend(attributes(object, vif));
    found.extend(connection(object, view, vif));
    let peers = peers::bind(object, view, vif);
    for bound in &peers.bound {
        found.extend(peer(object, view, &peers, bound.declared, bound.actual));
    }
    found
}

/// What AWS cannot change in place.
pub(super) fn immutable(
    object: &VirtualInterface,
    view: &View,
    vif: &aws::VirtualInterface,
) -> Vec<Difference> {
    let spec = &object.spec;
    let mut found = vec![];
    let mut differ = |field: &str, declared: String, actual: String| {
        found.push(Difference::new(field, declared, actual, false));
    };
    if let Some(kind) = spec.virtual_interface_type.map(|k| k.to_string())
        && kind != vif.virtual_interface_type
    {
        differ(
            "spec.virtualInterfaceType",
            kind,
            vif.virtual_interface_type.clone(),
        );
    }
    if let Some(vlan) = spec.vlan.filter(|v| *v != vif.vlan) {
        differ("spec.vlan", vlan.to_string(), vif.vlan.to_string());
    }
    let has = Gateway::of(vif);
    if let Ok(wanted) = object.wanted_gateway(view)
        && spec.virtual_interface_type.is_some()
        && wanted != has
    {
        let named = [
            (
                "spec.virtualPrivateGatewayRef",
                spec.virtual_private_gateway_ref
                    .as_ref()
                    .map(|r| r.name.as_str()),
            ),
            (
                "spec.virtualPrivateGatewayId",
                spec.virtual_private_gateway_id.as_deref(),
            ),
            (
                "spec.directConnectGatewayRef",
                spec.direct_connect_gateway_ref
                    .as_ref()
                    .map(|r| r.name.as_str()),
            ),
            (
                "spec.directConnectGatewayId",
                spec.direct_connect_gateway_id.as_deref(),
            ),
        ];
        let (field, name) = named
            .iter()
            .find_map(|(field, name)| name.map(|n| (*field, n)))
            .unwrap_or(("spec.virtualInterfaceType", "public"));
        let id = wanted.id().unwrap_or("no gateway");
        let declared = if name == id {
            id.to_owned()
        } else {
            format!("{name} ({id})")
        };
        differ(field, declared, has.id().unwrap_or("no gateway").to_owned());
    }
    if spec.virtual_interface_type == Some(VirtualInterfaceType::Public)
        && let Some(prefixes) = &spec.route_filter_prefixes
        && !net::same_prefixes(prefixes, &vif.route_filter_prefixes)
    {
        differ(
            "spec.routeFilterPrefixes",
            prefixes.join(", "),
            vif.route_filter_prefixes.join(", "),
        );
    }
    found
}

/// Attributes that UpdateVirtualInterfaceAttributes changes.
pub(super) fn attributes(
    object: &VirtualInterface,
    vif: &aws::VirtualInterface,
) -> Vec<Difference> {
    let spec = &object.spec;
    let mut found = vec![];
    if let Some(name) = spec
        .virtual_interface_name
        .as_ref()
        .filter(|n| **n != vif.virtual_interface_name)
    {
        found.push(Difference::new(
            "spec.virtualInterfaceName",
            name,
            &vif.virtual_interface_name,
            true,
        ));
    }
    if let Some(on) = spec.enable_site_link
        && on != vif.site_link_enabled.unwrap_or(false)
    {
        found.push(Difference::new("spec.enableSiteLink", on, !on, true));
    }
    let pools = [
        (
            "spec.prefixPoolAllocatedCountIpv4",
            spec.prefix_pool_allocated_count_ipv4,
            vif.prefix_pool_allocated_count_ipv4,
        ),
        (
            "spec.prefixPoolAllocatedCountIpv6",
            spec.prefix_pool_allocated_count_ipv6,
            vif.prefix_pool_allocated_count_ipv6,
        ),
    ];
    for (field, wanted, has) in pools {
        if let Some(wanted) = wanted.filter(|w| Some(*w) != has) {
            found.push(Difference::new(
                field,
                wanted,
                has.map_or_else(|| "none".to_owned(), |h| h.to_string()),
                true,
            ));
        }
    }
    let has = vif.mtu.unwrap_or(DEFAULT_MTU);
    if let Some(mtu) = spec.mtu.filter(|m| *m != has) {
        found.push(Difference::new("spec.mtu", mtu, has, true));
    }
    found
}

/// The connection, where the interface is on another one. A member of a LAG carries its interfaces
/// under the LAG's id.
pub(super) fn connection(
    object: &VirtualInterface,
    view: &View,
    vif: &aws::VirtualInterface,
) -> Option<Difference> {
    let spec = &object.spec;
    let wanted = object
        .wanted_connection(view)
        .ok()
        .filter(|id| *id != vif.connection_id)?;
    if view.aws.connection(&wanted).and_then(|c| c.lag_id.as_ref()) == Some(&vif.connection_id) {
        return None;
    }
    Some(match &spec.connection_ref {
        Some(reference) => Difference::new(
            "spec.connectionRef",
            format!("{} ({wanted})", reference.name),
            &vif.connection_id,
            true,
        ),
        None => Difference::new("spec.connectionId", wanted, &vif.connection_id, true),
    })
}

/// What differs of one peer. Its key is "set" and "differs", never a value.
pub(super) fn peer(
    object: &VirtualInterface,
    view: &View,
    peers: &Peers<'_>,
    declared: &BgpPeer,
    actual: Option<&aws::BgpPeer>,
) -> Vec<Difference> {
    let field = |name: &str| format!("spec.bgpPeers[{}]{name}", declared.name);
    let Some(actual) = actual else {
        return vec![Difference::new(
            &field(""),
            format!("an {} peer", declared.address_family),
            "none",
            true,
        )];
    };
    let in_place = |moves: bool| replaceable(object, peers, declared, moves);
    let moves = VirtualInterface::addresses_differ(declared, actual);
    let mut found = vec![];
    if declared.asn != actual.asn {
        found.push(Difference::new(
            &field(".asn"),
            declared.asn,
            actual.asn,
            in_place(moves),
        ));
    }
    let sides = [
        (
            ".amazonAddress",
            &declared.amazon_address,
            &actual.amazon_address,
        ),
        (
            ".customerAddress",
            &declared.customer_address,
            &actual.customer_address,
        ),
    ];
    for (name, wanted, has) in sides {
        if let Some(wanted) = wanted
            && !has.as_ref().is_some_and(|h| net::same_address(wanted, h))
        {
            found.push(Difference::new(
                &field(name),
                wanted,
                has.as_deref().unwrap_or("none"),
                in_place(moves),
            ));
        }
    }
    if object.key_differs(view, declared, actual) {
        found.push(Difference::new(
            &field(".authKeySecretRef"),
            "set",
            "differs",
            in_place(moves),
        ));
    }
    found
}

/// True if a peer can be exchanged for another one without losing what it stands for: beside the old
/// one, or in its place with the same addresses.
pub(super) fn replaceable(
    object: &VirtualInterface,
    peers: &Peers<'_>,
    declared: &BgpPeer,
    moves: bool,
) -> bool {
    let public = object.spec.virtual_interface_type == Some(VirtualInterfaceType::Public);
    beside(object, peers, declared, moves)
        || (declared.address_family == AddressFamily::Ipv4 && !public)
}

/// True if the new peer can be made before the old one is deleted: with logical redundancy, and other
/// addresses.
pub(super) fn beside(
    object: &VirtualInterface,
    peers: &Peers<'_>,
    declared: &BgpPeer,
    moves: bool,
) -> bool {
    let alone = object
        .spec
        .bgp_peers
        .iter()
        .filter(|p| p.address_family == declared.address_family)
        .count()
        == 1;
    peers.redundant && alone && (moves || declared.customer_address.is_none())
}
