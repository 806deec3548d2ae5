//! EC2, as far as Direct Connect touches it.

mod attachments;
mod describe;
mod filter;
mod paging;
mod route_tables;
mod tags;
mod transit_gateways;
mod vpcs;
mod vpn_gateways;

use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, error::not_implemented};
use crate::world::{Event, World};
use jiff::Timestamp;

/// What an operation without output answers.
const DONE: &str = "<return>true</return>";

/// Answers one call with the XML inside of `<…Response>` (without `requestId`).
pub fn handle(ctx: &mut Ctx<'_>, action: &str, params: &Params) -> Result<String, AwsError> {
    match action {
        "CreateVpnGateway" => vpn_gateways::create(ctx, params),
        "DeleteVpnGateway" => vpn_gateways::delete(ctx, params),
        "DescribeVpnGateways" => vpn_gateways::describe(ctx, params),
        "AttachVpnGateway" => attachments::attach(ctx, params),
        "DetachVpnGateway" => attachments::detach(ctx, params),
        "EnableVgwRoutePropagation" => route_tables::enable_propagation(ctx, params),
        "DisableVgwRoutePropagation" => route_tables::disable_propagation(ctx, params),
        "DescribeRouteTables" => route_tables::describe(ctx, params),
        "DescribeVpcs" => vpcs::describe(ctx, params),
        "DescribeSubnets" => vpcs::describe_subnets(ctx, params),
        "DescribeVpcPeeringConnections" => vpcs::describe_peerings(ctx, params),
        "DescribeTransitGateways" => transit_gateways::describe(ctx, params),
        "CreateTags" => tags::create(ctx, params),
        "DeleteTags" => tags::delete(ctx, params),
        "DescribeTags" => tags::describe(ctx, params),
        _ => Err(not_implemented("EC2", action)),
    }
}

/// Applies an event, if it is one of EC2's.
pub fn happen(world: &mut World, at: Timestamp, event: &Event) {
    match event {
        Event::VpnGatewayAvailable(id) => vpn_gateways::available(world, at, id),
        Event::VpnGatewayDeleted(id) => vpn_gateways::deleted(world, at, id),
        Event::VpnGatewayForgotten(id) => vpn_gateways::forgotten(world, at, id),
        Event::VpnGatewayAttached(id) => attachments::attached(world, at, id),
        Event::VpnGatewayDetached(id) => attachments::detached(world, at, id),
        _ => {}
    }
}

/// `DryRun`: a request that would have gone through is answered with this error.
fn dry_run(params: &Params) -> Result<(), AwsError> {
    if params.flag("DryRun")? {
        return Err(AwsError::with_status(
            412,
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ));
    }
    Ok(())
}

/// An id that stands for nothing of this account in this region.
fn not_found(code: &str, noun: &str, id: &str) -> AwsError {
    AwsError::client(code, format!("The {noun} ID '{id}' does not exist"))
}
