//! The cluster is gone; what a backup tool kept of its objects is restored into an empty one.

use std::collections::BTreeMap;

use directconnect_local::{
    ControlPlane, OperatorProcess, Stack, install_crds, record_requests, release,
};
use serde_json::Value;

use super::World;
use super::kubernetes::{apply, ids, objects};
use crate::kubectl::{RESOURCES, kubectl};
use crate::recorder::Recorder;

/// What backup tools drop of an object's metadata.
const DROPPED: [&str; 6] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "ownerReferences",
];
const UID: &str = "directconnect.dev/uid";

pub fn cluster_takes_everything_back(world: World) -> World {
    let before = objects(&world.stack.control_plane);
    let tags = tags(&world.stack);
    let backup = backup(&world);
    world.recorder.assert_oracle_is_content();
    let world = in_an_empty_cluster(world);
    let rows = world.rows();
    apply(&world.stack.control_plane, &backup);
    world.expect_all_as_before(&ids(&before), rows);
    let after = objects(&world.stack.control_plane);
    has_the_same_tags(&world, &tags, &after);
    world.recorder.assert_oracle_is_content();
    world.step("an empty cluster took everything back");
    world
}

/// `kubectl get -o yaml` without what a backup tool drops. Some tools leave finalizers: they stay on every second object.
fn backup(world: &World) -> Vec<Value> {
    let kinds = format!("namespaces,secrets,configmaps,{}", RESOURCES.join(","));
    let text = kubectl(
        &world.stack.control_plane,
        &format!("get {kinds} -A -o yaml"),
    );
    let list: Value = serde_saphyr::from_str(&text).unwrap();
    let mut kept = Vec::new();
    for (number, object) in list["items"].as_array().unwrap().iter().enumerate() {
        let mut object = object.clone();
        let metadata = &object["metadata"];
        let mine = |name: &Value| {
            world
                .cells
                .all()
                .iter()
                .any(|cell| *name == *cell.namespace)
        };
        let ours = object["apiVersion"] == "directconnect.dev/v1alpha1";
        if !(ours
            || mine(&metadata["namespace"])
            || object["kind"] == "Namespace" && mine(&metadata["name"]))
        {
            continue;
        }
        object.as_object_mut().unwrap().remove("status");
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.retain(|field, _| !DROPPED.contains(&field.as_str()));
        if number % 2 == 0 {
            metadata.remove("finalizers");
        }
        kept.push(object);
    }
    kept
}

/// Another control plane with other keys and an empty etcd; the operator with the same cluster id; the same AWS.
fn in_an_empty_cluster(world: World) -> World {
    let World {
        stack,
        recorder,
        options,
        cells,
        began,
        scratch,
    } = world;
    let Stack {
        mut operator,
        dxsim,
        mut control_plane,
    } = stack;
    operator.stop().unwrap();
    drop(recorder);
    control_plane.stop().unwrap();
    let dir = scratch.path().join("another-cluster");
    record_requests(&dir).unwrap();
    let control_plane = ControlPlane::start(&dir, &mut |line| println!("{line}")).unwrap();
    install_crds(&control_plane).unwrap();
    let release = release(&control_plane, &dxsim, &options).unwrap();
    let mut operator =
        OperatorProcess::start(&control_plane, scratch.path(), &release, &options.env).unwrap();
    operator.wait_ready().unwrap();
    assert_eq!(objects(&control_plane), BTreeMap::new());
    let recorder = Recorder::start(&control_plane);
    let stack = Stack {
        operator,
        dxsim,
        control_plane,
    };
    World {
        stack,
        recorder,
        options,
        cells,
        began,
        scratch,
    }
}

/// Tags of all AWS objects.
fn tags(stack: &Stack) -> BTreeMap<String, Value> {
    let world = stack.dxsim.get("world").unwrap();
    let tags = world["tags"]["now"].as_object().unwrap();
    tags.iter()
        .map(|(id, tags)| (id.clone(), tags.clone()))
        .collect()
}

/// No tag was lost or changed but for the uid, which is now that of an object in the new cluster.
fn has_the_same_tags(
    world: &World,
    before: &BTreeMap<String, Value>,
    objects: &BTreeMap<String, Value>,
) {
    let after = tags(&world.stack);
    assert!(before.keys().eq(after.keys()), "{before:#?} {after:#?}");
    let mut changed = 0;
    for (id, before) in before {
        let mut after = after[id].clone();
        let uid = after[UID].clone();
        if !uid.is_null() {
            assert!(
                objects
                    .values()
                    .any(|object| object["metadata"]["uid"] == uid),
                "{id} {uid}"
            );
            assert_ne!(uid, before[UID], "{id}");
            after[UID] = before[UID].clone();
            changed += 1;
        }
        assert_eq!(&after, before, "{id}");
    }
    assert!(changed >= 30, "{changed} AWS objects were taken back");
}
