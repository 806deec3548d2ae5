//! Exchanging peers: another key, ASN or address.

use serde_json::{Value, json};

use super::world::{CANARY, SECOND, World, peer};
use crate::api::aws_account::Guard;
use crate::reason::Reason;
use crate::verdict::Truth;

fn assigned() -> Value {
    json!({"bgpPeers": [{"name": "v4", "addressFamily": "ipv4", "asn": 65000, "authKeySecretRef": {"name": "bgp", "key": "authKey"}}]})
}

fn rotate(world: &mut World) {
    world.secret("bgp", SECOND, "2");
    world.router = Some(SECOND.into());
}

fn clean(world: &mut World) {
    assert!(
        !world.said.contains(CANARY) && !world.said.contains(SECOND),
        "a key is never said"
    );
    assert_eq!(
        world.child_tags(),
        world.object.spec.bgp_peers.len(),
        "no proof is left over"
    );
    assert!(world.status().common.intents.is_empty());
}

const BY_TEMPORARY: [&str; 4] = [
    "CreateBGPPeer ipv6",
    "DeleteBGPPeer dxpeer-2",
    "CreateBGPPeer ipv4",
    "DeleteBGPPeer dxpeer-3",
];

#[test]
fn a_temporary_peer_holds_the_interface_meanwhile() {
    for spec in [json!({}), assigned()] {
        let mut world = World::up(spec);
        world.guard = Guard::Off;
        let before = world.vif().bgp_peers[0].clone();
        rotate(&mut world);
        let decision = world.settle();
        assert_eq!(
            (decision.verdict.reason, decision.verdict.provisioned),
            (Reason::Up, true)
        );
        assert_eq!(world.peer_calls(), BY_TEMPORARY);
        let after = world.vif().bgp_peers.clone();
        assert_eq!(after.len(), 1);
        assert_eq!(
            (&after[0].amazon_address, &after[0].customer_address),
            (&before.amazon_address, &before.customer_address)
        );
        clean(&mut world);
    }
}

#[test]
fn every_answer_may_be_lost() {
    let mut world = World::up(assigned());
    world.guard = Guard::Off;
    world.crashes = true;
    rotate(&mut world);
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(world.peer_calls(), BY_TEMPORARY);
    clean(&mut world);
}

#[test]
fn status_may_be_lost_at_any_step_where_addresses_are_declared() {
    for at in 1..12 {
        let mut world = World::up(json!({}));
        world.guard = Guard::Off;
        rotate(&mut world);
        for _ in 0..at {
            world.pass();
        }
        world.object.status = None;
        let decision = world.settle();
        assert_eq!(
            decision.verdict.reason,
            Reason::Up,
            "after {at} passes: {}",
            decision.verdict.message
        );
        assert_eq!(world.peer_calls(), BY_TEMPORARY, "after {at} passes");
        clean(&mut world);
    }
}

#[test]
fn the_guard_is_asked_before_anything_begins_and_one_consent_is_enough() {
    let mut world = World::up(json!({}));
    rotate(&mut world);
    world.router = Some(CANARY.into());
    let decision = world.settle();
    assert!(
        World::statement(&decision, "Guarded").starts_with("True ReplacePeer"),
        "{decision:?}"
    );
    assert_eq!(
        (decision.verdict.ready, decision.verdict.provisioned),
        (Truth::True, false)
    );
    assert!(world.log.is_empty(), "{:?}", world.log);
    let asked = World::statement(&decision, "Guarded");

    world.consent(&decision);
    // Another key needs another consent.
    world.secret("bgp", "canary-key-0003", "3");
    let again = world.settle();
    assert_ne!(World::statement(&again, "Guarded"), asked);
    assert!(world.log.is_empty());

    world.consent(&again);
    world.router = Some("canary-key-0003".into());
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(world.peer_calls(), BY_TEMPORARY);
    clean(&mut world);
}

#[test]
fn a_covered_interface_rotates_by_itself() {
    let mut world = World::up(json!({}));
    world.cover();
    rotate(&mut world);
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(world.peer_calls(), BY_TEMPORARY);
}

#[test]
fn a_peer_of_the_other_family_holds_the_interface_as_well() {
    let mut world = World::up(json!({"bgpPeers": [
        {"name": "v4", "addressFamily": "ipv4", "asn": 65000, "authKeySecretRef": {"name": "bgp", "key": "authKey"}},
        {"name": "v6", "addressFamily": "ipv6", "asn": 65000},
    ]}));
    world.guard = Guard::Off;
    rotate(&mut world);
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(
        world.peer_calls(),
        ["DeleteBGPPeer dxpeer-2", "CreateBGPPeer ipv4"]
    );
    clean(&mut world);
}

#[test]
fn the_old_key_put_back_ends_a_rotation_that_has_begun() {
    for at in 1..14 {
        let mut world = World::up(json!({}));
        world.guard = Guard::Off;
        rotate(&mut world);
        for _ in 0..at {
            world.pass();
        }
        world.secret("bgp", CANARY, "3");
        world.router = Some(CANARY.into());
        let decision = world.settle();
        assert_eq!(
            (decision.verdict.reason, decision.verdict.provisioned),
            (Reason::Up, true),
            "after {at} passes: {} {:?}",
            decision.verdict.message,
            world.log
        );
        assert_eq!(world.vif().bgp_peers.len(), 1);
        clean(&mut world);
    }
}

#[test]
fn with_logical_redundancy_the_second_comes_up_before_the_first_goes() {
    let mut world = World::up(assigned());
    world.connections[0].has_logical_redundancy = Some("yes".into());
    world.secret("bgp", SECOND, "2");
    let decision = world.settle();
    assert_eq!(world.peer_calls(), ["CreateBGPPeer ipv4"]);
    assert_eq!(
        (decision.verdict.ready, decision.verdict.provisioned),
        (Truth::True, false),
        "traffic goes on meanwhile"
    );
    let waiting = decision.verdict.waiting_for.last().expect("an entry");
    assert!(waiting.on.contains("169.254.3.2/30"), "{waiting:?}");
    // The router gets the second session: both are up for a moment.
    world.vif().bgp_peers[1].bgp_status = "up".into();
    world.pass();
    rotate(&mut world);
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(
        world.peer_calls(),
        ["CreateBGPPeer ipv4", "DeleteBGPPeer dxpeer-2"]
    );
    assert_eq!(
        world.status().bgp_peers[0].bgp_peer_id.as_deref(),
        Some("dxpeer-3")
    );
    clean(&mut world);
}

#[test]
fn with_logical_redundancy_a_cancelled_second_is_removed() {
    let mut world = World::up(assigned());
    world.connections[0].has_logical_redundancy = Some("yes".into());
    world.secret("bgp", SECOND, "2");
    world.settle();
    world.secret("bgp", CANARY, "3");
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(
        world.peer_calls(),
        ["CreateBGPPeer ipv4", "DeleteBGPPeer dxpeer-3"]
    );
}

#[test]
fn ipv6_and_public_keys_are_not_rotated_in_place() {
    let v6 = json!({"bgpPeers": [{"name": "v6", "addressFamily": "ipv6", "asn": 65000, "authKeySecretRef": {"name": "bgp", "key": "authKey"}}]});
    let public = json!({"virtualInterfaceType": "public", "virtualPrivateGatewayRef": null, "routeFilterPrefixes": ["203.0.113.0/24"]});
    for spec in [v6, public] {
        let mut world = World::up(spec);
        world.guard = Guard::Off;
        world.secret("bgp", SECOND, "2");
        let decision = world.settle();
        assert_eq!(
            (decision.verdict.reason, decision.verdict.stalled),
            (Reason::KeyRotationBlocked, true)
        );
        for word in [
            "authKeySecretRef",
            "second VirtualInterface",
            "old key back",
        ] {
            assert!(
                decision.verdict.message.contains(word),
                "{}",
                decision.verdict.message
            );
        }
        assert!(World::statement(&decision, "BgpEstablished").starts_with("True"));
        assert!(world.log.is_empty(), "{:?}", world.log);
        world.secret("bgp", CANARY, "3");
        assert_eq!(world.settle().verdict.reason, Reason::Up);
    }
}

#[test]
fn another_asn_and_other_addresses_replace_the_peer() {
    let mut world = World::up(json!({}));
    world.guard = Guard::Off;
    world.edit(json!({"bgpPeers": [{
        "name": "v4", "addressFamily": "ipv4", "asn": 65010,
        "amazonAddress": "10.0.0.1/30", "customerAddress": "10.0.0.2/30",
        "authKeySecretRef": {"name": "bgp", "key": "authKey"},
    }]}));
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(world.peer_calls(), BY_TEMPORARY);
    let now = world.vif().bgp_peers[0].clone();
    assert_eq!(
        (now.asn, now.customer_address.as_deref()),
        (65010, Some("10.0.0.2/30"))
    );
    clean(&mut world);
}

#[test]
fn with_logical_redundancy_other_addresses_are_set_up_beside_the_old_ones() {
    let mut world = World::up(json!({}));
    world.connections[0].has_logical_redundancy = Some("yes".into());
    world.edit(json!({"bgpPeers": [{
        "name": "v4", "addressFamily": "ipv4", "asn": 65000,
        "amazonAddress": "10.0.0.1/30", "customerAddress": "10.0.0.2/30",
        "authKeySecretRef": {"name": "bgp", "key": "authKey"},
    }]}));
    assert_eq!(
        world.settle().verdict.reason,
        Reason::Up,
        "no guard: the second was up before the first went"
    );
    assert_eq!(
        world.peer_calls(),
        ["CreateBGPPeer ipv4", "DeleteBGPPeer dxpeer-2"]
    );
    assert_eq!(
        world.vif().bgp_peers[0].customer_address.as_deref(),
        Some("10.0.0.2/30")
    );
    clean(&mut world);
}

#[test]
fn a_foreign_peer_of_the_other_family_is_no_obstacle_and_stays() {
    let mut world = World::up(json!({}));
    world.guard = Guard::Off;
    world.vif().bgp_peers.push(peer(
        "dxpeer-x",
        "ipv6",
        "2001:db8::1/125",
        "2001:db8::2/125",
        "foreign-key",
    ));
    rotate(&mut world);
    assert_eq!(world.settle().verdict.reason, Reason::Up);
    assert_eq!(
        world.peer_calls(),
        ["DeleteBGPPeer dxpeer-2", "CreateBGPPeer ipv4"]
    );
    assert_eq!(world.vif().bgp_peers.len(), 2);
}

#[test]
fn an_unset_key_is_unmanaged() {
    let mut world =
        World::up(json!({"bgpPeers": [{"name": "v4", "addressFamily": "ipv4", "asn": 65000}]}));
    world.vif().bgp_peers[0].auth_key = Some(crate::aws::AuthKey::new("set-by-hand".into()));
    world.settle();
    assert!(world.log.is_empty());
}
