//! An immutable picture of one account and region, made of complete lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::objects::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, Location, RouteTable,
    VirtualInterface, VpnGateway,
};

/// The lists that a snapshot is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum List {
    /// DescribeConnections.
    Connections,
    /// DescribeVirtualInterfaces.
    VirtualInterfaces,
    /// DescribeDirectConnectGateways.
    DirectConnectGateways,
    /// DescribeDirectConnectGatewayAssociations of one DX gateway.
    Associations(String),
    /// DescribeVpnGateways.
    VpnGateways,
    /// DescribeRouteTables.
    RouteTables,
    /// DescribeLocations.
    Locations,
}

/// One complete list: all pages, no error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part<T> {
    /// `Date` of the answer that held the first page.
    pub begun: Timestamp,
    /// All items.
    pub items: Vec<T>,
}

/// What is known of one account and region. A part that was never read is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Ports.
    pub connections: Option<Arc<Part<Connection>>>,
    /// Virtual interfaces.
    pub virtual_interfaces: Option<Arc<Part<VirtualInterface>>>,
    /// DX gateways of the account.
    pub direct_connect_gateways: Option<Arc<Part<DirectConnectGateway>>>,
    /// Associations by DX gateway id.
    pub associations: BTreeMap<String, Arc<Part<DirectConnectGatewayAssociation>>>,
    /// Virtual private gateways.
    pub vpn_gateways: Option<Arc<Part<VpnGateway>>>,
    /// Route tables.
    pub route_tables: Option<Arc<Part<RouteTable>>>,
    /// Locations.
    pub locations: Option<Arc<Part<Location>>>,
}

fn items<T>(part: Option<&Arc<Part<T>>>) -> &[T] {
    part.map_or(&[], |p| p.items.as_slice())
}

impl Snapshot {
    /// When the list was begun, by AWS's clock; none if it was never read to its end.
    pub fn begun(&self, list: &List) -> Option<Timestamp> {
        match list {
            List::Connections => self.connections.as_ref().map(|p| p.begun),
            List::VirtualInterfaces => self.virtual_interfaces.as_ref().map(|p| p.begun),
            List::DirectConnectGateways => self.direct_connect_gateways.as_ref().map(|p| p.begun),
            List::Associations(id) => self.associations.get(id).map(|p| p.begun),
            List::VpnGateways => self.vpn_gateways.as_ref().map(|p| p.begun),
            List::RouteTables => self.route_tables.as_ref().map(|p| p.begun),
            List::Locations => self.locations.as_ref().map(|p| p.begun),
        }
    }

    /// Drops the lists that are not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&List) -> bool) {
        fn keep<T>(part: &mut Option<Arc<Part<T>>>, wanted: bool) {
            part.take_if(|_| !wanted);
        }
        keep(&mut self.connections, wanted(&List::Connections));
        keep(
            &mut self.virtual_interfaces,
            wanted(&List::VirtualInterfaces),
        );
        keep(
            &mut self.direct_connect_gateways,
            wanted(&List::DirectConnectGateways),
        );
        self.associations
            .retain(|id, _| wanted(&List::Associations(id.clone())));
        keep(&mut self.vpn_gateways, wanted(&List::VpnGateways));
        keep(&mut self.route_tables, wanted(&List::RouteTables));
        keep(&mut self.locations, wanted(&List::Locations));
    }

    /// The oldest beginning among the lists; none if one is absent.
    pub fn begun_all<'a>(&self, lists: impl IntoIterator<Item = &'a List>) -> Option<Timestamp> {
        lists
            .into_iter()
            .map(|l| self.begun(l))
            .try_fold(Timestamp::MAX, |oldest, begun| begun.map(|b| oldest.min(b)))
    }

    /// Lists among these that were never read.
    pub fn absent<'a>(&self, lists: impl IntoIterator<Item = &'a List>) -> BTreeSet<List> {
        lists
            .into_iter()
            .filter(|l| self.begun(l).is_none())
            .cloned()
            .collect()
    }

    /// All ports.
    pub fn connections(&self) -> &[Connection] {
        items(self.connections.as_ref())
    }

    /// All virtual interfaces.
    pub fn virtual_interfaces(&self) -> &[VirtualInterface] {
        items(self.virtual_interfaces.as_ref())
    }

    /// All DX gateways.
    pub fn direct_connect_gateways(&self) -> &[DirectConnectGateway] {
        items(self.direct_connect_gateways.as_ref())
    }

    /// Associations of one DX gateway.
    pub fn associations(
        &self,
        direct_connect_gateway_id: &str,
    ) -> &[DirectConnectGatewayAssociation] {
        items(self.associations.get(direct_connect_gateway_id))
    }

    /// All virtual private gateways.
    pub fn vpn_gateways(&self) -> &[VpnGateway] {
        items(self.vpn_gateways.as_ref())
    }

    /// All route tables.
    pub fn route_tables(&self) -> &[RouteTable] {
        items(self.route_tables.as_ref())
    }

    /// All locations.
    pub fn locations(&self) -> &[Location] {
        items(self.locations.as_ref())
    }

    /// A port by id.
    pub fn connection(&self, id: &str) -> Option<&Connection> {
        self.connections().iter().find(|c| c.connection_id == id)
    }

    /// A virtual interface by id.
    pub fn virtual_interface(&self, id: &str) -> Option<&VirtualInterface> {
        self.virtual_interfaces()
            .iter()
            .find(|v| v.virtual_interface_id == id)
    }

    /// A DX gateway by id.
    pub fn direct_connect_gateway(&self, id: &str) -> Option<&DirectConnectGateway> {
        self.direct_connect_gateways()
            .iter()
            .find(|g| g.direct_connect_gateway_id == id)
    }

    /// A virtual private gateway by id.
    pub fn vpn_gateway(&self, id: &str) -> Option<&VpnGateway> {
        self.vpn_gateways().iter().find(|g| g.vpn_gateway_id == id)
    }
}
