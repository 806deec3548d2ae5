//! The demo's steps.

use directconnect_local::{Error, Result, Stack};
use serde_json::{Value, json};

use super::expectation::{Target, gone, guarded, network, quickstart, ready, waits};
use super::objects::Objects;
use super::step::{Action, Show, Step};

const QUICKSTART_PORT: Target = quickstart("connection/dc2");
const QUICKSTART_VIF: Target = quickstart("virtualinterface/hq");
const SECOND_PORT: Target = network("connection/da1-secondary");

/// Where each port is ordered, by account.
const QUICKSTART_ACCOUNT: &str = "444455556666";
const SECURECART_ACCOUNT: &str = "111122223333";

/// All of them.
pub fn steps() -> Vec<Step> {
    let mut steps = quickstart_comes_up();
    steps.extend(securecart_comes_up());
    steps.extend(quickstart_goes_and_comes_back());
    steps
}

fn quickstart_comes_up() -> Vec<Step> {
    vec![
        Step {
            title: "Quickstart: declare it",
            says: "A gateway for the VPC, a Direct Connect gateway, their association, one port, one virtual interface. AWS has to approve the port.",
            does: vec![Action::Kubectl("apply -f examples/quickstart/")],
            expects: vec![
                ready(Target {
                    namespace: "",
                    name: "awsaccount/quickstart",
                }),
                ready(quickstart("virtualprivategateway/vpc")),
                ready(quickstart("directconnectgateway/hub")),
                ready(quickstart("directconnectgatewayassociation/hub-vpc")),
                waits(QUICKSTART_PORT, "AwaitingLoa", "AWS"),
            ],
            shows: vec![Show::Kubectl("get directconnect -n quickstart")],
        },
        Step {
            title: "AWS issues the LOA-CFA; the provider must build the cross-connect",
            says: "",
            does: vec![Action::Simulator(
                "AWS approves the order (usually within 72 hours)",
                |objects| connection(objects, "issueLoa", QUICKSTART_PORT),
            )],
            expects: vec![waits(QUICKSTART_PORT, "AwaitingCrossConnect", "Provider")],
            shows: vec![Show::Kubectl("get configmap dc2-loa -n quickstart")],
        },
        Step {
            title: "The cross-connect is there; the router is not configured yet",
            says: "",
            does: vec![Action::Simulator(
                "the provider patches the fibre",
                |objects| connection(objects, "completeCrossConnect", QUICKSTART_PORT),
            )],
            expects: vec![
                ready(QUICKSTART_PORT),
                waits(QUICKSTART_VIF, "RouterNotConfigured", "You"),
            ],
            shows: vec![
                Show::Kubectl("get secret hq-router -n quickstart"),
                Show::Kubectl("get virtualinterfaces -n quickstart -o wide"),
            ],
        },
        Step {
            title: "The router is configured: BGP comes up",
            says: "",
            does: vec![Action::Simulator(
                "somebody loads the configuration into the router",
                |_| Ok(json!({"action": "configureRouter", "router": "onprem-router"})),
            )],
            expects: vec![ready(QUICKSTART_VIF)],
            shows: vec![Show::Kubectl("get directconnect -n quickstart")],
        },
    ]
}

fn securecart_comes_up() -> Vec<Step> {
    vec![
        Step {
            title: "SecureCart: take over what exists, order a second port elsewhere",
            says: "One port and one virtual interface were made by hand years ago. They are adopted unchanged; only tags are added.",
            does: vec![Action::Kubectl("apply -f examples/securecart/")],
            expects: vec![
                ready(network("virtualprivategateway/vpc-1")),
                ready(network("connection/dc2-primary")),
                ready(network("virtualinterface/primary")),
                waits(SECOND_PORT, "AwaitingLoa", "AWS"),
            ],
            shows: vec![
                Show::Check(adopted_by_tags_alone),
                Show::Kubectl("get directconnect -n network"),
            ],
        },
        Step {
            title: "LOA, cross-connect, router: the second path comes up",
            says: "",
            does: vec![Action::Simulator("AWS approves the order", |objects| {
                connection(objects, "issueLoa", SECOND_PORT)
            })],
            expects: vec![waits(SECOND_PORT, "AwaitingCrossConnect", "Provider")],
            shows: vec![],
        },
        Step {
            title: "The fibre in Dallas is patched",
            says: "",
            does: vec![Action::Simulator(
                "the provider patches the fibre",
                |objects| connection(objects, "completeCrossConnect", SECOND_PORT),
            )],
            expects: vec![
                ready(SECOND_PORT),
                waits(
                    network("virtualinterface/secondary"),
                    "RouterNotConfigured",
                    "You",
                ),
            ],
            shows: vec![],
        },
        Step {
            title: "The second router is configured",
            says: "",
            does: vec![Action::Simulator(
                "somebody configures hq-router-2, with the key of the Secret",
                |_| {
                    Ok(
                        json!({"action": "configureRouter", "router": "hq-router-2", "vlan": 102, "authKey": "securecart-secondary-key"}),
                    )
                },
            )],
            expects: vec![ready(network("virtualinterface/secondary"))],
            shows: vec![Show::Kubectl("get directconnect -n network")],
        },
    ]
}

/// Everything of the quickstart but its namespace, whose deletion would retain everything.
const QUICKSTART_OBJECTS: [Target; 5] = [
    QUICKSTART_VIF,
    QUICKSTART_PORT,
    quickstart("directconnectgatewayassociation/hub-vpc"),
    quickstart("directconnectgateway/hub"),
    quickstart("virtualprivategateway/vpc"),
];

fn quickstart_goes_and_comes_back() -> Vec<Step> {
    vec![
        Step {
            title: "Delete the quickstart: the guard holds its only virtual interface",
            says: "It carries traffic and nothing else serves the gateway, so nobody cuts it by accident.",
            does: vec![Action::Kubectl(
                "delete -n quickstart --wait=false virtualinterface/hq connection/dc2 directconnectgatewayassociation/hub-vpc directconnectgateway/hub virtualprivategateway/vpc",
            )],
            expects: vec![guarded(QUICKSTART_VIF, "DeleteInterface")],
            shows: vec![],
        },
        Step {
            title: "Consent, as the message says",
            says: "The virtual interface, the association and the gateways go, in that order. The port stays at AWS: a Connection is retained unless it says otherwise.",
            does: vec![Action::Consent(QUICKSTART_VIF)],
            expects: QUICKSTART_OBJECTS.map(gone).to_vec(),
            shows: vec![
                Show::Check(port_is_kept),
                Show::Kubectl("get events -n quickstart --field-selector reason=Retained"),
            ],
        },
        Step {
            title: "Apply it again: the port is taken back, nothing is ordered",
            says: "",
            does: vec![Action::Kubectl("apply -f examples/quickstart/")],
            expects: QUICKSTART_OBJECTS.map(ready).to_vec(),
            shows: vec![
                Show::Kubectl("get directconnect -n quickstart"),
                Show::Check(each_port_ordered_once),
            ],
        },
    ]
}

fn connection(objects: &Objects, action: &str, target: Target) -> Result<Value> {
    Ok(json!({"action": action, "connectionId": objects.status(target, "connectionId")?}))
}

/// The calls of an account that had an effect.
fn effects(stack: &Stack, account: &str) -> Result<Vec<String>> {
    let ledger = stack.dxsim.ledger()?;
    let of_account = ledger.iter().filter(|call| {
        call["account"] == account && call["effect"] == true && call["mutating"] == true
    });
    Ok(of_account
        .filter_map(|call| call["operation"].as_str().map(str::to_owned))
        .collect())
}

fn adopted_by_tags_alone(stack: &Stack, _: &Objects) -> Result<String> {
    let ledger = stack.dxsim.ledger()?;
    for id in ["dxcon-sc0dc201", "dxvif-sc0vif01", "vgw-01111111111111111"] {
        let of_object = ledger.iter().filter(|call| {
            call["resource"] == id && call["effect"] == true && call["mutating"] == true
        });
        if let Some(call) = of_object
            .into_iter()
            .find(|call| call["operation"] != "TagResource" && call["operation"] != "CreateTags")
        {
            return Err(Error::new(format!("{id} was changed: {call}")));
        }
    }
    Ok("nothing of what existed was changed but tags".to_owned())
}

fn port_is_kept(stack: &Stack, _: &Objects) -> Result<String> {
    let effects = effects(stack, QUICKSTART_ACCOUNT)?;
    if effects
        .iter()
        .any(|operation| operation == "DeleteConnection")
    {
        return Err(Error::new("the port was deleted at AWS"));
    }
    for deleted in [
        "DeleteVirtualInterface",
        "DeleteDirectConnectGatewayAssociation",
        "DeleteDirectConnectGateway",
        "DeleteVpnGateway",
    ] {
        if effects
            .iter()
            .filter(|operation| *operation == deleted)
            .count()
            != 1
        {
            return Err(Error::new(format!(
                "{deleted} was to happen once: {effects:?}"
            )));
        }
    }
    Ok("at AWS the port is kept; virtual interface, association and gateways are gone".to_owned())
}

fn each_port_ordered_once(stack: &Stack, _: &Objects) -> Result<String> {
    for account in [QUICKSTART_ACCOUNT, SECURECART_ACCOUNT] {
        let orders = effects(stack, account)?
            .iter()
            .filter(|operation| *operation == "CreateConnection")
            .count();
        if orders != 1 {
            return Err(Error::new(format!(
                "account {account} ordered {orders} ports, not 1"
            )));
        }
    }
    Ok("the ledger of AWS: CreateConnection had an effect exactly once in each account".to_owned())
}
