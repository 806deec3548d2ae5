//! Carries out decisions against the fake AWS as the operator would, one object after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use directconnect_model::api::aws_account::Guard;
use directconnect_model::api::status::Intent;
use directconnect_model::call::Call;
use directconnect_model::decide::{Action, FINALIZER, SELF, has_finalizer, stamp};
use directconnect_model::identity;
use directconnect_model::kind::ObjectKey;
use directconnect_model::managed::Managed;
use directconnect_model::step::Care;
use directconnect_model::verdict::Verdict;
use directconnect_model::view::{Account, Memory, Referenced, View, Windows};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::fake::{ACCOUNT, Fake, REGION};
use super::invariants::decided;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It never took effect, and nobody knows.
    Before,
    /// It took effect, and nobody knows.
    After,
}

/// AWS and the clock.
pub struct World {
    pub aws: Fake,
    pub now: Timestamp,
    pub references: BTreeMap<ObjectKey, Referenced>,
    /// Operations that were sent.
    pub sent: Vec<String>,
    /// The call of this number is lost.
    pub loses: Option<(usize, Loss)>,
}

impl World {
    pub fn new(aws: Fake) -> Self {
        let now = "2025-06-01T12:00:00Z".parse().expect("a time");
        Self {
            aws,
            now,
            references: BTreeMap::new(),
            sent: vec![],
            loses: None,
        }
    }

    fn view(&self, memory: &Memory) -> View {
        let orders = serde_json::from_value(json!({"maxPorts": 4})).expect("orders");
        View {
            now: self.now,
            cluster_id: "test".to_owned(),
            windows: Windows::default(),
            account: Ok(Account {
                name: "securecart".to_owned(),
                account_id: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                orders: Some(orders),
                guard: Guard::Enforce,
                ..Account::default()
            }),
            aws: self.aws.snapshot(self.now),
            references: self.references.clone(),
            secrets: BTreeMap::new(),
            siblings: Arc::new(vec![]),
            memory: memory.clone(),
            leaving: false,
            elsewhere: vec![],
            unreadable: false,
        }
    }
}

/// Runs an object until nothing happens any more; what is said in the end. `None` if it is gone.
pub fn settle<K: Managed>(world: &mut World, object: &mut K) -> Option<Verdict> {
    let mut memory = Memory::default();
    let mut quiet = 0;
    for _ in 0..400 {
        let view = world.view(&memory);
        let decision = decided(object, &view);
        write::<K>(object, &decision.status);
        match decision.action {
            Action::Nothing => {
                let before = world.aws.clone();
                world.aws.tick();
                let waits = decision.again_at.is_some_and(|at| at > world.now);
                quiet = if before == world.aws && !waits {
                    quiet + 1
                } else {
                    0
                };
                if quiet > 3 {
                    let id = object.stored().and_then(K::aws_id).unwrap_or_default();
                    world.references.insert(
                        object.key(),
                        Referenced {
                            aws_id: Some(id.to_owned()).filter(|i| !i.is_empty()),
                            provisioned: decision.verdict.provisioned,
                            ..Referenced::default()
                        },
                    );
                    return Some(decision.verdict);
                }
                world.now = match decision.again_at {
                    Some(at) if at > world.now => at + SignedDuration::from_secs(1),
                    _ => world.now + SignedDuration::from_secs(10),
                };
            }
            Action::Store(_) | Action::Fetch(_) => world.now += SignedDuration::from_secs(1),
            Action::AddFinalizer => object.meta_mut().finalizers = Some(vec![FINALIZER.to_owned()]),
            Action::RemoveFinalizer(_) => {
                assert!(has_finalizer(object));
                world.references.remove(&object.key());
                return None;
            }
            Action::Call(step) => send(
                world,
                object,
                &mut memory,
                &step.slot,
                &step.care,
                step.call,
            ),
        }
    }
    panic!("{} does not come to rest: {:?}", object.key(), world.sent);
}

fn send<K: Managed>(
    world: &mut World,
    object: &mut K,
    memory: &mut Memory,
    slot: &str,
    care: &Care,
    mut call: Call,
) {
    let hash = call.params_hash();
    let send_by = world.now + SignedDuration::from_secs(30);
    let number = world.sent.len();
    world.sent.push(call.operation().to_owned());
    let mut status = object.stored().cloned().unwrap_or_default();
    let token = format!("token-{number}");
    if *care != Care::Harmless {
        let intents = &mut K::managed_mut(&mut status).intents;
        let earlier = intents.get(slot).map_or_else(BTreeMap::new, |open| {
            let mut earlier = open.earlier.clone();
            earlier.insert(open.token.clone(), open.send_by.clone());
            earlier
        });
        let intent = Intent {
            operation: call.operation().to_owned(),
            token: token.clone(),
            params_hash: hash.clone(),
            account_id: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            endpoint: None,
            consent: None,
            send_by: stamp(send_by),
            id: (!matches!(care, Care::Create | Care::CreateChild))
                .then(|| call.target().map(str::to_owned))
                .flatten(),
            not_found_at: None,
            earlier,
        };
        intents.insert(slot.to_owned(), intent);
        write::<K>(object, &status);
    }
    if *care == Care::Create
        && let Some(tags) = call.tags_mut()
    {
        tags.insert(identity::INTENT.to_owned(), token);
    }
    let lost = world
        .loses
        .filter(|(n, _)| *n == number)
        .map(|(_, loss)| loss);
    let id = if lost == Some(Loss::Before) {
        None
    } else {
        world.aws.apply(&call)
    };
    world.now += SignedDuration::from_secs(1);
    if lost.is_some() {
        // The process dies with it: only what is stored is left.
        *memory = Memory::default();
        return;
    }
    if *care != Care::Create {
        memory
            .accepted
            .insert(hash, world.now + SignedDuration::from_mins(5));
    }
    if *care != Care::Harmless {
        let managed = K::managed_mut(&mut status);
        managed.intents.remove(slot);
        if slot == "delete" {
            managed.deleted_at = Some(stamp(world.now));
        }
        if let Some(id) = id.filter(|_| slot == SELF) {
            managed.recorded_at = Some(stamp(world.now));
            K::set_aws_id(&mut status, Some(id));
        }
        write::<K>(object, &status);
    }
}

fn write<K: Managed>(object: &mut K, status: &K::Status) {
    let mut manifest = serde_json::to_value(&*object).expect("plain data");
    manifest["status"] = serde_json::to_value(status).expect("plain data");
    *object = serde_json::from_value(manifest).expect("plain data");
}
