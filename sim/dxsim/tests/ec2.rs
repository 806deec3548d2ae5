//! EC2's gateways, route tables, VPCs and tags as clients see them.
#![allow(clippy::unwrap_used)]

mod ec2_support;

use ec2_support::{Bench, Signer};
use serde_json::json;

const WORLD: &str = r#"
settings: {vpnGateway: 5s, vpcAttach: 30s, vpnGatewayDeletedVisible: 1h}
accounts:
- id: "111122223333"
  accessKeys: {AKIANETWORK: netops}
  vpcs:
  - id: vpc-1
    cidrs: [10.1.0.0/16, 10.9.0.0/16]
    tags: {Name: workloads}
    subnets:
    - {id: subnet-1, cidr: 10.1.0.0/24}
    - {id: subnet-2, cidr: 10.1.1.0/24, public: true}
    routeTables:
    - {id: rtb-1, main: true}
    - {id: rtb-2, subnets: [subnet-2], routes: {0.0.0.0/0: igw-1}}
  - {id: vpc-2, cidrs: [10.2.0.0/16]}
  peerings:
  - {id: pcx-1, requesterVpc: vpc-1, accepterVpc: vpc-2}
  transitGateways:
  - {id: tgw-1, amazonSideAsn: 64600, vpcs: [vpc-2]}
- id: "444455556666"
  accessKeys: {AKIAOTHER: other}
"#;

#[tokio::test]
async fn a_gateway_lives_from_pending_to_deleted() {
    let bench = Bench::new(WORLD);
    let created = bench
        .ec2("CreateVpnGateway&Type=ipsec.1&AmazonSideAsn=65000&TagSpecification.1.ResourceType=vpn-gateway&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=a%26b")
        .await
        .ok();
    let id = created.text("vpnGatewayId").unwrap();
    assert_eq!(id.len(), "vgw-".len() + 17);
    assert_eq!(created.text("state").as_deref(), Some("pending"));
    assert_eq!(created.text("amazonSideAsn").as_deref(), Some("65000"));
    assert_eq!(created.text("value").as_deref(), Some("a&amp;b"));

    bench.pass(5);
    let attach = format!("AttachVpnGateway&VpnGatewayId={id}&VpcId=vpc-1");
    let attached = bench.ec2(&attach).await.ok();
    assert_eq!(attached.text("state").as_deref(), Some("attaching"));
    bench.pass(30);
    let described = bench
        .ec2("DescribeVpnGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1=vpc-1")
        .await
        .ok();
    assert_eq!(described.texts("state"), ["available", "attached"]);

    let delete = format!("DeleteVpnGateway&VpnGatewayId={id}");
    bench.ec2(&delete).await.refused("IncorrectState");
    let detach = format!("DetachVpnGateway&VpnGatewayId={id}&VpcId=vpc-1");
    bench.ec2(&detach).await.ok();
    bench.ec2(&delete).await.refused("IncorrectState");
    bench.pass(30);
    bench
        .ec2(&detach)
        .await
        .refused("InvalidVpnGatewayAttachment.NotFound");
    bench.ec2(&delete).await.ok();
    let listed = bench.ec2("DescribeVpnGateways").await.ok();
    assert_eq!(listed.texts("state")[0], "deleting");
    bench.pass(5);
    let listed = bench.ec2("DescribeVpnGateways").await.ok();
    assert_eq!(listed.texts("state"), ["deleted"]);
    bench
        .ec2(&delete)
        .await
        .refused("InvalidVpnGatewayID.NotFound");
    bench.pass(3600);
    let listed = bench.ec2("DescribeVpnGateways").await.ok();
    assert!(listed.texts("vpnGatewayId").is_empty());
}

#[tokio::test]
async fn one_gateway_per_vpc_and_one_vpc_per_gateway() {
    let bench = Bench::new(WORLD);
    let first = bench.attached_vgw("vpc-1").await;
    let again = format!("AttachVpnGateway&VpnGatewayId={first}&VpcId=vpc-1");
    assert_eq!(
        bench.ec2(&again).await.ok().text("state").as_deref(),
        Some("attached")
    );
    let elsewhere = format!("AttachVpnGateway&VpnGatewayId={first}&VpcId=vpc-2");
    bench
        .ec2(&elsewhere)
        .await
        .refused("VpnGatewayAttachmentLimitExceeded");
    let second = bench.ec2("CreateVpnGateway&Type=ipsec.1").await.ok();
    let second = second.text("vpnGatewayId").unwrap();
    let taken = format!("AttachVpnGateway&VpnGatewayId={second}&VpcId=vpc-1");
    bench.ec2(&taken).await.refused("InvalidVpcState");
    let unknown = format!("AttachVpnGateway&VpnGatewayId={second}&VpcId=vpc-9");
    bench.ec2(&unknown).await.refused("InvalidVpcID.NotFound");
}

#[tokio::test]
async fn bad_requests_are_named() {
    let bench = Bench::new(WORLD);
    for (form, code) in [
        ("CreateVpnGateway", "MissingParameter"),
        ("CreateVpnGateway&Type=ipsec.2", "InvalidParameterValue"),
        (
            "CreateVpnGateway&Type=ipsec.1&AmazonSideAsn=7224",
            "InvalidParameterValue",
        ),
        (
            "CreateVpnGateway&Type=ipsec.1&DryRun=true",
            "DryRunOperation",
        ),
        (
            "DescribeVpnGateways&VpnGatewayId.1=vgw-9",
            "InvalidVpnGatewayID.NotFound",
        ),
        (
            "DescribeVpnGateways&Filter.1.Name=colour&Filter.1.Value.1=red",
            "InvalidParameterValue",
        ),
        ("DescribeVpcs&VpcId.1=vpc-9", "InvalidVpcID.NotFound"),
        ("DescribeVpcs&MaxResults=2", "InvalidParameterValue"),
        (
            "DescribeRouteTables&RouteTableId.1=rtb-9",
            "InvalidRouteTableID.NotFound",
        ),
        (
            "EnableVgwRoutePropagation&GatewayId=vgw-9&RouteTableId=rtb-1",
            "InvalidGatewayID.NotFound",
        ),
        (
            "CreateTags&ResourceId.1=vgw-9&Tag.1.Key=a",
            "InvalidVpnGatewayID.NotFound",
        ),
        (
            "CreateTags&ResourceId.1=vpc-1&Tag.1.Key=aws%3Aa",
            "InvalidParameterValue",
        ),
        ("CreateVpnConnection&Type=ipsec.1", "InvalidAction"),
    ] {
        bench.ec2(form).await.refused(code);
    }
    let listed = bench.ec2("DescribeVpnGateways").await.ok();
    assert!(
        listed.texts("vpnGatewayId").is_empty(),
        "a dry run made one"
    );
}

#[tokio::test]
async fn the_quota_counts_what_is_not_deleted() {
    let bench = Bench::new(WORLD);
    let create = "CreateVpnGateway&Type=ipsec.1";
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bench.ec2(create).await.ok().text("vpnGatewayId").unwrap());
    }
    bench.ec2(create).await.refused("VpnGatewayLimitExceeded");
    bench
        .ec2(&format!("DeleteVpnGateway&VpnGatewayId={}", ids[0]))
        .await
        .ok();
    bench.pass(5);
    bench.ec2(create).await.ok();
    let elsewhere = Signer {
        region: "eu-west-1".to_owned(),
        ..Signer::key("AKIANETWORK")
    };
    bench.ec2_as(&elsewhere, create).await.ok();
}

#[tokio::test]
async fn propagation_needs_the_gateway_of_the_same_vpc() {
    let bench = Bench::new(WORLD);
    let vgw = bench.attached_vgw("vpc-2").await;
    let enable = format!("EnableVgwRoutePropagation&GatewayId={vgw}&RouteTableId=rtb-1");
    bench.ec2(&enable).await.refused("Gateway.NotAttached");
    let own = bench.attached_vgw("vpc-1").await;
    let enable = format!("EnableVgwRoutePropagation&GatewayId={own}&RouteTableId=rtb-1");
    bench.ec2(&enable).await.ok();
    bench.ec2(&enable).await.ok();
    let table = "DescribeRouteTables&RouteTableId.1=rtb-1";
    let described = bench.ec2(table).await.ok();
    assert!(described.body.contains(&format!(
        "<propagatingVgwSet><item><gatewayId>{own}</gatewayId></item></propagatingVgwSet>"
    )));
    let disable = enable.replace("Enable", "Disable");
    bench.ec2(&disable).await.ok();
    bench.ec2(&disable).await.ok();
    let described = bench.ec2(table).await.ok();
    assert!(
        described
            .body
            .contains("<propagatingVgwSet></propagatingVgwSet>")
    );
}

#[tokio::test]
async fn what_the_world_declares_is_described() {
    let bench = Bench::new(WORLD);
    let vpcs = bench
        .ec2("DescribeVpcs&Filter.1.Name=tag%3AName&Filter.1.Value.1=work*")
        .await
        .ok();
    assert_eq!(vpcs.texts("vpcId"), ["vpc-1"]);
    assert_eq!(
        vpcs.texts("cidrBlock"),
        ["10.1.0.0/16", "10.1.0.0/16", "10.9.0.0/16"]
    );
    let subnets = bench
        .ec2("DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1")
        .await
        .ok();
    assert_eq!(subnets.texts("subnetId"), ["subnet-1", "subnet-2"]);
    let tables = bench
        .ec2("DescribeRouteTables&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-2")
        .await
        .ok();
    assert_eq!(tables.text("routeTableId").as_deref(), Some("rtb-2"));
    let peerings = bench.ec2("DescribeVpcPeeringConnections").await.ok();
    assert_eq!(peerings.text("code").as_deref(), Some("active"));
    let transit = bench.ec2("DescribeTransitGateways").await.ok();
    assert_eq!(transit.text("amazonSideAsn").as_deref(), Some("64600"));
    let other = bench
        .ec2_as(&Signer::key("AKIAOTHER"), "DescribeVpcs")
        .await
        .ok();
    assert!(other.texts("vpcId").is_empty(), "another account's VPCs");
}

#[tokio::test]
async fn tags_are_overwritten_filtered_and_taken_off() {
    let bench = Bench::new(WORLD);
    bench
        .ec2("CreateTags&ResourceId.1=vpc-1&ResourceId.2=vpc-2&Tag.1.Key=env&Tag.1.Value=test&Tag.2.Key=empty&Tag.2.Value=")
        .await
        .ok();
    bench
        .ec2("CreateTags&ResourceId.1=vpc-2&Tag.1.Key=env&Tag.1.Value=prod")
        .await
        .ok();
    let found = bench
        .ec2("DescribeTags&Filter.1.Name=key&Filter.1.Value.1=env")
        .await
        .ok();
    assert_eq!(found.texts("resourceId"), ["vpc-1", "vpc-2"]);
    assert_eq!(found.texts("value"), ["test", "prod"]);
    bench
        .ec2("DeleteTags&ResourceId.1=vpc-2&Tag.1.Key=env&Tag.1.Value=test")
        .await
        .ok();
    bench
        .ec2("DeleteTags&ResourceId.1=vpc-1&Tag.1.Key=env")
        .await
        .ok();
    let found = bench
        .ec2("DescribeVpcs&Filter.1.Name=tag-key&Filter.1.Value.1=env")
        .await
        .ok();
    assert_eq!(found.texts("vpcId"), ["vpc-2"], "its value was another");
    let many: Vec<String> = (1..=50).map(|n| format!("&Tag.{n}.Key=k{n}")).collect();
    let many = many.concat();
    bench
        .ec2(&format!("CreateTags&ResourceId.1=vpc-2{many}"))
        .await
        .refused("TagLimitExceeded");
}

#[tokio::test]
async fn refusals_speak_ec2() {
    let bench = Bench::new(WORLD);
    let deny = json!({"action": "denyAction", "deny": {"action": "ec2:CreateVpnGateway"}});
    bench.act(deny);
    let create = "CreateVpnGateway&Type=ipsec.1";
    let answer = bench.ec2(create).await;
    answer.refused("UnauthorizedOperation");
    assert_eq!(answer.status, 403);
    assert!(answer.text("RequestID").is_some());
    bench.act(json!({"action": "allowAction"}));
    let fault = json!({"match": {"service": "ec2", "operation": "CreateVpnGateway"}, "kind": "throttle", "times": 1});
    bench.sim.add_fault(serde_json::from_value(fault).unwrap());
    let answer = bench.ec2(create).await;
    answer.refused("RequestLimitExceeded");
    assert_eq!(answer.status, 503);
    bench.ec2(create).await.ok();
    let answer = bench.ec2_as(&Signer::key("AKIANOBODY"), create).await;
    answer.refused("AuthFailure");
}
