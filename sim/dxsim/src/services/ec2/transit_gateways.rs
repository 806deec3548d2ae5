//! Transit gateways: declared by the world file, only described here.

use super::describe::{Found, Kind, answer, write_tags};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, xml::Xml};
use crate::world::TransitGateway;

const KIND: Kind<TransitGateway> = Kind {
    ids: "TransitGatewayIds",
    noun: "transitGateway",
    not_found: "InvalidTransitGatewayID.NotFound",
    filters: &[
        "options.amazon-side-asn",
        "owner-id",
        "state",
        "transit-gateway-id",
    ],
    attribute: |_, gateway, name| {
        vec![match name {
            "options.amazon-side-asn" => gateway.amazon_side_asn.to_string(),
            "owner-id" => gateway.account.clone(),
            "state" => "available".to_owned(),
            _ => gateway.id.clone(),
        }]
    },
    visible: |ctx, gateway| gateway.account == ctx.caller.account && gateway.region == ctx.region,
    pages: Some((5, 1000)),
};

/// DescribeTransitGateways.
pub(super) fn describe(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let write = |item: &mut Xml, Found { value, tags, .. }: &Found<TransitGateway>| {
        item.text("transitGatewayId", &value.id);
        item.text(
            "transitGatewayArn",
            format!(
                "arn:aws:ec2:{}:{}:transit-gateway/{}",
                value.region, value.account, value.id
            ),
        );
        item.text("state", "available");
        item.text("ownerId", &value.account);
        item.element("options", |options| {
            options.text("amazonSideAsn", value.amazon_side_asn);
            options.text("vpnEcmpSupport", "enable");
            options.text("dnsSupport", "enable");
        });
        write_tags(item, tags);
    };
    answer(
        ctx,
        params,
        &ctx.world.transit_gateways,
        &KIND,
        "transitGatewaySet",
        write,
    )
}
