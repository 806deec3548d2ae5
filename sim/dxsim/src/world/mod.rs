//! The simulated world: one value, cloneable, with one canonical serialisation (all maps are ordered).

mod account;
mod direct_connect;
mod ec2;
mod event;
mod location;
mod network;
mod router;
mod settings;
mod table;

pub use account::{Account, Role, Secret, Session};
pub use direct_connect::{
    AddressFamily, Association, AssociationState, Attachment, AttachmentState, BgpPeer,
    BgpPeerState, Connection, ConnectionState, DirectConnectGateway, DirectConnectGatewayState,
    GatewayType, VirtualInterface, VirtualInterfaceState, VirtualInterfaceType,
};
pub use ec2::{
    Peering, PeeringSide, Route, RouteOrigin, RouteTable, RouteTarget, Subnet, TransitGateway, Vpc,
    VpcAttachment, VpcAttachmentState, VpnGateway, VpnGatewayState,
};
pub use event::{Agenda, Event};
pub use location::Location;
pub use network::{BgpRoute, BgpSession, LearnedRoute, LearnedRoutes, RouteDirection};
pub use router::{Prefix, Router, RouterSession};
pub use settings::{Quotas, Settings};
pub use table::Table;

use crate::iam::Denial;
use crate::ids::Ids;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tags of one resource.
pub type Tags = BTreeMap<String, String>;

/// Everything there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    /// The time up to which everything has happened.
    pub now: Timestamp,
    /// Delays and quotas.
    pub settings: Settings,
    /// Source of ids and choices.
    pub(crate) ids: Ids,
    /// What will happen.
    pub agenda: Agenda,
    /// While set, every call is answered 503.
    pub aws_down: bool,
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// Temporary credentials by access key id (`ASIA…`).
    pub sessions: BTreeMap<String, Session>,
    /// Calls that IAM refuses.
    pub denials: Vec<Denial>,
    /// Locations by code.
    pub locations: BTreeMap<String, Location>,
    /// Tags by ARN (Direct Connect) or id (EC2).
    pub tags: Table<Tags>,
    /// `dxcon-…`.
    pub connections: Table<Connection>,
    /// `dxvif-…`.
    pub virtual_interfaces: Table<VirtualInterface>,
    /// UUIDs.
    pub direct_connect_gateways: Table<DirectConnectGateway>,
    /// UUIDs.
    pub associations: Table<Association>,
    /// By virtual interface.
    pub attachments: Table<Attachment>,
    /// `vpc-…`.
    pub vpcs: Table<Vpc>,
    /// `subnet-…`.
    pub subnets: Table<Subnet>,
    /// `rtb-…`.
    pub route_tables: Table<RouteTable>,
    /// `pcx-…`.
    pub peerings: Table<Peering>,
    /// `vgw-…`.
    pub vpn_gateways: Table<VpnGateway>,
    /// `tgw-…`.
    pub transit_gateways: Table<TransitGateway>,
    /// Routers by name.
    pub routers: BTreeMap<String, Router>,
    /// BGP sessions by peer (`dxpeer-…`).
    #[serde(default)]
    pub bgp_sessions: BTreeMap<String, BgpSession>,
    /// What VGWs have learned over Direct Connect, by VGW.
    #[serde(default)]
    pub learned_routes: BTreeMap<String, LearnedRoutes>,
}

impl World {
    /// A world with nothing in it.
    pub fn empty(seed: u64, now: Timestamp) -> Self {
        Self {
            now,
            settings: Settings::default(),
            ids: Ids::new(seed),
            agenda: Agenda::default(),
            aws_down: false,
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            denials: Vec::new(),
            locations: BTreeMap::new(),
            tags: Table::default(),
            connections: Table::default(),
            virtual_interfaces: Table::default(),
            direct_connect_gateways: Table::default(),
            associations: Table::default(),
            attachments: Table::default(),
            vpcs: Table::default(),
            subnets: Table::default(),
            route_tables: Table::default(),
            peerings: Table::default(),
            vpn_gateways: Table::default(),
            transit_gateways: Table::default(),
            routers: BTreeMap::new(),
            bgp_sessions: BTreeMap::new(),
            learned_routes: BTreeMap::new(),
        }
    }

    /// The canonical serialisation.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("every key of the world is text")
    }

    /// Drops what no list can show any more.
    pub(crate) fn forget_past(&mut self) {
        let before = self
            .now
            .checked_sub(self.settings.visibility.max)
            .unwrap_or(Timestamp::MIN);
        self.forget(before);
    }

    /// What is there has always been there, as far as lists can tell.
    pub(crate) fn forget_beginning(&mut self) {
        self.forget(self.now);
    }

    fn forget(&mut self, before: Timestamp) {
        self.tags.forget(before);
        self.connections.forget(before);
        self.virtual_interfaces.forget(before);
        self.direct_connect_gateways.forget(before);
        self.associations.forget(before);
        self.attachments.forget(before);
        self.vpcs.forget(before);
        self.subnets.forget(before);
        self.route_tables.forget(before);
        self.peerings.forget(before);
        self.vpn_gateways.forget(before);
        self.transit_gateways.forget(before);
    }
}
