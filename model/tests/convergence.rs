//! Decisions carried out one after another against a small AWS: each kind comes up, comes to rest and
//! goes away again, whichever one of its calls is lost.

#![allow(clippy::panic, reason = "a test says what it found")]

#[path = "support/engine.rs"]
mod engine;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;

use directconnect_model::api::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, VirtualPrivateGateway,
};
use directconnect_model::managed::Managed;
use directconnect_model::verdict::{Truth, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};

use engine::{Loss, World, settle};
use fake::Fake;

fn object<K: Managed>(kind: &str, name: &str, mut spec: Value) -> K {
    spec["accountRef"] = json!({"name": "securecart"});
    let manifest = json!({
        "apiVersion": "directconnect.dev/v1alpha1", "kind": kind,
        "metadata": {"name": name, "namespace": "network", "uid": format!("uid-{name}"), "generation": 1},
        "spec": spec,
    });
    serde_json::from_value(manifest).expect("a manifest")
}

struct Quickstart {
    vpc: VirtualPrivateGateway,
    hub: DirectConnectGateway,
    link: DirectConnectGatewayAssociation,
    port: Connection,
}

impl Quickstart {
    fn new() -> Self {
        Self {
            vpc: object(
                "VirtualPrivateGateway",
                "vpc",
                json!({"vpcId": "vpc-1", "routePropagation": {"routeTables": "All"}}),
            ),
            hub: object(
                "DirectConnectGateway",
                "hub",
                json!({"amazonSideAsn": 64512}),
            ),
            link: object(
                "DirectConnectGatewayAssociation",
                "link",
                json!({
                    "directConnectGatewayRef": {"name": "hub"}, "virtualPrivateGatewayRef": {"name": "vpc"},
                    "allowedPrefixes": ["10.0.0.0/16"],
                }),
            ),
            port: object(
                "Connection",
                "dc2",
                json!({
                    "dedicated": {"location": "EqDC2", "bandwidth": "1Gbps"}, "deletionPolicy": "Delete",
                }),
            ),
        }
    }

    fn up(&mut self, world: &mut World) {
        ready(settle(world, &mut self.vpc));
        ready(settle(world, &mut self.hub));
        ready(settle(world, &mut self.link));
        ready(settle(world, &mut self.port));
    }

    fn down(&mut self, world: &mut World) {
        gone(world, &mut self.port);
        gone(world, &mut self.link);
        gone(world, &mut self.hub);
        gone(world, &mut self.vpc);
    }
}

fn ready(verdict: Option<Verdict>) {
    let verdict = verdict.expect("still there");
    assert!(
        verdict.ready == Truth::True && verdict.provisioned,
        "not up: {verdict:?}"
    );
}

fn gone<K: Managed>(world: &mut World, object: &mut K) {
    let now = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(world.now);
    object.meta_mut().deletion_timestamp = Some(now);
    let verdict = settle(world, object);
    assert!(verdict.is_none(), "{} stays: {verdict:?}", object.key());
}

fn creates(sent: &[String]) -> Vec<&str> {
    sent.iter()
        .map(String::as_str)
        .filter(|o| o.starts_with("Create") && *o != "CreateTags")
        .collect()
}

#[test]
fn quickstart_comes_and_goes() {
    let mut world = World::new(Fake::with_vpc());
    let mut all = Quickstart::new();
    all.up(&mut world);
    let wanted = [
        "CreateVpnGateway",
        "AttachVpnGateway",
        "EnableVgwRoutePropagation",
        "EnableVgwRoutePropagation",
        "CreateDirectConnectGateway",
        "TagResource",
        "CreateDirectConnectGatewayAssociation",
        "CreateConnection",
    ];
    assert_eq!(world.sent, wanted);
    // Up is at rest: a second look does nothing.
    all.up(&mut world);
    assert_eq!(world.sent.len(), wanted.len());
    world.sent.clear();
    let began = world.now;
    all.down(&mut world);
    let wanted = [
        "DeleteConnection",
        "DeleteDirectConnectGatewayAssociation",
        "UntagResource",
        "DeleteDirectConnectGateway",
        "DisableVgwRoutePropagation",
        "DisableVgwRoutePropagation",
        "DetachVpnGateway",
        "DeleteVpnGateway",
    ];
    assert_eq!(world.sent, wanted);
    assert!(
        world.aws.living().values().all(|n| *n == 0),
        "left: {:?}",
        world.aws.living()
    );
    assert!(
        world.now.duration_since(began) < SignedDuration::from_mins(30),
        "it took until {}",
        world.now
    );
}

#[test]
fn any_call_may_be_lost() {
    let mut world = World::new(Fake::with_vpc());
    let mut all = Quickstart::new();
    all.up(&mut world);
    all.down(&mut world);
    let calls = world.sent.len();
    for number in 0..calls {
        for loss in [Loss::Before, Loss::After] {
            let mut world = World::new(Fake::with_vpc());
            world.loses = Some((number, loss));
            let mut all = Quickstart::new();
            all.up(&mut world);
            let case = format!("call {number} lost {loss:?}: {:?}", world.sent);
            assert!(
                world.aws.living().values().all(|n| *n == 1),
                "{case}: {:?}",
                world.aws.living()
            );
            assert!(creates(&world.sent).len() <= 5, "{case}");
            all.down(&mut world);
            let case = format!("call {number} lost {loss:?}: {:?}", world.sent);
            assert!(
                world.aws.living().values().all(|n| *n == 0),
                "{case}: {:?}",
                world.aws.living()
            );
        }
    }
}

#[test]
fn a_lost_status_orders_nothing() {
    let mut world = World::new(Fake::with_vpc());
    let mut all = Quickstart::new();
    all.up(&mut world);
    world.sent.clear();
    all.vpc.status = None;
    all.hub.status = None;
    all.link.status = None;
    all.port.status = None;
    all.up(&mut world);
    assert_eq!(world.sent, Vec::<String>::new());
}

#[test]
fn made_again_under_new_uids_orders_nothing() {
    let mut world = World::new(Fake::with_vpc());
    let mut all = Quickstart::new();
    all.up(&mut world);
    world.sent.clear();
    let mut again = Quickstart::new();
    again.vpc.metadata.uid = Some("uid-vpc-2".to_owned());
    again.hub.metadata.uid = Some("uid-hub-2".to_owned());
    again.link.metadata.uid = Some("uid-link-2".to_owned());
    again.port.metadata.uid = Some("uid-port-2".to_owned());
    again.up(&mut world);
    assert_eq!(creates(&world.sent), Vec::<&str>::new());
    assert!(world.aws.living().values().all(|n| *n == 1));
}

#[test]
fn a_vpc_can_be_changed() {
    let mut world = World::new(Fake::with_vpc());
    let mut vpc: VirtualPrivateGateway =
        object("VirtualPrivateGateway", "vpc", json!({"vpcId": "vpc-0"}));
    ready(settle(&mut world, &mut vpc));
    vpc.spec.vpc_id = Some("vpc-1".to_owned());
    ready(settle(&mut world, &mut vpc));
    let wanted = [
        "CreateVpnGateway",
        "AttachVpnGateway",
        "DetachVpnGateway",
        "CreateTags",
        "AttachVpnGateway",
        "DeleteTags",
    ];
    let mut sent = world.sent.clone();
    sent.sort();
    let mut wanted = wanted.map(str::to_owned);
    wanted.sort();
    assert_eq!(sent, wanted);
}
