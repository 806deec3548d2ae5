//! Changing an interface that exists: one step at a time, the guard asked where traffic is cut.

use serde_json::json;

use super::world::{CANARY, World, foreign, peer};
use crate::api::aws_account::Guard;
use crate::decide::Action;
use crate::reason::Reason;
use crate::verdict::Truth;
use crate::view::SecretState;

const V4: &str = r#"{"name": "v4", "addressFamily": "ipv4", "asn": 65000, "amazonAddress": "175.45.176.1/30", "customerAddress": "175.45.176.2/30", "authKeySecretRef": {"name": "bgp", "key": "authKey"}}"#;

fn v4() -> serde_json::Value {
    serde_json::from_str(V4).expect("JSON")
}

#[test]
fn attributes_change_one_by_one() {
    let mut world = World::up(json!({}));
    world.edit(json!({"virtualInterfaceName": "renamed", "mtu": 8500, "prefixPoolAllocatedCountIpv4": 200}));
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::Up);
    assert_eq!(world.log.len(), 3, "{:?}", world.log);
    assert!(
        world
            .log
            .iter()
            .all(|l| l.starts_with("UpdateVirtualInterfaceAttributes: set "))
    );
    let vif = world.vif();
    assert_eq!(
        (
            vif.virtual_interface_name.as_str(),
            vif.mtu,
            vif.prefix_pool_allocated_count_ipv4
        ),
        ("renamed", Some(8500), Some(200))
    );
}

#[test]
fn what_is_unset_is_left_alone() {
    let mut world = World::up(json!({}));
    let vif = world.vif();
    vif.virtual_interface_name = "by somebody".into();
    vif.mtu = Some(8500);
    vif.site_link_enabled = Some(true);
    world.settle();
    assert!(world.log.is_empty(), "{:?}", world.log);
}

#[test]
fn raising_the_mtu_of_a_port_without_jumbo_frames_is_held_and_lowering_is_not() {
    let mut world = World::up(json!({}));
    world.connections[0].jumbo_frame_capable = Some(false);
    world.edit(json!({"mtu": 8500}));
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").starts_with("True RaiseMtu"),
        "{decision:?}"
    );
    assert_eq!(
        (decision.verdict.ready, decision.verdict.provisioned),
        (Truth::True, false)
    );
    assert!(world.log.is_empty());
    world.consent(&decision);
    world.settle();
    assert_eq!(world.vif().mtu, Some(8500));
    world.edit(json!({"mtu": 1500}));
    world.settle();
    assert_eq!(world.vif().mtu, Some(1500));
}

#[test]
fn what_aws_cannot_change_stalls_and_traffic_goes_on() {
    let mut world = World::up(json!({}));
    world.vif().vlan = 7;
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::ImmutableField, true)
    );
    assert!(
        decision
            .verdict
            .message
            .contains("spec.vlan is 101, AWS has 7"),
        "{}",
        decision.verdict.message
    );
    assert!(World::statement(&decision, "BgpEstablished").starts_with("True"));
    assert!(world.log.is_empty());
}

#[test]
fn a_second_peer_is_proved_and_made_and_goes_with_the_spec() {
    let mut world = World::up(json!({}));
    world.edit(json!({"bgpPeers": [v4(), {"name": "v6", "addressFamily": "ipv6", "asn": 65000}]}));
    let decision = world.settle();
    assert_eq!(world.log, ["TagResource", "CreateBGPPeer ipv6"]);
    assert_eq!(
        World::statement(&decision, "BgpEstablished"),
        "False BgpDown: 1/2 peers up; down: v6"
    );
    assert_eq!(
        (decision.verdict.ready, decision.verdict.provisioned),
        (Truth::True, true)
    );
    assert_eq!(world.child_tags(), 2);

    world.log.clear();
    world.edit(json!({"bgpPeers": [v4()]}));
    let decision = world.settle();
    assert_eq!(world.log, ["DeleteBGPPeer dxpeer-3", "UntagResource"]);
    assert_eq!(decision.verdict.reason, Reason::Up);
    assert_eq!((world.child_tags(), world.status().bgp_peers.len()), (1, 1));
}

#[test]
fn lost_answers_change_nothing_but_the_time_it_takes() {
    let mut world = World::up(json!({}));
    world.crashes = true;
    world.edit(json!({"mtu": 8500, "bgpPeers": [v4(), {"name": "v6", "addressFamily": "ipv6", "asn": 65000}]}));
    world.settle();
    assert_eq!(world.peer_calls(), ["CreateBGPPeer ipv6"]);
    assert_eq!(world.vif().mtu, Some(8500));
    assert!(world.status().common.intents.is_empty());
}

#[test]
fn a_peer_that_somebody_else_made_is_left_alone_and_never_adopted() {
    let mut world = World::up(json!({}));
    world.vif().bgp_peers.push(peer(
        "dxpeer-x",
        "ipv6",
        "2001:db8::1/125",
        "2001:db8::2/125",
        "foreign-key",
    ));
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::Up);
    assert!(world.log.is_empty());
    world.edit(json!({"bgpPeers": [v4(), {"name": "v6", "addressFamily": "ipv6", "asn": 65000}]}));
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::AlreadyExists, true)
    );
    assert!(
        decision.verdict.message.contains("dxpeer-x"),
        "{}",
        decision.verdict.message
    );
    assert!(world.log.is_empty(), "{:?}", world.log);
    assert!(
        !world
            .status()
            .bgp_peers
            .iter()
            .any(|p| p.bgp_peer_id.as_deref() == Some("dxpeer-x"))
    );
    // Once it is gone, ours takes its place.
    world
        .vif()
        .bgp_peers
        .retain(|p| p.bgp_peer_id != "dxpeer-x");
    world.settle();
    assert_eq!(world.log, ["TagResource", "CreateBGPPeer ipv6"]);
}

#[test]
fn a_peer_that_was_deleted_behind_our_back_comes_back_with_its_addresses() {
    let mut world = World::up(json!({"bgpPeers": [
        {"name": "v4", "addressFamily": "ipv4", "asn": 65000, "authKeySecretRef": {"name": "bgp", "key": "authKey"}},
        {"name": "v6", "addressFamily": "ipv6", "asn": 65000},
    ]}));
    let before = world.vif().bgp_peers[0].customer_address.clone();
    world.vif().bgp_peers.remove(0);
    world.settle();
    let vif = world.vif();
    let v4 = vif
        .bgp_peers
        .iter()
        .find(|p| p.address_family == "ipv4")
        .expect("repaired");
    assert_eq!(v4.customer_address, before);
    assert_eq!(world.peer_calls(), ["CreateBGPPeer ipv4"]);
}

#[test]
fn a_move_is_held_until_another_path_is_up() {
    let mut world = World::up(json!({}));
    world.edit(json!({"connectionRef": {"name": "da1"}}));
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").starts_with("True MoveInterface"),
        "{decision:?}"
    );
    assert!(world.log.is_empty());
    world.cover();
    world.interfaces[1].connection_id = "dxcon-3".into();
    world.settle();
    assert_eq!(world.calls(), ["AssociateVirtualInterface"]);
    assert_eq!(world.status().connection.as_deref(), Some("da1"));
    assert_eq!(world.vif().connection_id, "dxcon-2");
}

#[test]
fn a_move_to_where_the_vlan_is_taken_stalls() {
    let mut world = World::up(json!({}));
    world.interfaces.push(foreign("dxvif-f", "dxcon-2", 101));
    world.edit(json!({"connectionRef": {"name": "da1"}}));
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.stalled),
        (Reason::VlanTaken, true)
    );
    assert!(
        decision
            .verdict
            .message
            .contains("dxvif-f uses its VLAN 101"),
        "{}",
        decision.verdict.message
    );
}

#[test]
fn what_is_missing_beside_living_traffic_leaves_it_ready() {
    let mut world = World::up(json!({}));
    world
        .secrets
        .insert(("bgp".into(), "authKey".into()), SecretState::NoSecret);
    let decision = world.settle();
    assert_eq!(
        (
            decision.verdict.ready,
            decision.verdict.reason,
            decision.verdict.provisioned
        ),
        (Truth::True, Reason::Up, false)
    );
    assert!(World::statement(&decision, "Provisioned").starts_with("False SecretNotReady"));
    assert_eq!(
        decision.verdict.waiting_for.last().map(|w| w.reason),
        Some(Reason::SecretNotReady)
    );
    assert!(!decision.verdict.stalled && world.log.is_empty());
}

#[test]
fn deleting_the_last_path_asks_first() {
    let mut world = World::up(json!({}));
    world.object.metadata.deletion_timestamp = Some(
        k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(world.now),
    );
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").starts_with("True DeleteInterface"),
        "{decision:?}"
    );
    assert!(world.log.is_empty());
    world.consent(&decision);
    for _ in 0..8 {
        let decision = world.pass();
        if matches!(decision.action, Action::RemoveFinalizer(_)) {
            break;
        }
    }
    assert_eq!(world.log, ["DeleteVirtualInterface"]);
    assert_eq!(world.object.metadata.finalizers, None);
}

#[test]
fn removing_a_live_peer_is_guarded() {
    let mut world = World::up(
        json!({"bgpPeers": [v4(), {"name": "v6", "addressFamily": "ipv6", "asn": 65000, "authKeySecretRef": {"name": "bgp", "key": "authKey"}}]}),
    );
    world.edit(json!({"bgpPeers": [v4()]}));
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").starts_with("True ReplacePeer"),
        "{decision:?}"
    );
    world.guard = Guard::Off;
    world.settle();
    assert_eq!(world.peer_calls().len(), 1);
    assert!(!world.said.contains(CANARY));
}
