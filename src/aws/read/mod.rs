//! Reads: what AWS answers, as the model's own objects.
//!
//! A list is all of its pages or an error; what AWS left out or repeated is never taken for an
//! absence. Answers are mapped field by field and dropped: they hold BGP keys, so that no SDK value
//! is kept or printed.

mod association;
mod connection;
mod direct_connect_gateway;
mod identity;
mod location;
mod pages;
mod route_table;
mod tags;
mod virtual_interface;
mod vpn_gateway;

pub use association::associations;
pub use connection::{connections, loa};
pub use direct_connect_gateway::direct_connect_gateways;
pub use identity::caller_identity;
pub use location::locations;
pub use route_table::route_tables;
pub use virtual_interface::{router_configuration, routes, virtual_interfaces};
pub use vpn_gateway::vpn_gateways;

use std::sync::Arc;

use directconnect_model::aws::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, List, Location, Part,
    RouteTable, Snapshot, VirtualInterface, VpnGateway,
};

use super::{ApiError, Clients};

/// A list just read.
#[derive(Clone, Debug, PartialEq)]
pub enum Fresh {
    /// Ports.
    Connections(Part<Connection>),
    /// Virtual interfaces.
    VirtualInterfaces(Part<VirtualInterface>),
    /// DX gateways of the account.
    DirectConnectGateways(Part<DirectConnectGateway>),
    /// Associations of the DX gateway with this id.
    Associations(String, Part<DirectConnectGatewayAssociation>),
    /// Virtual private gateways.
    VpnGateways(Part<VpnGateway>),
    /// Route tables.
    RouteTables(Part<RouteTable>),
    /// Locations.
    Locations(Part<Location>),
}

impl Fresh {
    /// Replaces the snapshot's part.
    pub fn put(self, snapshot: &mut Snapshot) {
        match self {
            Self::Connections(part) => snapshot.connections = Some(Arc::new(part)),
            Self::VirtualInterfaces(part) => snapshot.virtual_interfaces = Some(Arc::new(part)),
            Self::DirectConnectGateways(part) => {
                snapshot.direct_connect_gateways = Some(Arc::new(part));
            }
            Self::Associations(gateway, part) => {
                snapshot.associations.insert(gateway, Arc::new(part));
            }
            Self::VpnGateways(part) => snapshot.vpn_gateways = Some(Arc::new(part)),
            Self::RouteTables(part) => snapshot.route_tables = Some(Arc::new(part)),
            Self::Locations(part) => snapshot.locations = Some(Arc::new(part)),
        }
    }
}

/// Reads one list to its end.
pub async fn list(clients: &Clients, list: &List) -> Result<Fresh, ApiError> {
    Ok(match list {
        List::Connections => Fresh::Connections(connections(clients).await?),
        List::VirtualInterfaces => Fresh::VirtualInterfaces(virtual_interfaces(clients).await?),
        List::DirectConnectGateways => {
            Fresh::DirectConnectGateways(direct_connect_gateways(clients).await?)
        }
        List::Associations(gateway) => {
            Fresh::Associations(gateway.clone(), associations(clients, gateway).await?)
        }
        List::VpnGateways => Fresh::VpnGateways(vpn_gateways(clients).await?),
        List::RouteTables => Fresh::RouteTables(route_tables(clients).await?),
        List::Locations => Fresh::Locations(locations(clients).await?),
    })
}
