//! The guard, key rotation, and repair of what others changed.

use serde_json::json;

use super::metrics::samples;
use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::World;

#[tokio::test(start_paused = true)]
async fn the_guard_holds_the_last_path_until_consent() {
    let mut world = World::quickstart().await;
    let seen = world.calls();
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.sleep(LONG).await;
    let object = world.object("VirtualInterface", "hq");
    assert_eq!(world.writes_since(seen), Vec::<String>::new());
    assert_eq!(look::reason(&object), "Up", "{}", look::line(&object));
    assert!(look::condition(&object, "Stalled").is_none());
    world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    assert_eq!(world.effects("DeleteVirtualInterface"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_only_warns_says_what_it_let_pass() {
    for (guard, told) in [("Warn", true), ("Off", false)] {
        let mut world = World::quickstart().await;
        world.edit("AwsAccount", "quickstart", &json!({"guard": guard}));
        world.delete("VirtualInterface", "hq");
        world.until_gone("VirtualInterface", "hq", LONG).await;
        assert_eq!(world.effects("DeleteVirtualInterface"), 1);
        assert_eq!(world.told("GuardBypassed", "hq"), told, "{guard}");
        let counted = samples(&world, "directconnect_guard_bypassed_total");
        assert_eq!(counted.values().sum::<u64>() == 1, told, "{guard}");
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_second_path_the_guard_lets_go() {
    let mut world = World::securecart().await;
    world.edit("VirtualInterface", "secondary", &json!({"mtu": 1500}));
    world.delete("VirtualInterface", "secondary");
    world
        .until_gone("VirtualInterface", "secondary", LONG)
        .await;
    assert_eq!(world.effects("DeleteVirtualInterface"), 1);
    // The other one is the last now; it is imported and so kept, which cuts nothing.
    world.delete("VirtualInterface", "primary");
    world.until_gone("VirtualInterface", "primary", LONG).await;
    assert_eq!(world.effects("DeleteVirtualInterface"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_changed_key_is_rotated_with_consent() {
    let mut world = World::quickstart().await;
    world.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: hq-bgp, namespace: quickstart}\nstringData: {authKey: canary-rotated-key}\n");
    world
        .until("the guard asks", LONG, |w| {
            look::is(&w.object("VirtualInterface", "hq"), "Guarded", "True")
        })
        .await;
    assert_eq!(world.effects("DeleteBGPPeer"), 0);
    assert!(look::is(
        &world.object("VirtualInterface", "hq"),
        "Ready",
        "True"
    ));
    world.consent("VirtualInterface", "hq");
    world
        .until("the peer is replaced", LONG, |w| {
            w.effects("CreateBGPPeer") >= 1 && w.effects("DeleteBGPPeer") >= 1
        })
        .await;
    world.act(&json!({"action": "configureRouter", "router": "onprem-router", "authKey": "canary-rotated-key"}));
    world.until_all_ready(LONG).await;
    world.sim.read(|w| {
        let vif = w.virtual_interfaces.values().next().unwrap();
        let live: Vec<_> = vif.peers.iter().collect();
        assert!(
            live.iter()
                .any(|p| p.auth_key.0 == "canary-rotated-key" && p.up)
        );
    });
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_association_deleted_by_others_is_made_again() {
    let mut world = World::quickstart().await;
    let id = world.status("DirectConnectGatewayAssociation", "hub-vpc")["associationId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.act(&json!({"action": "deleteObject", "id": id}));
    world
        .until("repaired", LONG, |w| {
            w.effects("CreateDirectConnectGatewayAssociation") == 2
        })
        .await;
    world.until_all_ready(LONG).await;
    world.sleep(LONG).await;
    assert_eq!(world.effects("CreateDirectConnectGatewayAssociation"), 2);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn foreign_tags_stay_and_ours_are_repaired() {
    let mut world = World::quickstart().await;
    world.edit("Connection", "dc2", &json!({"tags": {"team": "network"}}));
    let tag = |w: &World, key: &str| {
        let id = w.status("Connection", "dc2")["connectionId"]
            .as_str()
            .unwrap()
            .to_owned();
        w.sim.read(|w| {
            w.tags
                .iter()
                .find(|(arn, _)| arn.ends_with(&id))
                .and_then(|(_, t)| t.get(key).cloned())
        })
    };
    world
        .until("tagged", SHORT, |w| {
            tag(w, "team").as_deref() == Some("network")
        })
        .await;
    let id = world.status("Connection", "dc2")["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.act(&json!({"action": "changeObject", "id": id, "tags": {"cost-centre": "42", "team": "somebody", "directconnect.dev/uid": null}}));
    world
        .until("repaired", SHORT, |w| {
            tag(w, "team").as_deref() == Some("network")
                && tag(w, "directconnect.dev/uid").is_some()
        })
        .await;
    assert_eq!(tag(&world, "cost-centre").as_deref(), Some("42"));
    world.sleep(LONG).await;
    assert_eq!(tag(&world, "cost-centre").as_deref(), Some("42"));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_changed_name_is_put_back_and_prefixes_are_updated() {
    let mut world = World::quickstart().await;
    let hub = world.status("DirectConnectGateway", "hub")["directConnectGatewayId"]
        .as_str()
        .unwrap()
        .to_owned();
    world.edit(
        "DirectConnectGateway",
        "hub",
        &json!({"directConnectGatewayName": "core"}),
    );
    world
        .until("renamed", SHORT, |w| {
            w.sim
                .read(|w| w.direct_connect_gateways.get(&hub).unwrap().name == "core")
        })
        .await;
    world.act(&json!({"action": "changeObject", "id": hub, "fields": {"name": "other"}}));
    world
        .until("put back", LONG, |w| {
            w.sim
                .read(|w| w.direct_connect_gateways.get(&hub).unwrap().name == "core")
        })
        .await;
    world.edit(
        "DirectConnectGatewayAssociation",
        "hub-vpc",
        &json!({"allowedPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]}),
    );
    world
        .until("updated", LONG, |w| {
            w.sim.read(|w| {
                w.associations
                    .values()
                    .next()
                    .unwrap()
                    .allowed_prefixes
                    .len()
                    == 2
            })
        })
        .await;
    world.until_all_ready(LONG).await;
    world.finish();
}
