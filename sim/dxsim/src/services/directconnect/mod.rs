//! Direct Connect.

use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{Event, World};
use jiff::Timestamp;
use serde_json::Value;

/// Answers one call.
pub fn handle(_ctx: &mut Ctx<'_>, operation: &str, _input: &Value) -> Result<Value, AwsError> {
    Err(AwsError::client("UnknownOperationException", operation))
}

/// Applies an event, if it is one of Direct Connect's.
pub fn happen(_world: &mut World, _at: Timestamp, _event: &Event) {}

/// Lets port and interface states follow what they depend on.
pub fn settle(_world: &mut World, _at: Timestamp) {}

/// A VGW has left its VPC: its association with a Direct Connect gateway goes.
pub(crate) fn vpn_gateway_detached(_world: &mut World, _at: Timestamp, _vpn_gateway_id: &str) {}
