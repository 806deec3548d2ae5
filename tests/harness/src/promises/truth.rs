//! What AWS has, and how long statuses may differ from it.

use std::collections::BTreeMap;

use directconnect_model::identity;
use dxsim::world::{
    ConnectionState, DirectConnectGatewayState, VirtualInterfaceState, VpnGatewayState,
    World as AwsWorld,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Breach, Objects, Promise, aws_id, deleting, managed, name, text};
use crate::look;

/// Sweeps of ports and interfaces are a minute apart; one may fail before that is told.
const STALE: SignedDuration = SignedDuration::from_secs(150);

/// Ids of everything that exists and is not on its way out.
pub(super) fn live(world: &AwsWorld) -> Vec<&str> {
    let ports = world.connections.values().filter(|c| {
        !matches!(
            c.state,
            ConnectionState::Deleting | ConnectionState::Deleted | ConnectionState::Rejected
        )
    });
    let interfaces = world.virtual_interfaces.values().filter(|v| {
        !matches!(
            v.state,
            VirtualInterfaceState::Deleting
                | VirtualInterfaceState::Deleted
                | VirtualInterfaceState::Rejected
        )
    });
    let gateways = world
        .direct_connect_gateways
        .values()
        .filter(|g| g.state != DirectConnectGatewayState::Deleting);
    let vpn_gateways = world.vpn_gateways.values().filter(|g| {
        !matches!(
            g.state,
            VpnGatewayState::Deleting | VpnGatewayState::Deleted
        )
    });
    ports
        .map(|c| c.id.as_str())
        .chain(interfaces.map(|v| v.id.as_str()))
        .chain(gateways.map(|g| g.id.as_str()))
        .chain(vpn_gateways.map(|g| g.id.as_str()))
        .collect()
}

/// Tags of everything, by the id at the end of its ARN.
pub(super) fn tags_by_id(world: &AwsWorld) -> BTreeMap<&str, &BTreeMap<String, String>> {
    let all = world.tags.iter();
    all.filter_map(|(arn, tags)| Some((arn.rsplit('/').next()?, tags)))
        .collect()
}

/// At most one live object for each identity.
pub fn identities(world: &AwsWorld) -> Vec<Breach> {
    let tags = tags_by_id(world);
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = vec![];
    for id in live(world) {
        let Some(owner) = tags.get(id).and_then(|t| t.get(identity::IDENTITY)) else {
            continue;
        };
        if let Some(other) = owners.insert(owner, id) {
            let what = format!("{other} and {id} carry the identity {owner}");
            found.push(Breach::new(Promise::OneForEachIdentity, what));
        }
    }
    found
}

/// Since when what a Ready object stands for carries nothing.
#[derive(Default)]
pub struct Readiness {
    down: BTreeMap<String, Timestamp>,
}

impl Readiness {
    /// Nobody is there to tell.
    pub fn forget(&mut self) {
        self.down.clear();
    }

    /// Ready must end soon after what it tells.
    pub fn judge(&mut self, now: Timestamp, objects: &Objects, world: &AwsWorld) -> Vec<Breach> {
        let mut down = BTreeMap::new();
        let mut found = vec![];
        for object in managed(objects).filter(|o| !deleting(o)) {
            let told = look::is(object, "Ready", "True") && !look::is(object, "Observed", "False");
            if !told || carries(object, world) {
                continue;
            }
            let uid = text(&object["metadata"]["uid"]).to_owned();
            let since = self.down.get(&uid).copied().unwrap_or(now);
            let visible = world.settings.visibility.max;
            if now.duration_since(since) > STALE + visible {
                let what = format!("{} is Ready, and is not since {since}", name(object));
                found.push(Breach::new(Promise::ReadyIsTrue, what));
            }
            down.insert(uid, since);
        }
        self.down = down;
        found
    }
}

/// True if traffic can go through what the object stands for.
fn carries(object: &Value, world: &AwsWorld) -> bool {
    let id = aws_id(object).unwrap_or_default();
    match text(&object["kind"]) {
        "Connection" => world
            .connections
            .get(id)
            .is_some_and(|c| c.state == ConnectionState::Available),
        "VirtualInterface" => world.virtual_interfaces.get(id).is_some_and(|v| {
            v.state == VirtualInterfaceState::Available && v.peers.iter().any(|p| p.up)
        }),
        _ => true,
    }
}
