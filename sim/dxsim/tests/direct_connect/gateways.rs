//! Direct Connect gateways, associations, attachments.

use crate::support::{Bench, id};
use serde_json::{Value, json};

const ASSOCIATE: &str = "CreateDirectConnectGatewayAssociation";

fn pair(gateway: &str, other: &str, prefixes: &[&str]) -> Value {
    let prefixes: Vec<Value> = prefixes.iter().map(|cidr| json!({"cidr": cidr})).collect();
    json!({"directConnectGatewayId": gateway, "gatewayId": other,
        "addAllowedPrefixesToDirectConnectGateway": prefixes})
}

async fn associations(bench: &Bench, gateway: &str) -> Value {
    let answer = bench
        .call(
            "DescribeDirectConnectGatewayAssociations",
            json!({"directConnectGatewayId": gateway}),
        )
        .await;
    answer["directConnectGatewayAssociations"].clone()
}

#[tokio::test]
async fn a_gateway_comes_is_renamed_and_goes() {
    let bench = Bench::new();
    let create = "CreateDirectConnectGateway";
    let name = json!({"directConnectGatewayName": "gw", "amazonSideAsn": 65535});
    bench.refused_with(create, name, "65535").await;
    let created = bench
        .call(
            create,
            json!({"directConnectGatewayName": "gw", "tags": [{"key": "k", "value": "v"}]}),
        )
        .await;
    let gateway = &created["directConnectGateway"];
    assert_eq!(gateway["directConnectGatewayState"], "pending");
    assert_eq!(gateway["amazonSideAsn"], 64512);
    let id = id(gateway, "directConnectGatewayId");
    bench.pass("5s");
    let elsewhere = bench.in_region("eu-west-2");
    let listed = elsewhere
        .call("DescribeDirectConnectGateways", json!({}))
        .await;
    let listed = &listed["directConnectGateways"][0];
    assert_eq!(listed["directConnectGatewayState"], "available");
    assert_eq!(listed["tags"], json!([{"key": "k", "value": "v"}]));
    let renamed = bench
        .call(
            "UpdateDirectConnectGateway",
            json!({"directConnectGatewayId": id, "newDirectConnectGatewayName": "other"}),
        )
        .await;
    assert_eq!(
        renamed["directConnectGateway"]["directConnectGatewayName"],
        "other"
    );
    let by_id = json!({"directConnectGatewayId": id});
    let deleting = bench
        .call("DeleteDirectConnectGateway", by_id.clone())
        .await;
    assert_eq!(
        deleting["directConnectGateway"]["directConnectGatewayState"],
        "deleting"
    );
    bench.pass("30s");
    let gone = bench
        .call("DescribeDirectConnectGateways", by_id.clone())
        .await;
    assert_eq!(gone["directConnectGateways"], json!([]));
    bench
        .refused_with("DeleteDirectConnectGateway", by_id, "does not exist")
        .await;
}

#[tokio::test]
async fn a_vgw_is_associated_changed_and_taken_back() {
    let bench = Bench::new();
    let gateway = bench.gateway().await;
    let created = bench
        .call(ASSOCIATE, pair(&gateway, "vgw-1", &["10.1.0.0/16"]))
        .await;
    let association = &created["directConnectGatewayAssociation"];
    let association_id = id(association, "associationId");
    assert_eq!(association["associationState"], "associating");
    assert_eq!(
        association["associatedGateway"],
        json!({"id": "vgw-1", "type": "virtualPrivateGateway", "ownerAccount": "111122223333", "region": "us-east-1"})
    );
    let update = json!({"associationId": association_id,
        "addAllowedPrefixesToDirectConnectGateway": [{"cidr": "10.0.0.0/8"}],
        "removeAllowedPrefixesToDirectConnectGateway": [{"cidr": "10.1.0.0/16"}]});
    let operation = "UpdateDirectConnectGatewayAssociation";
    bench
        .refused_with(operation, update.clone(), "associating")
        .await;
    bench.pass("5m");
    assert_eq!(
        associations(&bench, &gateway).await[0]["associationState"],
        "associated"
    );
    let updating = bench.call(operation, update).await;
    let updating = &updating["directConnectGatewayAssociation"];
    assert_eq!(updating["associationState"], "updating");
    bench.pass("2m");
    let updated = &associations(&bench, &gateway).await[0];
    assert_eq!(
        updated["allowedPrefixesToDirectConnectGateway"],
        json!([{"cidr": "10.0.0.0/8"}])
    );
    bench
        .refused_with(
            "DeleteDirectConnectGateway",
            json!({"directConnectGatewayId": gateway}),
            "vgw-1",
        )
        .await;
    let delete = json!({"directConnectGatewayId": gateway, "virtualGatewayId": "vgw-1"});
    let operation = "DeleteDirectConnectGatewayAssociation";
    let deleting = bench.call(operation, delete).await;
    assert_eq!(
        deleting["directConnectGatewayAssociation"]["associationState"],
        "disassociating"
    );
    bench.pass("5m");
    assert_eq!(associations(&bench, &gateway).await, json!([]));
    bench
        .refused_with(
            operation,
            json!({"associationId": association_id}),
            "does not exist",
        )
        .await;
    bench
        .refused_with(
            "DescribeDirectConnectGatewayAssociations",
            json!({}),
            "One of",
        )
        .await;
}

#[tokio::test]
async fn rules_for_vgws() {
    let bench = Bench::new();
    let (one, two) = (bench.gateway().await, bench.gateway().await);
    bench.call(ASSOCIATE, pair(&one, "vgw-1", &[])).await;
    let cases = [
        (pair(&one, "vgw-1", &[]), "already associated"),
        (pair(&two, "vgw-1", &[]), "already associated"),
        (pair(&one, "vgw-3", &[]), "overlaps"),
        (pair(&one, "vgw-loose", &[]), "not attached"),
        (pair(&one, "vgw-none", &[]), "does not exist"),
        (pair("none", "vgw-2", &[]), "does not exist"),
        (pair(&one, "vgw-2", &["10.2.0.1/16"]), "10.2.0.1/16"),
        (pair(&one, "tgw-1", &["10.9.0.0/16"]), "already serves"),
    ];
    for (input, fragment) in cases {
        bench.refused_with(ASSOCIATE, input, fragment).await;
    }
    bench.call(ASSOCIATE, pair(&one, "vgw-2", &[])).await;
    bench.call(ASSOCIATE, pair(&two, "vgw-3", &[])).await;
}

#[tokio::test]
async fn rules_for_transit_gateways() {
    let bench = Bench::new();
    let gateway = bench.gateway().await;
    let cases = [
        (pair(&gateway, "tgw-1", &[]), "At least one"),
        (
            pair(&gateway, "tgw-same", &["10.0.0.0/8"]),
            "same Amazon side ASN",
        ),
        (
            pair(&gateway, "tgw-none", &["10.0.0.0/8"]),
            "does not exist",
        ),
    ];
    for (input, fragment) in cases {
        bench.refused_with(ASSOCIATE, input, fragment).await;
    }
    bench
        .call(ASSOCIATE, pair(&gateway, "tgw-1", &["10.0.0.0/9"]))
        .await;
    bench
        .refused_with(
            ASSOCIATE,
            pair(&gateway, "tgw-2", &["10.1.0.0/16"]),
            "overlaps",
        )
        .await;
    bench
        .call(ASSOCIATE, pair(&gateway, "tgw-2", &["10.128.0.0/9"]))
        .await;
    let private = json!({"connectionId": "dxcon-dc2", "newPrivateVirtualInterface": {
        "virtualInterfaceName": "v", "vlan": 5, "asn": 65000, "directConnectGatewayId": gateway}});
    bench
        .refused_with("CreatePrivateVirtualInterface", private, "cannot reach")
        .await;
}

#[tokio::test]
async fn a_gateway_with_private_interfaces_takes_no_transit_gateway() {
    let bench = Bench::new();
    let gateway = bench.gateway().await;
    let vif = bench
        .private(101, ("directConnectGatewayId", &gateway))
        .await;
    bench
        .refused_with(ASSOCIATE, pair(&gateway, "tgw-1", &["10.0.0.0/8"]), &vif)
        .await;
    bench
        .refused_with(
            "DeleteDirectConnectGateway",
            json!({"directConnectGatewayId": gateway}),
            &vif,
        )
        .await;
    bench
        .call("DeleteVirtualInterface", json!({"virtualInterfaceId": vif}))
        .await;
    bench.pass("1m");
    bench
        .call(
            "DeleteDirectConnectGateway",
            json!({"directConnectGatewayId": gateway}),
        )
        .await;
}

#[tokio::test]
async fn quotas_of_a_gateway() {
    let world = format!(
        "{}\nsettings: {{quotas: {{directConnectGateways: 1, virtualGatewaysPerDirectConnectGateway: 1, virtualInterfacesPerDirectConnectGateway: 1}}}}\n",
        crate::support::WORLD
    );
    let bench = Bench::with(&world, |builder| builder);
    let gateway = bench.gateway().await;
    bench
        .refused_with(
            "CreateDirectConnectGateway",
            json!({"directConnectGatewayName": "two"}),
            "limit of 1",
        )
        .await;
    bench.call(ASSOCIATE, pair(&gateway, "vgw-1", &[])).await;
    bench
        .refused_with(ASSOCIATE, pair(&gateway, "vgw-2", &[]), "limit of 1")
        .await;
    bench.private(1, ("directConnectGatewayId", &gateway)).await;
    let second = json!({"connectionId": "dxcon-dc2", "newPrivateVirtualInterface": {
        "virtualInterfaceName": "v", "vlan": 5, "asn": 65000, "directConnectGatewayId": gateway}});
    bench
        .refused_with("CreatePrivateVirtualInterface", second, "limit of 1")
        .await;
}

#[tokio::test]
async fn a_vgw_that_leaves_its_vpc_loses_its_association() {
    let bench = Bench::new();
    let gateway = bench.gateway().await;
    bench.call(ASSOCIATE, pair(&gateway, "vgw-1", &[])).await;
    bench.pass("5m");
    let gone = dxsim::control::Action::DeleteObject {
        id: "vgw-1".to_owned(),
    };
    bench.sim.action(&gone).unwrap();
    assert_eq!(
        associations(&bench, &gateway).await[0]["associationState"],
        "disassociating"
    );
    bench.pass("5m");
    assert_eq!(associations(&bench, &gateway).await, json!([]));
}
