"""Direct Connect gateways, their associations, and what EC2 shows of them."""

from connections import CLIENT_ERROR
from harness import ACCOUNT, client, refused

TGW = "tgw-0a000000000000001"
VPC = "vpc-0a000000000000001"


def attached_vgw(ec2, simulator):
    """A VGW that is attached to the VPC; its id."""
    vgw = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    simulator.pass_time("1m")
    ec2.attach_vpn_gateway(VpnGatewayId=vgw, VpcId=VPC)
    simulator.pass_time("1m")
    return vgw


def remove_vgw(ec2, simulator, vgw):
    """Detaches and deletes it."""
    ec2.detach_vpn_gateway(VpnGatewayId=vgw, VpcId=VPC)
    simulator.pass_time("1h")
    ec2.delete_vpn_gateway(VpnGatewayId=vgw)
    simulator.pass_time("2h")


def walk(simulator, judge):
    dx = client(simulator, judge, "directconnect")
    ec2 = client(simulator, judge, "ec2")
    with judge.case("dxgw: made, renamed, listed from every region"):
        made = dx.create_direct_connect_gateway(
            directConnectGatewayName="walk", amazonSideAsn=64513, tags=[{"key": "site", "value": "hq"}]
        )["directConnectGateway"]
        gateway = made["directConnectGatewayId"]
        assert made["ownerAccount"] == ACCOUNT and made["amazonSideAsn"] == 64513, made
        simulator.pass_time("1m")
        changed = dx.update_direct_connect_gateway(directConnectGatewayId=gateway, newDirectConnectGatewayName="new")
        assert changed["directConnectGateway"]["directConnectGatewayName"] == "new"
        elsewhere = client(simulator, judge, "directconnect", region="eu-west-1")
        found = elsewhere.describe_direct_connect_gateways()["directConnectGateways"]
        assert [(g["directConnectGatewayId"], g["directConnectGatewayState"]) for g in found] == [
            (gateway, "available")
        ]
        arn = f"arn:aws:directconnect::{ACCOUNT}:dx-gateway/{gateway}"
        dx.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "x"}])
        assert len(dx.describe_tags(resourceArns=[arn])["resourceTags"][0]["tags"]) == 2
    with judge.case("dxgw: a VGW is associated, its prefixes changed"):
        vgw = attached_vgw(ec2, simulator)
        made = dx.create_direct_connect_gateway_association(
            directConnectGatewayId=gateway,
            gatewayId=vgw,
            addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.1.0.0/16"}],
        )["directConnectGatewayAssociation"]
        association = made["associationId"]
        assert made["associationState"] == "associating", made
        assert made["associatedGateway"]["type"] == "virtualPrivateGateway", made
        simulator.pass_time("30m")
        changed = dx.update_direct_connect_gateway_association(
            associationId=association,
            addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/8"}],
            removeAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.1.0.0/16"}],
        )["directConnectGatewayAssociation"]
        assert changed["associationState"] == "updating", changed
        simulator.pass_time("30m")
        found = dx.describe_direct_connect_gateway_associations(directConnectGatewayId=gateway)
        found = found["directConnectGatewayAssociations"]
        assert found[0]["associationState"] == "associated"
        assert found[0]["allowedPrefixesToDirectConnectGateway"] == [{"cidr": "10.0.0.0/8"}], found
    with judge.case("dxgw: conflicts"):
        with refused(CLIENT_ERROR):
            dx.create_direct_connect_gateway_association(directConnectGatewayId=gateway, gatewayId=vgw)
        with refused(CLIENT_ERROR):
            dx.create_direct_connect_gateway_association(
                directConnectGatewayId=gateway,
                gatewayId=TGW,
                addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.2.0.0/16"}],
            )
        with refused(CLIENT_ERROR):
            dx.delete_direct_connect_gateway(directConnectGatewayId=gateway)
        with refused("IncorrectState"):
            ec2.delete_vpn_gateway(VpnGatewayId=vgw)
    with judge.case("dxgw: an association ends, by call and by detaching"):
        ended = dx.delete_direct_connect_gateway_association(associationId=association)
        assert ended["directConnectGatewayAssociation"]["associationState"] == "disassociating"
        simulator.pass_time("1h")
        dx.create_direct_connect_gateway_association(directConnectGatewayId=gateway, gatewayId=vgw)
        simulator.pass_time("1h")
        remove_vgw(ec2, simulator, vgw)
        found = dx.describe_direct_connect_gateway_associations(directConnectGatewayId=gateway)
        assert found["directConnectGatewayAssociations"] == [], found
    with judge.case("dxgw: a transit gateway needs prefixes"):
        with refused(CLIENT_ERROR):
            dx.create_direct_connect_gateway_association(directConnectGatewayId=gateway, gatewayId=TGW)
        made = dx.create_direct_connect_gateway_association(
            directConnectGatewayId=gateway,
            gatewayId=TGW,
            addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.2.0.0/16"}],
        )["directConnectGatewayAssociation"]
        assert made["associatedGateway"]["type"] == "transitGateway", made
        simulator.pass_time("1h")
        dx.delete_direct_connect_gateway_association(associationId=made["associationId"])
        simulator.pass_time("1h")
    with judge.case("dxgw: deleted"):
        empty = dx.describe_direct_connect_gateway_attachments(directConnectGatewayId=gateway)
        assert empty["directConnectGatewayAttachments"] == []
        ended = dx.delete_direct_connect_gateway(directConnectGatewayId=gateway)["directConnectGateway"]
        assert ended["directConnectGatewayState"] == "deleting", ended
        simulator.pass_time("1h")
        assert dx.describe_direct_connect_gateways()["directConnectGateways"] == []
