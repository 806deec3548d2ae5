//! The operator's own policies (`docs/iam-policy.json`, `docs/iam-policy-adoption.json`): what they
//! refuse, and that everything that the operator does passes.

use crate::support::{Answer, Bench, EXPLICIT, IMPLICIT, Signer, tags};
use serde_json::{Value, json};

const IDENTITY: &str = "directconnect.dev/identity";
const CHILD: &str = "directconnect.dev/child.0123456789abcdef";
const DX: &str = "arn:aws:directconnect:us-east-1";

/// A world's operator.
struct Operator {
    bench: Bench,
    signer: Signer,
    account: &'static str,
}

impl Operator {
    async fn new(world: &str, account: &'static str) -> Self {
        let bench = Bench::new(&[world], Some("test-cluster"));
        let role = format!("arn:aws:iam::{account}:role/dx-operator");
        let signer = bench.assume("AKIADXSIMOPERATOR", &role).await;
        Self {
            bench,
            signer,
            account,
        }
    }

    /// Nothing may be adopted.
    async fn strict() -> Self {
        let world = include_str!("../../worlds/securecart.yaml")
            .replace("[operator, operator-adoption]", "[operator]");
        assert!(!world.contains("operator-adoption"));
        Self::new(&world, "111122223333").await
    }

    async fn adopting() -> Self {
        Self::new(include_str!("../../worlds/securecart.yaml"), "111122223333").await
    }

    async fn quickstart() -> Self {
        Self::new(include_str!("../../worlds/quickstart.yaml"), "444455556666").await
    }

    async fn dx(&self, operation: &str, input: Value) -> Answer {
        self.bench.dx(&self.signer, operation, input).await
    }

    async fn ec2(&self, operation: &str, form: &str) -> Answer {
        self.bench.ec2(&self.signer, operation, form).await
    }

    fn arn(&self, resource: &str) -> String {
        format!("{DX}:{}:{resource}", self.account)
    }

    async fn tag(&self, arn: &str, pairs: &[(&str, &str)]) -> Answer {
        self.dx(
            "TagResource",
            json!({"resourceArn": arn, "tags": tags(pairs)}),
        )
        .await
    }

    async fn untag(&self, arn: &str, keys: &[&str]) -> Answer {
        self.dx(
            "UntagResource",
            json!({"resourceArn": arn, "tagKeys": keys}),
        )
        .await
    }

    async fn order(&self, identity: &str) -> Answer {
        let order = json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "new", "tags": made(identity)});
        self.dx("CreateConnection", order).await
    }
}

/// The tags of a create.
fn made(identity: &str) -> Value {
    tags(&[
        (IDENTITY, identity),
        ("directconnect.dev/uid", "u-1"),
        ("directconnect.dev/intent", "t-1"),
        ("site", "hq"),
    ])
}

fn ours(kind: &str) -> String {
    format!("test-cluster/{kind}/network/new")
}

fn ec2_tag(id: &str, pairs: &[(&str, &str)]) -> String {
    let tags = pairs.iter().enumerate();
    tags.fold(format!("ResourceId.1={id}"), |form, (at, (key, value))| {
        format!("{form}&Tag.{0}.Key={key}&Tag.{0}.Value={value}", at + 1)
    })
}

#[tokio::test]
async fn nothing_is_made_without_the_identity_of_this_cluster() {
    let operator = Operator::strict().await;
    let order = json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "new"});
    operator
        .dx("CreateConnection", order)
        .await
        .refused(EXPLICIT);
    for foreign in [
        "prod-eu/Connection/network/new",
        "test-cluster-2/Connection/network/new",
        "test-cluster",
    ] {
        operator.order(foreign).await.refused(EXPLICIT);
    }
    operator.order(&ours("Connection")).await.ok();
    operator
        .dx(
            "CreateDirectConnectGateway",
            json!({"directConnectGatewayName": "n"}),
        )
        .await
        .refused(EXPLICIT);
    operator
        .ec2("CreateVpnGateway", "Type=ipsec.1")
        .await
        .refused(EXPLICIT);
    for kind in ["Private", "Public", "Transit"] {
        let mut input = json!({"connectionId": "dxcon-sc0dc201"});
        input[format!("new{kind}VirtualInterface")] =
            json!({"virtualInterfaceName": "n", "vlan": 7, "asn": 65000});
        operator
            .dx(&format!("Create{kind}VirtualInterface"), input)
            .await
            .refused(EXPLICIT);
    }
    assert_eq!(operator.bench.sim.read(|world| world.connections.len()), 2);
}

#[tokio::test]
async fn what_is_not_ours_is_not_changed_with_adoption_or_without() {
    for operator in [Operator::strict().await, Operator::adopting().await] {
        let vif = "dxvif-sc0vif01";
        for (operation, input) in [
            (
                "DeleteConnection",
                json!({"connectionId": "dxcon-sc0dc201"}),
            ),
            (
                "UpdateConnection",
                json!({"connectionId": "dxcon-sc0dc201", "connectionName": "x"}),
            ),
            (
                "UpdateConnectionsBillingMode",
                json!({"connectionIds": ["dxcon-sc0dc201"], "billingMode": "PayAsYouGo"}),
            ),
            ("DeleteVirtualInterface", json!({"virtualInterfaceId": vif})),
            (
                "UpdateVirtualInterfaceAttributes",
                json!({"virtualInterfaceId": vif, "mtu": 9001}),
            ),
            (
                "AssociateVirtualInterface",
                json!({"virtualInterfaceId": vif, "connectionId": "dxcon-sc0dc201"}),
            ),
            (
                "CreateBGPPeer",
                json!({"virtualInterfaceId": vif, "newBGPPeer": {"asn": 65000, "addressFamily": "ipv6"}}),
            ),
            (
                "DeleteBGPPeer",
                json!({"virtualInterfaceId": vif, "bgpPeerId": "dxpeer-sc0peer1"}),
            ),
            (
                "DeleteDirectConnectGateway",
                json!({"directConnectGatewayId": "unknown"}),
            ),
            (
                "UpdateDirectConnectGateway",
                json!({"directConnectGatewayId": "unknown", "newDirectConnectGatewayName": "x"}),
            ),
        ] {
            operator.dx(operation, input).await.refused(EXPLICIT);
        }
        let vgw = "vgw-01111111111111111";
        for (operation, form) in [
            ("DeleteVpnGateway", format!("VpnGatewayId={vgw}")),
            (
                "AttachVpnGateway",
                format!("VpnGatewayId={vgw}&VpcId=vpc-02222222222222222"),
            ),
            (
                "DetachVpnGateway",
                format!("VpnGatewayId={vgw}&VpcId=vpc-01111111111111111"),
            ),
            (
                "EnableVgwRoutePropagation",
                format!("GatewayId={vgw}&RouteTableId=rtb-01111111111111111"),
            ),
            (
                "DisableVgwRoutePropagation",
                format!("GatewayId={vgw}&RouteTableId=rtb-01111111111111111"),
            ),
        ] {
            operator.ec2(operation, &form).await.refused(EXPLICIT);
        }
        let rows = operator.bench.sim.ledger();
        assert!(rows.iter().all(|row| !row.effect), "{rows:?}");
    }
}

#[tokio::test]
async fn an_import_needs_the_adoption_statement() {
    let ownership = [
        (IDENTITY, "test-cluster/Connection/network/dc2"),
        ("directconnect.dev/uid", "u-1"),
        ("directconnect.dev/imported", "true"),
        ("site", "hq"),
    ];
    let vgw = "vgw-01111111111111111";
    let delete = json!({"connectionId": "dxcon-sc0dc201"});

    let strict = Operator::strict().await;
    let arn = strict.arn("dxcon/dxcon-sc0dc201");
    strict.tag(&arn, &ownership).await.refused(IMPLICIT);
    strict
        .ec2("CreateTags", &ec2_tag(vgw, &ownership))
        .await
        .refused(IMPLICIT);
    strict
        .ec2("CreateTags", &ec2_tag(vgw, &[(CHILD, "x")]))
        .await
        .refused(IMPLICIT);
    strict.untag(&arn, &["site"]).await.refused(IMPLICIT);

    let adopting = Operator::adopting().await;
    adopting
        .tag(&arn, &[("site", "dr")])
        .await
        .refused(IMPLICIT);
    adopting
        .tag(&arn, &[(IDENTITY, "prod-eu/Connection/network/dc2")])
        .await
        .refused(EXPLICIT);
    adopting.untag(&arn, &["site"]).await.refused(IMPLICIT);
    adopting.tag(&arn, &ownership).await.ok();
    adopting.tag(&arn, &[("site", "dr")]).await.ok();
    adopting
        .dx(
            "UpdateConnection",
            json!({"connectionId": "dxcon-sc0dc201", "connectionName": "x"}),
        )
        .await
        .ok();
    let vif = adopting.arn("dxvif/dxvif-sc0vif01");
    adopting.tag(&vif, &ownership).await.ok();
    adopting
        .tag(
            &vif,
            &[(CHILD, "test-cluster/VirtualInterface/network/primary")],
        )
        .await
        .ok();
    adopting
        .ec2("CreateTags", &ec2_tag(vgw, &ownership))
        .await
        .ok();
    adopting
        .ec2("CreateTags", &ec2_tag(vgw, &[(CHILD, "x")]))
        .await
        .ok();
    // Release takes all of ours off; then it is nobody's again.
    adopting
        .untag(
            &arn,
            &[
                IDENTITY,
                "directconnect.dev/uid",
                "directconnect.dev/imported",
            ],
        )
        .await
        .ok();
    adopting
        .dx("DeleteConnection", delete)
        .await
        .refused(EXPLICIT);
}

#[tokio::test]
async fn what_another_cluster_owns_is_not_taken_over() {
    let operator = Operator::adopting().await;
    let admin = Signer::user("AKIADXSIMSECURECART");
    let other = [(IDENTITY, "prod-eu/Connection/network/dc2")];
    let arn = operator.arn("dxcon/dxcon-sc0dc201");
    let vgw = "vgw-01111111111111111";
    let input = json!({"resourceArn": arn, "tags": tags(&other)});
    operator.bench.dx(&admin, "TagResource", input).await.ok();
    operator
        .bench
        .ec2(&admin, "CreateTags", &ec2_tag(vgw, &other))
        .await
        .ok();
    operator
        .tag(&arn, &[(IDENTITY, &ours("Connection"))])
        .await
        .refused(EXPLICIT);
    operator.untag(&arn, &[IDENTITY]).await.refused(EXPLICIT);
    operator
        .ec2(
            "DeleteTags",
            &format!("ResourceId.1={vgw}&Tag.1.Key={IDENTITY}"),
        )
        .await
        .refused(EXPLICIT);
    operator
        .ec2("DeleteTags", &format!("ResourceId.1={vgw}"))
        .await
        .refused(IMPLICIT);
    // The proof of an association is the one tag that may be written there.
    operator
        .ec2("CreateTags", &ec2_tag(vgw, &[(CHILD, "x")]))
        .await
        .ok();
    operator
        .ec2(
            "DeleteTags",
            &format!("ResourceId.1={vgw}&Tag.1.Key={CHILD}"),
        )
        .await
        .ok();
}

#[tokio::test]
async fn what_is_ours_is_made_changed_and_deleted() {
    let operator = Operator::quickstart().await;
    let bench = &operator.bench;
    let order = operator.order(&ours("Connection")).await.ok().json();
    let dxcon = order["connectionId"].as_str().unwrap();
    let created = operator.ec2("CreateVpnGateway", &format!("Type=ipsec.1&TagSpecification.1.ResourceType=vpn-gateway&TagSpecification.1.Tag.1.Key={IDENTITY}&TagSpecification.1.Tag.1.Value={}", ours("VirtualPrivateGateway"))).await.ok();
    let vgw = created.element("vpnGatewayId");
    bench.pass("24h");
    let lit = json!({"action": "completeCrossConnect", "connectionId": dxcon});
    bench
        .sim
        .action(&serde_json::from_value(lit).unwrap())
        .unwrap();
    operator
        .dx(
            "UpdateConnection",
            json!({"connectionId": dxcon, "connectionName": "renamed"}),
        )
        .await
        .ok();
    operator
        .ec2("CreateTags", &ec2_tag(&vgw, &[(CHILD, "x")]))
        .await
        .ok();
    operator
        .ec2(
            "AttachVpnGateway",
            &format!("VpnGatewayId={vgw}&VpcId=vpc-04444444444444444"),
        )
        .await
        .ok();
    bench.pass("1m");
    operator
        .ec2(
            "EnableVgwRoutePropagation",
            &format!("GatewayId={vgw}&RouteTableId=rtb-04444444444444445"),
        )
        .await
        .ok();

    let gateway = json!({"directConnectGatewayName": "gw", "amazonSideAsn": 64600, "tags": made(&ours("DirectConnectGateway"))});
    let gateway = operator
        .dx("CreateDirectConnectGateway", gateway)
        .await
        .ok()
        .json();
    let gateway = gateway["directConnectGateway"]["directConnectGatewayId"]
        .as_str()
        .unwrap();
    bench.pass("1m");
    let arn = format!(
        "arn:aws:directconnect::{}:dx-gateway/{gateway}",
        operator.account
    );
    operator.tag(&arn, &[(CHILD, "x")]).await.ok();
    let pair = json!({"directConnectGatewayId": gateway, "gatewayId": vgw});
    let made_now = operator
        .dx("CreateDirectConnectGatewayAssociation", pair)
        .await
        .ok()
        .json();
    let association = made_now["directConnectGatewayAssociation"]["associationId"]
        .as_str()
        .unwrap();
    bench.pass("10m");
    let change = json!({"associationId": association, "addAllowedPrefixesToDirectConnectGateway": [{"cidr": "10.0.0.0/16"}]});
    operator
        .dx("UpdateDirectConnectGatewayAssociation", change)
        .await
        .ok();
    operator
        .dx(
            "UpdateDirectConnectGateway",
            json!({"directConnectGatewayId": gateway, "newDirectConnectGatewayName": "x"}),
        )
        .await
        .ok();

    let new = json!({"virtualInterfaceName": "vif", "vlan": 101, "asn": 65000, "directConnectGatewayId": gateway, "tags": made(&ours("VirtualInterface"))});
    let input = json!({"connectionId": dxcon, "newPrivateVirtualInterface": new});
    let vif = operator
        .dx("CreatePrivateVirtualInterface", input)
        .await
        .ok()
        .json();
    let vif = vif["virtualInterfaceId"].as_str().unwrap();
    bench.pass("5m");
    let peer =
        json!({"virtualInterfaceId": vif, "newBGPPeer": {"asn": 65000, "addressFamily": "ipv6"}});
    operator
        .tag(&operator.arn(&format!("dxvif/{vif}")), &[(CHILD, "x")])
        .await
        .ok();
    operator.dx("CreateBGPPeer", peer).await.ok();
    operator
        .dx(
            "UpdateVirtualInterfaceAttributes",
            json!({"virtualInterfaceId": vif, "virtualInterfaceName": "y"}),
        )
        .await
        .ok();
    bench.pass("5m");
    operator
        .dx("DeleteVirtualInterface", json!({"virtualInterfaceId": vif}))
        .await
        .ok();
    operator
        .dx(
            "DeleteDirectConnectGatewayAssociation",
            json!({"associationId": association}),
        )
        .await
        .ok();
    bench.pass("10m");
    operator.untag(&arn, &[CHILD]).await.ok();
    operator
        .dx(
            "DeleteDirectConnectGateway",
            json!({"directConnectGatewayId": gateway}),
        )
        .await
        .ok();
    operator
        .ec2(
            "DisableVgwRoutePropagation",
            &format!("GatewayId={vgw}&RouteTableId=rtb-04444444444444445"),
        )
        .await
        .ok();
    operator
        .ec2(
            "DetachVpnGateway",
            &format!("VpnGatewayId={vgw}&VpcId=vpc-04444444444444444"),
        )
        .await
        .ok();
    bench.pass("1m");
    operator
        .ec2(
            "DeleteTags",
            &format!("ResourceId.1={vgw}&Tag.1.Key={CHILD}"),
        )
        .await
        .ok();
    operator
        .ec2("DeleteVpnGateway", &format!("VpnGatewayId={vgw}"))
        .await
        .ok();
    operator
        .tag(
            &operator.arn(&format!("dxcon/{dxcon}")),
            &[("directconnect.dev/retained-at", "now")],
        )
        .await
        .ok();
    operator
        .dx("DeleteConnection", json!({"connectionId": dxcon}))
        .await
        .ok();
}

#[tokio::test]
async fn should_tagged_creates_need_tag_resource_adoption_covers_it() {
    let setting = "settings: {tagResourceOnCreate: true}\n";
    for (policies, passes) in [
        ("[operator]", false),
        ("[operator, operator-adoption]", true),
    ] {
        let world = include_str!("../../worlds/securecart.yaml")
            .replace("[operator, operator-adoption]", policies);
        let operator = Operator::new(&format!("{setting}{world}"), "111122223333").await;
        let answer = operator.order(&ours("Connection")).await;
        if passes {
            answer.ok();
        } else {
            let message = answer.refused(IMPLICIT).message;
            assert!(
                message.contains("directconnect:TagResource") && message.contains("dxcon/*"),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn reading_is_allowed() {
    let operator = Operator::strict().await;
    for operation in [
        "DescribeConnections",
        "DescribeDirectConnectGateways",
        "DescribeLocations",
        "DescribeVirtualInterfaces",
    ] {
        operator.dx(operation, json!({})).await.ok();
    }
    operator
        .dx(
            "DescribeConnections",
            json!({"connectionId": "dxcon-sc0dc201"}),
        )
        .await
        .ok();
    operator.ec2("DescribeVpnGateways", "").await.ok();
    operator.ec2("DescribeRouteTables", "").await.ok();
    // What the operator never calls is not allowed.
    operator.ec2("DescribeVpcs", "").await.refused(IMPLICIT);
}
