//! AwsAccounts come and go, and say what nobody claims.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use directconnect_harness::look;
use directconnect_harness::world::World;

/// Deletes everything that uses the account and costs nothing, gives the consent that is asked for.
pub(super) async fn delete_all(world: &mut World) {
    let kinds = [
        ("DirectConnectGatewayAssociation", "hub-vpc"),
        ("VirtualPrivateGateway", "vpc"),
        ("DirectConnectGateway", "hub"),
        ("Connection", "dc2"),
        ("VirtualInterface", "hq"),
    ];
    for (kind, name) in kinds {
        world.delete(kind, name);
    }
    world.until_guarded("VirtualInterface", "hq").await;
    world.consent("VirtualInterface", "hq");
    for (kind, name) in kinds {
        world.until_gone(kind, name, LONG).await;
    }
}

async fn waits_for_its_users(restart: bool) {
    let mut world = World::quickstart().await;
    world.delete("AwsAccount", "quickstart");
    world
        .until_reason("AwsAccount", "quickstart", "WaitingForDependents", SHORT)
        .await;
    let message = look::message(&world.object("AwsAccount", "quickstart"));
    for user in [
        "connection/dc2",
        "virtualinterface/hq",
        "namespace quickstart",
    ] {
        assert!(message.contains(user), "{user} is not named: {message}");
    }
    if restart {
        world.crash().await;
        world.start();
    }
    world.sleep(SHORT).await;
    assert!(!world.object("AwsAccount", "quickstart").is_null());
    // What uses it goes on working, and can be deleted.
    assert!(look::is(
        &world.object("VirtualInterface", "hq"),
        "Ready",
        "True"
    ));
    delete_all(&mut world).await;
    world.until_gone("AwsAccount", "quickstart", SHORT).await;
    assert_eq!(world.effects("DeleteConnection"), 0);
    assert_eq!(world.effects("DeleteVirtualInterface"), 1);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_waits_for_its_users() {
    waits_for_its_users(false).await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_waits_for_its_users_after_a_restart() {
    waits_for_its_users(true).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_claims_is_reported_and_left_alone() {
    let mut world = World::quickstart().await;
    let id = world.status("VirtualInterface", "hq")["virtualInterfaceId"].clone();
    // Somebody forces the object off while the operator does not look.
    world.crash().await;
    world.delete("VirtualInterface", "hq");
    world
        .kube
        .force_remove_finalizers("VirtualInterface", "quickstart", "hq")
        .unwrap();
    let writes = world.aws_writes().len();
    world.start();
    world
        .until("the account says what is orphaned", SHORT, |w| {
            look::is(&w.object("AwsAccount", "quickstart"), "Orphaned", "True")
        })
        .await;
    let account = world.object("AwsAccount", "quickstart");
    assert!(look::is(&account, "Ready", "True"));
    let orphans = &account["status"]["orphans"];
    assert_eq!(orphans[0]["id"], id);
    assert_eq!(orphans[0]["owner"], json!("VirtualInterface/quickstart/hq"));
    // One event, even if the operator forgets what it said.
    world.crash().await;
    world.start();
    world.sleep(LONG).await;
    let told = world.events();
    let told = told.iter().filter(|(reason, _, _)| reason == "Orphaned");
    assert_eq!(told.count(), 1);
    assert_eq!(world.aws_writes().len(), writes, "an orphan was touched");
    world.apply_example("quickstart");
    world.until_all_ready(LONG).await;
    world
        .until("nothing is orphaned", SHORT, |w| {
            let account = w.object("AwsAccount", "quickstart");
            look::condition(&account, "Orphaned").is_none()
                && account["status"]["orphans"].is_null()
        })
        .await;
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_no_orphan() {
    let mut world = World::quickstart().await;
    delete_all(&mut world).await;
    world.sleep(LONG).await;
    assert!(
        !world.told("Orphaned", "quickstart"),
        "{:?}",
        world.events()
    );
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_loses_its_rights_does_not_speak_of_traffic() {
    let mut world = World::quickstart().await;
    world.fault(&json!({"match": {"service": "sts", "operation": "GetCallerIdentity"}, "kind": "http500BeforeEffect", "times": 100_000}));
    world.fault(&json!({"match": {"service": "directconnect"}, "kind": "http500BeforeEffect", "times": 100_000}));
    world.sleep(Duration::from_mins(12)).await;
    let vif = world.object("VirtualInterface", "hq");
    assert!(look::is(&vif, "Ready", "True"), "{}", look::line(&vif));
    assert!(look::is(&vif, "Observed", "False"), "{}", look::line(&vif));
    world.sleep(Duration::from_mins(20)).await;
    let vif = world.object("VirtualInterface", "hq");
    assert!(look::is(&vif, "Ready", "Unknown"), "{}", look::line(&vif));
    assert_eq!(look::reason(&vif), "AwsUnavailable");
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn objects_of_an_account_that_cannot_be_used_any_more_are_unknown_after_a_while() {
    let mut world = World::quickstart().await;
    let role = |name: &str| json!({"assumeRole": {"roleArn": format!("arn:aws:iam::444455556666:role/{name}")}});
    world.edit("AwsAccount", "quickstart", &role("nobody-has-it"));
    world
        .until("the account is not Ready", LONG, |w| {
            look::is(&w.object("AwsAccount", "quickstart"), "Ready", "False")
        })
        .await;
    world.sleep(SHORT).await;
    let vif = world.object("VirtualInterface", "hq");
    assert!(look::is(&vif, "Ready", "True"), "{}", look::line(&vif));
    assert!(look::is(&vif, "Observed", "False"), "{}", look::line(&vif));
    world.sleep(Duration::from_mins(20)).await;
    let vif = world.object("VirtualInterface", "hq");
    assert!(look::is(&vif, "Ready", "Unknown"), "{}", look::line(&vif));
    assert_eq!(look::reason(&vif), "AccessDenied");
    world.edit("AwsAccount", "quickstart", &role("dx-operator"));
    world.until_all_ready(LONG).await;
    world.finish();
}
