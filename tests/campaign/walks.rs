//! Walks: specs that are edited at random, as their schemas allow and do not allow, and set back. What is at AWS then is what was there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use directconnect_harness::ends::names;
use directconnect_harness::promises::{Breach, Promise};
use directconnect_harness::world::World;
use directconnect_model::api::crds;
use directconnect_operator::planted::Planted;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use tracing::level_filters::LevelFilter;

use crate::courses;
use crate::drive::{self, End};
use crate::forks;
use crate::results::Results;

/// What costs.
const ORDER: &str = "CreateConnection";
/// Most edits in one walk.
const EDITS: u32 = 3;
/// Text that somebody might write where text belongs.
const TEXTS: &[&str] = &[
    "",
    "a",
    "renamed",
    "10.0.0.0/16",
    "10.1.0.0/16",
    "65001",
    "EqDC2",
    "1Gbps",
    "10Gbps",
    "private",
    "hub",
    "dc2",
    "not a name!",
    "dxcon-00000000",
    "vpc-04444444444444444",
    "us-east-1",
    "us-west-2",
];

/// What AWS is to call each object.
const NAMES: &[(&str, &str, &str)] = &[
    ("Connection", "dc2", "connectionName"),
    ("DirectConnectGateway", "hub", "directConnectGatewayName"),
    ("VirtualInterface", "hq", "virtualInterfaceName"),
];

struct Dice(ChaCha12Rng);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(u32::try_from(all.len()).unwrap_or(u32::MAX));
        all.get(at as usize)
    }

    /// A value for a schema; now and then one that it does not allow.
    fn value(&mut self, schema: &Value) -> Value {
        if self.below(12) == 0 {
            return Value::Null;
        }
        if let Some(allowed) = schema["enum"].as_array() {
            return self.of(allowed).cloned().unwrap_or_default();
        }
        match schema["type"].as_str().unwrap_or_default() {
            "boolean" => json!(self.below(2) == 0),
            "integer" | "number" => {
                let least = whole(&schema["minimum"]).unwrap_or_default();
                let most = whole(&schema["maximum"]).unwrap_or(100_000);
                let span = u32::try_from(most - least).unwrap_or(u32::MAX);
                let inside = least + i64::from(self.below(span.saturating_add(1)));
                json!(self.of(&[least - 1, least, inside, inside, inside, most, most + 1]))
            }
            "array" => {
                let count = self.below(3);
                (0..count).map(|_| self.value(&schema["items"])).collect()
            }
            "object" => match schema["properties"].as_object() {
                Some(properties) => {
                    let mut members = Map::new();
                    for (name, schema) in properties {
                        if self.below(2) == 0 {
                            members.insert(name.clone(), self.value(schema));
                        }
                    }
                    Value::Object(members)
                }
                None => json!({"team": self.of(TEXTS), "walk": "yes"}),
            },
            _ => match self.below(8) {
                0 => json!("x".repeat(300)),
                _ => json!(self.of(TEXTS)),
            },
        }
    }

    /// A merge patch of some object's spec: kind, name, patch.
    fn edit(&mut self, objects: &[Arc<Value>]) -> (String, String, Value) {
        let object = self.of(objects).cloned().unwrap_or_default();
        let (kind, name) = names(&object);
        let schema = schema(kind);
        let properties = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let all: Vec<(&String, &Value)> = properties.iter().collect();
        let mut patch = Map::new();
        for _ in 0..=self.below(2) {
            if let Some((name, schema)) = self.of(&all) {
                patch.insert((*name).clone(), self.value(schema));
            }
        }
        (kind.to_owned(), name.to_owned(), Value::Object(patch))
    }
}

/// Schemas write whole numbers as `1.0`.
fn whole(number: &Value) -> Option<i64> {
    let text = number.as_number()?.to_string();
    text.trim_end_matches(".0").parse().ok()
}

/// The schema of a kind's spec.
fn schema(kind: &str) -> Value {
    let all = crds();
    let of = all.iter().find(|crd| crd.spec.names.kind == kind);
    let version = of.and_then(|crd| crd.spec.versions.first());
    let schema = version
        .and_then(|v| v.schema.as_ref())
        .and_then(|s| s.open_api_v3_schema.as_ref());
    serde_json::to_value(schema).unwrap_or_default()["properties"]["spec"].take()
}

/// The merge patch that makes `to` of `from`.
fn back(from: &Value, to: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (from, to) else {
        return to.clone();
    };
    let mut patch = Map::new();
    for (name, value) in new {
        let before = old.get(name).unwrap_or(&Value::Null);
        if before != value {
            patch.insert(name.clone(), back(before, value));
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

fn managed(world: &World) -> Vec<Arc<Value>> {
    let mut all = world.managed();
    all.retain(|o| o["kind"] != "AwsAccount");
    all
}

/// Walks, and goes back. Answers how many edits were accepted and refused.
async fn walk(driver: &mut drive::Driver, seed: u64, told: &Mutex<Vec<String>>) {
    let start = managed(&driver.world);
    let mut dice = Dice(ChaCha12Rng::seed_from_u64(seed));
    for _ in 0..=dice.below(EDITS) {
        let (kind, name, spec) = dice.edit(&managed(&driver.world));
        let patch = json!({ "spec": spec });
        let namespace = driver.world.namespace.clone();
        let accepted = driver.world.kube.patch(&kind, &namespace, &name, &patch);
        let verdict = accepted.map_or("refused", |_| "accepted");
        told.lock()
            .unwrap()
            .push(format!("{kind}/{name} {spec} {verdict}"));
        if verdict == "accepted" {
            let minutes = 1 + dice.below(6);
            driver
                .rest(Duration::from_secs(60 * u64::from(minutes)))
                .await;
        }
    }
    for object in start {
        let (kind, name) = names(&object);
        let now = driver.world.object(kind, name);
        let patch = json!({"spec": back(&now["spec"], &object["spec"])});
        let namespace = driver.world.namespace.clone();
        let set_back = driver.world.kube.patch(kind, &namespace, name, &patch);
        if let Err(error) = set_back {
            panic!("{kind}/{name} cannot be set back: {error:?}");
        }
    }
}

/// Drives these walks from one converged world.
pub fn run(seeds: std::ops::Range<u64>, jobs: usize, results: &Results) {
    let course = courses::named("quickstart").unwrap();
    let told: Mutex<Vec<String>> = Mutex::default();
    let mut chosen = None;
    let outcome = drive::with(
        &course,
        Planted::default(),
        LevelFilter::WARN,
        async |driver| {
            // A name that is declared no more stays as it is.
            let there = |kind, name| !driver.world.object(kind, name).is_null();
            for (kind, name, member) in NAMES.iter().filter(|(kind, name, _)| there(kind, name)) {
                driver.world.edit(kind, name, &json!({*member: name}));
            }
            driver.whole(&course, |_, _| {}).await;
            let runs = seeds
                .clone()
                .map(|seed| (format!("walk {seed} of {}", course.name), seed));
            if let Some((name, seed)) = forks::each(runs, jobs, results) {
                chosen = Some((name, End::of(&driver.world)));
                walk(driver, seed, &told).await;
                driver.settle(&course).await;
            }
        },
    );
    let Some((name, start)) = chosen else {
        assert!(outcome.is_ok(), "{} does not come up", course.name);
        return;
    };
    let mut line = drive::line(&name, outcome, |end| {
        let ordered = end.made(ORDER) != start.made(ORDER);
        let order = ordered.then(|| Breach::new(Promise::GoesAndStays, "a port was ordered"));
        order.or_else(|| end.differs(&start))
    });
    if !line.trouble.is_empty() {
        line.trouble = format!("{}: {}", told.lock().unwrap().join("; "), line.trouble);
    }
    line.append(results.folder());
    std::process::exit(0);
}
