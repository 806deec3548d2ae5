//! Making an interface: what it waits for, what it refuses, and the one call.

use serde_json::{Value, json};

use super::world::{CANARY, Status, World, connection, foreign, key, referenced};
use crate::call::Call;
use crate::decide::{Action, Decision};
use crate::kind::Kind;
use crate::reason::Reason;
use crate::verdict::Truth;
use crate::view::SecretState;

/// Passes until AWS would be called, or nothing is done.
fn first(world: &mut World) -> Decision<Status> {
    for _ in 0..10 {
        let decision = world.decide();
        if matches!(decision.action, Action::Call(_) | Action::Nothing) {
            return decision;
        }
        world.pass();
    }
    panic!("neither a call nor rest");
}

fn refusal(spec: Value) -> (Reason, String, bool) {
    let decision = first(&mut World::new(spec));
    assert_eq!(decision.action, Action::Nothing, "nothing is ordered");
    (
        decision.verdict.reason,
        decision.verdict.message,
        decision.verdict.stalled,
    )
}

#[test]
fn it_is_made_with_its_first_peer_and_comes_up() {
    let mut world = World::new(json!({}));
    let Action::Call(step) = first(&mut world).action else {
        panic!("an order")
    };
    let Call::CreateVirtualInterface(new) = &step.call else {
        panic!("{:?}", step.call)
    };
    assert_eq!(
        (new.vlan, new.mtu, new.virtual_interface_name.as_str()),
        (101, None, "primary")
    );
    assert_eq!(
        (
            new.connection_id.as_str(),
            new.virtual_gateway_id.as_deref()
        ),
        ("dxcon-1", Some("vgw-1"))
    );
    assert_eq!(
        new.peer
            .auth_key
            .as_ref()
            .map(|k| k.resource_version.as_str()),
        Some("1")
    );
    assert_eq!(
        new.tags
            .keys()
            .filter(|k| k.starts_with(crate::identity::CHILD))
            .count(),
        1,
        "the proof of the first peer goes with it"
    );

    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::RouterNotConfigured);
    assert!(decision.verdict.provisioned);
    world.router = Some(CANARY.into());
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.ready, decision.verdict.reason),
        (Truth::True, Reason::Up)
    );
    assert_eq!(world.calls(), ["CreatePrivateVirtualInterface"]);
    let status = world.status();
    assert_eq!(
        (
            status.bgp_peers_up.as_deref(),
            status.was_up,
            status.connection.as_deref()
        ),
        (Some("1/1"), Some(true), Some("dc2"))
    );
    assert_eq!(status.bgp_peers[0].bgp_peer_id.as_deref(), Some("dxpeer-2"));
    assert!(!world.said.contains(CANARY), "a key is never said");
}

#[test]
fn a_lost_answer_makes_no_second_one() {
    let mut world = World::new(json!({}));
    world.crashes = true;
    world.router = Some(CANARY.into());
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::Up);
    assert_eq!(world.calls(), ["CreatePrivateVirtualInterface"]);
    assert!(world.status().common.intents.is_empty());
}

#[test]
fn it_waits_for_what_it_refers_to() {
    let mut world = World::new(json!({"connectionRef": {"name": "da1-secondary"}}));
    let decision = first(&mut world);
    assert_eq!(decision.verdict.reason, Reason::ReferenceNotFound);
    assert!(
        decision
            .verdict
            .message
            .contains("spec.connectionRef.name is da1-secondary"),
        "{}",
        decision.verdict.message
    );

    world.references.insert(
        key(Kind::Connection, "da1-secondary"),
        referenced(None, "AwaitingApproval"),
    );
    assert_eq!(
        first(&mut world).verdict.message,
        "connection/da1-secondary is not ready: AwaitingApproval"
    );
    world.references.insert(
        key(Kind::Connection, "da1-secondary"),
        referenced(Some("dxcon-9"), "AwaitingLoa"),
    );
    let mut port = connection("dxcon-9");
    port.connection_state = "requested".into();
    world.connections.push(port);
    let decision = first(&mut world);
    assert_eq!(decision.verdict.reason, Reason::WaitingForReference);
    assert_eq!(
        decision.verdict.message,
        "connection/da1-secondary is not ready: AwaitingLoa"
    );
    assert!(!decision.verdict.stalled);

    world.connections[2].connection_state = "pending".into();
    assert_eq!(
        first(&mut world).verdict.reason,
        Reason::WaitingForReference,
        "that AWS makes an interface on a port without light is not documented"
    );
    world.connections[2].connection_state = "down".into();
    assert!(matches!(first(&mut world).action, Action::Call(_)));
}

#[test]
fn a_secret_that_is_not_ready_is_named_and_its_value_is_not() {
    let value = |v: &str| SecretState::Value {
        uid: "uid-of-the-secret".to_owned(),
        resource_version: "1".into(),
        value: crate::aws::AuthKey::new(v.into()),
    };
    let long = "x".repeat(81);
    for (state, word) in [
        (SecretState::NoSecret, "has no Secret bgp"),
        (SecretState::NoKey, "no key authKey"),
        (value(""), "is empty"),
        (value("abcde"), "too short"),
        (value(&long), "too long"),
        (value("with space"), "printable"),
        (value("line-break\n"), "line break"),
    ] {
        let mut world = World::new(json!({}));
        world
            .secrets
            .insert(("bgp".into(), "authKey".into()), state);
        let decision = first(&mut world);
        assert_eq!(
            (decision.verdict.reason, decision.verdict.stalled),
            (Reason::SecretNotReady, false)
        );
        let message = &decision.verdict.message;
        assert!(
            message.contains(word) && message.contains("spec.bgpPeers[v4].authKeySecretRef"),
            "{message}"
        );
        assert!(
            !message.contains(&long) && !message.contains("with space"),
            "{message}"
        );
    }
}

#[test]
fn a_vlan_that_is_taken_stalls() {
    let mut world = World::new(json!({}));
    world.interfaces.push(foreign("dxvif-f", "dxcon-1", 101));
    let decision = first(&mut world);
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::VlanTaken, true)
    );
    for word in ["spec.vlan is 101", "dxvif-f", "dxcon-1", "spec.import.id"] {
        assert!(
            decision.verdict.message.contains(word),
            "{}",
            decision.verdict.message
        );
    }
    world.edit(
        json!({"vlan": 102, "bgpPeers": [{"name": "v4", "addressFamily": "ipv4", "asn": 65000}]}),
    );
    assert!(matches!(first(&mut world).action, Action::Call(_)));
}

#[test]
fn addresses_are_used_once_per_gateway() {
    let mut world = World::new(json!({}));
    world.interfaces.push(foreign("dxvif-f", "dxcon-2", 7));
    let decision = first(&mut world);
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::Invalid, true)
    );
    assert!(
        decision
            .verdict
            .message
            .contains("overlaps 175.45.176.2/30 of dxvif-f"),
        "{}",
        decision.verdict.message
    );
    world.interfaces[0].virtual_gateway_id = Some("vgw-2".into());
    assert!(
        matches!(first(&mut world).action, Action::Call(_)),
        "another gateway is another matter"
    );
}

#[test]
fn what_cannot_be_is_refused_with_field_and_remedy() {
    let v4 = |more: Value| {
        let mut peer = json!({"name": "v4", "addressFamily": "ipv4", "asn": 65000});
        peer.as_object_mut()
            .expect("a map")
            .extend(more.as_object().expect("a map").clone());
        peer
    };
    let none = Value::Null;
    for (spec, reason, word) in [
        (json!({"vlan": 4095}), Reason::Invalid, "spec.vlan is 4095"),
        (json!({"vlan": 0}), Reason::Invalid, "1 to 4094"),
        (json!({"mtu": 9000}), Reason::Invalid, "spec.mtu is 9000"),
        (
            json!({"bgpPeers": [v4(json!({"asn": 0}))]}),
            Reason::Invalid,
            "spec.bgpPeers[v4].asn is 0",
        ),
        (
            json!({"bgpPeers": [v4(json!({"asn": 7224}))]}),
            Reason::Invalid,
            "Amazon's own",
        ),
        (
            json!({"bgpPeers": [v4(json!({"asn": 64512}))]}),
            Reason::Invalid,
            "Amazon's side of gateway vgw-1",
        ),
        (
            json!({"bgpPeers": [v4(json!({"amazonAddress": "10.0.0.1/30", "customerAddress": "10.0.0.6/30"}))]}),
            Reason::Invalid,
            "one subnet",
        ),
        (
            json!({"bgpPeers": [v4(json!({"amazonAddress": "10.0.0.1/30"}))]}),
            Reason::Invalid,
            "or neither",
        ),
        (
            json!({"bgpPeers": [v4(json!({})), v4(json!({"name": "b"}))]}),
            Reason::Invalid,
            "no logical redundancy",
        ),
        (
            json!({"connectionRef": none, "lagId": "dxlag-1"}),
            Reason::NotSupportedYet,
            "lagRef",
        ),
        (
            json!({"ownerAccountId": "999988887777"}),
            Reason::NotSupportedYet,
            "ownerAccountId",
        ),
        (
            json!({"virtualInterfaceType": "transit"}),
            Reason::Invalid,
            "directConnectGatewayRef",
        ),
        (
            json!({"virtualInterfaceType": "public", "virtualPrivateGatewayRef": none}),
            Reason::Invalid,
            "routeFilterPrefixes",
        ),
        (
            json!({"tags": {"aws:x": "y"}}),
            Reason::Invalid,
            "reserved prefix",
        ),
    ] {
        let (found, message, stalled) = refusal(spec.clone());
        assert_eq!((found, stalled), (reason, true), "{spec}: {message}");
        assert!(message.contains(word), "{spec}: {message}");
    }
}

#[test]
fn a_gateway_of_another_region_is_refused_with_the_remedy() {
    let mut world = World::new(json!({}));
    let mut gateway = referenced(Some("vgw-9"), "Up");
    gateway.region = Some("eu-west-1".into());
    world
        .references
        .insert(key(Kind::VirtualPrivateGateway, "vpc-1"), gateway);
    let decision = first(&mut world);
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::RegionMismatch, true)
    );
    assert!(
        decision.verdict.message.contains("DirectConnectGateway"),
        "{}",
        decision.verdict.message
    );
}

#[test]
fn jumbo_frames_wait_where_an_order_would_reset_a_busy_port() {
    let mut world = World::new(
        json!({"mtu": 8500, "bgpPeers": [{"name": "v4", "addressFamily": "ipv4", "asn": 65000}]}),
    );
    world.connections[0].jumbo_frame_capable = Some(false);
    let busy = foreign("dxvif-f", "dxcon-1", 7);
    world.interfaces.push(busy);
    let Action::Call(step) = first(&mut world).action else {
        panic!("an order")
    };
    let Call::CreateVirtualInterface(new) = &step.call else {
        panic!("{:?}", step.call)
    };
    assert_eq!(new.mtu, None);
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").contains("RaiseMtu"),
        "the raise is held: {decision:?}"
    );
}
