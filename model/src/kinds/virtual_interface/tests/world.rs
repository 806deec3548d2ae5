//! A small world: one object, what AWS holds, and an engine that does what decisions say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::VirtualInterface;
use crate::api::aws_account::Guard;
use crate::api::status::Intent;
use crate::aws::{self, AuthKey, Part, Snapshot, Tags};
use crate::call::Call;
use crate::decide::{Action, Decision, FINALIZER, SELF, decide, stamp};
use crate::fetch::Fetch;
use crate::identity;
use crate::kind::{Kind, ObjectKey};
use crate::managed::Managed;
use crate::step::{Care, Step};
use crate::view::{Account, Memory, Referenced, SecretState, Sibling, View, Windows};

pub(super) type Status = crate::api::virtual_interface::VirtualInterfaceStatus;

pub(super) const ACCOUNT: &str = "111122223333";
/// A key that must appear nowhere.
pub(super) const CANARY: &str = "canary-key-0001";
pub(super) const SECOND: &str = "canary-key-0002";

pub(super) struct World {
    pub(super) object: VirtualInterface,
    pub(super) now: Timestamp,
    pub(super) connections: Vec<aws::Connection>,
    pub(super) interfaces: Vec<aws::VirtualInterface>,
    pub(super) direct_connect_gateways: Vec<aws::DirectConnectGateway>,
    pub(super) vpn_gateways: Vec<aws::VpnGateway>,
    pub(super) references: BTreeMap<ObjectKey, Referenced>,
    pub(super) secrets: BTreeMap<(String, String), SecretState>,
    pub(super) siblings: Vec<Sibling>,
    pub(super) memory: Memory,
    pub(super) guard: Guard,
    /// The key of the customer's router: IPv4 sessions with it come up.
    pub(super) router: Option<String>,
    /// Every answer is lost and every pass is another process.
    pub(super) crashes: bool,
    /// Calls, as "CreateBGPPeer ipv6".
    pub(super) log: Vec<String>,
    /// Debug output of all decisions.
    pub(super) said: String,
    pub(super) made: usize,
}

pub(super) fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new(kind, "network", name)
}

/// An object with this spec, merged over a private interface on connection `dc2` to gateway `vpc-1`.
pub(super) fn object(spec: Value) -> VirtualInterface {
    let mut merged = json!({
        "accountRef": {"name": "a"},
        "virtualInterfaceType": "private",
        "connectionRef": {"name": "dc2"},
        "virtualPrivateGatewayRef": {"name": "vpc-1"},
        "vlan": 101,
        "bgpPeers": [{
            "name": "v4", "addressFamily": "ipv4", "asn": 65000,
            "amazonAddress": "175.45.176.1/30", "customerAddress": "175.45.176.2/30",
            "authKeySecretRef": {"name": "bgp", "key": "authKey"},
        }],
    });
    merge(&mut merged, spec);
    serde_json::from_value(json!({
        "apiVersion": "directconnect.dev/v1alpha1",
        "kind": "VirtualInterface",
        "metadata": {"name": "primary", "namespace": "network", "uid": "u1", "generation": 1},
        "spec": merged,
    }))
    .expect("an object")
}

/// null removes a field.
fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        return;
    };
    for (name, value) in from {
        if value.is_null() {
            into.remove(&name);
        } else {
            into.insert(name, value);
        }
    }
}

pub(super) fn connection(id: &str) -> aws::Connection {
    aws::Connection {
        connection_id: id.into(),
        connection_name: id.into(),
        connection_state: "available".into(),
        owner_account: ACCOUNT.into(),
        region: "us-east-1".into(),
        location: "EqDC2".into(),
        bandwidth: "1Gbps".into(),
        jumbo_frame_capable: Some(true),
        has_logical_redundancy: Some("no".into()),
        ..aws::Connection::default()
    }
}

/// An interface that somebody else made.
pub(super) fn foreign(id: &str, connection_id: &str, vlan: i32) -> aws::VirtualInterface {
    aws::VirtualInterface {
        virtual_interface_id: id.into(),
        virtual_interface_name: "by-hand".into(),
        virtual_interface_type: "private".into(),
        virtual_interface_state: "available".into(),
        owner_account: ACCOUNT.into(),
        region: "us-east-1".into(),
        location: "EqDC2".into(),
        connection_id: connection_id.into(),
        vlan,
        asn: 65000,
        amazon_side_asn: Some(64512),
        mtu: Some(1500),
        virtual_gateway_id: Some("vgw-1".into()),
        bgp_peers: vec![peer(
            "dxpeer-f",
            "ipv4",
            "175.45.176.1/30",
            "175.45.176.2/30",
            CANARY,
        )],
        ..aws::VirtualInterface::default()
    }
}

pub(super) fn peer(
    id: &str,
    family: &str,
    amazon: &str,
    customer: &str,
    auth: &str,
) -> aws::BgpPeer {
    aws::BgpPeer {
        bgp_peer_id: id.into(),
        asn: 65000,
        address_family: family.into(),
        amazon_address: Some(amazon.into()),
        customer_address: Some(customer.into()),
        bgp_peer_state: "available".into(),
        bgp_status: "up".into(),
        auth_key: Some(AuthKey::new(auth.into())),
        ..aws::BgpPeer::default()
    }
}

pub(super) fn referenced(id: Option<&str>, reason: &str) -> Referenced {
    Referenced {
        uid: "r".into(),
        aws_id: id.map(str::to_owned),
        reason: reason.into(),
        account_id: Some(ACCOUNT.into()),
        region: Some("us-east-1".into()),
        ..Referenced::default()
    }
}

impl World {
    pub(super) fn new(spec: Value) -> Self {
        let mut world = Self {
            object: object(spec),
            now: "2026-01-01T00:00:00Z".parse().expect("a time"),
            connections: vec![connection("dxcon-1"), connection("dxcon-2")],
            interfaces: vec![],
            direct_connect_gateways: vec![aws::DirectConnectGateway {
                direct_connect_gateway_id: "dxgw-1".into(),
                direct_connect_gateway_state: "available".into(),
                amazon_side_asn: 64512,
                ..aws::DirectConnectGateway::default()
            }],
            vpn_gateways: vec![aws::VpnGateway {
                vpn_gateway_id: "vgw-1".into(),
                state: "available".into(),
                amazon_side_asn: Some(64512),
                ..aws::VpnGateway::default()
            }],
            references: BTreeMap::from([
                (
                    key(Kind::Connection, "dc2"),
                    referenced(Some("dxcon-1"), "Up"),
                ),
                (
                    key(Kind::Connection, "da1"),
                    referenced(Some("dxcon-2"), "Up"),
                ),
                (
                    key(Kind::VirtualPrivateGateway, "vpc-1"),
                    referenced(Some("vgw-1"), "Up"),
                ),
                (
                    key(Kind::DirectConnectGateway, "hub"),
                    referenced(Some("dxgw-1"), "Up"),
                ),
            ]),
            secrets: BTreeMap::new(),
            siblings: vec![],
            memory: Memory::default(),
            guard: Guard::Enforce,
            router: None,
            crashes: false,
            log: vec![],
            said: String::new(),
            made: 0,
        };
        world.secret("bgp", CANARY, "1");
        world
    }

    /// A world in which the object is made, converged and up.
    pub(super) fn up(spec: Value) -> Self {
        let mut world = Self::new(spec);
        world.router = Some(CANARY.into());
        world.settle();
        world.log.clear();
        world
    }

    pub(super) fn secret(&mut self, name: &str, value: &str, version: &str) {
        let state = SecretState::Value {
            uid: "uid-of-the-secret".to_owned(),
            resource_version: version.into(),
            value: AuthKey::new(value.into()),
        };
        self.secrets.insert((name.into(), "authKey".into()), state);
    }

    /// Edits the spec.
    pub(super) fn edit(&mut self, spec: Value) {
        let mut whole = serde_json::to_value(&self.object).expect("plain data");
        merge(&mut whole["spec"], spec);
        self.object = serde_json::from_value(whole).expect("an object");
        *self.object.metadata.generation.get_or_insert(1) += 1;
    }

    pub(super) fn annotate(&mut self, name: &str, value: &str) {
        self.object
            .metadata
            .annotations
            .get_or_insert_default()
            .insert(format!("directconnect.dev/{name}"), value.into());
    }

    pub(super) fn status(&self) -> Status {
        self.object.status.clone().unwrap_or_default()
    }

    pub(super) fn id(&self) -> String {
        self.status().virtual_interface_id.expect("an id")
    }

    pub(super) fn vif(&mut self) -> &mut aws::VirtualInterface {
        let id = self.id();
        self.interfaces
            .iter_mut()
            .find(|v| v.virtual_interface_id == id)
            .expect("it exists")
    }

    pub(super) fn view(&self) -> View {
        fn part<T: Clone>(now: Timestamp, items: &[T]) -> Arc<Part<T>> {
            Arc::new(Part {
                begun: now,
                items: items.to_vec(),
            })
        }
        View {
            now: self.now,
            cluster_id: "c1".into(),
            windows: Windows::default(),
            account: Ok(Account {
                name: "a".into(),
                account_id: ACCOUNT.into(),
                region: "us-east-1".into(),
                guard: self.guard,
                ..Account::default()
            }),
            aws: Snapshot {
                connections: Some(part(self.now, &self.connections)),
                virtual_interfaces: Some(part(self.now, &self.interfaces)),
                direct_connect_gateways: Some(part(self.now, &self.direct_connect_gateways)),
                vpn_gateways: Some(part(self.now, &self.vpn_gateways)),
                ..Snapshot::default()
            },
            references: self.references.clone(),
            secrets: self.secrets.clone(),
            siblings: Arc::new(self.siblings.iter().cloned().map(Arc::new).collect()),
            memory: self.memory.clone(),
            leaving: false,
            elsewhere: vec![],
            unreadable: false,
        }
    }

    pub(super) fn decide(&self) -> Decision<Status> {
        decide(&self.object, &self.view())
    }

    /// One decision, done.
    pub(super) fn pass(&mut self) -> Decision<Status> {
        let decision = self.decide();
        let verdict = &decision.verdict;
        assert!(
            !(verdict.stalled && verdict.acting),
            "stalled and at work: {verdict:?}"
        );
        let status = serde_json::to_string(&decision.status).expect("plain data");
        writeln!(self.said, "{decision:?}\n{status}").expect("a String");
        self.object.status = Some(decision.status.clone());
        match &decision.action {
            Action::AddFinalizer => self.object.metadata.finalizers = Some(vec![FINALIZER.into()]),
            Action::RemoveFinalizer(_) => self.object.metadata.finalizers = None,
            Action::Call(step) => self.execute(step),
            Action::Fetch(Fetch::Routes { .. }) => self.memory.routes = Some((3, 2, self.now)),
            Action::Fetch(Fetch::RouterConfiguration {
                secret,
                fingerprint,
                ..
            }) => {
                self.log.push("DescribeRouterConfiguration".into());
                let status = self.object.status.get_or_insert_default();
                status.router_configuration_secret = Some(secret.clone());
                status.router_configuration_fingerprint = Some(fingerprint.clone());
            }
            Action::Store(_) | Action::Nothing | Action::Fetch(_) => {}
        }
        self.now += SignedDuration::from_secs(2);
        if self.crashes {
            self.now += SignedDuration::from_mins(25);
            self.memory = Memory {
                routes: self.memory.routes,
                ..Memory::default()
            };
        }
        self.world_turns();
        decision
    }

    /// Passes until nothing is left to do.
    pub(super) fn settle(&mut self) -> Decision<Status> {
        let mut quiet = 0;
        for _ in 0..200 {
            let before = self.object.status.clone();
            let decision = self.pass();
            let still = decision.action == Action::Nothing && before == self.object.status;
            quiet = if still { quiet + 1 } else { 0 };
            // What AWS accepted may be hidden for five minutes: rest is what outlasts them.
            if quiet == 7 {
                return decision;
            }
            if still {
                self.now += SignedDuration::from_mins(1);
            }
        }
        panic!("it never settles: {:?}", self.log);
    }

    fn execute(&mut self, step: &Step) {
        let mut call = step.call.clone();
        let token = format!("token-{}", self.log.len());
        let effect = call.operation().to_owned();
        let detail = match &call {
            Call::CreateBgpPeer { peer, .. } => format!("{effect} {}", peer.address_family),
            Call::DeleteBgpPeer { bgp_peer_id, .. } => format!("{effect} {bgp_peer_id}"),
            Call::UpdateVirtualInterfaceAttributes { .. } => format!("{effect}: {}", step.does),
            _ => effect.clone(),
        };
        let shown = serde_json::to_string(step).expect("plain data");
        writeln!(self.said, "{} {shown}", call.params_hash()).expect("a String");
        self.log.push(detail);
        let status = self.object.status.get_or_insert_default();
        if let Some(code) = &step.consent {
            crate::consent::use_up(&mut status.common.consents_used, None, code);
        }
        if step.care != Care::Harmless {
            let intent = Intent {
                operation: effect,
                token: token.clone(),
                params_hash: call.params_hash(),
                account_id: ACCOUNT.into(),
                region: "us-east-1".into(),
                endpoint: None,
                send_by: stamp(self.now + SignedDuration::from_secs(30)),
                consent: step.consent.clone(),
                id: call.target().map(str::to_owned),
                not_found_at: None,
                earlier: BTreeMap::new(),
            };
            status.common.intents.insert(step.slot.clone(), intent);
        }
        let until = self.now + SignedDuration::from_mins(5);
        self.memory.accepted.insert(call.params_hash(), until);
        if let Some(tags) = call.tags_mut() {
            tags.insert(identity::INTENT.into(), token);
        }
        let made = self.effect(call);
        if !self.crashes {
            let status = self.object.status.get_or_insert_default();
            status.common.intents.remove(&step.slot);
            if step.slot == SELF {
                VirtualInterface::set_aws_id(status, made);
                status.common.recorded_at = Some(stamp(self.now));
            }
        }
    }

    /// Calls that change peers.
    pub(super) fn peer_calls(&self) -> Vec<&str> {
        self.log
            .iter()
            .map(String::as_str)
            .filter(|l| l.contains("BGPPeer"))
            .collect()
    }

    /// Calls without tags.
    pub(super) fn calls(&self) -> Vec<&str> {
        self.log
            .iter()
            .map(String::as_str)
            .filter(|l| !l.contains("agResource"))
            .collect()
    }

    /// Gives the consent that the message asks for.
    pub(super) fn consent(&mut self, decision: &Decision<Status>) {
        let text = decision
            .verdict
            .statements
            .iter()
            .find(|s| s.condition == "Guarded")
            .map(|s| s.message.clone())
            .expect("held");
        let code = text
            .split("directconnect.dev/consent=")
            .nth(1)
            .expect("a code")
            .trim();
        self.annotate("consent", code);
    }

    /// Another healthy path to the same gateway.
    pub(super) fn cover(&mut self) {
        let mut other = foreign("dxvif-other", "dxcon-2", 200);
        other.bgp_peers[0] = peer(
            "dxpeer-o",
            "ipv4",
            "10.9.9.1/30",
            "10.9.9.2/30",
            "somebody-else",
        );
        self.interfaces.push(other);
    }

    /// The statement of a condition.
    pub(super) fn statement(decision: &Decision<Status>, condition: &str) -> String {
        decision
            .verdict
            .statements
            .iter()
            .find(|s| s.condition == condition)
            .map_or_else(String::new, |s| {
                format!("{:?} {}: {}", s.truth, s.reason, s.message)
            })
    }

    pub(super) fn child_tags(&mut self) -> usize {
        let tags: &Tags = &self.vif().tags;
        tags.keys()
            .filter(|k| k.starts_with(identity::CHILD))
            .count()
    }
}
