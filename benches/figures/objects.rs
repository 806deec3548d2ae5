//! Manifests for the worlds that `dxsim world` generates: every port and private virtual interface taken over by `import`.
//! Shared by the benchmarks and the virtual-time figures.

use serde_json::{Value, json};

/// The account of a generated world, as `dxsim world` names it by default.
pub const ACCOUNT_ID: &str = "777788889999";

/// The operator's own account and its key: the generated account trusts it.
pub const OPERATOR_WORLD: &str =
    "accounts: [{id: \"999900001111\", accessKeys: {AKIADXSIMOPERATOR: operator}}]\n";

/// An AwsAccount, the Secret of all BGP sessions, and `number` ports with one virtual interface each.
pub fn manifests(number: u32, namespace: &str) -> Vec<Value> {
    let mut all = vec![account(namespace), secret(namespace)];
    all.extend((0..number).map(|n| connection(n, namespace)));
    all.extend((0..number).map(|n| virtual_interface(n, namespace)));
    all
}

fn account(namespace: &str) -> Value {
    json!({
        "apiVersion": "directconnect.dev/v1alpha1", "kind": "AwsAccount",
        "metadata": {"name": "generated"},
        "spec": {
            "accountId": ACCOUNT_ID,
            "region": "us-east-1",
            "assumeRole": {"roleArn": format!("arn:aws:iam::{ACCOUNT_ID}:role/dx-operator")},
            "allowedNamespaces": {"names": [namespace]},
        },
    })
}

fn secret(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "generated-bgp", "namespace": namespace},
        "data": {"authKey": "Z2VuZXJhdGVkLWtleQ=="},
    })
}

/// Name of the port with this number.
pub fn connection_name(number: u32) -> String {
    format!("port-{number}")
}

/// Name of the virtual interface with this number.
pub fn virtual_interface_name(number: u32) -> String {
    format!("vif-{number}")
}

fn connection(number: u32, namespace: &str) -> Value {
    json!({
        "apiVersion": "directconnect.dev/v1alpha1", "kind": "Connection",
        "metadata": {"name": connection_name(number), "namespace": namespace},
        "spec": {
            "accountRef": {"name": "generated"},
            "import": {"id": format!("dxcon-g{number:07}")},
            "dedicated": {"location": format!("GEN{}", number % 4 + 1), "bandwidth": "1Gbps"},
        },
    })
}

fn virtual_interface(number: u32, namespace: &str) -> Value {
    json!({
        "apiVersion": "directconnect.dev/v1alpha1", "kind": "VirtualInterface",
        "metadata": {"name": virtual_interface_name(number), "namespace": namespace},
        "spec": {
            "accountRef": {"name": "generated"},
            "import": {"id": format!("dxvif-g{number:07}")},
            "virtualInterfaceType": "private",
            "connectionRef": {"name": connection_name(number)},
            "virtualPrivateGatewayId": "vgw-0000000000000gen1",
            "vlan": 100,
            "bgpPeers": [{
                "name": "v4", "addressFamily": "ipv4", "asn": 65000,
                "authKeySecretRef": {"name": "generated-bgp", "key": "authKey"},
            }],
        },
    })
}
