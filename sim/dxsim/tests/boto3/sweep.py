"""Every operation of Direct Connect's model that was not walked must say that it is not implemented."""

from botocore.exceptions import ClientError

from harness import client

# They speak of interconnects, which cannot exist here: all they can do is refuse.
ONLY_REFUSE = {"DescribeConnectionsOnInterconnect", "DescribeInterconnectLoa"}

IMPLEMENTED = {
    "ec2": {
        "AttachVpnGateway",
        "CreateTags",
        "CreateVpnGateway",
        "DeleteTags",
        "DeleteVpnGateway",
        "DescribeRouteTables",
        "DescribeSubnets",
        "DescribeTags",
        "DescribeTransitGateways",
        "DescribeVpcPeeringConnections",
        "DescribeVpcs",
        "DescribeVpnGateways",
        "DetachVpnGateway",
        "DisableVgwRoutePropagation",
        "EnableVgwRoutePropagation",
    },
    "sts": {"AssumeRole", "GetCallerIdentity"},
}


def walk(simulator, judge):
    walked = {service: set(operations) for service, operations in judge.walked.items()}
    for service, operations in IMPLEMENTED.items():
        with judge.case(f"sweep: {service} whole"):
            assert walked[service] == operations, walked[service] ^ operations
    dx = client(simulator, judge, "directconnect")
    model = dx.meta.service_model
    for name in model.operation_names:
        if name in walked["directconnect"]:
            continue
        with judge.case(f"sweep: {name} is refused by name"):
            shape = model.operation_model(name).input_shape
            inputs = sample(shape) if shape else {}
            try:
                getattr(dx, method(dx, name))(**inputs)
            except ClientError as error:
                message = error.response["Error"]["Message"]
                assert name in message or name in ONLY_REFUSE, error
            else:
                raise AssertionError("it succeeded, and nothing walks it")


def method(client_of, operation):
    return next(py for py, name in client_of.meta.method_to_api_mapping.items() if name == operation)


def sample(shape):
    """The smallest input that botocore lets pass."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)]
    if kind == "string":
        return shape.enum[0] if shape.enum else "x" * shape.metadata.get("min", 1)
    return 1
