//! Route tables, and the propagation of a virtual private gateway's routes into them.

use super::describe::{Found, Kind, answer, write_tags};
use super::{DONE, dry_run, not_found};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Route, RouteTable, RouteTarget, VpcAttachmentState, VpnGatewayState};
use ipnet::IpNet;

const KIND: Kind<RouteTable> = Kind {
    ids: "RouteTableId",
    noun: "routeTable",
    not_found: "InvalidRouteTableID.NotFound",
    filters: &[
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.destination-ipv6-cidr-block",
        "route.gateway-id",
        "route.nat-gateway-id",
        "route.origin",
        "route.state",
        "route.transit-gateway-id",
        "route.vpc-peering-connection-id",
        "vpc-id",
    ],
    attribute,
    visible: |ctx, table| table.account == ctx.caller.account && table.region == ctx.region,
    pages: Some((5, 100)),
};

fn attribute(_: &Ctx<'_>, table: &RouteTable, name: &str) -> Vec<String> {
    let routes =
        |pick: fn(&Route) -> Option<String>| table.routes.iter().filter_map(pick).collect();
    match name {
        "association.main" => {
            let mut found: Vec<String> = vec![table.main.to_string()];
            if table.main && !table.subnets.is_empty() {
                found.push("false".to_owned());
            }
            found
        }
        "association.route-table-association-id" => table
            .main
            .then(|| table.main_association_id.clone())
            .into_iter()
            .chain(table.subnets.iter().map(|(id, _)| id.clone()))
            .collect(),
        "association.subnet-id" => table.subnets.iter().map(|(_, id)| id.clone()).collect(),
        "association.route-table-id" | "route-table-id" => vec![table.id.clone()],
        "owner-id" => vec![table.account.clone()],
        "vpc-id" => vec![table.vpc_id.clone()],
        "route.destination-cidr-block" => routes(|route| v4(route.destination)),
        "route.destination-ipv6-cidr-block" => routes(|route| v6(route.destination)),
        "route.gateway-id" => routes(|route| match &route.target {
            RouteTarget::Local => Some("local".to_owned()),
            RouteTarget::Gateway(id) => Some(id.clone()),
            _ => None,
        }),
        "route.nat-gateway-id" => routes(|route| match &route.target {
            RouteTarget::NatGateway(id) => Some(id.clone()),
            _ => None,
        }),
        "route.transit-gateway-id" => routes(|route| match &route.target {
            RouteTarget::TransitGateway(id) => Some(id.clone()),
            _ => None,
        }),
        "route.vpc-peering-connection-id" => routes(|route| match &route.target {
            RouteTarget::Peering(id) => Some(id.clone()),
            _ => None,
        }),
        "route.origin" => routes(|route| Some(route.origin.to_string())),
        "route.state" => routes(|route| Some(state(route).to_owned())),
        _ => Vec::new(),
    }
}

fn v4(net: IpNet) -> Option<String> {
    matches!(net, IpNet::V4(_)).then(|| net.to_string())
}

fn v6(net: IpNet) -> Option<String> {
    matches!(net, IpNet::V6(_)).then(|| net.to_string())
}

fn state(route: &Route) -> &'static str {
    if route.active { "active" } else { "blackhole" }
}

/// EnableVgwRoutePropagation: the gateway must be attached to the table's VPC. Enabling twice does
/// no harm.
pub(super) fn enable_propagation(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let (table, gateway_id) = table_and_gateway(ctx, params)?;
    let gateway = ctx
        .world
        .vpn_gateways
        .get(gateway_id)
        .filter(|gateway| {
            gateway.account == ctx.caller.account
                && gateway.region == ctx.region
                && gateway.state != VpnGatewayState::Deleted
        })
        .ok_or_else(|| not_found("InvalidGatewayID.NotFound", "gateway", gateway_id))?;
    let attached = gateway.attachment.as_ref().is_some_and(|attachment| {
        attachment.vpc_id == table.vpc_id && attachment.state == VpcAttachmentState::Attached
    });
    if !attached {
        return Err(AwsError::client(
            "Gateway.NotAttached",
            format!(
                "resource {gateway_id} is not attached to network {}",
                table.vpc_id
            ),
        ));
    }
    dry_run(params)?;
    let now = ctx.now();
    ctx.world.route_tables.update(now, &table.id, |table| {
        table.propagating.insert(gateway_id.to_owned());
    });
    Ok(DONE.to_owned())
}

/// DisableVgwRoutePropagation: disabling what is not enabled does no harm (assumed).
pub(super) fn disable_propagation(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let (table, gateway_id) = table_and_gateway(ctx, params)?;
    dry_run(params)?;
    let now = ctx.now();
    ctx.world.route_tables.update(now, &table.id, |table| {
        table.propagating.remove(gateway_id);
    });
    Ok(DONE.to_owned())
}

fn table_and_gateway<'p>(
    ctx: &mut Ctx<'_>,
    params: &'p Params,
) -> Result<(RouteTable, &'p str), AwsError> {
    let gateway_id = params.required("GatewayId")?;
    let table_id = params.required("RouteTableId")?;
    ctx.touch(table_id);
    let table = ctx
        .world
        .route_tables
        .get(table_id)
        .filter(|table| (KIND.visible)(ctx, table))
        .ok_or_else(|| not_found(KIND.not_found, KIND.noun, table_id))?;
    Ok((table.clone(), gateway_id))
}

/// DescribeRouteTables.
pub(super) fn describe(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    answer(
        ctx,
        params,
        &ctx.world.route_tables,
        &KIND,
        "routeTableSet",
        |item, Found { value, tags, .. }| {
            write(item, value);
            write_tags(item, tags);
        },
    )
}

fn write(xml: &mut Xml, table: &RouteTable) {
    xml.text("routeTableId", &table.id);
    xml.text("vpcId", &table.vpc_id);
    xml.text("ownerId", &table.account);
    xml.list("routeSet", &table.routes, write_route);
    xml.element("associationSet", |set| {
        if table.main {
            set.element("item", |item| {
                write_association(item, table, &table.main_association_id, None);
            });
        }
        for (id, subnet) in &table.subnets {
            set.element("item", |item| {
                write_association(item, table, id, Some(subnet));
            });
        }
    });
    xml.list("propagatingVgwSet", &table.propagating, |item, id| {
        item.text("gatewayId", id);
    });
}

fn write_association(xml: &mut Xml, table: &RouteTable, id: &str, subnet: Option<&String>) {
    xml.text("routeTableAssociationId", id);
    xml.text("routeTableId", &table.id);
    xml.maybe("subnetId", subnet);
    xml.text("main", subnet.is_none());
    xml.element("associationState", |state| {
        state.text("state", "associated");
    });
}

fn write_route(xml: &mut Xml, route: &Route) {
    xml.maybe("destinationCidrBlock", v4(route.destination));
    xml.maybe("destinationIpv6CidrBlock", v6(route.destination));
    match &route.target {
        RouteTarget::Local => xml.text("gatewayId", "local"),
        RouteTarget::Gateway(id) => xml.text("gatewayId", id),
        RouteTarget::NatGateway(id) => xml.text("natGatewayId", id),
        RouteTarget::Peering(id) => xml.text("vpcPeeringConnectionId", id),
        RouteTarget::TransitGateway(id) => xml.text("transitGatewayId", id),
        RouteTarget::NetworkInterface(id) => xml.text("networkInterfaceId", id),
    }
    xml.text("state", state(route));
    xml.text("origin", route.origin);
}
