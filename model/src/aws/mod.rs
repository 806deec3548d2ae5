//! What AWS says exists: the operator's own picture of AWS objects, made from list calls.
//!
//! Every value is as AWS spells it. A [`Snapshot`] is immutable; each of its parts knows when its
//! first page was answered, by AWS's own clock.

mod objects;
mod snapshot;

pub use objects::{
    AuthKey, BgpPeer, Connection, DirectConnectGateway, DirectConnectGatewayAssociation, Location,
    RouteTable, VirtualInterface, VpcAttachment, VpnGateway,
};
pub use snapshot::{List, Part, Snapshot};

use std::collections::BTreeMap;

/// Tags of an AWS object.
pub type Tags = BTreeMap<String, String>;
