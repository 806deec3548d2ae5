//! Properties of the decision on arbitrary small worlds: it is total, and what it does is allowed.

#[path = "support/invariants.rs"]
mod invariants;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directconnect_model::api::Connection;
use directconnect_model::aws::{self, Location, Part, Snapshot, VirtualInterface};
use directconnect_model::decide::{Action, FINALIZER};
use directconnect_model::identity;
use directconnect_model::managed::Managed;
use directconnect_model::verdict::Truth;
use directconnect_model::view::{Account, Memory, View, Windows};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2025-06-01T12:00:00Z".parse().expect("a time")
}

/// Minutes before or after now, as statuses hold times; sometimes nonsense.
fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => (-90_i64..30).prop_map(|m| (now() + SignedDuration::from_mins(m)).to_string()),
        1 => Just("nonsense".to_owned()),
    ]
}

fn maybe<T: std::fmt::Debug + Clone>(
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(inner)
}

/// Rather often, so that worlds lead somewhere.
fn often<T: std::fmt::Debug + Clone>(
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.85, inner)
}

fn rarely<T: std::fmt::Debug + Clone>(
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.15, inner)
}

fn seldom() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.15)
}

fn id() -> impl Strategy<Value = String> {
    select(vec!["dxcon-1", "dxcon-2"]).prop_map(str::to_owned)
}

prop_compose! {
    fn connection()(
        connection_id in id(),
        connection_name in select(vec!["a", "b"]),
        connection_state in select(vec!["requested", "pending", "available", "down", "deleting", "deleted", "rejected", "unknown", "new"]),
        location in select(vec!["EqDC2", "EqDC2", "EqDA2"]),
        owner in select(vec!["", "111122223333", "999988887777"]),
        identity_tag in often(select(vec!["test/Connection/network/a", "test/Connection/network/a", "test/Connection/network/a", "test/Connection/network/b", "other/Connection/network/a", "x"])),
        uid in often(select(vec!["uid-1", "uid-2"])),
        intent in rarely(select(vec!["t1", "t2"])),
        retained in seldom(),
    ) -> aws::Connection {
        let mut tags = aws::Tags::new();
        for (key, value) in [(identity::IDENTITY, identity_tag), (identity::UID, uid), (identity::INTENT, intent)] {
            if let Some(value) = value {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
        if retained {
            tags.insert(identity::RETAINED_AT.to_owned(), "t".to_owned());
        }
        aws::Connection {
            connection_id,
            connection_name: connection_name.to_owned(),
            connection_state: connection_state.to_owned(),
            location: location.to_owned(),
            owner_account: owner.to_owned(),
            bandwidth: "1Gbps".to_owned(),
            tags,
            ..aws::Connection::default()
        }
    }
}

prop_compose! {
    fn intent()(send_by in time(), not_found_at in maybe(time()), earlier in maybe(time()), token in select(vec!["t1", "t2"])) -> Value {
        let mut intent = json!({
            "operation": "CreateConnection", "token": token, "paramsHash": "h", "accountId": "111122223333",
            "region": "us-east-1", "sendBy": send_by,
        });
        if let Some(at) = not_found_at {
            intent["notFoundAt"] = json!(at);
        }
        if let Some(at) = earlier {
            intent["earlier"] = json!({"t0": at});
        }
        intent
    }
}

prop_compose! {
    fn status()(
        connection_id in maybe(id()), first_seen in often(time()), unrecorded in rarely(time()), recorded in maybe(time()),
        deleted in maybe(time()), seen in any::<bool>(), imported in any::<bool>(),
        own in rarely(intent()), delete in rarely(intent()),
    ) -> Value {
        let mut status = json!({"seen": seen, "imported": imported});
        let fields = [
            ("connectionId", connection_id), ("firstSeen", first_seen), ("unrecordedSince", unrecorded),
            ("recordedAt", recorded), ("deletedAt", deleted),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                status[name] = json!(value);
            }
        }
        let intents: serde_json::Map<String, Value> =
            [("self", own), ("delete", delete)].into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect();
        status["intents"] = Value::Object(intents);
        status
    }
}

prop_compose! {
    fn manifest()(
        status in often(status()), finalizer in proptest::bool::weighted(0.85), deleting in any::<bool>(), paused in seldom(),
        release in seldom(), observe in seldom(), import in rarely(id()), apply in any::<bool>(),
        policy in maybe(select(vec!["Delete", "Retain"])), name in maybe(select(vec!["a", "b"])),
        location in select(vec!["EqDC2", "EqDC2", "EqXX1"]),
    ) -> Value {
        let mut annotations = BTreeMap::new();
        if paused {
            annotations.insert("directconnect.dev/paused", "true");
        }
        if release {
            annotations.insert("directconnect.dev/release", "true");
        }
        let mut metadata = json!({"name": "a", "namespace": "network", "uid": "uid-1", "generation": 1, "annotations": annotations});
        if finalizer {
            metadata["finalizers"] = json!([FINALIZER]);
        }
        if deleting {
            metadata["deletionTimestamp"] = json!(now().to_string());
        }
        let mut spec = json!({"accountRef": {"name": "securecart"}, "dedicated": {"location": location, "bandwidth": "1Gbps"}});
        if observe {
            spec["managementPolicy"] = json!("ObserveOnly");
        }
        if let Some(id) = import {
            spec["import"] = json!({"id": id, "onDifference": if apply { "Apply" } else { "Refuse" }});
        }
        if let Some(policy) = policy {
            spec["deletionPolicy"] = json!(policy);
        }
        if let Some(name) = name {
            spec["connectionName"] = json!(name);
        }
        let mut object = json!({"apiVersion": "directconnect.dev/v1alpha1", "kind": "Connection", "metadata": metadata, "spec": spec});
        if let Some(status) = status {
            object["status"] = status;
        }
        object
    }
}

prop_compose! {
    fn view()(
        connections in proptest::collection::vec(connection(), 0..3), unread in seldom(), carries in any::<bool>(),
        max_ports in 0..3, approval in any::<bool>(), leaving in seldom(), missing in 0_usize..4,
        last_order in maybe(-30_i64..0), begun in -5_i64..1,
    ) -> View {
        let begun = now() + SignedDuration::from_mins(begun);
        let interface = VirtualInterface {
            virtual_interface_id: "dxvif-1".to_owned(),
            virtual_interface_state: "available".to_owned(),
            connection_id: "dxcon-1".to_owned(),
            ..VirtualInterface::default()
        };
        let location = Location {
            location_code: "EqDC2".to_owned(),
            available_port_speeds: vec!["1G".to_owned()],
            ..Location::default()
        };
        let orders = json!({"maxPorts": max_ports, "approval": if approval { "Consent" } else { "None" }});
        let minutes = |m: i64| now() - SignedDuration::from_mins(m);
        View {
            now: now(),
            cluster_id: "test".to_owned(),
            windows: Windows::default(),
            account: Ok(Account {
                name: "securecart".to_owned(),
                account_id: "111122223333".to_owned(),
                region: "us-east-1".to_owned(),
                orders: Some(serde_json::from_value(orders).expect("orders")),
                ..Account::default()
            }),
            aws: Snapshot {
                connections: (!unread).then(|| Arc::new(Part { begun, items: connections })),
                virtual_interfaces: Some(Arc::new(Part { begun, items: if carries { vec![interface] } else { vec![] } })),
                locations: Some(Arc::new(Part { begun, items: vec![location] })),
                ..Snapshot::default()
            },
            references: BTreeMap::new(),
            secrets: BTreeMap::new(),
            siblings: Arc::new(vec![]),
            memory: Memory {
                missing: (0..missing).rev().map(|n| minutes(3 * i64::try_from(n).expect("small"))).collect(),
                last_order: last_order.map(|m| now() + SignedDuration::from_mins(m)),
                ..Memory::default()
            },
            leaving,
            elsewhere: vec![],
            unreadable: false,
        }
    }
}

fn identity_of(view: &View, id: &str) -> Option<String> {
    view.aws
        .connection(id)
        .and_then(|c| c.tags.get(identity::IDENTITY).cloned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Total on any world; and what it does is proven, allowed and asked for.
    #[test]
    fn a_decision_is_allowed(manifest in manifest(), view in view()) {
        let object: Connection = serde_json::from_value(manifest).expect("a manifest");
        let decision = invariants::decided(&object, &view);
        let Action::Call(step) = &decision.action else { return Ok(()) };
        match step.call.operation() {
            "CreateConnection" => {
                let orders = view.account().and_then(|a| a.orders.clone()).expect("orders");
                prop_assert!(orders.max_ports > 0, "an order beyond the limit");
                prop_assert!(object.spec.common.import.is_none(), "an order beside import");
                let status = object.status.as_ref().expect("a status");
                prop_assert!(status.common.first_seen.is_some(), "an order before first contact is stored");
                prop_assert!(view.aws.connections.is_some(), "an order without a look-up");
            }
            "DeleteConnection" => {
                let id = step.call.target().expect("an id");
                let carried = identity_of(&view, id);
                prop_assert_eq!(carried.as_deref(), Some("test/Connection/network/a"));
                prop_assert!(!view.leaving, "a deletion while the namespace goes");
                let released = object.annotation("directconnect.dev/release").is_some();
                prop_assert!(!released, "a deletion of what is released");
                let policy = object.spec.common.deletion_policy;
                prop_assert!(policy == Some(directconnect_model::api::common::DeletionPolicy::Delete));
            }
            _ => {}
        }
    }

    /// What is ready and equals the spec needs nothing.
    #[test]
    fn ready_is_at_rest(manifest in manifest(), view in view()) {
        let mut object: Connection = serde_json::from_value(manifest).expect("a manifest");
        let decision = invariants::decided(&object, &view);
        if decision.verdict.ready == Truth::True && decision.verdict.provisioned && decision.action == Action::Nothing {
            object.status = Some(decision.status.clone());
            let again = invariants::decided(&object, &view);
            prop_assert_eq!(again, decision);
        }
    }
}

/// The worlds above are not all dead ends: every kind of action is reached.
#[test]
fn worlds_reach_every_action() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..8_000 {
        let (manifest, view) = (manifest(), view())
            .new_tree(&mut runner)
            .expect("a world")
            .current();
        let object: Connection = serde_json::from_value(manifest).expect("a manifest");
        reached.insert(match invariants::decided(&object, &view).action {
            Action::Nothing => "nothing",
            Action::Store(_) => "store",
            Action::AddFinalizer => "addFinalizer",
            Action::RemoveFinalizer(_) => "removeFinalizer",
            Action::Fetch(_) => "fetch",
            Action::Call(step) => step.call.operation(),
        });
    }
    let wanted = [
        "CreateConnection",
        "DeleteConnection",
        "TagResource",
        "UntagResource",
        "UpdateConnection",
        "addFinalizer",
        "nothing",
        "removeFinalizer",
        "store",
    ];
    let missing: Vec<_> = wanted.iter().filter(|w| !reached.contains(*w)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
