//! Direct Connect: every operation of its API, by name.

mod addresses;
pub mod arn;
mod associations;
mod bgp_peers;
mod capacity;
pub mod connections;
mod gateways;
mod input;
mod loa;
mod locations;
mod names;
mod output;
mod paging;
mod router_configuration;
mod tags;
mod virtual_interfaces;

use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{Event, World};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Answers one call.
pub fn handle(ctx: &mut Ctx<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    match operation {
        "AssociateVirtualInterface" => virtual_interfaces::associate(ctx, input),
        "CreateBGPPeer" => bgp_peers::create(ctx, input),
        "CreateConnection" => connections::create(ctx, input),
        "CreateDirectConnectGateway" => gateways::create(ctx, input),
        "CreateDirectConnectGatewayAssociation" => associations::create(ctx, input),
        "CreatePrivateVirtualInterface" => virtual_interfaces::private(ctx, input),
        "CreatePublicVirtualInterface" => virtual_interfaces::public(ctx, input),
        "CreateTransitVirtualInterface" => virtual_interfaces::transit(ctx, input),
        "DeleteBGPPeer" => bgp_peers::delete(ctx, input),
        "DeleteConnection" => connections::delete(ctx, input),
        "DeleteDirectConnectGateway" => gateways::delete(ctx, input),
        "DeleteDirectConnectGatewayAssociation" => associations::delete(ctx, input),
        "DeleteVirtualInterface" => virtual_interfaces::delete(ctx, input),
        "DescribeConnectionLoa" => Ok(json!({"loa": loa::describe(ctx, input)?})),
        "DescribeConnections" => connections::describe(ctx, input),
        "DescribeCustomerMetadata" => Ok(locations::customer_metadata()),
        "DescribeDirectConnectGatewayAssociations" => associations::describe(ctx, input),
        "DescribeDirectConnectGatewayAttachments" => {
            virtual_interfaces::describe_attachments(ctx, input)
        }
        "DescribeDirectConnectGateways" => gateways::describe(ctx, input),
        "DescribeLoa" => loa::describe(ctx, input),
        "DescribeLocations" => Ok(locations::describe(ctx)),
        "DescribeRouterConfiguration" => router_configuration::describe(ctx, input),
        "DescribeTags" => tags::describe(ctx, input),
        "DescribeVirtualGateways" => Ok(locations::virtual_gateways(ctx)),
        "DescribeVirtualInterfaces" => virtual_interfaces::describe(ctx, input),
        "ListVirtualInterfaceRoutes" => virtual_interfaces::list_routes(ctx, input),
        "TagResource" => tags::tag(ctx, input),
        "UntagResource" => tags::untag(ctx, input),
        "UpdateConnection" => connections::update(ctx, input),
        "UpdateConnectionsBillingMode" => connections::update_billing_mode(ctx, input),
        "UpdateDirectConnectGateway" => gateways::update(ctx, input),
        "UpdateDirectConnectGatewayAssociation" => associations::update(ctx, input),
        "UpdateVirtualInterfaceAttributes" => virtual_interfaces::update(ctx, input),
        other => names::rest(other, input),
    }
}

/// Applies an event, if it is one of Direct Connect's.
pub fn happen(world: &mut World, at: Timestamp, event: &Event) {
    match event {
        Event::ConnectionApproved(id) => {
            // The order may have ended meanwhile.
            let _ = connections::approve(world, at, id);
        }
        Event::CrossConnectBuilt(id) => connections::built(world, at, id),
        Event::ConnectionDeleted(id) => connections::gone(world, at, id),
        Event::ConnectionForgotten(id) => connections::forget(world, at, id),
        Event::PortReset(id) => connections::reset_done(world, at, id),
        Event::VirtualInterfaceVerified(id) => virtual_interfaces::verified(world, at, id),
        Event::VirtualInterfaceProvisioned(id) => virtual_interfaces::provisioned(world, at, id),
        Event::VirtualInterfaceDeleted(id) => virtual_interfaces::deleted(world, at, id),
        Event::VirtualInterfaceForgotten(id) => virtual_interfaces::forget(world, at, id),
        Event::BgpPeerVerified(id, peer) => bgp_peers::verified(world, at, id, peer),
        Event::BgpPeerProvisioned(id, peer) => bgp_peers::provisioned(world, at, id, peer),
        Event::BgpPeerDeleted(id, peer) => bgp_peers::gone(world, at, id, peer),
        Event::DirectConnectGatewayAvailable(id) => gateways::available(world, at, id),
        Event::DirectConnectGatewayDeleted(id) => gateways::gone(world, at, id),
        Event::AssociationAssociated(id) => associations::associated(world, at, id),
        Event::AssociationUpdated(id) => associations::updated(world, at, id),
        Event::AssociationDisassociated(id) => associations::disassociated(world, at, id),
        Event::AttachmentAttached(id) => virtual_interfaces::attached(world, at, id),
        Event::AttachmentDetached(id) => virtual_interfaces::detached(world, at, id),
        _ => {}
    }
}

/// Lets ports follow the light and associations their VGW. Virtual interfaces follow BGP: see the
/// network.
pub fn settle(world: &mut World, at: Timestamp) {
    connections::settle(world, at);
    associations::settle(world, at);
}
