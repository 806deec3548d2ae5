"""The judge must find what is wrong: answers that are broken on purpose."""

import json

import botocore.session

import shapes

HEAD = '<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>'
TAIL = "</DescribeVpcsResponse>"


def walk(_simulator, judge):
    session = botocore.session.get_session()
    dx = session.get_service_model("directconnect").operation_model("DescribeConnections")
    vpcs = session.get_service_model("ec2").operation_model("DescribeVpcs")
    with judge.case("judge: finds unknown members, wrong types and unknown values in JSON"):
        for connection, wrong in [
            ({"connectionId": "dxcon-1"}, 0),
            ({"colour": "red"}, 1),
            ({"vlan": "101"}, 1),
            ({"hasLogicalRedundancy": True}, 1),
            ({"connectionState": "sleeping"}, 1),
            ({"loaIssueTime": "2026-01-01T00:00:00Z"}, 1),
        ]:
            found = shapes.judge(dx, json.dumps({"connections": [connection]}).encode(), "application/x-amz-json-1.1")
            assert len(found) == wrong, (connection, found)
    with judge.case("judge: finds the same in XML"):
        for inner, wrong in [
            ("<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>", 0),
            ("<vpcSet><member><vpcId>vpc-1</vpcId></member></vpcSet>", 1),
            ("<vpcSet><item><vpcID>vpc-1</vpcID></item></vpcSet>", 1),
            ("<vpcSet><item><isDefault>no</isDefault></item></vpcSet>", 1),
            ("<vpcSet><item><state>asleep</state></item></vpcSet>", 1),
            ("<vpcSet></vpcSet><vpcSet></vpcSet>", 1),
        ]:
            found = shapes.judge(vpcs, (HEAD + inner + TAIL).encode(), "text/xml")
            assert len(found) == wrong, (inner, found)
