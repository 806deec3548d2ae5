//! BGP sessions and the routes that follow them, as Direct Connect and EC2 tell them.
#![allow(clippy::unwrap_used)]

mod ec2_support;

use dxsim::world::{AssociationState, RouteDirection};
use ec2_support::Bench;
use serde_json::json;

const KEY: &str = "canary-key";

/// One port with one private interface; `router` and `gateways` vary.
fn world(settings: &str, gateways: &str, target: &str, router: &str) -> String {
    format!(
        r#"
settings: {{bgpEstablish: 10s, bgpHold: 90s, routePropagation: 20s{settings}}}
locations:
- {{code: EqDC2, name: Equinix DC2, region: us-east-1, devices: [EqDC2-a, EqDC2-b], portSpeeds: [1Gbps]}}
accounts:
- id: "111122223333"
  accessKeys: {{AKIANETWORK: netops}}
  vpcs:
  - id: vpc-1
    cidrs: [10.1.0.0/16, 10.9.0.0/16]
    routeTables: [{{id: rtb-1, main: true, propagating: [vgw-1]}}]
  vpnGateways: [{{id: vgw-1, vpc: vpc-1}}]
  connections: [{{id: dxcon-1, name: one, location: EqDC2, bandwidth: 1Gbps}}]
{gateways}
  virtualInterfaces:
  - id: dxvif-1
    name: primary
    connectionId: dxcon-1
    vlan: 101
    {target}
    peers:
    - {{id: dxpeer-1, asn: 65000, authKey: {KEY}, amazonAddress: 175.45.176.1/30, customerAddress: 175.45.176.2/30}}
routers:
- name: hq
  {router}
"#
    )
}

const ON_VGW: &str = "virtualGatewayId: vgw-1";
const CONFIGURED: &str = "asn: 65000\n  prefixes: [10.50.0.0/16, {cidr: 10.60.0.0/16, communities: ['7224:7300'], prepend: 2}]\n  sessions: [{connectionId: dxcon-1, vlan: 101, configured: true}]";

fn status(bench: &Bench) -> (String, bool) {
    bench.sim.read(|world| {
        let found = world.virtual_interfaces.get("dxvif-1").unwrap();
        (found.state.to_string(), found.peers[0].up)
    })
}

#[track_caller]
fn is(bench: &Bench, state: &str, up: bool) {
    let found = status(bench);
    assert_eq!((found.0.as_str(), found.1), (state, up));
}

fn routes(bench: &Bench, direction: RouteDirection) -> Vec<String> {
    bench.sim.read(|world| {
        world.bgp_sessions["dxpeer-1"]
            .routes
            .iter()
            .filter(|route| route.direction == direction)
            .map(|route| route.cidr.to_string())
            .collect()
    })
}

async fn propagated(bench: &Bench) -> Vec<String> {
    let table = bench.ec2("DescribeRouteTables").await.ok();
    table
        .texts("item")
        .into_iter()
        .filter(|item| item.contains("<origin>EnableVgwRoutePropagation</origin>"))
        .filter_map(|item| {
            let rest = item.split("<destinationCidrBlock>").last()?.to_owned();
            Some(rest.split('<').next()?.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn what_agrees_at_the_start_is_up_from_the_start() {
    let bench = Bench::new(&world("", "", ON_VGW, CONFIGURED));
    is(&bench, "available", true);
    assert_eq!(
        routes(&bench, RouteDirection::Accepted),
        ["10.50.0.0/16", "10.60.0.0/16"]
    );
    assert_eq!(
        routes(&bench, RouteDirection::Advertised),
        ["10.1.0.0/16", "10.9.0.0/16"]
    );
    assert_eq!(propagated(&bench).await, ["10.50.0.0/16", "10.60.0.0/16"]);
    let session = bench
        .sim
        .read(|world| world.bgp_sessions["dxpeer-1"].clone());
    assert_eq!(session.routes[1].as_path, [65000, 65000, 65000]);
    assert_eq!(session.routes[1].communities, ["7224:7300"]);
}

#[tokio::test]
async fn a_broken_router_is_noticed_after_the_hold_time() {
    let bench = Bench::new(&world("", "", ON_VGW, CONFIGURED));
    bench.act(json!({"action": "breakRouter", "router": "hq"}));
    bench.pass(89);
    is(&bench, "available", true);
    assert_eq!(routes(&bench, RouteDirection::Accepted).len(), 2);
    bench.pass(1);
    is(&bench, "down", false);
    assert!(routes(&bench, RouteDirection::Accepted).is_empty());
    assert_eq!(propagated(&bench).await.len(), 2, "not withdrawn yet");
    bench.pass(20);
    assert!(propagated(&bench).await.is_empty());

    bench.act(json!({"action": "restoreRouter", "router": "hq"}));
    bench.pass(9);
    is(&bench, "down", false);
    bench.pass(1);
    is(&bench, "available", true);
    bench.pass(20);
    assert_eq!(propagated(&bench).await.len(), 2);
}

#[tokio::test]
async fn bfd_notices_within_a_second_and_a_cut_fibre_at_once() {
    let bench = Bench::new(&world(", bfd: true", "", ON_VGW, CONFIGURED));
    bench.act(json!({"action": "breakRouter", "router": "hq"}));
    is(&bench, "available", true);
    bench.pass(1);
    is(&bench, "down", false);
    bench.act(json!({"action": "restoreRouter", "router": "hq"}));
    bench.pass(10);
    is(&bench, "available", true);
    bench.act(json!({"action": "cutCrossConnect", "connectionId": "dxcon-1"}));
    is(&bench, "down", false);
    bench.act(json!({"action": "restoreCrossConnect", "connectionId": "dxcon-1"}));
    bench.pass(10);
    is(&bench, "available", true);
}

#[tokio::test]
async fn every_disagreement_keeps_the_session_down_and_is_named() {
    for (router, reason) in [
        (
            "asn: 65001\n  sessions: [{connectionId: dxcon-1, vlan: 101, configured: true}]",
            "has ASN 65001",
        ),
        (
            "asn: 65000\n  sessions: [{connectionId: dxcon-1, vlan: 102, configured: true}]",
            "no router serves VLAN 101",
        ),
        (
            "asn: 65000\n  sessions: [{connectionId: dxcon-2, vlan: 101, configured: true}]",
            "no router serves VLAN 101",
        ),
        (
            "asn: 65000\n  sessions: [{location: EqDC2, vlan: 101}]",
            "is not configured",
        ),
        (
            "asn: 65000\n  sessions: [{vlan: 101, configured: true, amazonAddress: 175.45.176.5/30}]",
            "uses Amazon address",
        ),
        (
            "asn: 65000\n  sessions: [{vlan: 101, configured: true, authKey: another}]",
            "another authentication key",
        ),
    ] {
        let bench = Bench::new(&world("", "", ON_VGW, router));
        bench.pass(1000);
        is(&bench, "down", false);
        let obstacle = bench
            .sim
            .read(|world| world.bgp_sessions["dxpeer-1"].obstacle.clone());
        let obstacle = obstacle.expect("an obstacle");
        assert!(obstacle.contains(reason), "{obstacle}");
        assert!(!obstacle.contains(KEY), "{obstacle}");
    }
}

#[tokio::test]
async fn the_engineer_configures_the_router_after_a_while_or_on_command() {
    let later = "asn: 65000\n  prefixes: [10.50.0.0/16]\n  sessions: [{location: EqDC2, vlan: 101, configureAfter: 5m}]";
    let bench = Bench::new(&world("", "", ON_VGW, later));
    bench.pass(299);
    is(&bench, "down", false);
    bench.pass(11);
    is(&bench, "available", true);

    let command = later.replace(", configureAfter: 5m", "");
    let bench = Bench::new(&world("", "", ON_VGW, &command));
    bench.pass(1000);
    is(&bench, "down", false);
    bench.act(json!({"action": "configureRouter", "router": "hq", "vlan": 101}));
    bench.pass(10);
    is(&bench, "available", true);
}

#[tokio::test]
async fn too_many_prefixes_end_the_session_at_once() {
    let bench = Bench::new(&world("", "", ON_VGW, CONFIGURED));
    let many: Vec<String> = (0..99).map(|n| format!("10.100.{n}.0/24")).collect();
    bench.act(json!({"action": "addPrefixes", "router": "hq", "prefixes": many}));
    is(&bench, "down", false);
    bench.act(json!({"action": "withdrawPrefixes", "router": "hq", "prefixes": ["10.100.0.0/24"]}));
    bench.pass(10);
    is(&bench, "available", true);
    bench.pass(20);
    assert_eq!(propagated(&bench).await.len(), 100);
    bench.act(json!({"action": "withdrawPrefixes", "router": "hq"}));
    is(&bench, "available", true);
    bench.pass(20);
    assert!(propagated(&bench).await.is_empty());
}

const GATEWAY: &str = "  directConnectGateways:\n  - {id: 11111111-2222-4333-8444-555555555555, name: g, amazonSideAsn: 64513, associations: [ASSOCIATION]}";
const ON_GATEWAY: &str = "directConnectGatewayId: 11111111-2222-4333-8444-555555555555";

#[tokio::test]
async fn a_gateway_filters_what_a_vgw_announces_and_lets_routes_through() {
    let gateways = GATEWAY.replace(
        "ASSOCIATION",
        "{gatewayId: vgw-1, allowedPrefixes: [10.0.0.0/13]}",
    );
    let bench = Bench::new(&world("", &gateways, ON_GATEWAY, CONFIGURED));
    is(&bench, "available", true);
    assert_eq!(routes(&bench, RouteDirection::Advertised), ["10.1.0.0/16"]);
    assert_eq!(propagated(&bench).await.len(), 2);

    bench
        .ec2("DetachVpnGateway&VpnGatewayId=vgw-1&VpcId=vpc-1")
        .await
        .ok();
    assert!(routes(&bench, RouteDirection::Advertised).is_empty());
    assert!(propagated(&bench).await.is_empty());
    let state = bench
        .sim
        .read(|world| world.associations.values().next().unwrap().state);
    assert_eq!(state, AssociationState::Disassociating);
}

#[tokio::test]
async fn a_transit_gateway_originates_exactly_its_allowed_prefixes() {
    let gateways = format!(
        "  transitGateways: [{{id: tgw-1, amazonSideAsn: 64600, vpcs: [vpc-1]}}]\n{}",
        GATEWAY.replace(
            "ASSOCIATION",
            "{gatewayId: tgw-1, allowedPrefixes: [10.0.0.0/8, 172.16.0.0/12]}"
        )
    );
    let target = format!("type: transit\n    {ON_GATEWAY}");
    let bench = Bench::new(&world("", &gateways, &target, CONFIGURED));
    assert_eq!(
        routes(&bench, RouteDirection::Advertised),
        ["10.0.0.0/8", "172.16.0.0/12"]
    );
    assert!(
        propagated(&bench).await.is_empty(),
        "the VGW is not behind it"
    );
}

/// Two ports at one location, each with an interface on one gateway and a router of its own.
const TWO_SITES: &str = r"
settings: {bgpEstablish: 10s, bgpHold: 90s, routePropagation: 20s}
locations:
- {code: EqDC2, name: Equinix DC2, region: us-east-1, devices: [EqDC2-a, EqDC2-b], portSpeeds: [1Gbps]}
accounts:
- id: '111122223333'
  accessKeys: {AKIANETWORK: netops}
  vpcs:
  - {id: vpc-1, cidrs: [10.1.0.0/16], routeTables: [{id: rtb-1, main: true, propagating: [vgw-1]}]}
  vpnGateways: [{id: vgw-1, vpc: vpc-1}]
  connections:
  - {id: dxcon-1, name: one, location: EqDC2, bandwidth: 1Gbps}
  - {id: dxcon-2, name: two, location: EqDC2, bandwidth: 1Gbps}
  directConnectGateways:
  - {id: 11111111-2222-4333-8444-555555555555, name: g, amazonSideAsn: 64513, associations: [{gatewayId: vgw-1}]}
  virtualInterfaces:
  - id: dxvif-1
    name: primary
    connectionId: dxcon-1
    vlan: 101
    directConnectGatewayId: 11111111-2222-4333-8444-555555555555
    peers: [{id: dxpeer-1, asn: 65000, amazonAddress: 169.254.1.1/30, customerAddress: 169.254.1.2/30}]
  - id: dxvif-2
    name: secondary
    connectionId: dxcon-2
    vlan: 101
    directConnectGatewayId: 11111111-2222-4333-8444-555555555555
    peers: [{id: dxpeer-2, asn: 65001, amazonAddress: 169.254.2.1/30, customerAddress: 169.254.2.2/30}]
routers:
- {name: hq, asn: 65000, prefixes: [10.50.0.0/16], sessions: [{connectionId: dxcon-1, vlan: 101, configured: true}]}
- {name: branch, asn: 65001, prefixes: [10.50.0.0/16, 10.70.0.0/16], sessions: [{connectionId: dxcon-2, vlan: 101, configured: true}]}
";

#[tokio::test]
async fn a_route_stays_while_any_session_announces_it() {
    let bench = Bench::new(TWO_SITES);
    assert_eq!(propagated(&bench).await, ["10.50.0.0/16", "10.70.0.0/16"]);
    bench.act(json!({"action": "cutCrossConnect", "connectionId": "dxcon-2"}));
    bench.pass(20);
    assert_eq!(propagated(&bench).await, ["10.50.0.0/16"]);
    bench.act(json!({"action": "cutDevice", "location": "EqDC2", "device": "EqDC2-a"}));
    bench.pass(20);
    assert!(propagated(&bench).await.is_empty());
}

#[tokio::test]
async fn site_link_takes_routes_from_site_to_site() {
    let bench = Bench::new(TWO_SITES);
    assert_eq!(routes(&bench, RouteDirection::Advertised), ["10.1.0.0/16"]);
    for id in ["dxvif-1", "dxvif-2"] {
        bench.act(json!({"action": "changeObject", "id": id, "fields": {"siteLinkEnabled": true}}));
    }
    assert_eq!(
        routes(&bench, RouteDirection::Advertised),
        ["10.1.0.0/16", "10.50.0.0/16", "10.70.0.0/16"]
    );
    let path = bench.sim.read(|world| {
        let routes = &world.bgp_sessions["dxpeer-1"].routes;
        routes[routes.len() - 1].as_path.clone()
    });
    assert_eq!(path, [64513, 65001]);
}
