//! Direct Connect: every operation of its API, by name.

pub mod arn;
pub mod connections;
mod input;
mod loa;
mod locations;
mod names;
mod output;
mod paging;
mod tags;

use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{Event, World};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Answers one call.
pub fn handle(ctx: &mut Ctx<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    match operation {
        "CreateConnection" => connections::create(ctx, input),
        "DescribeConnections" => connections::describe(ctx, input),
        "UpdateConnection" => connections::update(ctx, input),
        "UpdateConnectionsBillingMode" => connections::update_billing_mode(ctx, input),
        "DeleteConnection" => connections::delete(ctx, input),
        "DescribeLoa" => loa::describe(ctx, input),
        "DescribeConnectionLoa" => Ok(json!({"loa": loa::describe(ctx, input)?})),
        "DescribeLocations" => Ok(locations::describe(ctx)),
        "DescribeCustomerMetadata" => Ok(locations::customer_metadata()),
        "TagResource" => tags::tag(ctx, input),
        "UntagResource" => tags::untag(ctx, input),
        "DescribeTags" => tags::describe(ctx, input),
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
        _ => {}
    }
}

/// Lets port and interface states follow what they depend on.
pub fn settle(world: &mut World, at: Timestamp) {
    connections::settle(world, at);
}

/// A VGW has left its VPC: its association with a Direct Connect gateway goes.
pub(crate) fn vpn_gateway_detached(_world: &mut World, _at: Timestamp, _vpn_gateway_id: &str) {}
