//! Nothing is lost and nothing is ordered twice: status, objects and namespaces come and go.

use std::time::Duration;

use serde_json::{Value, json};

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World, example};

const KINDS: &[(&str, &str)] = &[
    ("Connection", "dc2"),
    ("DirectConnectGateway", "hub"),
    ("VirtualPrivateGateway", "vpc"),
    ("DirectConnectGatewayAssociation", "hub-vpc"),
    ("VirtualInterface", "hq"),
];

fn creates(world: &World) -> usize {
    let rows = world.aws_writes();
    rows.iter()
        .filter(|r| r.effect && r.operation.starts_with("Create") && r.operation != "CreateTags")
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_wiped_status_is_found_again_by_tags() {
    let mut world = World::quickstart().await;
    let before = creates(&world);
    for (kind, name) in KINDS {
        world.kube.wipe_status(kind, "quickstart", name).unwrap();
    }
    world.until_all_ready(LONG).await;
    world.sleep(LONG).await;
    assert_eq!(creates(&world), before);
    for (kind, name) in KINDS {
        assert!(world.told("Readopted", name), "{kind}/{name}");
    }
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn status_lost_while_the_operator_is_down() {
    let mut world = World::quickstart().await;
    let before = creates(&world);
    world.crash().await;
    for (kind, name) in KINDS {
        world.kube.wipe_status(kind, "quickstart", name).unwrap();
    }
    world.start();
    world.until_all_ready(LONG).await;
    assert_eq!(creates(&world), before);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn objects_restored_with_new_uids_are_readopted() {
    let mut world = World::quickstart().await;
    let before = creates(&world);
    world.crash().await;
    for (kind, name) in KINDS {
        world.delete(kind, name);
        world
            .kube
            .force_remove_finalizers(kind, "quickstart", name)
            .unwrap();
    }
    world.apply_example("quickstart");
    world.start();
    world.until_all_ready(LONG).await;
    world.sleep(LONG).await;
    assert_eq!(creates(&world), before);
    for (kind, name) in KINDS {
        assert!(world.told("Readopted", name), "{kind}/{name}");
        let uid = world.object(kind, name)["metadata"]["uid"].clone();
        if *kind == "Connection" {
            let tagged = world.sim.read(|w| {
                let all = w
                    .tags
                    .values()
                    .find(|t| {
                        t.get("directconnect.dev/identity")
                            .is_some_and(|i| i.ends_with("Connection/quickstart/dc2"))
                    })
                    .cloned();
                all.unwrap()["directconnect.dev/uid"].clone()
            });
            assert_eq!(uid, json!(tagged));
        }
    }
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_deleted_port_is_kept_and_taken_back_by_its_name() {
    let mut world = World::quickstart().await;
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    world.delete("Connection", "dc2");
    world.until_gone("Connection", "dc2", LONG).await;
    assert!(world.told("Retained", "dc2"));
    assert_eq!(world.effects("DeleteConnection"), 0);
    world.apply_example("quickstart");
    world.until_all_ready(LONG).await;
    assert!(world.told("Readopted", "dc2"));
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn prune_and_resync_spends_nothing() {
    let mut world = World::quickstart().await;
    for (kind, name) in KINDS {
        world.delete(kind, name);
    }
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    for (kind, name) in KINDS {
        world.until_gone(kind, name, LONG).await;
    }
    // What costs nothing was deleted, in order; the port is kept.
    assert_eq!(world.effects("DeleteConnection"), 0);
    for operation in [
        "DeleteVirtualInterface",
        "DeleteDirectConnectGatewayAssociation",
        "DeleteDirectConnectGateway",
        "DeleteVpnGateway",
    ] {
        assert_eq!(world.effects(operation), 1, "{operation}");
    }
    world.apply_example("quickstart");
    world.until_all_ready(LONG).await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_renamed_port_is_not_ordered_again() {
    let mut world = World::quickstart().await;
    world.delete("VirtualInterface", "hq");
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    world.until_gone("VirtualInterface", "hq", LONG).await;
    world.delete("Connection", "dc2");
    world.until_gone("Connection", "dc2", LONG).await;
    let manifest = example("quickstart")
        .into_iter()
        .find(|m| m.contains("kind: Connection"))
        .unwrap();
    world.apply(&manifest.replace("name: dc2\n", "name: dc2-renamed\n"));
    let message = world
        .until_stalled("Connection", "dc2-renamed", "RetainedPortExists")
        .await;
    assert!(message.contains("dxcon-"), "{message}");
    world.sleep(LONG).await;
    assert_eq!(world.orders(), 1);
    let id = message
        .split("port ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    world.edit("Connection", "dc2-renamed", &json!({"import": {"id": id}}));
    world
        .until_reason("Connection", "dc2-renamed", "Up", LONG)
        .await;
    assert_eq!(world.orders(), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_deleted_namespace_deletes_nothing_at_aws() {
    let mut world = World::quickstart().await;
    world.delete("Namespace", "quickstart");
    world.until_gone("Namespace", "quickstart", LONG).await;
    let deletes: Vec<_> = world
        .aws_writes()
        .into_iter()
        .filter(|r| r.operation.starts_with("Delete") && r.operation != "DeleteTags")
        .collect();
    assert!(deletes.is_empty(), "{deletes:?}");
    assert_eq!(world.effects("DetachVpnGateway"), 0);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn observing_writes_nothing() {
    let mut world = World::of("securecart", SOON);
    for manifest in example("securecart").into_iter().take(5) {
        for part in manifest.split("\n---") {
            if part.contains("import:") {
                world.apply(&part.replace("spec:\n", "spec:\n  managementPolicy: ObserveOnly\n"));
            } else {
                world.apply(part);
            }
        }
    }
    world.start();
    world.until_all_ready(SHORT).await;
    world.sleep(LONG).await;
    for (kind, name) in [
        ("Connection", "dc2-primary"),
        ("VirtualInterface", "primary"),
        ("VirtualPrivateGateway", "vpc-1"),
    ] {
        assert!(world.object(kind, name)["metadata"]["finalizers"].is_null());
        world.delete(kind, name);
        assert!(world.object(kind, name).is_null());
    }
    world.sleep(SHORT).await;
    assert!(world.aws_writes().is_empty());
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_import_that_differs_is_refused_whole() {
    let mut world = World::of("securecart", SOON);
    for manifest in example("securecart").into_iter().take(5) {
        world.apply(&manifest.replace("vlan: 101", "vlan: 110\n  mtu: 8500"));
    }
    world.start();
    let vif = world
        .until_stalled("VirtualInterface", "primary", "ImportDiff")
        .await;
    assert!(vif.contains("spec.vlan is 110, AWS has 101"), "{vif}");
    assert!(vif.contains("spec.mtu is 8500, AWS has 1500"), "{vif}");
    world.sleep(LONG).await;
    let touched = world
        .aws_writes()
        .into_iter()
        .filter(|r| r.resource.as_deref().is_some_and(|r| r.contains("dxvif")));
    assert_eq!(touched.count(), 0);
    // What AWS can change is changed once asked to; what it cannot is refused all the same.
    world.edit(
        "VirtualInterface",
        "primary",
        &json!({"import": {"onDifference": "Apply"}}),
    );
    world.sleep(SHORT).await;
    assert!(
        look::stalled(&world.object("VirtualInterface", "primary"), "ImportDiff"),
        "{}",
        world.describe()
    );
    world.edit(
        "VirtualInterface",
        "primary",
        &json!({"vlan": 101, "mtu": null, "virtualInterfaceName": "first"}),
    );
    world
        .until("renamed", SHORT, |w| {
            w.sim
                .read(|w| w.virtual_interfaces.values().next().unwrap().name == "first")
        })
        .await;
    world.until_all_ready(SHORT).await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_port_that_differs_holds_what_rests_on_it() {
    let mut world = World::of("securecart", SOON);
    for manifest in example("securecart").into_iter().take(5) {
        world.apply(&manifest.replace("bandwidth: 1Gbps", "bandwidth: 10Gbps"));
    }
    world.start();
    let port = world
        .until_stalled("Connection", "dc2-primary", "ImportDiff")
        .await;
    assert!(port.contains("bandwidth"), "{port}");
    world
        .until_reason("VirtualInterface", "primary", "WaitingForReference", SHORT)
        .await;
    let told = look::message(&world.object("VirtualInterface", "primary"));
    assert!(
        told.contains("connection/dc2-primary") && told.contains("ImportDiff"),
        "{told}"
    );
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_second_object_on_one_aws_object_is_refused() {
    let mut world = World::of("securecart", SOON);
    for manifest in example("securecart").into_iter().take(4) {
        world.apply(&manifest);
    }
    world.start();
    world
        .until_reason("Connection", "dc2-primary", "Up", SHORT)
        .await;
    let manifest = example("securecart")
        .into_iter()
        .find(|m| m.contains("name: dc2-primary\n"))
        .unwrap();
    world.apply(&manifest.replace("name: dc2-primary\n", "name: again\n"));
    let message = world
        .until_stalled("Connection", "again", "AlreadyManaged")
        .await;
    assert!(message.contains("dc2-primary"), "{message}");
    world.finish();
}

fn our_tags(world: &World, id: &str) -> Vec<String> {
    world.sim.read(|w| {
        let tags = w
            .tags
            .iter()
            .find(|(key, _)| key.ends_with(id))
            .map(|(_, t)| t.clone())
            .unwrap_or_default();
        tags.into_keys()
            .filter(|k| k.starts_with("directconnect.dev/"))
            .collect()
    })
}

#[tokio::test(start_paused = true)]
async fn released_objects_keep_no_tag_of_ours() {
    let mut world = World::securecart().await;
    assert!(!our_tags(&world, "dxcon-sc0dc201").is_empty());
    for (kind, name) in [
        ("VirtualInterface", "primary"),
        ("Connection", "dc2-primary"),
    ] {
        world.annotate(kind, name, "release", &json!("true"));
    }
    world.sleep(SHORT).await;
    assert!(
        !our_tags(&world, "dxcon-sc0dc201").is_empty(),
        "release does nothing to a live object"
    );
    for (kind, name) in [
        ("VirtualInterface", "primary"),
        ("Connection", "dc2-primary"),
    ] {
        world.delete(kind, name);
        world.until_gone(kind, name, LONG).await;
    }
    assert_eq!(our_tags(&world, "dxcon-sc0dc201"), Vec::<String>::new());
    assert_eq!(our_tags(&world, "dxvif-sc0vif01"), Vec::<String>::new());
    assert_eq!(world.effects("DeleteVirtualInterface"), 0);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn paused_objects_are_only_watched() {
    let mut world = World::of("quickstart", SOON);
    for manifest in example("quickstart") {
        world.apply(&manifest);
    }
    for (kind, name) in KINDS {
        world.annotate(kind, name, "paused", &json!("true"));
    }
    world.start();
    world.sleep(LONG).await;
    assert!(world.aws_writes().is_empty(), "{:?}", world.aws_writes());
    for (kind, name) in KINDS {
        assert!(
            look::is(&world.object(kind, name), "Paused", "True"),
            "{kind}"
        );
        world.annotate(kind, name, "paused", &Value::Null);
    }
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.until_all_ready(LONG).await;
    // Paused again: observed, not changed, not deleted.
    for (kind, name) in KINDS {
        world.annotate(kind, name, "paused", &json!("true"));
    }
    world.sleep(Duration::from_secs(40)).await;
    let seen = world.calls();
    world.act(&json!({"action": "breakRouter", "router": "onprem-router"}));
    world.edit("VirtualInterface", "hq", &json!({"mtu": 8500}));
    world.delete("Connection", "dc2");
    world
        .until_reason("VirtualInterface", "hq", "BgpDown", Duration::from_mins(10))
        .await;
    world.sleep(LONG).await;
    assert_eq!(world.writes_since(seen), Vec::<String>::new());
    assert!(!world.object("Connection", "dc2").is_null());
    for (kind, name) in KINDS {
        world.annotate(kind, name, "paused", &Value::Null);
    }
    world
        .until("the change is made", LONG, |w| {
            w.effects("UpdateVirtualInterfaceAttributes") == 1
        })
        .await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_import_of_what_does_not_exist() {
    let mut world = World::of("securecart", SOON);
    for manifest in example("securecart").into_iter().take(4) {
        world.apply(&manifest.replace("dxcon-sc0dc201", "dxcon-nowhere"));
    }
    world.start();
    let message = world
        .until_stalled("Connection", "dc2-primary", "ImportNotFound")
        .await;
    assert!(
        message.contains("dxcon-nowhere") && message.contains("111122223333"),
        "{message}"
    );
    world.sleep(SHORT).await;
    assert_eq!(world.orders(), 0);
    world.edit(
        "Connection",
        "dc2-primary",
        &json!({"import": {"id": "dxcon-sc0dc201"}}),
    );
    world
        .until_reason("Connection", "dc2-primary", "Up", SHORT)
        .await;
    assert_eq!(world.orders(), 0);
    world.finish();
}
