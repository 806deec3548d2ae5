"""Virtual interfaces of every type, BGP peers, router configuration, routes."""

from connections import CLIENT_ERROR, arn, available
from gateways import attached_vgw, remove_vgw
from harness import client, refused

TABLE = "rtb-0a000000000000001"
TGW = "tgw-0a000000000000001"
KEY = "walking-key-1"


def private(vlan, **more):
    return {
        "virtualInterfaceName": f"walk-{vlan}",
        "vlan": vlan,
        "asn": 65000,
        "authKey": KEY,
        "amazonAddress": f"169.254.{vlan}.1/30",
        "customerAddress": f"169.254.{vlan}.2/30",
        **more,
    }


def the(dx, interface):
    return dx.describe_virtual_interfaces(virtualInterfaceId=interface)["virtualInterfaces"][0]


def walk(simulator, judge):
    dx = client(simulator, judge, "directconnect")
    ec2 = client(simulator, judge, "ec2")
    with judge.case("vif: ground"):
        port = available(dx, simulator, "port")
        other = available(dx, simulator, "other port")
        vgw = attached_vgw(ec2, simulator)
        ec2.enable_vgw_route_propagation(GatewayId=vgw, RouteTableId=TABLE)
    private_on_vgw(dx, ec2, judge, simulator, port, other, vgw)
    peers(dx, judge, simulator)
    on_gateway(dx, ec2, judge, simulator, port, vgw)
    public(dx, judge, simulator, port)
    with judge.case("vif: clearing up"):
        remove_vgw(ec2, simulator, vgw)
        for name in (port, other):
            dx.delete_connection(connectionId=name)
        simulator.pass_time("24h")


def private_on_vgw(dx, ec2, judge, simulator, port, other, vgw):
    with judge.case("vif: a private interface comes up once the router is configured"):
        new = private(101, virtualGatewayId=vgw, mtu=1500, tags=[{"key": "site", "value": "hq"}])
        made = dx.create_private_virtual_interface(connectionId=port, newPrivateVirtualInterface=new)
        private_on_vgw.id = made["virtualInterfaceId"]
        assert made["virtualInterfaceState"] == "pending" and made["vlan"] == 101, made
        assert made["asnLong"] == 65000 and made["asn"] == 65000, made
        assert made["bgpPeers"][0]["authKey"] == KEY, "Direct Connect gives the key back"
        simulator.pass_time("2m")
        assert the(dx, private_on_vgw.id)["virtualInterfaceState"] == "down"
        simulator.pass_time("10m")
        found = the(dx, private_on_vgw.id)
        assert found["virtualInterfaceState"] == "available", found
        assert found["bgpPeers"][0]["bgpStatus"] == "up", found
    with judge.case("vif: routes both ways, and in the route table"):
        routes = dx.list_virtual_interface_routes(virtualInterfaceId=private_on_vgw.id)["routes"]
        found = {(route["routeDirection"], route["cidr"]) for route in routes}
        assert found >= {("accepted", "10.50.0.0/16"), ("advertised", "10.1.0.0/16")}, found
        only = dx.list_virtual_interface_routes(
            virtualInterfaceId=private_on_vgw.id, filters={"routeDirection": "accepted", "addressFamily": "ipv4"}
        )["routes"]
        assert {route["routeDirection"] for route in only} == {"accepted"}
        table = ec2.describe_route_tables(RouteTableIds=[TABLE])["RouteTables"][0]
        learned = {r["DestinationCidrBlock"] for r in table["Routes"] if r["Origin"] == "EnableVgwRoutePropagation"}
        assert {"10.50.0.0/16", "10.60.0.0/16"} <= learned, learned
    with judge.case("vif: router configuration"):
        found = dx.describe_router_configuration(
            virtualInterfaceId=private_on_vgw.id,
            routerTypeIdentifier="CiscoSystemsInc-Nexus9KSeriesSwitches-NXOS93",
        )
        assert KEY in found["customerRouterConfig"] and found["router"]["vendor"], found["router"]
        dx.describe_router_configuration(virtualInterfaceId=private_on_vgw.id)
    with judge.case("vif: attributes, tags, another port"):
        changed = dx.update_virtual_interface_attributes(
            virtualInterfaceId=private_on_vgw.id, virtualInterfaceName="renamed"
        )
        assert changed["virtualInterfaceName"] == "renamed", changed
        simulator.pass_time("10m")
        changed = dx.update_virtual_interface_attributes(virtualInterfaceId=private_on_vgw.id, mtu=8500)
        assert changed["mtu"] == 8500, changed
        simulator.pass_time("10m")
        dx.tag_resource(resourceArn=arn("dxvif", private_on_vgw.id), tags=[{"key": "more", "value": "x"}])
        assert len(the(dx, private_on_vgw.id)["tags"]) == 2
        moved = dx.associate_virtual_interface(virtualInterfaceId=private_on_vgw.id, connectionId=other)
        assert moved["connectionId"] == other, moved
        simulator.pass_time("20m")
        found = dx.describe_virtual_interfaces(connectionId=other)["virtualInterfaces"]
        assert [entry["virtualInterfaceState"] for entry in found] == ["available"], found
    with judge.case("vif: refusals"):
        for new in (
            private(101, virtualGatewayId=vgw),
            private(4095, virtualGatewayId=vgw, amazonAddress="169.254.9.1/30", customerAddress="169.254.9.2/30"),
            private(105, virtualGatewayId=vgw, mtu=4000),
            private(106, virtualGatewayId=vgw, customerAddress="169.254.107.2/30"),
            private(108, virtualGatewayId="vgw-0123456789abcdef0"),
            private(109),
        ):
            with refused(CLIENT_ERROR):
                dx.create_private_virtual_interface(connectionId=other, newPrivateVirtualInterface=new)
        with refused(CLIENT_ERROR):
            dx.delete_connection(connectionId=other)
        with refused("IncorrectState"):
            ec2.delete_vpn_gateway(VpnGatewayId=vgw)
        with refused(CLIENT_ERROR, "does not exist"):
            dx.delete_virtual_interface(virtualInterfaceId="dxvif-ffffffff")


def peers(dx, judge, simulator):
    with judge.case("peer: a second family comes and goes, the last one stays"):
        new = {"asn": 65000, "addressFamily": "ipv6"}
        found = dx.create_bgp_peer(virtualInterfaceId=private_on_vgw.id, newBGPPeer=new)["virtualInterface"]
        assert {peer["addressFamily"] for peer in found["bgpPeers"]} == {"ipv4", "ipv6"}, found
        simulator.pass_time("10m")
        second = [peer for peer in the(dx, private_on_vgw.id)["bgpPeers"] if peer["addressFamily"] == "ipv6"][0]
        assert second["bgpPeerState"] == "available" and second["amazonAddress"].endswith("/125"), second
        dx.delete_bgp_peer(virtualInterfaceId=private_on_vgw.id, bgpPeerId=second["bgpPeerId"])
        simulator.pass_time("10m")
        left = the(dx, private_on_vgw.id)["bgpPeers"]
        assert [peer["addressFamily"] for peer in left] == ["ipv4"], left
        with refused(CLIENT_ERROR, "The last BGP Peer on a Virtual Interface cannot be deleted"):
            dx.delete_bgp_peer(
                virtualInterfaceId=private_on_vgw.id, asn=65000, customerAddress=left[0]["customerAddress"]
            )
        ended = dx.delete_virtual_interface(virtualInterfaceId=private_on_vgw.id)
        assert ended["virtualInterfaceState"] == "deleting", ended
        simulator.pass_time("5m")
        assert the(dx, private_on_vgw.id)["virtualInterfaceState"] == "deleted"
        simulator.pass_time("20m")
        assert dx.describe_virtual_interfaces()["virtualInterfaces"] == []


def on_gateway(dx, ec2, judge, simulator, port, vgw):
    with judge.case("vif: private on a Direct Connect gateway, addresses by AWS"):
        gateway = dx.create_direct_connect_gateway(directConnectGatewayName="g")["directConnectGateway"]
        gateway = gateway["directConnectGatewayId"]
        simulator.pass_time("1m")
        dx.create_direct_connect_gateway_association(directConnectGatewayId=gateway, gatewayId=vgw)
        simulator.pass_time("1h")
        new = {"virtualInterfaceName": "auto", "vlan": 102, "asnLong": 65000, "directConnectGatewayId": gateway}
        made = dx.create_private_virtual_interface(connectionId=port, newPrivateVirtualInterface=new)
        interface = made["virtualInterfaceId"]
        assert made["amazonAddress"].startswith("169.254."), made
        simulator.pass_time("1h")
        found = dx.describe_direct_connect_gateway_attachments(directConnectGatewayId=gateway)
        found = found["directConnectGatewayAttachments"]
        assert [(entry["virtualInterfaceId"], entry["attachmentState"]) for entry in found] == [
            (interface, "attached")
        ], found
        assert the(dx, interface)["bgpPeers"][0]["bgpStatus"] == "up"
        with refused(CLIENT_ERROR):
            dx.delete_direct_connect_gateway(directConnectGatewayId=gateway)
        dx.delete_virtual_interface(virtualInterfaceId=interface)
        simulator.pass_time("1h")
    with judge.case("vif: transit"):
        transit = dx.create_direct_connect_gateway(directConnectGatewayName="t", amazonSideAsn=64700)
        transit = transit["directConnectGateway"]["directConnectGatewayId"]
        simulator.pass_time("1m")
        association = dx.create_direct_connect_gateway_association(
            directConnectGatewayId=transit,
            gatewayId=TGW,
            addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/8"}],
        )["directConnectGatewayAssociation"]["associationId"]
        simulator.pass_time("1h")
        new = private(103, directConnectGatewayId=transit)
        made = dx.create_transit_virtual_interface(connectionId=port, newTransitVirtualInterface=new)
        interface = made["virtualInterface"]["virtualInterfaceId"]
        simulator.pass_time("1h")
        filters = {"routeDirection": "advertised"}
        routes = dx.list_virtual_interface_routes(virtualInterfaceId=interface, filters=filters)["routes"]
        assert [route["cidr"] for route in routes] == ["10.0.0.0/8"], routes
        dx.delete_virtual_interface(virtualInterfaceId=interface)
        dx.delete_direct_connect_gateway_association(associationId=association)
        simulator.pass_time("1h")
        dx.delete_direct_connect_gateway(directConnectGatewayId=transit)


def public(dx, judge, simulator, port):
    with judge.case("vif: public, verified by AWS first"):
        new = {
            "virtualInterfaceName": "public",
            "vlan": 104,
            "asn": 65000,
            "amazonAddress": "198.51.100.1/30",
            "customerAddress": "198.51.100.2/30",
            "routeFilterPrefixes": [{"cidr": "203.0.113.0/24"}],
        }
        made = dx.create_public_virtual_interface(connectionId=port, newPublicVirtualInterface=new)
        assert made["virtualInterfaceState"] == "verifying", made
        assert made["routeFilterPrefixes"] == [{"cidr": "203.0.113.0/24"}], made
        simulator.pass_time("96h")
        assert the(dx, made["virtualInterfaceId"])["virtualInterfaceState"] == "down"
        dx.delete_virtual_interface(virtualInterfaceId=made["virtualInterfaceId"])
        simulator.pass_time("1h")
