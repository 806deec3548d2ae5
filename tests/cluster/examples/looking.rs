//! What `kubectl` shows: columns, events, explanations; and that a quiet system stays quiet.

use std::time::Duration;

use super::World;
use crate::kubectl::{json, kubectl};

/// Longer than a fast sweep and shorter than patience.
const QUIET: Duration = Duration::from_secs(20);

pub fn says_something_useful(world: &World) {
    let cluster = &world.stack.control_plane;
    let shown = kubectl(cluster, "get directconnect -n network");
    let columns = |needle: &str| {
        let line = shown.lines().find(|line| line.starts_with(needle));
        let line = line.unwrap_or_else(|| panic!("{needle} is missing in\n{shown}"));
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        columns("connection.directconnect.dev/da1-secondary")[1..6],
        ["True", "Up", "available", "EqDA2", "1Gbps"]
    );
    assert_eq!(
        columns("connection.directconnect.dev/dc2-primary")[1..7],
        [
            "True",
            "Up",
            "available",
            "EqDC2",
            "1Gbps",
            "dxcon-sc0dc201"
        ]
    );
    assert_eq!(
        columns("virtualinterface.directconnect.dev/primary")[1..9],
        [
            "True",
            "Up",
            "available",
            "private",
            "101",
            "dc2-primary",
            "1/1",
            "dxvif-sc0vif01"
        ]
    );
    for (line, header) in [
        (
            "get connections -n network",
            "NAME READY REASON STATE LOCATION BANDWIDTH ID AGE",
        ),
        (
            "get virtualinterfaces -n network",
            "NAME READY REASON STATE TYPE VLAN CONNECTION BGP ID AGE",
        ),
    ] {
        let said = kubectl(cluster, line);
        let words: Vec<&str> = said
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        assert_eq!(words.join(" "), header);
    }
    assert!(kubectl(cluster, "get dxvif -n network -o wide").contains("MESSAGE"));

    events(world);
    for field in [
        "virtualinterface.spec.bgpPeers",
        "virtualinterface.status.waitingFor",
        "connection.spec.dedicated",
        "awsaccount.spec.orders",
        "directconnectgatewayassociation.spec.allowedPrefixes",
        "virtualprivategateway.spec.routePropagation",
        "directconnectgateway.spec.amazonSideAsn",
    ] {
        let said = kubectl(cluster, &format!("explain {field}"));
        assert!(
            said.contains("DESCRIPTION") && !said.contains("<empty>"),
            "{said}"
        );
    }
}

/// One event per transition and per executed step: each once.
fn events(world: &World) {
    let cluster = &world.stack.control_plane;
    let all = json(cluster, "get events.v1.events.k8s.io -A");
    let mut said: Vec<String> = Vec::new();
    for event in all["items"].as_array().into_iter().flatten() {
        let regarding = &event["regarding"];
        if regarding["apiVersion"] == "directconnect.dev/v1alpha1" {
            said.push(format!(
                "{}/{} {}: {}",
                regarding["kind"].as_str().unwrap_or_default(),
                regarding["name"].as_str().unwrap_or_default(),
                event["reason"].as_str().unwrap_or_default(),
                event["note"].as_str().unwrap_or_default()
            ));
        }
    }
    said.sort();
    for wanted in [
        "Connection/dc2 Ordered",
        "Connection/dc2 LoaStored",
        "Connection/da1-secondary Ordered",
        "Connection/dc2-primary Adopted",
        "VirtualInterface/primary Adopted",
        "VirtualPrivateGateway/vpc-1 Adopted",
        "VirtualInterface/hq BgpUp",
        "VirtualInterface/primary BgpUp",
        "Connection/dc2 PortUp",
        "VirtualInterface/hq RouterConfigurationStored",
    ] {
        let count = said
            .iter()
            .filter(|event| event.starts_with(&format!("{wanted}:")))
            .count();
        assert_eq!(count, 1, "{wanted} in\n{}", said.join("\n"));
    }
}

/// `kubectl get -w` prints nothing: no object is written while nothing changes.
pub fn is_quiet_when_nothing_happens(world: &World) {
    // The last transition may still be on its way.
    let mut last = None;
    for _ in 0..3 {
        match world.recorder.changed_within(QUIET) {
            None => return,
            changed => last = changed,
        }
    }
    panic!("objects are written although nothing changes: {last:?}");
}
