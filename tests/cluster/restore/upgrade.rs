//! The CRDs of an older release are upgraded by their chart, while objects exist and an order is open.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use directconnect_local::{install_crds, paths};
use serde_json::{Value, json};

use super::kubernetes::{apply_cells, name, objects};
use super::{PATIENCE, World};
use crate::kubectl::documents;

/// Longer than a fast sweep.
const QUIET: Duration = Duration::from_secs(12);

/// The chart as an earlier release may have had it: a field of the spec, one of the status, a column and a reason are not known yet.
pub fn begins_with_older_crds(world: &mut World) {
    let chart = paths::checkout().join("charts/directconnect-operator-crds");
    let older = world.scratch.folder("older-crds/templates").unwrap();
    for entry in fs::read_dir(chart.join("templates")).unwrap().flatten() {
        if entry
            .path()
            .extension()
            .is_none_or(|extension| extension != "yaml")
        {
            continue;
        }
        let mut crd = documents(&entry.path()).remove(0);
        if crd["spec"]["names"]["kind"] == "Connection" {
            make_older(&mut crd);
        }
        fs::write(older.join(entry.file_name()), crd.to_string()).unwrap();
    }
    let text = fs::read_to_string(chart.join("Chart.yaml")).unwrap();
    let text = text.replace("ersion: 0.1.0", "ersion: 0.0.9");
    fs::write(older.with_file_name("Chart.yaml"), text).unwrap();
    let older = older.parent().unwrap().display().to_string();
    let cluster = &world.stack.control_plane;
    cluster
        .helm(&[
            "upgrade",
            "directconnect-operator-crds",
            &older,
            "-n",
            "default",
        ])
        .unwrap();
    assert_eq!(known(world), [false; 4]);
    world.stack.operator.restart().unwrap();
    world.stack.operator.wait_ready().unwrap();
    // The API server ends watches of a kind whose CRD changes.
    world.watch_anew();
    world.step("runs with older CRDs");
}

fn make_older(crd: &mut Value) {
    let version = &mut crd["spec"]["versions"][0];
    let columns = version["additionalPrinterColumns"].as_array_mut().unwrap();
    columns.retain(|column| column["name"] != "DEVICE");
    let fields = &mut version["schema"]["openAPIV3Schema"]["properties"];
    let mut remove = |part: &str, field: &str| {
        let fields = fields[part]["properties"].as_object_mut().unwrap();
        fields.remove(field).unwrap();
    };
    remove("spec", "billingMode");
    remove("status", "awsDeviceV2");
    let waiting = &mut fields["status"]["properties"]["waitingFor"]["items"]["properties"];
    let reasons = waiting["reason"]["enum"].as_array_mut().unwrap();
    reasons.retain(|reason| reason != "FailoverTest");
}

/// Whether the API server knows what the older release did not.
fn known(world: &World) -> [bool; 4] {
    let crd = crate::kubectl::json(
        &world.stack.control_plane,
        "get crd connections.directconnect.dev",
    );
    let version = &crd["spec"]["versions"][0];
    let fields = &version["schema"]["openAPIV3Schema"]["properties"];
    let status = &fields["status"]["properties"];
    let reasons = &status["waitingFor"]["items"]["properties"]["reason"]["enum"];
    let has = |list: &Value, wanted: &Value| {
        let mut all = list.as_array().into_iter().flatten();
        all.any(|entry| entry == wanted || entry["name"] == *wanted)
    };
    [
        fields["spec"]["properties"]["billingMode"].is_object(),
        status["awsDeviceV2"].is_object(),
        has(&version["additionalPrinterColumns"], &json!("DEVICE")),
        has(reasons, &json!("FailoverTest")),
    ]
}

pub fn changes_nothing(world: &mut World) {
    let cells = world.cells.clone();
    let cluster = &world.stack.control_plane;
    world.hold_order(&cells.upgraded, "holdAfterEffect");
    apply_cells(cluster, &[&cells.upgraded]);
    let order = world.held_order(&cells.upgraded);
    let (before, rows) = (objects(cluster), world.rows());
    install_crds(cluster).unwrap();
    assert_eq!(known(world), [true; 4]);
    // What was stored before is not judged: a status whose new field is cut off may be stored as it was.
    world.watch_anew();
    world.release(order, "reset");
    let settled = [&cells.undisturbed, &cells.wiped];
    // What the older CRD did not keep is stored.
    let kept = |newest: &BTreeMap<String, Value>| {
        let ports = newest.iter().filter(|(name, object)| {
            let settled = settled
                .iter()
                .any(|cell| object["metadata"]["namespace"] == *cell.namespace);
            settled && name.contains("/Connection/")
        });
        let kept = ports.filter(|(_, port)| !port["status"]["awsDeviceV2"].is_null());
        (kept.count() == settled.len()).then_some(())
    };
    world.recorder.until("the new field", PATIENCE, kept);
    world.expect_up(&settled);
    world.step("the CRDs were upgraded while an order was open");

    // Nothing is lost, nothing is written at AWS; what is new is stored once.
    let mine = |text: &str| {
        let mut names = settled
            .iter()
            .map(|cell| &cell.namespace)
            .chain([&cells.growing.namespace]);
        names.any(|name| text.contains(&format!("{name:?}")))
    };
    let after = objects(&world.stack.control_plane);
    for (name, object) in before.iter().filter(|(name, _)| mine(name)) {
        let mut now = after[name].clone();
        if let (Value::Null, Some(device)) = (
            &object["status"]["awsDeviceV2"],
            now["status"].as_object_mut(),
        ) {
            let device = device.remove("awsDeviceV2");
            assert_eq!(device.is_some(), object["kind"] == "Connection", "{name}");
        }
        assert_eq!(now["spec"], object["spec"], "{name}");
        assert_eq!(now["status"], object["status"], "{name}");
    }
    let forms = || {
        let mut forms: BTreeMap<String, usize> = BTreeMap::new();
        for form in world.recorder.since(0).iter().filter(|form| mine(form)) {
            let object: Value = serde_json::from_str(form).unwrap();
            *forms.entry(name(&object)).or_default() += 1;
        }
        forms
    };
    let stored = forms();
    // Five objects of each quickstart, three of a SecureCart with one port, their AwsAccounts.
    assert_eq!(stored.len(), 16);
    for (name, forms) in &stored {
        // The one that there was comes first.
        let most = if name.contains("Connection\"") { 2 } else { 1 };
        assert!(*forms <= most, "{name} was stored {forms} times");
    }
    let stirred = world.recorder.within(QUIET, |_| false);
    assert!(
        !stirred && forms() == stored,
        "stored although nothing changes: {:?}",
        forms()
    );
    let elsewhere = [
        &cells.late.account,
        &cells.lost.account,
        &cells.upgraded.account,
    ];
    let effects = world.effects(rows);
    let touched = effects
        .iter()
        .find(|effect| !elsewhere.contains(&&effect.account));
    assert_eq!(touched, None);
    stored_objects_are_valid(world);
    world.step("the upgrade changed nothing");
}

/// What is stored can be written again as it is.
fn stored_objects_are_valid(world: &World) {
    let cluster = &world.stack.control_plane;
    let mut items: Vec<Value> = objects(cluster).into_values().collect();
    for item in &mut items {
        // Other cells are still on their way.
        let metadata = item["metadata"].as_object_mut().unwrap();
        metadata.remove("resourceVersion");
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    for subresource in [&[][..], &["--subresource=status"]] {
        let args = [&["replace", "--dry-run=server", "-f", "-"][..], subresource].concat();
        cluster.kubectl_with_input(&args, &list).unwrap();
    }
}
