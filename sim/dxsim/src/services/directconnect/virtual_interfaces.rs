//! Virtual interfaces.

mod create;
mod lifecycle;
mod operations;
mod rates;
mod update;

pub use create::{private, public, transit};
pub use lifecycle::{attached, deleted, detached, forget, provisioned, verified};
pub use operations::{associate, delete, describe, describe_attachments, list_routes};
pub use rates::megabits;
pub use update::update;

use super::{arn, input, output, router_configuration};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{BgpPeer, VirtualInterface, VirtualInterfaceType};
use serde_json::{Value, json};

/// An interface of the caller's, as it truly is; a deleted one does not exist any more.
pub fn own<'c>(ctx: &'c Ctx<'_>, id: &str) -> Result<&'c VirtualInterface, AwsError> {
    ctx.world
        .virtual_interfaces
        .get(id)
        .filter(|interface| {
            interface.account == ctx.caller.account && interface.region == ctx.region
        })
        .ok_or_else(|| input::refused(format!("Virtual Interface {id} does not exist")))
}

/// An interface in AWS's shape.
pub fn view(ctx: &Ctx<'_>, interface: &VirtualInterface) -> Value {
    let arn = arn::virtual_interface(&interface.region, &interface.account, &interface.id);
    let connection = ctx.world.connections.get(&interface.connection_id);
    let first = interface.peers.first();
    let asn = first.map(|peer| output::asn(peer.asn));
    let device = connection.map(|connection| connection.device.as_str());
    let filters: Option<Vec<Value>> = (interface.kind == VirtualInterfaceType::Public).then(|| {
        interface
            .route_filter_prefixes
            .iter()
            .map(|cidr| json!({"cidr": cidr}))
            .collect()
    });
    let peers: Vec<Value> = interface
        .peers
        .iter()
        .map(|peer| peer_view(peer, device))
        .collect();
    output::object(json!({
        "ownerAccount": interface.account,
        "virtualInterfaceId": interface.id,
        "virtualInterfaceName": interface.name,
        "virtualInterfaceType": interface.kind,
        "virtualInterfaceState": interface.state,
        "location": interface.location,
        "region": interface.region,
        "connectionId": interface.connection_id,
        "vlan": interface.vlan,
        "mtu": interface.mtu,
        "jumboFrameCapable": connection.is_some_and(|connection| connection.jumbo_frame_capable),
        "asn": asn.map(|asn| asn.0),
        "asnLong": asn.map(|asn| asn.1),
        "amazonSideAsn": interface.amazon_side_asn,
        "authKey": first.map(|peer| &peer.auth_key),
        "addressFamily": first.map(|peer| peer.address_family),
        "amazonAddress": first.map(|peer| &peer.amazon_address),
        "customerAddress": first.map(|peer| &peer.customer_address),
        "virtualGatewayId": interface.virtual_gateway_id,
        "directConnectGatewayId": interface.direct_connect_gateway_id,
        "siteLinkEnabled": interface.site_link_enabled,
        "routeFilterPrefixes": filters,
        "prefixPoolAllocatedCountIpv4": interface.prefix_pool_ipv4,
        "prefixPoolAllocatedCountIpv6": interface.prefix_pool_ipv6,
        "rateLimit": interface.rate_limit,
        "bgpPeers": peers,
        "customerRouterConfig": router_configuration::document(interface),
        "awsDeviceV2": device,
        "awsLogicalDeviceId": connection.map(|connection| &connection.logical_device),
        "tags": output::tags(&ctx.view.tags(&ctx.world.tags, &arn)),
    }))
}

fn peer_view(peer: &BgpPeer, device: Option<&str>) -> Value {
    let (asn, asn_long) = output::asn(peer.asn);
    output::object(json!({
        "bgpPeerId": peer.id,
        "asn": asn,
        "asnLong": asn_long,
        "authKey": peer.auth_key,
        "addressFamily": peer.address_family,
        "amazonAddress": peer.amazon_address,
        "customerAddress": peer.customer_address,
        "bgpPeerState": peer.state,
        "bgpStatus": if peer.up { "up" } else { "down" },
        "awsDeviceV2": device,
        "awsLogicalDeviceId": peer.logical_device,
    }))
}

/// `attachmentType` of an interface of this type.
fn attachment_type(kind: VirtualInterfaceType) -> &'static str {
    match kind {
        VirtualInterfaceType::Transit => "TransitVirtualInterface",
        _ => "PrivateVirtualInterface",
    }
}
