//! Both examples come up, step by step.

use std::time::Duration;

use serde_json::json;

use super::{LONG, SHORT};
use crate::look;
use crate::world::{SOON, World};

#[tokio::test(start_paused = true)]
async fn the_quickstart_comes_up() {
    let mut world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.start();
    world
        .until_reason("Connection", "dc2", "AwaitingLoa", SHORT)
        .await;
    let ten = Duration::from_mins(10);
    world
        .until_reason("Connection", "dc2", "AwaitingCrossConnect", ten)
        .await;
    let loa = world
        .kube
        .get("ConfigMap", "quickstart", "dc2-loa")
        .expect("the LOA");
    assert!(loa["binaryData"]["loa.pdf"].is_string());
    world
        .until_reason("VirtualInterface", "hq", "RouterNotConfigured", LONG)
        .await;
    world
        .until("the router's configuration", SHORT, |w| {
            w.kube.get("Secret", "quickstart", "hq-router").is_some()
        })
        .await;
    let router = world
        .kube
        .get("Secret", "quickstart", "hq-router")
        .unwrap_or_default();
    assert_eq!(
        router["metadata"]["ownerReferences"][0]["kind"],
        "VirtualInterface"
    );
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world.until_all_ready(SHORT).await;
    assert_eq!(world.orders(), 1);
    assert_eq!(world.effects("CreateDirectConnectGateway"), 1);
    assert_eq!(world.effects("CreateVpnGateway"), 1);
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    assert_eq!(world.effects("CreateDirectConnectGatewayAssociation"), 1);
    assert_eq!(world.effects("EnableVgwRoutePropagation"), 2);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn securecart_is_adopted_and_gets_its_second_path() {
    let mut world = World::of("securecart", SOON);
    world.apply_example("securecart");
    world.start();
    world
        .until_reason("Connection", "dc2-primary", "Up", SHORT)
        .await;
    world
        .until_reason("VirtualInterface", "primary", "Up", SHORT)
        .await;
    world
        .until_reason(
            "VirtualInterface",
            "secondary",
            "WaitingForReference",
            SHORT,
        )
        .await;
    let told = look::message(&world.object("VirtualInterface", "secondary"));
    assert!(told.contains("da1-secondary"), "{told}");
    world
        .until_reason("VirtualInterface", "secondary", "RouterNotConfigured", LONG)
        .await;
    world.act(&json!({"action": "configureRouter", "router": "hq-router-2"}));
    world.until_all_ready(SHORT).await;
    assert_eq!(world.orders(), 1);
    assert_eq!(world.effects("CreatePrivateVirtualInterface"), 1);
    // What was taken over was given tags and nothing else.
    for row in world.aws_writes() {
        let resource = row.resource.unwrap_or_default();
        let old = ["dxcon-sc0dc201", "dxvif-sc0vif01", "vgw-01111111111111111"]
            .iter()
            .any(|id| resource.contains(id));
        let tags = matches!(row.operation.as_str(), "TagResource" | "CreateTags");
        assert!(!old || tags, "{} on {resource}", row.operation);
    }
    assert!(world.told("Adopted", "dc2-primary"));
    assert!(world.told("Ordered", "da1-secondary"));
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_within_its_limit_and_a_new_process_goes_on() {
    let mut world = World::quickstart().await;
    let before = tokio::time::Instant::now();
    world.stop().await;
    assert!(before.elapsed() <= Duration::from_secs(11));
    let seen = world.calls();
    world.sleep(SHORT).await;
    assert_eq!(world.calls(), seen, "a stopped operator calls AWS");
    world.start();
    world.until_all_ready(SHORT).await;
    assert_eq!(world.writes_since(seen), Vec::<String>::new());
    world.finish();
}
