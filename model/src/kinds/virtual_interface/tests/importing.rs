//! Taking over an interface that exists.

use serde_json::json;

use super::world::{CANARY, World, foreign};
use crate::decide::Action;
use crate::identity;
use crate::reason::Reason;
use crate::view::SecretState;

fn brownfield(spec: serde_json::Value) -> World {
    let mut world = World::new(json!({"import": {"id": "dxvif-f"}}));
    world.edit(spec);
    world.interfaces.push(foreign("dxvif-f", "dxcon-1", 101));
    world.router = Some(CANARY.into());
    world
}

#[test]
fn what_equals_the_spec_is_taken_over_by_tags_alone() {
    let mut world = brownfield(json!({}));
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::Up);
    assert_eq!(
        world.log,
        ["TagResource"],
        "one call, with the proof of the peer"
    );
    assert_eq!(world.child_tags(), 1);
    assert_eq!(
        world.vif().tags.get(identity::IMPORTED).map(String::as_str),
        Some("true")
    );
    assert_eq!(
        world.status().bgp_peers[0].bgp_peer_id.as_deref(),
        Some("dxpeer-f")
    );
    assert!(!world.said.contains(CANARY));
    // Status lost: found again, nothing ordered, the peer is still ours.
    world.log.clear();
    world.object.status = None;
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert!(world.log.is_empty(), "{:?}", world.log);
}

#[test]
fn all_differences_are_listed_at_once_and_nothing_is_written() {
    let mut world = brownfield(json!({
        "vlan": 110, "mtu": 8500, "virtualInterfaceName": "mine", "connectionRef": {"name": "da1"},
        "bgpPeers": [
            {"name": "v4", "addressFamily": "ipv4", "asn": 65001, "amazonAddress": "10.0.0.1/30", "customerAddress": "10.0.0.2/30", "authKeySecretRef": {"name": "bgp", "key": "authKey"}},
            {"name": "v6", "addressFamily": "ipv6", "asn": 65001},
        ],
    }));
    world.secret("bgp", "another-key-0003", "2");
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::ImportDiff, true)
    );
    let message = &decision.verdict.message;
    for text in [
        "spec.vlan is 110, AWS has 101, and AWS cannot change it in place: set it to 101, or remove import to order a new one.",
        "spec.mtu is 8500, AWS has 1500: set import.onDifference: Apply to change it.",
        "spec.virtualInterfaceName is mine, AWS has by-hand",
        "spec.connectionRef is da1 (dxcon-2), AWS has dxcon-1",
        "spec.bgpPeers[v4].asn is 65001, AWS has 65000",
        "spec.bgpPeers[v4].customerAddress is 10.0.0.2/30, AWS has 175.45.176.2/30",
        "spec.bgpPeers[v4].authKeySecretRef differs from the key at AWS: set import.onDifference",
        "spec.bgpPeers[v6] is an ipv6 peer, AWS has none",
    ] {
        assert!(message.contains(text), "{text}\n in\n{message}");
    }
    assert!(world.log.is_empty());
    assert!(!world.said.contains("another-key-0003") && !world.said.contains(CANARY));
}

#[test]
fn differences_are_applied_on_request() {
    let mut world =
        brownfield(json!({"import": {"id": "dxvif-f", "onDifference": "Apply"}, "mtu": 8500}));
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(world.calls().len(), 1);
    assert_eq!(world.vif().mtu, Some(8500));
}

#[test]
fn nothing_is_taken_over_before_everything_can_be_compared() {
    let mut world = brownfield(json!({}));
    world
        .secrets
        .insert(("bgp".into(), "authKey".into()), SecretState::NoSecret);
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::SecretNotReady, false)
    );
    world.secret("bgp", "another-key-0003", "2");
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::ImportDiff);
    assert!(world.log.is_empty());
}

#[test]
fn an_interface_is_watched_without_a_trace() {
    let mut world = World::new(json!({
        "managementPolicy": "ObserveOnly", "import": {"id": "dxvif-f"},
        "virtualInterfaceType": null, "connectionRef": null, "virtualPrivateGatewayRef": null, "vlan": null, "bgpPeers": null,
    }));
    world.interfaces.push(foreign("dxvif-f", "dxcon-1", 101));
    for _ in 0..4 {
        world.pass();
    }
    let decision = world.decide();
    assert_eq!(
        (decision.action, decision.verdict.reason),
        (Action::Nothing, Reason::Up)
    );
    assert!(world.log.is_empty() && world.object.metadata.finalizers.is_none());
    let status = world.status();
    assert_eq!(
        (
            status.bgp_peers_up.as_deref(),
            status.bgp_peers[0].name.as_str()
        ),
        (Some("1/1"), "ipv4")
    );
}
