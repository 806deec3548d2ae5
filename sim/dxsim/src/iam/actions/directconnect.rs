//! Service Authorization Reference, "Actions, resources, and condition keys for AWS Direct Connect"
//! (list_awsdirectconnect.html). All four resource types have `aws:ResourceTag`.

use super::Target::{Arn, Association, Id, Port};
use super::{Action, RequestTags, Target, action, tagged};
use crate::iam::resource::Kind::{DirectConnectGateway, Lag, VirtualInterface};

const INTERFACE: &[Target] = &[Id(VirtualInterface, "virtualInterfaceId")];
const GATEWAY: &[Target] = &[Id(DirectConnectGateway, "directConnectGatewayId")];
const CONNECTION: &[Target] = &[Port("connectionId")];
const TAGS: RequestTags = RequestTags::List(&["tags"]);

/// The actions that dxsim answers, those that change things first.
pub const ACTIONS: &[Action] = &[
    action(
        "AssociateVirtualInterface",
        &[
            Id(VirtualInterface, "virtualInterfaceId"),
            Port("connectionId"),
        ],
    ),
    action("CreateBGPPeer", INTERFACE),
    tagged("CreateConnection", &[Id(Lag, "lagId")], TAGS),
    tagged("CreateDirectConnectGateway", &[], TAGS),
    action("CreateDirectConnectGatewayAssociation", GATEWAY),
    tagged(
        "CreatePrivateVirtualInterface",
        CONNECTION,
        RequestTags::List(&["newPrivateVirtualInterface", "tags"]),
    ),
    tagged(
        "CreatePublicVirtualInterface",
        CONNECTION,
        RequestTags::List(&["newPublicVirtualInterface", "tags"]),
    ),
    tagged(
        "CreateTransitVirtualInterface",
        CONNECTION,
        RequestTags::List(&["newTransitVirtualInterface", "tags"]),
    ),
    action("DeleteBGPPeer", INTERFACE),
    action("DeleteConnection", CONNECTION),
    action("DeleteDirectConnectGateway", GATEWAY),
    // A call names the association, or the pair of gateways.
    action(
        "DeleteDirectConnectGatewayAssociation",
        &[
            Association("associationId"),
            Id(DirectConnectGateway, "directConnectGatewayId"),
        ],
    ),
    action("DeleteVirtualInterface", INTERFACE),
    // dx-gateway as a type that can be tagged (unverified): the page's older versions list the
    // other three; the gateway's tags are newer.
    tagged("TagResource", &[Arn("resourceArn")], TAGS),
    tagged(
        "UntagResource",
        &[Arn("resourceArn")],
        RequestTags::Keys("tagKeys"),
    ),
    // (unverified): the resource type.
    action("UpdateConnection", CONNECTION),
    // (unverified): the action is not on the page as it was read.
    action("UpdateConnectionsBillingMode", &[Port("connectionIds")]),
    // (unverified): the resource type.
    action("UpdateDirectConnectGateway", GATEWAY),
    // The page lists no resource type.
    action("UpdateDirectConnectGatewayAssociation", &[]),
    action("UpdateVirtualInterfaceAttributes", INTERFACE),
    action("DescribeConnectionLoa", CONNECTION),
    action("DescribeConnections", CONNECTION),
    action("DescribeDirectConnectGatewayAssociations", GATEWAY),
    action("DescribeDirectConnectGatewayAttachments", GATEWAY),
    action("DescribeDirectConnectGateways", GATEWAY),
    action("DescribeLoa", CONNECTION),
    action("DescribeLocations", &[]),
    // (unverified): the resource type.
    action("DescribeRouterConfiguration", INTERFACE),
    action("DescribeTags", &[Arn("resourceArns")]),
    action("DescribeVirtualGateways", &[]),
    action(
        "DescribeVirtualInterfaces",
        &[
            Id(VirtualInterface, "virtualInterfaceId"),
            Port("connectionId"),
        ],
    ),
    // (unverified): the action is not on the page as it was read.
    action("ListVirtualInterfaceRoutes", INTERFACE),
];
