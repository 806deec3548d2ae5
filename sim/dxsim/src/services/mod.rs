//! One module per AWS service: views on the world. Each gives `handle` (one call) and takes part in
//! `happen` (what comes due by itself).

pub mod directconnect;
pub mod ec2;
pub mod sts;

use crate::world::{Event, World};
use jiff::Timestamp;
use strum::{Display, EnumString};

/// The services that are simulated; the text is the signing name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Service {
    DirectConnect,
    Ec2,
    Sts,
}

/// Applies an event that has come due. Whoever knows the event acts, the others ignore it.
pub(crate) fn happen(world: &mut World, at: Timestamp, event: &Event) {
    directconnect::happen(world, at, event);
    ec2::happen(world, at, event);
    crate::network::happen(world, at, event);
}
