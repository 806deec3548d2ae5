//! Input that cannot be done, beside the examples on a real control plane: each object of `objects.yaml` says why, in words that name the
//! field, the value, the rule and the remedy, and nothing is written at AWS for it. What the schema and CEL refuse: [`crate::api`].

use std::time::Duration;

use directconnect_local::{DxsimOptions, Scratch, Settle, Stack, StackOptions, world_file};
use serde_json::{Value, json};

use crate::kubectl::{attempt, condition, documents, kubectl, wait, wait_ready, wait_reason};
use crate::recorder::{self, Recorder};

const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn what_cannot_be_done_says_why_and_changes_nothing() {
    let _alone = crate::api::alone();
    let scratch = recorder::scratch();
    let stack = start(&scratch);
    let cluster = &stack.control_plane;
    let recorder = Recorder::start(cluster);
    kubectl(cluster, "apply -f examples/quickstart/");
    kubectl(cluster, "apply -f examples/securecart/");
    wait_ready(
        cluster,
        "quickstart",
        "connection/dc2 directconnectgatewayassociation/hub-vpc",
    );
    wait_ready(cluster, "network", "connection/dc2-primary");
    wait_reason(
        cluster,
        "quickstart",
        "virtualinterface/hq",
        "RouterNotConfigured",
    );
    kubectl(cluster, "apply -f tests/cluster/bad_input/beside.yaml");
    wait_ready(
        cluster,
        "quickstart",
        "directconnectgatewayassociation/prefixes",
    );

    kubectl(cluster, "apply -f tests/cluster/bad_input/objects.yaml");
    let objects = documents(
        &directconnect_local::paths::checkout().join("tests/cluster/bad_input/objects.yaml"),
    );
    for object in &objects {
        told(&recorder, object);
    }
    nothing_is_written_for_them(&stack, &objects);

    a_typo_can_be_corrected_before_the_order_and_not_after(&stack);
    a_port_with_interfaces_waits_for_them(&stack);
    recorder.assert_oracle_is_content();
}

fn start(scratch: &Scratch) -> Stack {
    // The quickstart's account with two transit gateways; orders take minutes instead of days.
    let quickstart = std::fs::read_to_string(world_file("quickstart")).unwrap();
    let settings = "settings: {approval: 1m, crossConnect: 1m}\n";
    let transit = "\n  transitGateways: [{id: tgw-04444444444444444, amazonSideAsn: 64600}, {id: tgw-04444444444444445, amazonSideAsn: 64601}]\n\nrouters:";
    let world = format!("{settings}{}", quickstart.replace("\n\nrouters:", transit));
    assert!(world.contains("tgw-"));
    let file = scratch.path().join("quickstart.yaml");
    std::fs::write(&file, world).unwrap();
    let options = StackOptions {
        dxsim: DxsimOptions {
            worlds: vec![file, world_file("securecart")],
            time_scale: 60,
            seed: 5,
            args: Vec::new(),
        },
        settle: Some(Settle {
            validity_seconds: 10,
            visibility_seconds: 2,
        }),
        namespaces: ["quickstart", "network", "elsewhere"]
            .map(str::to_owned)
            .to_vec(),
        values: json!({"logFormat": "text"}),
        env: std::collections::BTreeMap::new(),
    };
    Stack::start(scratch.path(), &options, &mut |line| println!("{line}")).unwrap()
}

/// Waits until the object gives its reason, in words that hold every part.
fn told(recorder: &Recorder, object: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let name = format!(
        "{}/{}/{}",
        text(&metadata["namespace"]),
        text(&object["kind"]),
        text(&metadata["name"])
    );
    let (reason, says) = (
        text(&metadata["annotations"]["test/reason"]),
        text(&metadata["annotations"]["test/says"]),
    );
    let message = recorder.until(&format!("{name}: {reason}"), PATIENCE, |newest| {
        let ready = condition(newest.get(&name)?, "Ready");
        (ready["reason"] == reason).then(|| text(&ready["message"]))
    });
    println!("{name}: {reason}: {message}");
    for part in says.split(" | ") {
        assert!(
            message.contains(part),
            "{name}: {part:?} is not in {message:?}"
        );
    }
}

/// AWS holds nothing that is named after an object that cannot be done.
fn nothing_is_written_for_them(stack: &Stack, objects: &[Value]) {
    let world = stack.dxsim.get("world").unwrap().to_string();
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        assert!(
            !world.contains(&format!("/{name}\"")),
            "AWS holds something of {name}"
        );
    }
}

fn a_typo_can_be_corrected_before_the_order_and_not_after(stack: &Stack) {
    let cluster = &stack.control_plane;
    let patch = |object: &str, spec: &str| {
        attempt(
            cluster,
            &format!("patch -n quickstart {object} --type=merge -p {{\"spec\":{spec}}}"),
        )
    };
    let location = r#"{"dedicated":{"location":"EqDC2"}}"#;
    patch("connection/location-unknown", location).unwrap();
    wait(
        cluster,
        "quickstart",
        "connection/location-unknown",
        "jsonpath={.status.connectionId}",
    );
    let refused = patch(
        "connection/location-unknown",
        r#"{"dedicated":{"location":"EqDA2"}}"#,
    )
    .unwrap_err()
    .to_string();
    assert!(
        refused.contains("location") && refused.contains("cannot change"),
        "{refused}"
    );
}

fn a_port_with_interfaces_waits_for_them(stack: &Stack) {
    let cluster = &stack.control_plane;
    kubectl(
        cluster,
        r#"patch -n quickstart connection/dc2 --type=merge -p {"spec":{"deletionPolicy":"Delete"}}"#,
    );
    kubectl(cluster, "delete -n quickstart --wait=false connection/dc2");
    wait_reason(
        cluster,
        "quickstart",
        "connection/dc2",
        "WaitingForDependents",
    );
    let told = kubectl(
        cluster,
        "get -n quickstart connection/dc2 -o jsonpath={.status.conditions}",
    );
    assert!(told.contains("virtualinterface/hq"), "{told}");
    let ledger = stack.dxsim.ledger().unwrap();
    assert!(
        !ledger
            .iter()
            .any(|row| row["operation"] == "DeleteConnection")
    );
}
