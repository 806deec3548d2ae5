//! EC2, as far as Direct Connect touches it.

use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::Params;
use crate::world::{Event, World};
use jiff::Timestamp;

/// Answers one call with the XML inside of `<…Response>` (without `requestId`).
pub fn handle(_ctx: &mut Ctx<'_>, action: &str, _params: &Params) -> Result<String, AwsError> {
    Err(AwsError::client("InvalidAction", action))
}

/// Applies an event, if it is one of EC2's.
pub fn happen(_world: &mut World, _at: Timestamp, _event: &Event) {}
