//! What AWS says, as status holds it; and the reads that are due. Never a key.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::api::VirtualInterface;
use crate::api::bgp_peer::BgpPeerStatus;
use crate::api::virtual_interface::{Routes, VirtualInterfaceStatus};
use crate::aws;
use crate::call::hex;
use crate::decide::{stamp, time};
use crate::fetch::Fetch;
use crate::kind::Kind;
use crate::managed::Managed;
use crate::view::View;

use super::named::{count, named};
use super::peers::{self, live, up};
use super::words::object_named;

/// Annotation by which people ask for a look.
const REQUESTED: &str = "directconnect.dev/reconcile-requested-at";
/// Routes are not read again sooner while AWS accepts none, or on a request that lies in the future. While AWS accepts none, the pause grows
/// with the time that the session has been up: a router that never announces anything costs next to nothing.
const ROUTES_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// Writes what AWS says into the status.
pub(super) fn write(
    object: &VirtualInterface,
    view: &View,
    id: &str,
    status: &mut VirtualInterfaceStatus,
) {
    let Some(vif) = view.aws.virtual_interface(id) else {
        return;
    };
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    status.virtual_interface_state = some(&vif.virtual_interface_state);
    status.virtual_interface_type = some(&vif.virtual_interface_type);
    status.virtual_interface_name = some(&vif.virtual_interface_name);
    status.vlan = Some(vif.vlan);
    status.asn = Some(vif.asn).filter(|a| *a != 0);
    status.amazon_side_asn = vif.amazon_side_asn.filter(|a| *a != 0);
    status.mtu = vif.mtu;
    status.jumbo_frame_capable = vif.jumbo_frame_capable;
    status.connection_id = some(&vif.connection_id);
    status.connection = Some(carrier(object, view, &vif.connection_id));
    status.virtual_gateway_id = vif.virtual_gateway_id.as_deref().and_then(some);
    status.direct_connect_gateway_id = vif.direct_connect_gateway_id.as_deref().and_then(some);
    status.owner_account = some(&vif.owner_account);
    status.location = some(&vif.location);
    status.aws_device_v2.clone_from(&vif.aws_device_v2);
    status
        .aws_logical_device_id
        .clone_from(&vif.aws_logical_device_id);
    status.site_link_enabled = vif.site_link_enabled;
    status
        .route_filter_prefixes
        .clone_from(&vif.route_filter_prefixes);
    status.route_filter_prefixes.sort();
    status.prefix_pool_allocated_count_ipv4 = vif.prefix_pool_allocated_count_ipv4;
    status.prefix_pool_allocated_count_ipv6 = vif.prefix_pool_allocated_count_ipv6;

    status.bgp_peers = bgp_peers(object, view, vif, &status.bgp_peers);
    let (n, m) = count(&named(object, view, vif));
    status.bgp_peers_up = Some(format!("{n}/{m}"));
    if n > 0 {
        status.was_up = Some(true);
    }
    if let Some((accepted, advertised, at)) = view.memory.routes {
        let (accepted, advertised) = (number(accepted), number(advertised));
        let same = status
            .routes
            .as_ref()
            .is_some_and(|r| r.accepted == accepted && r.advertised == advertised);
        if !same || changed_since(object, view, status, routes_time(status)) {
            status.routes = Some(Routes {
                accepted,
                advertised,
                as_of: stamp(at),
            });
        }
    }
    if object.spec.router_configuration.is_none() {
        status.router_configuration_secret = None;
        status.router_configuration_fingerprint = None;
    }
}

/// A count as status holds it.
pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What carries the interface, for people.
pub(super) fn carrier(object: &VirtualInterface, view: &View, connection_id: &str) -> String {
    match object.connection() {
        Some(key)
            if object
                .wanted_connection(view)
                .is_ok_and(|id| id == connection_id) =>
        {
            key.name
        }
        _ => object_named(view, Kind::Connection, connection_id),
    }
}

/// Peers by the names of the spec. A peer that is not ours is not recorded; one of ours that left the
/// spec stays until AWS has deleted it; one that AWS lost keeps its addresses.
fn bgp_peers(
    object: &VirtualInterface,
    view: &View,
    vif: &aws::VirtualInterface,
    before: &[BgpPeerStatus],
) -> Vec<BgpPeerStatus> {
    let last = |name: &str| before.iter().find(|b| b.name == name);
    if object.spec.bgp_peers.is_empty() {
        return named(object, view, vif)
            .into_iter()
            .filter_map(|n| n.actual.map(|p| entry(&n.name, p, last(&n.name), view.now)))
            .collect();
    }
    let mut all: Vec<BgpPeerStatus> = vec![];
    for bound in peers::bind(object, view, vif).bound {
        let name = &bound.declared.name;
        let last = last(name);
        match (bound.actual.filter(|_| bound.ours), last) {
            (Some(peer), _) => all.push(entry(name, peer, last, view.now)),
            (None, Some(last))
                if last.address_family.as_deref()
                    == Some(&bound.declared.address_family.to_string()) =>
            {
                all.push(BgpPeerStatus {
                    name: name.clone(),
                    address_family: last.address_family.clone(),
                    amazon_address: last.amazon_address.clone(),
                    customer_address: last.customer_address.clone(),
                    ..BgpPeerStatus::default()
                });
            }
            (None, _) => all.push(BgpPeerStatus {
                name: name.clone(),
                ..BgpPeerStatus::default()
            }),
        }
    }
    for left in before
        .iter()
        .filter(|b| {
            !all.iter().any(|a| {
                a.name == b.name || (a.bgp_peer_id.is_some() && a.bgp_peer_id == b.bgp_peer_id)
            })
        })
        .collect::<Vec<_>>()
    {
        let id = left.bgp_peer_id.as_deref();
        if let Some(peer) = vif
            .bgp_peers
            .iter()
            .find(|p| live(p) && Some(p.bgp_peer_id.as_str()) == id)
        {
            all.push(entry(&left.name, peer, Some(left), view.now));
        }
    }
    all
}

fn entry(
    name: &str,
    peer: &aws::BgpPeer,
    last: Option<&BgpPeerStatus>,
    now: Timestamp,
) -> BgpPeerStatus {
    let same = last.filter(|l| {
        l.bgp_status.as_deref() == Some(&peer.bgp_status)
            && l.bgp_peer_id.as_deref() == Some(&peer.bgp_peer_id)
    });
    BgpPeerStatus {
        name: name.to_owned(),
        bgp_peer_id: Some(peer.bgp_peer_id.clone()),
        address_family: Some(peer.address_family.clone()),
        asn: Some(peer.asn),
        amazon_address: peer.amazon_address.clone(),
        customer_address: peer.customer_address.clone(),
        bgp_peer_state: Some(peer.bgp_peer_state.clone()),
        bgp_status: Some(peer.bgp_status.clone()),
        aws_device_v2: peer.aws_device_v2.clone(),
        since: same
            .and_then(|l| l.since.clone())
            .or_else(|| Some(stamp(now))),
    }
}

/// Reads that are due.
pub(super) fn fetches(
    object: &VirtualInterface,
    view: &View,
    id: &str,
    status: &VirtualInterfaceStatus,
) -> Vec<Fetch> {
    let Some(vif) = view.aws.virtual_interface(id) else {
        return vec![];
    };
    let mut due = vec![];
    if let Some(wanted) = &object.spec.router_configuration
        && matches!(vif.virtual_interface_state.as_str(), "available" | "down")
        && !object.common().observe_only()
    {
        let fingerprint = fingerprint(vif, &wanted.router_type_identifier, &wanted.secret_name);
        if status.router_configuration_fingerprint.as_deref() != Some(&fingerprint) {
            due.push(Fetch::RouterConfiguration {
                virtual_interface_id: id.to_owned(),
                router_type_identifier: Some(wanted.router_type_identifier.clone()),
                secret: wanted.secret_name.clone(),
                fingerprint,
            });
        }
    }
    let read = view
        .memory
        .routes
        .map(|(_, _, at)| at)
        .max(routes_time(status));
    let any_up = vif.bgp_peers.iter().any(up);
    let turned = peers_since(status).max();
    let rested = read.is_none_or(|read| {
        let up_for = turned.map_or(SignedDuration::ZERO, |since| read.duration_since(since));
        view.now.duration_since(read) >= up_for.max(ROUTES_PAUSE)
    });
    let none_yet = rested && status.routes.as_ref().is_some_and(|r| r.accepted == 0);
    // Without a session there is nothing to read.
    if any_up && (none_yet || changed_since(object, view, status, read)) {
        due.push(Fetch::Routes {
            virtual_interface_id: id.to_owned(),
        });
    }
    due
}

fn routes_time(status: &VirtualInterfaceStatus) -> Option<Timestamp> {
    time(status.routes.as_ref().map(|r| r.as_of.as_str()))
}

/// When each session last changed.
fn peers_since(status: &VirtualInterfaceStatus) -> impl Iterator<Item = Timestamp> {
    let since = status.bgp_peers.iter().map(|p| p.since.as_deref());
    since.filter_map(time)
}

/// True if a session changed, or somebody asked, after routes were read at `read`.
fn changed_since(
    object: &VirtualInterface,
    view: &View,
    status: &VirtualInterfaceStatus,
    read: Option<Timestamp>,
) -> bool {
    let Some(read) = read else { return true };
    let turned = peers_since(status).any(|since| since > read);
    // A request from a clock that is ahead counts as made now; it is answered once a minute at most.
    let asked = object
        .annotation(REQUESTED)
        .and_then(|t| t.parse::<Timestamp>().ok())
        .is_some_and(|at| {
            at > read && (at <= view.now || view.now.duration_since(read) >= ROUTES_PAUSE)
        });
    turned || asked
}

/// Changes whenever AWS's text for the router would: everything that enters it but keys. A peer's key
/// never changes at AWS, so that the peers' ids stand for them.
fn fingerprint(vif: &aws::VirtualInterface, router_type: &str, secret: &str) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "{router_type}\n{secret}\n{} {} {} {:?} {:?} {}\n",
        vif.virtual_interface_id,
        vif.virtual_interface_name,
        vif.vlan,
        vif.mtu,
        vif.amazon_side_asn,
        vif.connection_id
    );
    for peer in vif.bgp_peers.iter().filter(|p| live(p)) {
        let _ = writeln!(
            text,
            "{} {} {} {:?} {:?}",
            peer.bgp_peer_id,
            peer.asn,
            peer.address_family,
            peer.amazon_address,
            peer.customer_address
        );
    }
    hex(&Sha256::digest(text), 32)
}
