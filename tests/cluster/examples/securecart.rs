//! SecureCart: what exists is adopted unchanged, a second port is ordered elsewhere.

use serde_json::json;

use super::{SECURECART, World};
use crate::kubectl::{kubectl, wait_ready, wait_reason};

const NAMESPACE: &str = "network";

pub fn is_adopted_and_grows(world: &World) {
    let cluster = &world.stack.control_plane;
    let before = world.stack.dxsim.get("world").unwrap();
    kubectl(cluster, "apply -f examples/securecart/");
    wait_ready(
        cluster,
        NAMESPACE,
        "virtualprivategateway/vpc-1 connection/dc2-primary virtualinterface/primary",
    );
    let after = world.stack.dxsim.get("world").unwrap();
    for pointer in [
        "/connections/now/dxcon-sc0dc201",
        "/virtualInterfaces/now/dxvif-sc0vif01",
        "/vpnGateways/now/vgw-01111111111111111",
    ] {
        let (was, is) = (before.pointer(pointer), after.pointer(pointer));
        assert!(
            was.is_some() && was == is,
            "{pointer} changed: {was:?} {is:?}"
        );
    }
    for kind in [
        "connection/dc2-primary",
        "virtualinterface/primary",
        "virtualprivategateway/vpc-1",
    ] {
        assert_eq!(
            kubectl(
                cluster,
                &format!("get -n network {kind} -o jsonpath={{.status.imported}}")
            ),
            "true"
        );
    }

    wait_reason(
        cluster,
        NAMESPACE,
        "connection/da1-secondary",
        "AwaitingLoa",
    );
    let id = world.id(NAMESPACE, "connection/da1-secondary", "connectionId");
    world.action(&json!({"action": "issueLoa", "connectionId": id}));
    wait_reason(
        cluster,
        NAMESPACE,
        "connection/da1-secondary",
        "AwaitingCrossConnect",
    );
    world.action(&json!({"action": "completeCrossConnect", "connectionId": id}));
    wait_ready(cluster, NAMESPACE, "connection/da1-secondary");
    wait_reason(
        cluster,
        NAMESPACE,
        "virtualinterface/secondary",
        "RouterNotConfigured",
    );
    world.action(&json!({"action": "configureRouter", "router": "hq-router-2", "vlan": 102, "authKey": "securecart-secondary-key"}));
    wait_ready(cluster, NAMESPACE, "virtualinterface/secondary");
    let effects = world.effects(SECURECART, 0);
    let tags = ["TagResource", "CreateTags"];
    let others: Vec<&String> = effects
        .iter()
        .filter(|effect| !tags.contains(&effect.as_str()))
        .collect();
    assert_eq!(
        others,
        ["CreateConnection", "CreatePrivateVirtualInterface"]
    );
}
