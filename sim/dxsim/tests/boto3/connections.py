"""Direct Connect: locations, connections, LOA, tags, and the lists that are empty."""

from harness import ACCOUNT, REGION, client, refused

CLIENT_ERROR = "DirectConnectClientException"
TAGS = [{"key": "site", "value": "hq"}, {"key": "empty", "value": ""}]


def order(dx, name, location="EqDC2", bandwidth="1Gbps", **more):
    return dx.create_connection(location=location, bandwidth=bandwidth, connectionName=name, **more)


def available(dx, simulator, name, **more):
    """A connection that is up; its id."""
    made = order(dx, name, **more)["connectionId"]
    simulator.pass_time("3h")
    found = dx.describe_connections(connectionId=made)["connections"][0]
    assert found["connectionState"] == "available", found
    return made


def arn(kind, name):
    return f"arn:aws:directconnect:{REGION}:{ACCOUNT}:{kind}/{name}"


def walk(simulator, judge):
    dx = client(simulator, judge, "directconnect")
    lists(dx, judge)
    lifecycle(dx, judge, simulator)
    errors(dx, judge, simulator)


def lists(dx, judge):
    with judge.case("dx: locations"):
        found = {entry["locationCode"]: entry for entry in dx.describe_locations()["locations"]}
        assert set(found) == {"EqDC2", "EqDA2"}
        assert found["EqDC2"]["availablePortSpeeds"] == ["1Gbps", "10Gbps", "100Gbps"]
    with judge.case("dx: what cannot exist yet is empty"):
        assert dx.describe_lags()["lags"] == []
        assert dx.describe_interconnects()["interconnects"] == []
        assert dx.list_resiliency_groups()["items"] == []
        assert dx.list_virtual_interface_test_history()["virtualInterfaceTestHistory"] == []
        proposals = dx.describe_direct_connect_gateway_association_proposals()
        assert proposals["directConnectGatewayAssociationProposals"] == []
        dx.describe_customer_metadata()
        dx.describe_virtual_gateways()


def lifecycle(dx, judge, simulator):
    with judge.case("dx: a connection from order to deletion"):
        made = order(dx, "walk", providerName="Equinix", tags=TAGS, requestMACSec=False)
        name = made["connectionId"]
        assert made["connectionState"] == "requested", made
        assert made["ownerAccount"] == ACCOUNT and made["region"] == REGION
        assert made["tags"] == sorted(TAGS, key=lambda tag: tag["key"]) or made["tags"] == TAGS
        with refused(CLIENT_ERROR):
            dx.describe_loa(connectionId=name)
        simulator.pass_time("61m")
        assert dx.describe_connections(connectionId=name)["connections"][0]["connectionState"] == "pending"
        loa = dx.describe_loa(connectionId=name, loaContentType="application/pdf")
        assert loa["loaContent"].startswith(b"%PDF"), loa["loaContent"][:20]
        assert dx.describe_connection_loa(connectionId=name)["loa"]["loaContent"].startswith(b"%PDF")
        simulator.pass_time("2h")
        found = dx.describe_connections(connectionId=name)["connections"][0]
        assert found["connectionState"] == "available" and "loaIssueTime" in found, found
    with judge.case("dx: a connection is renamed, its billing changed"):
        assert dx.update_connection(connectionId=name, connectionName="renamed")["connectionName"] == "renamed"
        changed = dx.update_connections_billing_mode(connectionIds=[name], billingMode="PayAsYouGo")
        assert changed["billingMode"] == "PayAsYouGo", changed
        assert dx.describe_hosted_connections(connectionId=name)["connections"] == []
    with judge.case("dx: tags"):
        resource = arn("dxcon", name)
        dx.tag_resource(resourceArn=resource, tags=[{"key": "site", "value": "other"}, {"key": "more", "value": "x"}])
        dx.untag_resource(resourceArn=resource, tagKeys=["empty"])
        found = dx.describe_tags(resourceArns=[resource])["resourceTags"]
        assert found[0]["resourceArn"] == resource
        tags = {tag["key"]: tag.get("value") for tag in found[0]["tags"]}
        assert tags == {"site": "other", "more": "x"}, tags
    with judge.case("dx: connections by pages"):
        second = order(dx, "second", location="EqDA2")["connectionId"]
        seen, token = [], None
        while True:
            page = dx.describe_connections(maxResults=1, **({"nextToken": token} if token else {}))
            seen += [entry["connectionId"] for entry in page["connections"]]
            token = page.get("nextToken")
            if not token:
                break
        assert sorted(seen) == sorted([name, second]), seen
    with judge.case("dx: a connection is deleted"):
        assert dx.delete_connection(connectionId=second)["connectionState"] in ("deleting", "deleted")
        assert dx.delete_connection(connectionId=name)["connectionState"] == "deleting"
        simulator.pass_time("24h")
        assert dx.describe_connections()["connections"] == []


def errors(dx, judge, simulator):
    with judge.case("dx: refusals"):
        with refused(CLIENT_ERROR, "Could not find Connection with ID"):
            dx.describe_connections(connectionId="dxcon-ffffffff")
        with refused(CLIENT_ERROR):
            order(dx, "nowhere", location="Nowhere")
        with refused(CLIENT_ERROR):
            order(dx, "too wide", location="EqDA2", bandwidth="100Gbps")
        with refused("DuplicateTagKeysException"):
            order(dx, "twice", tags=[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}])
        with refused("TooManyTagsException"):
            order(dx, "many", tags=[{"key": f"k{n}", "value": "1"} for n in range(51)])
        assert dx.describe_connections()["connections"] == [], "a refused order made a port"
    with judge.case("dx: throttled, denied, failing"):
        rule = {"service": "directconnect", "operation": "DescribeLocations"}
        for kind, code in [("throttle", "ThrottlingException"), ("http500BeforeEffect", "DirectConnectServerException")]:
            simulator.control("POST", "faults", {"match": rule, "kind": kind, "times": 1})
            with refused(code):
                dx.describe_locations()
        simulator.act("denyAction", deny={"action": "directconnect:DescribeLocations"})
        with refused("AccessDeniedException"):
            dx.describe_locations()
        simulator.act("allowAction")
