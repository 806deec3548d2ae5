//! Courses: what a user does, and when it is done. A new kind enters by being in an example or in a course of its own.

use std::time::Duration;

use directconnect_harness::look;
use directconnect_harness::world::{Setup, World, file, namespace};
use directconnect_model::view::Windows;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

/// AWS and the provider are quick: what is tried is the operator.
const QUICK: &str = "settings:\n  approval: 40s\n  crossConnect: 40s\n  associate: 20s\n  virtualInterfaceProvision: 10s\n";
const LAG: &str = "  visibility: {max: 5m, mode: random}\n";

/// Something a user does, and what is waited for then.
pub struct Act {
    /// What is done.
    pub does: fn(&mut World),
    /// What is waited for, in words.
    pub what: &'static str,
    /// What is waited for.
    pub until: fn(&World) -> bool,
    /// Whether what the guard asks for is granted.
    pub consents: bool,
}

/// A course.
pub struct Course {
    /// Its name.
    pub name: &'static str,
    /// World and manifests.
    pub example: &'static str,
    /// The router that is configured.
    pub router: &'static str,
    /// Objects that are left out at first.
    pub only: fn(&Value) -> bool,
    /// Lists lag up to five minutes and tear.
    pub lag: bool,
    /// What is done, in order.
    pub acts: Vec<Act>,
    /// The act with which faults may begin.
    pub from: usize,
    /// Seconds at the end in which nothing may happen any more.
    pub rest: u64,
    /// Belongs to all tests.
    pub always: bool,
}

impl Course {
    /// The world before the first act.
    pub fn world(&self) -> World {
        let yaml = file(&format!("sim/dxsim/worlds/{}.yaml", self.example));
        let lag = if self.lag { LAG } else { "" };
        let world = World::new(Setup {
            worlds: vec![format!("{QUICK}{lag}{yaml}")],
            namespace: namespace(self.example),
            seed: 7,
            windows: Windows::default(),
            level: LevelFilter::INFO,
        });
        world.apply_those(self.example, self.only);
        world.act(&json!({"action": "configureRouter", "router": self.router}));
        world
    }
}

fn start() -> Act {
    Act {
        does: World::start,
        what: "everything is Ready",
        until: all_ready,
        consents: false,
    }
}

fn act(what: &'static str, does: fn(&mut World), until: fn(&World) -> bool) -> Act {
    Act {
        does,
        what,
        until,
        consents: true,
    }
}

fn all_ready(world: &World) -> bool {
    let managed = world.managed();
    !managed.is_empty()
        && managed.iter().all(|o| {
            look::is(o, "Ready", "True")
                && (o["kind"] == "AwsAccount" || look::is(o, "Provisioned", "True"))
                && o["status"]["observedGeneration"] == o["metadata"]["generation"]
        })
}

/// True if nothing is open, nobody holds anything up, and what is there is as declared.
pub fn rests(world: &World) -> bool {
    let managed = world.managed();
    let held = |o: &Value| !o["status"]["intents"].is_null() || look::is(o, "Paused", "True");
    !managed.iter().any(held) && (all_ready(world) || only_accounts(world))
}

fn only_accounts(world: &World) -> bool {
    world.managed().iter().all(|o| o["kind"] == "AwsAccount")
}

fn delete_all(world: &mut World) {
    for object in world.managed() {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        if object["kind"] != "AwsAccount" {
            world.delete(&text(&object["kind"]), &text(&object["metadata"]["name"]));
        }
    }
}

fn everything(_: &Value) -> bool {
    true
}

fn account_and_port(object: &Value) -> bool {
    ["Namespace", "AwsAccount", "Connection"].contains(&object["kind"].as_str().unwrap_or_default())
}

fn deletes_port(world: &mut World) {
    world.edit("Connection", "dc2", &json!({"deletionPolicy": "Delete"}));
    world.start();
}

fn apply_port(world: &mut World) {
    world.apply_those("quickstart", account_and_port);
}

/// A port's whole life.
fn ordered_and_deleted() -> Vec<Act> {
    vec![
        act("the port is there", deletes_port, all_ready),
        act("it is gone", delete_all, only_accounts),
    ]
}

fn quickstart(name: &'static str, acts: Vec<Act>) -> Course {
    Course {
        name,
        example: "quickstart",
        router: "onprem-router",
        only: everything,
        lag: false,
        acts,
        from: 0,
        rest: 120,
        always: false,
    }
}

/// All of them.
pub fn all() -> Vec<Course> {
    vec![
        Course {
            only: account_and_port,
            always: true,
            ..quickstart("port", ordered_and_deleted())
        },
        Course {
            only: account_and_port,
            always: true,
            ..quickstart(
                "retained-port",
                vec![
                    start(),
                    act("it is kept", delete_all, only_accounts),
                    act("it is taken back", apply_port, all_ready),
                ],
            )
        },
        Course {
            only: account_and_port,
            lag: true,
            rest: 360,
            ..quickstart("port-behind-lag", ordered_and_deleted())
        },
        quickstart("quickstart", vec![start()]),
        Course {
            from: 1,
            ..quickstart(
                "leaving",
                vec![
                    start(),
                    act("everything is gone", delete_all, only_accounts),
                ],
            )
        },
        Course {
            from: 1,
            ..quickstart(
                "changing",
                vec![
                    start(),
                    act("what was edited is done", edits, edited),
                    act("the key is another", rotates, rotated),
                ],
            )
        },
        Course {
            example: "securecart",
            router: "hq-router-2",
            ..quickstart("securecart", vec![start()])
        },
    ]
}

fn edits(world: &mut World) {
    world.edit(
        "Connection",
        "dc2",
        &json!({"connectionName": "renamed", "tags": {"team": "network"}}),
    );
    world.edit(
        "DirectConnectGatewayAssociation",
        "hub-vpc",
        &json!({"allowedPrefixes": ["10.0.0.0/16", "10.1.0.0/16"]}),
    );
    world.edit(
        "VirtualInterface",
        "hq",
        &json!({"tags": {"team": "network"}}),
    );
}

fn edited(world: &World) -> bool {
    let done = world.sim.read(|aws| {
        aws.connections.values().all(|c| c.name == "renamed")
            && aws
                .associations
                .values()
                .all(|a| a.allowed_prefixes.len() == 2)
    });
    done && all_ready(world)
}

fn rotates(world: &mut World) {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hq-bgp", "namespace": "quickstart"},
        "stringData": {"authKey": "canary-rotated-key"}});
    world.kube.apply(&secret).unwrap();
    let router = json!({"action": "configureRouter", "router": "onprem-router", "authKey": "canary-rotated-key"});
    world.act(&router);
}

fn rotated(world: &World) -> bool {
    let key = world.sim.read(|aws| {
        let peers = aws.virtual_interfaces.values().flat_map(|v| v.peers.iter());
        let keys: Vec<String> = peers
            .filter(|p| p.up)
            .map(|p| p.auth_key.0.clone())
            .collect();
        keys
    });
    key == ["canary-rotated-key"] && all_ready(world)
}

/// Long enough for what a user does to be seen and undone again.
pub const WHILE: Duration = Duration::from_mins(20);
