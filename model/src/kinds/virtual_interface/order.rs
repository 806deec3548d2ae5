//! Making the interface: one call, with its first BGP peer.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::BgpPeer;
use crate::aws::Tags;
use crate::call::{Call, NewBgpPeer, NewVirtualInterface, SecretUse};
use crate::decide::blocked_verdict;
use crate::identity::Presence;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

use super::references::{Gateway, stalled};
use super::{peers, presence, rules};

/// The call that makes it, or what it waits for.
pub(super) fn create(object: &VirtualInterface, view: &View) -> Result<Call, Verdict> {
    plan(object, view).map_err(|b| blocked_verdict(&b))
}

fn plan(object: &VirtualInterface, view: &View) -> Result<Call, Blocked> {
    let spec = &object.spec;
    let (Some(kind), Some(vlan), Some(first)) = (
        spec.virtual_interface_type,
        spec.vlan,
        spec.bgp_peers.first(),
    ) else {
        return Err(stalled(
            Reason::Invalid,
            "spec lacks virtualInterfaceType, vlan or bgpPeers: an interface cannot be made without them".to_owned(),
        ));
    };
    let connection = object.usable_connection(view)?;
    let gateway = object.usable_gateway(view)?;
    let key = object.wanted_key(view, first)?.map(|(used, _)| used);
    for peer in &spec.bgp_peers {
        if let Some(clash) = rules::clash(view, &gateway, "", peer) {
            return Err(clash);
        }
    }
    // Jumbo frames on a port that is not ready for them reset it with all that it carries (Direct
    // Connect User Guide, "Set network MTU"): the order leaves the MTU to a later, guarded step.
    let alone = !view.aws.virtual_interfaces().iter().any(|v| {
        v.connection_id == connection.connection_id
            && presence(&v.virtual_interface_state) == Presence::Live
    });
    let mtu = spec
        .mtu
        .filter(|mtu| *mtu <= 1500 || connection.jumbo_frame_capable == Some(true) || alone);
    let (virtual_gateway_id, direct_connect_gateway_id) = match gateway {
        Gateway::None => (None, None),
        Gateway::Virtual(id) => (Some(id), None),
        Gateway::DirectConnect(id) => (None, Some(id)),
    };
    Ok(Call::CreateVirtualInterface(NewVirtualInterface {
        virtual_interface_type: kind.to_string(),
        connection_id: connection.connection_id.clone(),
        virtual_interface_name: spec
            .virtual_interface_name
            .clone()
            .or_else(|| object.metadata.name.clone())
            .unwrap_or_default(),
        vlan,
        mtu,
        enable_site_link: spec.enable_site_link,
        virtual_gateway_id,
        direct_connect_gateway_id,
        route_filter_prefixes: spec.route_filter_prefixes.clone().unwrap_or_default(),
        prefix_pool_allocated_count_ipv4: spec.prefix_pool_allocated_count_ipv4,
        prefix_pool_allocated_count_ipv6: spec.prefix_pool_allocated_count_ipv6,
        peer: new_peer(
            first,
            first.amazon_address.clone(),
            first.customer_address.clone(),
            key,
        ),
        tags: Tags::from([(peers::proof(first), object.identity(view))]),
    }))
}

/// A declared peer as a request describes it.
pub(super) fn new_peer(
    peer: &BgpPeer,
    amazon_address: Option<String>,
    customer_address: Option<String>,
    auth_key: Option<SecretUse>,
) -> NewBgpPeer {
    NewBgpPeer {
        address_family: peer.address_family.to_string(),
        asn: peer.asn,
        amazon_address,
        customer_address,
        auth_key,
    }
}
