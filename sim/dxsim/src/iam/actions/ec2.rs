//! Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"
//! (list_amazonec2.html). The resource types have `aws:ResourceTag` and `ec2:ResourceTag`. Describe
//! actions have no resources, so they are not listed.

use super::Target::{AnyId, Id, New};
use super::{Action, RequestTags, action, tagged};
use crate::iam::resource::Kind::{RouteTable, Vpc, VpnGateway};

/// The actions that change things.
pub const ACTIONS: &[Action] = &[
    // (unverified): both types of the two attachment actions and of the two propagation actions.
    action(
        "AttachVpnGateway",
        &[Id(Vpc, "VpcId"), Id(VpnGateway, "VpnGatewayId")],
    ),
    action(
        "DetachVpnGateway",
        &[Id(Vpc, "VpcId"), Id(VpnGateway, "VpnGatewayId")],
    ),
    action(
        "EnableVgwRoutePropagation",
        &[Id(RouteTable, "RouteTableId"), Id(VpnGateway, "GatewayId")],
    ),
    action(
        "DisableVgwRoutePropagation",
        &[Id(RouteTable, "RouteTableId"), Id(VpnGateway, "GatewayId")],
    ),
    tagged(
        "CreateVpnGateway",
        &[New(VpnGateway)],
        RequestTags::Specification,
    ),
    action("DeleteVpnGateway", &[Id(VpnGateway, "VpnGatewayId")]),
    tagged("CreateTags", &[AnyId("ResourceId")], RequestTags::Query),
    tagged("DeleteTags", &[AnyId("ResourceId")], RequestTags::Query),
];
