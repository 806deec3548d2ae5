//! How a run ended, so that it can be compared with another: ids and times aside.

use dxsim::world::{
    AssociationState, BgpPeerState, ConnectionState, DirectConnectGatewayState,
    VirtualInterfaceState, VpnGatewayState, World as AwsWorld,
};
use serde_json::Value;

use crate::world::World;

/// What is made, or deleted, once whatever happens.
const ONCE: &[&str] = &[
    "CreateConnection",
    "CreateDirectConnectGateway",
    "CreateVpnGateway",
    "CreatePrivateVirtualInterface",
    "CreateDirectConnectGatewayAssociation",
    "CreateBGPPeer",
    "DeleteConnection",
    "DeleteDirectConnectGateway",
    "DeleteVpnGateway",
    "DeleteVirtualInterface",
    "DeleteDirectConnectGatewayAssociation",
];

/// Kind and name of an object.
pub fn names(object: &Value) -> (&str, &str) {
    fn text(value: &Value) -> &str {
        value.as_str().unwrap_or_default()
    }
    (text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// How often each of what is made or deleted once took effect.
pub fn effects(world: &World) -> Vec<(&'static str, usize)> {
    ONCE.iter()
        .map(|name| (*name, world.effects(name)))
        .collect()
}

/// How it all ended, ids and times aside.
pub fn end_state(world: &World) -> Vec<String> {
    let mut lines: Vec<String> = world.managed().iter().map(|o| kubernetes_line(o)).collect();
    for (key, object) in world.kube.objects() {
        if matches!(key.resource.as_str(), "secrets" | "configmaps") {
            let data = |name: &str| {
                let keys = object[name].as_object().into_iter().flatten();
                keys.map(|(k, _)| k.clone()).collect::<Vec<_>>()
            };
            lines.push(format!(
                "{} {} {:?} {:?}",
                key.resource,
                key.name,
                data("data"),
                data("binaryData")
            ));
        }
    }
    lines.extend(world.sim.read(aws_lines));
    lines.sort();
    lines
}

fn kubernetes_line(object: &Value) -> String {
    let (kind, name) = names(object);
    let conditions = object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    let conditions: Vec<String> = conditions
        .map(|c| format!("{}={}:{}", c["type"], c["status"], c["reason"]))
        .collect();
    let members = object["status"].as_object().into_iter().flatten();
    let members: Vec<&String> = members
        .map(|(k, _)| k)
        .filter(|k| !["seen", "consentsUsed", "tagKeys"].contains(&k.as_str()))
        .collect();
    format!(
        "{kind}/{name} {conditions:?} {members:?} {}",
        object["metadata"]["finalizers"]
    )
}

fn aws_lines(world: &AwsWorld) -> Vec<String> {
    let tags = |id: &str| {
        let found = world.tags.iter().find(|(key, _)| key.ends_with(id));
        let found = found.map(|(_, tags)| tags.clone()).unwrap_or_default();
        let fixed = |k: &String| {
            !k.ends_with("/uid") && !k.ends_with("/intent") && !k.ends_with("/retained-at")
        };
        let mut all: Vec<String> = found
            .iter()
            .map(|(k, v)| {
                let key = k.split("child.").next().unwrap_or_default();
                if fixed(k) {
                    format!("{key}={v}")
                } else {
                    key.to_owned()
                }
            })
            .collect();
        all.sort();
        all
    };
    let mut lines = vec![];
    for (id, c) in world.connections.iter() {
        if !matches!(
            c.state,
            ConnectionState::Deleted | ConnectionState::Deleting
        ) {
            lines.push(format!(
                "port {} {} {} {:?} {:?}",
                c.name,
                c.location,
                c.bandwidth,
                c.state,
                tags(id)
            ));
        }
    }
    for (id, v) in world.virtual_interfaces.iter() {
        if matches!(
            v.state,
            VirtualInterfaceState::Deleted | VirtualInterfaceState::Deleting
        ) {
            continue;
        }
        let peers: Vec<String> = v
            .peers
            .iter()
            .filter(|p| p.state != BgpPeerState::Deleted)
            .map(|p| format!("{} {:?} {:?} {}", p.asn, p.address_family, p.state, p.up))
            .collect();
        lines.push(format!(
            "interface {} {} {:?} {peers:?} {:?}",
            v.name,
            v.vlan,
            v.state,
            tags(id)
        ));
    }
    for (id, g) in world.direct_connect_gateways.iter() {
        if !matches!(g.state, DirectConnectGatewayState::Deleting) {
            lines.push(format!(
                "gateway {} {} {:?} {:?}",
                g.name,
                g.amazon_side_asn,
                g.state,
                tags(id)
            ));
        }
    }
    for a in world.associations.values() {
        if !matches!(a.state, AssociationState::Disassociating) {
            lines.push(format!(
                "association {:?} {:?}",
                a.allowed_prefixes, a.state
            ));
        }
    }
    for (id, g) in world.vpn_gateways.iter() {
        if !matches!(
            g.state,
            VpnGatewayState::Deleted | VpnGatewayState::Deleting
        ) {
            lines.push(format!("VGW {:?} {:?}", g.state, tags(id)));
        }
    }
    for table in world.route_tables.values() {
        let text = serde_json::to_value(table).unwrap_or_default();
        lines.push(format!(
            "route table {} propagates {}",
            text["id"],
            text["propagating"].as_array().map_or(0, Vec::len)
        ));
    }
    lines
}
