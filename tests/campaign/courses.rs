//! Courses: what a user does, and when it is done. A new kind enters by being in an example or in a course of its own.

use std::time::Duration;

use directconnect_harness::ends::names;
use directconnect_harness::look;
use directconnect_harness::world::{Setup, World, file, namespace};
use directconnect_model::view::Windows;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

/// AWS and the provider are quick: what is tried is the operator.
const QUICK: &str = "settings:\n  approval: 40s\n  crossConnect: 40s\n  associate: 20s\n  virtualInterfaceProvision: 10s\n";
const LAG: &str = "  visibility: {max: 5m, mode: random}\n";
/// Another team's port, that looks like the one that is declared.
const NAMESAKE: &str =
    "  connections:\n  - {id: dxcon-0fffffff, name: dc2, location: EqDC2, bandwidth: 1Gbps}\n";

/// The runs of a course that belong to all tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Always {
    /// None.
    No,
    /// Of the first of each write, those whose names have this in them.
    Writes(&'static str),
    /// Each request, its first two occurrences: all there are.
    Everything,
}

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
    /// More of the account's world.
    pub account: &'static str,
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
    /// What of it belongs to all tests.
    pub always: Always,
    /// Faults are followed by others.
    pub doubles: bool,
}

impl Course {
    /// The world before the first act. `level` is what is logged.
    pub fn world(&self, level: LevelFilter) -> World {
        let yaml = file(&format!("sim/dxsim/worlds/{}.yaml", self.example));
        let yaml = yaml.replacen("  vpcs:\n", &format!("{}  vpcs:\n", self.account), 1);
        let lag = if self.lag { LAG } else { "" };
        let world = World::new(Setup {
            worlds: vec![format!("{QUICK}{lag}{yaml}")],
            namespace: namespace(self.example),
            seed: 7,
            windows: Windows::default(),
            level,
        });
        world.apply_those(self.example, self.only);
        world.act(&json!({"action": "configureRouter", "router": self.router}));
        world
    }
}

/// A course of this name, if there is one.
pub fn named(name: &str) -> Option<Course> {
    all().into_iter().find(|course| course.name == name)
}

fn start() -> Act {
    Act {
        consents: false,
        ..act("everything is Ready", World::start, all_ready)
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

/// True if everything is as declared.
fn all_ready(world: &World) -> bool {
    let managed = world.managed();
    !managed.is_empty()
        && managed.iter().all(|o| {
            look::is(o, "Ready", "True")
                && (o["kind"] == "AwsAccount" || look::is(o, "Provisioned", "True"))
                && o["status"]["observedGeneration"] == o["metadata"]["generation"]
        })
}

/// True if nothing is under way any more, and accounts alone are left.
pub fn left(world: &World) -> bool {
    world.gate.under_way() == 0 && only_accounts(world)
}

/// True if nothing is under way or open, nobody holds anything up, and what is there is as declared.
pub fn rests(world: &World) -> bool {
    let managed = world.managed();
    let held = |o: &Value| !o["status"]["intents"].is_null() || look::is(o, "Paused", "True");
    world.gate.under_way() == 0
        && !managed.iter().any(|o| held(o))
        && (all_ready(world) || only_accounts(world))
}

/// True if accounts alone are left.
fn only_accounts(world: &World) -> bool {
    world.managed().iter().all(|o| o["kind"] == "AwsAccount")
}

fn delete_all(world: &mut World) {
    for object in world.managed() {
        let (kind, name) = names(&object);
        if kind != "AwsAccount" {
            world.delete(kind, name);
        }
    }
}

fn everything(_: &Value) -> bool {
    true
}

fn account_and_port(object: &Value) -> bool {
    ["Namespace", "AwsAccount", "Connection"].contains(&names(object).0)
}

fn deletes_port(world: &mut World) {
    world.edit("Connection", "dc2", &json!({"deletionPolicy": "Delete"}));
    world.start();
}

fn apply_port(world: &mut World) {
    world.apply_those("quickstart", account_and_port);
}

fn releases(world: &mut World) {
    world.annotate("Connection", "dc2", "release", &json!("true"));
    delete_all(world);
}

fn port() -> Value {
    json!({"apiVersion": "directconnect.dev/v1alpha1", "kind": "Connection",
        "metadata": {"name": "other", "namespace": "quickstart"},
        "spec": {"accountRef": {"name": "quickstart"}, "dedicated": {"location": "EqDC2", "bandwidth": "1Gbps"}}})
}

fn starts_with_two(world: &mut World) {
    world.edit(
        "AwsAccount",
        "quickstart",
        &json!({"orders": {"maxPorts": 1}}),
    );
    world.kube.apply(&port()).unwrap();
    world.start();
}

fn one_is_over_the_limit(world: &World) -> bool {
    let ports: Vec<Value> = ["dc2", "other"]
        .map(|name| world.object("Connection", name))
        .into();
    ports.iter().any(|o| look::stalled(o, "OrderLimit"))
        && ports.iter().any(|o| look::is(o, "Ready", "True"))
}

fn deletes_the_one_over_the_limit(world: &mut World) {
    for name in ["dc2", "other"] {
        if look::stalled(&world.object("Connection", name), "OrderLimit") {
            world.delete("Connection", name);
        }
    }
}

fn starts_as_a_guest(world: &mut World) {
    let metadata = json!({"finalizers": ["example.com/guest"], "labels": {"team": "network"}, "annotations": {"example.com/note": "ours"}});
    let patched = world
        .kube
        .patch_metadata("Connection", "quickstart", "dc2", &metadata);
    patched.unwrap();
    deletes_port(world);
}

fn only_the_guest_holds(world: &World) -> bool {
    let port = world.object("Connection", "dc2");
    port.is_null()
        || port["metadata"]["finalizers"] == json!(["example.com/guest"])
            && !port["metadata"]["deletionTimestamp"].is_null()
}

fn guest_leaves(world: &mut World) {
    if !world.object("Connection", "dc2").is_null() {
        let none = json!({"finalizers": null});
        let patched = world
            .kube
            .patch_metadata("Connection", "quickstart", "dc2", &none);
        patched.unwrap();
    }
}

fn denied(world: &mut World) {
    world.act(
        &json!({"action": "denyAction", "deny": {"action": "directconnect:CreateConnection"}}),
    );
    world.start();
}

fn an_hour_of_refusals(world: &World) -> bool {
    let begun = "2026-01-05T09:10:00Z".parse().unwrap();
    world.kube.now() > begun && look::stalled(&world.object("Connection", "dc2"), "AccessDenied")
}

fn allowed(world: &mut World) {
    world.act(&json!({"action": "allowAction"}));
}

fn of_port(world: &World, action: &str) {
    let id = world.status("Connection", "dc2")["connectionId"].clone();
    world.act(&json!({"action": action, "connectionId": id}));
}

fn cut(world: &mut World) {
    of_port(world, "cutCrossConnect");
}

fn restored(world: &mut World) {
    of_port(world, "restoreCrossConnect");
}

fn told(world: &World) -> bool {
    let unready = |kind, name| !look::is(&world.object(kind, name), "Ready", "True");
    unready("Connection", "dc2") && unready("VirtualInterface", "hq")
}

fn asked_about_the_namesake(world: &World) -> bool {
    look::stalled(&world.object("Connection", "dc2"), "LookAlike")
}

fn consents_to_both(world: &mut World) {
    world.consent("Connection", "dc2");
}

fn quickstart(name: &'static str, acts: Vec<Act>) -> Course {
    Course {
        name,
        example: "quickstart",
        account: "",
        router: "onprem-router",
        only: everything,
        lag: false,
        acts,
        from: 0,
        rest: 120,
        always: Always::No,
        doubles: false,
    }
}

fn of_the_port(name: &'static str, acts: Vec<Act>) -> Course {
    Course {
        only: account_and_port,
        ..quickstart(name, acts)
    }
}

/// A port's whole life.
fn ordered_and_deleted() -> Vec<Act> {
    vec![
        act("the port is there", deletes_port, all_ready),
        act("it is gone", delete_all, only_accounts),
    ]
}

/// All of them.
pub fn all() -> Vec<Course> {
    vec![
        Course {
            always: Always::Everything,
            doubles: true,
            ..of_the_port("port", ordered_and_deleted())
        },
        Course {
            always: Always::Writes(""),
            ..of_the_port(
                "retained-port",
                vec![
                    start(),
                    act("it is kept", delete_all, only_accounts),
                    act("it is taken back", apply_port, all_ready),
                ],
            )
        },
        Course {
            always: Always::No,
            ..of_the_port(
                "released-port",
                vec![
                    act("the port is there", deletes_port, all_ready),
                    act("it is let go", releases, only_accounts),
                ],
            )
        },
        Course {
            lag: true,
            rest: 360,
            ..of_the_port("port-behind-lag", ordered_and_deleted())
        },
        of_the_port(
            "guest",
            vec![
                act("the port is there", starts_as_a_guest, all_ready),
                act("the guest alone holds it", delete_all, only_the_guest_holds),
                act("it is gone", guest_leaves, only_accounts),
            ],
        ),
        of_the_port(
            "limit",
            vec![
                act(
                    "one is over the limit",
                    starts_with_two,
                    one_is_over_the_limit,
                ),
                act("it is gone", deletes_the_one_over_the_limit, all_ready),
            ],
        ),
        Course {
            account: NAMESAKE,
            always: Always::Writes(""),
            ..of_the_port(
                "namesake",
                vec![
                    act(
                        "somebody's port looks like it",
                        World::start,
                        asked_about_the_namesake,
                    ),
                    act("the port is there", consents_to_both, all_ready),
                ],
            )
        },
        of_the_port(
            "refused",
            vec![
                act("an hour of refusals", denied, an_hour_of_refusals),
                act("the port is there", allowed, all_ready),
            ],
        ),
        Course {
            always: Always::Writes("/aws "),
            ..quickstart("quickstart", vec![start()])
        },
        Course {
            from: 1,
            always: Always::Writes("/aws De"),
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
                    act("the tags are gone", untags, untagged),
                ],
            )
        },
        Course {
            from: 1,
            ..quickstart(
                "outage",
                vec![
                    start(),
                    act("the outage is told", cut, told),
                    act("traffic flows again", restored, all_ready),
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

fn untags(world: &mut World) {
    for (kind, name) in [("Connection", "dc2"), ("VirtualInterface", "hq")] {
        world.edit(kind, name, &json!({"tags": null}));
    }
}

fn untagged(world: &World) -> bool {
    let tagged = world.sim.read(|aws| {
        let mut all = aws.tags.iter();
        all.any(|(_, tags)| tags.contains_key("team"))
    });
    !tagged && all_ready(world)
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
