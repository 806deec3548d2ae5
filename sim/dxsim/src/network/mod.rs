//! Between AWS and the customer's routers: BGP sessions, announced prefixes, propagated routes.

use crate::world::{Event, VirtualInterface, World};
use jiff::Timestamp;
use serde_json::Value;

/// Brings BGP sessions and route tables in line with everything that they depend on. Idempotent;
/// what takes time is scheduled as an event. Runs after every event and every effect.
pub fn settle(_world: &mut World, _at: Timestamp) {}

/// Applies an event, if it is one of the network's.
pub fn happen(_world: &mut World, _at: Timestamp, _event: &Event) {}

/// The routes of a virtual interface as ListVirtualInterfaceRoutes' `routes`, unfiltered.
pub fn routes(_world: &World, _virtual_interface: &VirtualInterface) -> Vec<Value> {
    Vec::new()
}
