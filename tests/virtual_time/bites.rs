//! Every promise bites: what breaks it is done by hand, and found.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_directconnect::Client;
use aws_sdk_directconnect::config::{BehaviorVersion, Region};
use aws_sdk_directconnect::types::Tag;
use directconnect_model::identity::{IDENTITY, INTENT};
use serde_json::{Value, json};

use directconnect_harness::promises::truth::{self, Readiness};
use directconnect_harness::promises::{Breach, Promise, versions};
use directconnect_harness::world::World;

/// A client with the operator's own credentials, and none of its care.
fn careless(world: &World, region: &str) -> Client {
    let (key, token) = world.sim.read(|aws| {
        let (key, session) = aws.sessions.first_key_value().unwrap();
        (key.clone(), session.token.0.clone())
    });
    let config = aws_sdk_directconnect::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(
            key,
            "not-verified",
            Some(token),
            None,
            "test",
        ))
        .http_client(world.gate.client())
        .build();
    Client::from_conf(config)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

fn promises(breaches: &[Breach]) -> BTreeSet<Promise> {
    breaches.iter().map(|b| b.promise).collect()
}

fn id(world: &World, kind: &str, name: &str, member: &str) -> String {
    let status = world.status(kind, name);
    status[member].as_str().unwrap().to_owned()
}

/// What was broken since the gate had `seen` breaches.
fn news(world: &World, seen: &mut usize) -> BTreeSet<Promise> {
    let all = world.gate.breaches();
    let found = promises(&all[*seen..]);
    *seen = all.len();
    found
}

#[tokio::test(start_paused = true)]
async fn careless_writes_are_found() {
    let mut world = World::quickstart_without_policy().await;
    world.stop().await;
    let aws = careless(&world, "us-east-1");
    let port = id(&world, "Connection", "dc2", "connectionId");
    let vif = id(&world, "VirtualInterface", "hq", "virtualInterfaceId");
    let arn = format!("arn:aws:directconnect:us-east-1:444455556666:dxcon/{port}");
    let mut seen = 0;

    let order = || {
        aws.create_connection()
            .location("EqDC2")
            .bandwidth("1Gbps")
            .connection_name("another")
    };
    let foreign = order().send().await.unwrap().connection_id.unwrap();
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([Promise::IntentBeforeCreate])
    );
    let owner = format!(
        "{}/Connection/quickstart/dc2",
        directconnect_harness::world::CLUSTER
    );
    for _ in 0..4 {
        let order = order()
            .tags(tag(IDENTITY, &owner))
            .tags(tag(INTENT, "0123456789abcdef0123456789abcdef"));
        order.send().await.unwrap();
    }
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([
            Promise::IntentBeforeCreate,
            Promise::OrderLimits,
            Promise::OnceForEachToken
        ])
    );
    assert_eq!(
        promises(&world.sim.read(truth::identities)),
        BTreeSet::from([Promise::OneForEachIdentity])
    );

    let rename = aws.update_connection().connection_id(&foreign);
    rename.connection_name("ours").send().await.unwrap();
    assert_eq!(news(&world, &mut seen), BTreeSet::from([Promise::OnlyOurs]));

    // AWS refuses it: the interface is still there.
    let _refused = aws.delete_connection().connection_id(&port).send().await;
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([Promise::Retained, Promise::DependentsFirst])
    );

    let untag = aws.untag_resource().resource_arn(&arn).tag_keys(IDENTITY);
    untag.send().await.unwrap();
    assert_eq!(news(&world, &mut seen), BTreeSet::from([Promise::TagsStay]));

    let elsewhere = careless(&world, "us-west-2");
    let untag = elsewhere.untag_resource().resource_arn(&arn);
    let _refused = untag.tag_keys("directconnect.dev/uid").send().await;
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([Promise::AccountAndRegion])
    );

    world.annotate("VirtualInterface", "hq", "paused", &json!("true"));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let rename = aws.update_virtual_interface_attributes();
    let rename = rename.virtual_interface_id(&vif);
    rename.virtual_interface_name("x").send().await.unwrap();
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([Promise::StopsWhenTold])
    );
    world.annotate("VirtualInterface", "hq", "paused", &Value::Null);

    let delete = aws.delete_virtual_interface().virtual_interface_id(&vif);
    delete.send().await.unwrap();
    assert_eq!(
        news(&world, &mut seen),
        BTreeSet::from([Promise::Retained, Promise::LastPathNeedsConsent])
    );

    // Nobody tells that the path is gone.
    let mut readiness = Readiness::default();
    let mut told = vec![];
    for _ in 0..4 {
        let (now, objects) = (world.kube.now(), world.kube.objects());
        told = world.sim.read(|aws| readiness.judge(now, &objects, aws));
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    assert_eq!(promises(&told), BTreeSet::from([Promise::ReadyIsTrue]));
}

#[tokio::test(start_paused = true)]
async fn careless_versions_are_found() {
    let mut world = World::quickstart_without_policy().await;
    world.stop().await;
    let last = || {
        let history = world.kube.history();
        promises(&versions::judge(history.last().unwrap()))
    };
    assert_eq!(last(), BTreeSet::new());
    let other = json!({"connectionId": "dxcon-other"});
    world
        .kube
        .patch_status("Connection", "quickstart", "dc2", &other)
        .unwrap();
    assert_eq!(last(), BTreeSet::from([Promise::IdsStay]));
    let none = json!({"finalizers": null});
    world
        .kube
        .patch_metadata("Connection", "quickstart", "dc2", &none)
        .unwrap();
    assert_eq!(last(), BTreeSet::from([Promise::FinalizerWhileOwning]));
}
