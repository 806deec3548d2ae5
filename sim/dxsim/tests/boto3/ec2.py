"""EC2: gateways and their attachments, route tables, VPCs, tags, filters, pages."""

from harness import client, refused

VPC = "vpc-0a000000000000001"
OTHER_VPC = "vpc-0a000000000000002"
TABLE = "rtb-0a000000000000001"


def walk(simulator, judge):
    ec2 = client(simulator, judge, "ec2")
    describe(ec2, judge)
    gateways(ec2, judge, simulator)
    tags(ec2, judge)
    errors(ec2, judge, simulator)


def describe(ec2, judge):
    with judge.case("ec2: VPCs"):
        vpcs = ec2.describe_vpcs()["Vpcs"]
        assert [vpc["VpcId"] for vpc in vpcs] == [VPC, OTHER_VPC]
        assert len(vpcs[0]["CidrBlockAssociationSet"]) == 2
        assert len(vpcs[0]["Ipv6CidrBlockAssociationSet"]) == 1
        named = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["work*"]}])["Vpcs"]
        assert [vpc["VpcId"] for vpc in named] == [VPC]
    with judge.case("ec2: subnets by pages"):
        pages = list(ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))
        assert [len(page["Subnets"]) for page in pages] == [5, 1]
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["Subnets"]
        assert found == [subnet for page in pages for subnet in page["Subnets"]]
    with judge.case("ec2: route tables"):
        tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["RouteTables"]
        assert [table["RouteTableId"] for table in tables] == [TABLE, "rtb-0a000000000000002"]
        assert tables[0]["Associations"][0]["Main"] is True
        assert {route["Origin"] for route in tables[1]["Routes"]} == {"CreateRouteTable", "CreateRoute"}
    with judge.case("ec2: peerings"):
        found = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
        assert found[0]["Status"]["Code"] == "active"
        assert found[0]["AccepterVpcInfo"]["CidrBlock"] == "10.2.0.0/16"
    with judge.case("ec2: transit gateways"):
        found = ec2.describe_transit_gateways(TransitGatewayIds=["tgw-0a000000000000001"])["TransitGateways"]
        assert found[0]["Options"]["AmazonSideAsn"] == 64600


def gateways(ec2, judge, simulator):
    with judge.case("ec2: a VGW is made, attached, detached, deleted"):
        spec = [{"ResourceType": "vpn-gateway", "Tags": [{"Key": "a", "Value": "1 & <2>"}, {"Key": "e", "Value": ""}]}]
        made = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=65010, TagSpecifications=spec)["VpnGateway"]
        vgw = made["VpnGatewayId"]
        assert made["State"] == "pending" and made["AmazonSideAsn"] == 65010
        assert made["Tags"] == spec[0]["Tags"]
        simulator.pass_time("10s")
        assert ec2.attach_vpn_gateway(VpnGatewayId=vgw, VpcId=VPC)["VpcAttachment"] == {
            "VpcId": VPC,
            "State": "attaching",
        }
        simulator.pass_time("1m")
        by_vpc = [{"Name": "attachment.vpc-id", "Values": [VPC]}]
        found = ec2.describe_vpn_gateways(Filters=by_vpc)["VpnGateways"]
        assert found[0]["VpcAttachments"] == [{"VpcId": VPC, "State": "attached"}], found
    with judge.case("ec2: one VGW per VPC, one VPC per VGW"):
        with refused("VpnGatewayAttachmentLimitExceeded"):
            ec2.attach_vpn_gateway(VpnGatewayId=vgw, VpcId=OTHER_VPC)
        second = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]
        assert second["AmazonSideAsn"] == 64512
        with refused("InvalidVpcState"):
            ec2.attach_vpn_gateway(VpnGatewayId=second["VpnGatewayId"], VpcId=VPC)
        ec2.delete_vpn_gateway(VpnGatewayId=second["VpnGatewayId"])
    with judge.case("ec2: propagation on and off"):
        ec2.enable_vgw_route_propagation(GatewayId=vgw, RouteTableId=TABLE)
        table = ec2.describe_route_tables(RouteTableIds=[TABLE])["RouteTables"][0]
        assert table["PropagatingVgws"] == [{"GatewayId": vgw}]
        ec2.disable_vgw_route_propagation(GatewayId=vgw, RouteTableId=TABLE)
        table = ec2.describe_route_tables(RouteTableIds=[TABLE])["RouteTables"][0]
        assert table["PropagatingVgws"] == []
    with judge.case("ec2: a VGW in use is not deleted"):
        with refused("IncorrectState", "attached"):
            ec2.delete_vpn_gateway(VpnGatewayId=vgw)
        ec2.detach_vpn_gateway(VpnGatewayId=vgw, VpcId=VPC)
        simulator.pass_time("1m")
        ec2.delete_vpn_gateway(VpnGatewayId=vgw)
        simulator.pass_time("1m")
        assert {g["State"] for g in ec2.describe_vpn_gateways()["VpnGateways"]} == {"deleted"}
        with refused("InvalidGatewayID.NotFound"):
            ec2.enable_vgw_route_propagation(GatewayId=vgw, RouteTableId=TABLE)


def tags(ec2, judge):
    with judge.case("ec2: tags"):
        ec2.create_tags(Resources=[VPC, OTHER_VPC], Tags=[{"Key": "env", "Value": "test"}])
        ec2.create_tags(Resources=[VPC], Tags=[{"Key": "env", "Value": "prod"}])
        found = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["env"]}])["Tags"]
        assert [(tag["ResourceId"], tag["Value"]) for tag in found] == [(VPC, "prod"), (OTHER_VPC, "test")]
        assert {tag["ResourceType"] for tag in found} == {"vpc"}
        ec2.delete_tags(Resources=[VPC, OTHER_VPC], Tags=[{"Key": "env"}])
        assert ec2.describe_tags(Filters=[{"Name": "key", "Values": ["env"]}])["Tags"] == []
        with refused("InvalidParameterValue", "aws:"):
            ec2.create_tags(Resources=[VPC], Tags=[{"Key": "aws:x", "Value": "1"}])


def errors(ec2, judge, simulator):
    with judge.case("ec2: dry run, unknown ids, unknown action"):
        with refused("DryRunOperation"):
            ec2.create_vpn_gateway(Type="ipsec.1", DryRun=True)
        with refused("InvalidVpnGatewayID.NotFound"):
            ec2.describe_vpn_gateways(VpnGatewayIds=["vgw-0123456789abcdef0"])
        with refused("InvalidVpnGatewayID.NotFound"):
            ec2.detach_vpn_gateway(VpnGatewayId="vgw-0123456789abcdef0", VpcId=VPC)
        with refused("InvalidAction", "DescribeInstances"):
            ec2.describe_instances()
    with judge.case("ec2: throttled and denied"):
        simulator.control(
            "POST", "faults", {"match": {"service": "ec2", "operation": "DescribeVpcs"}, "kind": "throttle", "times": 1}
        )
        with refused("RequestLimitExceeded"):
            ec2.describe_vpcs()
        simulator.act("denyAction", deny={"action": "ec2:DescribeVpcs"})
        with refused("UnauthorizedOperation"):
            ec2.describe_vpcs()
        simulator.act("allowAction")
        ec2.describe_vpcs()
