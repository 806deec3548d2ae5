//! A small AWS for the decisions alone: calls take effect at once, states move on with each tick.

#![allow(clippy::assigning_clones, reason = "states read as they are set")]

use std::collections::BTreeMap;
use std::sync::Arc;

use directconnect_model::aws::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, Location, Part, RouteTable,
    Snapshot, Tags, VpcAttachment, VpnGateway,
};
use directconnect_model::call::Call;
use jiff::Timestamp;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "us-east-1";

/// What exists at AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fake {
    pub connections: Vec<Connection>,
    pub gateways: Vec<DirectConnectGateway>,
    pub associations: Vec<DirectConnectGatewayAssociation>,
    pub vpn_gateways: Vec<VpnGateway>,
    pub tables: Vec<RouteTable>,
    made: usize,
}

impl Fake {
    /// A VPC with two route tables, and nothing else.
    pub fn with_vpc() -> Self {
        let table = |id: &str| RouteTable {
            route_table_id: id.to_owned(),
            vpc_id: "vpc-1".to_owned(),
            propagating_vgws: vec![],
        };
        Self {
            tables: vec![table("rtb-1"), table("rtb-2")],
            ..Self::default()
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}-{}", self.made)
    }

    /// What complete lists begun at `begun` show.
    pub fn snapshot(&self, begun: Timestamp) -> Snapshot {
        fn part<T: Clone>(begun: Timestamp, items: &[T]) -> Arc<Part<T>> {
            Arc::new(Part {
                begun,
                items: items.to_vec(),
            })
        }
        let location = Location {
            location_code: "EqDC2".to_owned(),
            available_port_speeds: vec!["1G".to_owned()],
            ..Location::default()
        };
        let of = |id: &str| -> Vec<DirectConnectGatewayAssociation> {
            self.associations
                .iter()
                .filter(|a| a.direct_connect_gateway_id == id)
                .cloned()
                .collect()
        };
        let ids = self
            .gateways
            .iter()
            .map(|g| g.direct_connect_gateway_id.clone());
        Snapshot {
            connections: Some(part(begun, &self.connections)),
            virtual_interfaces: Some(part(begun, &[])),
            direct_connect_gateways: Some(part(begun, &self.gateways)),
            associations: ids.map(|id| (id.clone(), part(begun, &of(&id)))).collect(),
            vpn_gateways: Some(part(begun, &self.vpn_gateways)),
            route_tables: Some(part(begun, &self.tables)),
            locations: Some(part(begun, &[location])),
        }
    }

    /// States move on.
    pub fn tick(&mut self) {
        for c in &mut self.connections {
            advance(
                &mut c.connection_state,
                &[("requested", "available"), ("deleting", "deleted")],
            );
        }
        for g in &mut self.gateways {
            advance(
                &mut g.direct_connect_gateway_state,
                &[("pending", "available"), ("deleting", "deleted")],
            );
        }
        for a in &mut self.associations {
            let moves = [
                ("associating", "associated"),
                ("updating", "associated"),
                ("disassociating", "disassociated"),
            ];
            advance(&mut a.association_state, &moves);
        }
        for g in &mut self.vpn_gateways {
            advance(
                &mut g.state,
                &[("pending", "available"), ("deleting", "deleted")],
            );
            for a in &mut g.vpc_attachments {
                advance(
                    &mut a.state,
                    &[("attaching", "attached"), ("detaching", "detached")],
                );
            }
        }
    }

    fn tags_of(&mut self, target: &str) -> &mut Tags {
        let id = target.rsplit('/').next().expect("a last part");
        let connections = self
            .connections
            .iter_mut()
            .map(|c| (&c.connection_id, &mut c.tags));
        let gateways = self
            .gateways
            .iter_mut()
            .map(|g| (&g.direct_connect_gateway_id, &mut g.tags));
        let vpn = self
            .vpn_gateways
            .iter_mut()
            .map(|g| (&g.vpn_gateway_id, &mut g.tags));
        let mut all = connections.chain(gateways).chain(vpn);
        all.find(|(known, _)| *known == id)
            .expect("something to tag")
            .1
    }

    /// Does what a call asks; the id of what it made.
    pub fn apply(&mut self, call: &Call) -> Option<String> {
        match call.clone() {
            Call::CreateConnection {
                location,
                bandwidth,
                connection_name,
                tags,
                ..
            } => {
                let connection_id = self.id("dxcon");
                self.connections.push(Connection {
                    connection_id: connection_id.clone(),
                    connection_name,
                    connection_state: "requested".to_owned(),
                    location,
                    bandwidth,
                    tags,
                    ..Connection::default()
                });
                return Some(connection_id);
            }
            Call::DeleteConnection { connection_id } => {
                let c = self
                    .connections
                    .iter_mut()
                    .find(|c| c.connection_id == connection_id);
                c.expect("a port").connection_state = "deleting".to_owned();
            }
            Call::CreateDirectConnectGateway {
                direct_connect_gateway_name,
                amazon_side_asn,
                tags,
            } => {
                let id = self.id("dxgw");
                self.gateways.push(DirectConnectGateway {
                    direct_connect_gateway_id: id.clone(),
                    direct_connect_gateway_name,
                    direct_connect_gateway_state: "pending".to_owned(),
                    amazon_side_asn: amazon_side_asn.unwrap_or(64512),
                    tags,
                    ..DirectConnectGateway::default()
                });
                return Some(id);
            }
            Call::DeleteDirectConnectGateway {
                direct_connect_gateway_id: id,
            } => {
                assert!(
                    !self
                        .associations
                        .iter()
                        .any(|a| a.direct_connect_gateway_id == id
                            && a.association_state != "disassociated")
                );
                let g = self
                    .gateways
                    .iter_mut()
                    .find(|g| g.direct_connect_gateway_id == id)
                    .expect("a gateway");
                g.direct_connect_gateway_state = "deleting".to_owned();
            }
            Call::CreateDirectConnectGatewayAssociation {
                direct_connect_gateway_id,
                gateway_id,
                allowed_prefixes,
            } => {
                let taken = |a: &&DirectConnectGatewayAssociation| {
                    a.gateway_id == gateway_id && a.association_state != "disassociated"
                };
                if self.associations.iter().any(|a| taken(&a)) {
                    return None;
                }
                let association_id = self.id("as");
                self.associations.push(DirectConnectGatewayAssociation {
                    association_id: association_id.clone(),
                    association_state: "associating".to_owned(),
                    direct_connect_gateway_id,
                    gateway_id,
                    gateway_type: "virtualPrivateGateway".to_owned(),
                    allowed_prefixes,
                    ..DirectConnectGatewayAssociation::default()
                });
                return Some(association_id);
            }
            Call::UpdateDirectConnectGatewayAssociation {
                association_id,
                add,
                remove,
                ..
            } => {
                let a = self
                    .associations
                    .iter_mut()
                    .find(|a| a.association_id == association_id)
                    .expect("an association");
                a.allowed_prefixes.retain(|p| !remove.contains(p));
                a.allowed_prefixes.extend(add);
                a.association_state = "updating".to_owned();
            }
            Call::DeleteDirectConnectGatewayAssociation { association_id, .. } => {
                let a = self
                    .associations
                    .iter_mut()
                    .find(|a| a.association_id == association_id);
                a.expect("an association").association_state = "disassociating".to_owned();
            }
            Call::CreateVpnGateway {
                amazon_side_asn,
                tags,
            } => {
                let vpn_gateway_id = self.id("vgw");
                self.vpn_gateways.push(VpnGateway {
                    vpn_gateway_id: vpn_gateway_id.clone(),
                    state: "pending".to_owned(),
                    amazon_side_asn: Some(amazon_side_asn.unwrap_or(64512)),
                    vpc_attachments: vec![],
                    tags,
                });
                return Some(vpn_gateway_id);
            }
            Call::DeleteVpnGateway { vpn_gateway_id } => {
                let g = self
                    .vpn_gateways
                    .iter_mut()
                    .find(|g| g.vpn_gateway_id == vpn_gateway_id)
                    .expect("a gateway");
                assert!(
                    g.vpc_attachments.iter().all(|a| a.state == "detached"),
                    "deleted while attached"
                );
                g.state = "deleting".to_owned();
            }
            Call::AttachVpnGateway {
                vpn_gateway_id,
                vpc_id,
            } => {
                let g = self
                    .vpn_gateways
                    .iter_mut()
                    .find(|g| g.vpn_gateway_id == vpn_gateway_id)
                    .expect("a gateway");
                if g.vpc_attachments.iter().all(|a| a.state == "detached") {
                    g.vpc_attachments = vec![VpcAttachment {
                        vpc_id,
                        state: "attaching".to_owned(),
                    }];
                }
            }
            Call::DetachVpnGateway { vpn_gateway_id, .. } => {
                let g = self
                    .vpn_gateways
                    .iter_mut()
                    .find(|g| g.vpn_gateway_id == vpn_gateway_id)
                    .expect("a gateway");
                g.vpc_attachments
                    .iter_mut()
                    .for_each(|a| a.state = "detaching".to_owned());
            }
            Call::EnableVgwRoutePropagation {
                gateway_id,
                route_table_id,
            } => {
                let t = self
                    .tables
                    .iter_mut()
                    .find(|t| t.route_table_id == route_table_id)
                    .expect("a table");
                t.propagating_vgws.push(gateway_id);
            }
            Call::DisableVgwRoutePropagation {
                gateway_id,
                route_table_id,
            } => {
                let t = self
                    .tables
                    .iter_mut()
                    .find(|t| t.route_table_id == route_table_id)
                    .expect("a table");
                t.propagating_vgws.retain(|g| *g != gateway_id);
            }
            Call::TagResource {
                resource_arn: target,
                tags,
                ..
            }
            | Call::CreateTags {
                resource_id: target,
                tags,
            } => {
                self.tags_of(&target).extend(tags);
            }
            Call::UntagResource {
                resource_arn: target,
                tag_keys,
                ..
            }
            | Call::DeleteTags {
                resource_id: target,
                tag_keys,
            } => {
                let tags = self.tags_of(&target);
                for k in &tag_keys {
                    tags.remove(k);
                }
            }
            other => panic!("this AWS cannot do {}", other.operation()),
        }
        None
    }

    /// What is there and not gone, by kind.
    pub fn living(&self) -> BTreeMap<&'static str, usize> {
        let gone = |s: &str| {
            matches!(
                s,
                "deleting" | "deleted" | "disassociating" | "disassociated"
            )
        };
        let count = |states: Vec<&String>| states.into_iter().filter(|s| !gone(s)).count();
        BTreeMap::from([
            (
                "connections",
                count(
                    self.connections
                        .iter()
                        .map(|c| &c.connection_state)
                        .collect(),
                ),
            ),
            (
                "gateways",
                count(
                    self.gateways
                        .iter()
                        .map(|g| &g.direct_connect_gateway_state)
                        .collect(),
                ),
            ),
            (
                "associations",
                count(
                    self.associations
                        .iter()
                        .map(|a| &a.association_state)
                        .collect(),
                ),
            ),
            (
                "vpn gateways",
                count(self.vpn_gateways.iter().map(|g| &g.state).collect()),
            ),
        ])
    }
}

fn advance(state: &mut String, moves: &[(&str, &str)]) {
    if let Some((_, to)) = moves.iter().find(|(from, _)| from == state) {
        *state = (*to).to_owned();
    }
}
