//! Virtual private gateways: create, delete, describe.

use super::describe::{Found, Kind, answer, write_tags};
use super::{DONE, dry_run, not_found, tags};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::error::{invalid, missing};
use crate::wire::query::{Params, xml::Xml};
use crate::world::{
    Event, Tags, VirtualInterfaceState, VpcAttachmentState, VpnGateway, VpnGatewayState, World,
};
use jiff::Timestamp;

/// `amazonSideAsn` when none is asked for.
const DEFAULT_ASN: i64 = 64512;

const KIND: Kind<VpnGateway> = Kind {
    ids: "VpnGatewayId",
    noun: "vpnGateway",
    not_found: "InvalidVpnGatewayID.NotFound",
    filters: &[
        "amazon-side-asn",
        "attachment.state",
        "attachment.vpc-id",
        "availability-zone",
        "state",
        "type",
        "vpn-gateway-id",
    ],
    attribute,
    visible: |ctx, gateway| gateway.account == ctx.caller.account && gateway.region == ctx.region,
    pages: None,
};

fn attribute(_: &Ctx<'_>, gateway: &VpnGateway, name: &str) -> Vec<String> {
    let attachment = gateway.attachment.iter();
    match name {
        "amazon-side-asn" => vec![gateway.amazon_side_asn.to_string()],
        "attachment.state" => attachment.map(|found| found.state.to_string()).collect(),
        "attachment.vpc-id" => attachment.map(|found| found.vpc_id.clone()).collect(),
        "state" => vec![gateway.state.to_string()],
        "type" => vec!["ipsec.1".to_owned()],
        "vpn-gateway-id" => vec![gateway.id.clone()],
        _ => Vec::new(),
    }
}

/// A gateway of the caller in the region of the call that is not deleted.
pub(super) fn living(ctx: &Ctx<'_>, id: &str) -> Result<VpnGateway, AwsError> {
    ctx.world
        .vpn_gateways
        .get(id)
        .filter(|gateway| (KIND.visible)(ctx, gateway) && gateway.state != VpnGatewayState::Deleted)
        .cloned()
        .ok_or_else(|| not_found(KIND.not_found, KIND.noun, id))
}

/// CreateVpnGateway.
pub(super) fn create(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let kind = params.text("Type").ok_or_else(|| missing("Type"))?;
    if kind != "ipsec.1" {
        return Err(invalid(format!(
            "Value ({kind}) for parameter type is invalid. Must be ipsec.1"
        )));
    }
    let amazon_side_asn = params.integer("AmazonSideAsn")?.unwrap_or(DEFAULT_ASN);
    if !(64_512..=65_534).contains(&amazon_side_asn)
        && !(4_200_000_000..=4_294_967_294).contains(&amazon_side_asn)
    {
        return Err(invalid(format!(
            "Value ({amazon_side_asn}) for parameter amazonSideAsn is invalid. A private ASN in the 64512 to 65534 or 4200000000 to 4294967294 range is required"
        )));
    }
    let tags = tags::at_creation(params, "vpn-gateway")?;
    let used = ctx
        .world
        .vpn_gateways
        .values()
        .filter(|found| (KIND.visible)(ctx, found) && found.state != VpnGatewayState::Deleted)
        .count();
    if used >= ctx.world.settings.quotas.vpn_gateways_per_region {
        return Err(AwsError::client(
            "VpnGatewayLimitExceeded",
            "The maximum number of virtual private gateways has been reached.",
        ));
    }
    dry_run(params)?;

    let now = ctx.now();
    let gateway = VpnGateway {
        id: ctx.world.ids.hex("vgw-"),
        account: ctx.caller.account.clone(),
        region: ctx.region.clone(),
        amazon_side_asn,
        state: VpnGatewayState::Pending,
        attachment: None,
        ended_at: None,
    };
    let id = gateway.id.clone();
    ctx.touch(&id);
    ctx.world.vpn_gateways.insert(now, &id, gateway.clone());
    if !tags.is_empty() {
        ctx.world.tags.insert(now, &id, tags.clone());
    }
    let delay = ctx.world.settings.vpn_gateway;
    ctx.world
        .schedule(now, delay, Event::VpnGatewayAvailable(id));
    let mut xml = Xml::default();
    xml.element("vpnGateway", |item| write(item, &gateway, &tags));
    Ok(xml.into_string())
}

/// DeleteVpnGateway.
pub(super) fn delete(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let id = params.required("VpnGatewayId")?;
    ctx.touch(id);
    let gateway = living(ctx, id)?;
    if let Some(attachment) = &gateway.attachment
        && attachment.state != VpcAttachmentState::Detached
    {
        return Err(in_use(id, &format!("attached to {}", attachment.vpc_id)));
    }
    let interface = ctx.world.virtual_interfaces.values().find(|interface| {
        interface.virtual_gateway_id.as_deref() == Some(id)
            && !matches!(
                interface.state,
                VirtualInterfaceState::Deleted | VirtualInterfaceState::Rejected
            )
    });
    if let Some(interface) = interface {
        return Err(in_use(id, &format!("used by {}", interface.id)));
    }
    let association = ctx
        .world
        .associations
        .values()
        .find(|association| association.gateway_id == id);
    if let Some(association) = association {
        return Err(in_use(
            id,
            &format!(
                "associated with Direct Connect gateway {}",
                association.direct_connect_gateway_id
            ),
        ));
    }
    dry_run(params)?;

    if gateway.state != VpnGatewayState::Deleting {
        let now = ctx.now();
        ctx.world.vpn_gateways.update(now, id, |gateway| {
            gateway.state = VpnGatewayState::Deleting;
        });
        let delay = ctx.world.settings.vpn_gateway;
        ctx.world
            .schedule(now, delay, Event::VpnGatewayDeleted(id.to_owned()));
    }
    Ok(DONE.to_owned())
}

fn in_use(id: &str, how: &str) -> AwsError {
    AwsError::client(
        "IncorrectState",
        format!("The vpnGateway '{id}' is in use: it is {how}."),
    )
}

/// DescribeVpnGateways: everything at once, the API has no pages.
pub(super) fn describe(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    answer(
        ctx,
        params,
        &ctx.world.vpn_gateways,
        &KIND,
        "vpnGatewaySet",
        |item, Found { value, tags, .. }| write(item, value, tags),
    )
}

fn write(xml: &mut Xml, gateway: &VpnGateway, tags: &Tags) {
    xml.text("vpnGatewayId", &gateway.id);
    xml.text("state", gateway.state);
    xml.text("type", "ipsec.1");
    xml.text("amazonSideAsn", gateway.amazon_side_asn);
    xml.list("attachments", &gateway.attachment, |item, attachment| {
        item.text("vpcId", &attachment.vpc_id);
        item.text("state", attachment.state);
    });
    write_tags(xml, tags);
}

/// pending → available.
pub(super) fn available(world: &mut World, at: Timestamp, id: &str) {
    world.vpn_gateways.update(at, id, |gateway| {
        if gateway.state == VpnGatewayState::Pending {
            gateway.state = VpnGatewayState::Available;
        }
    });
}

/// deleting → deleted; it stays listed for a while.
pub(super) fn deleted(world: &mut World, at: Timestamp, id: &str) {
    world.vpn_gateways.update(at, id, |gateway| {
        gateway.state = VpnGatewayState::Deleted;
        gateway.attachment = None;
        gateway.ended_at = Some(at);
    });
    let delay = world.settings.vpn_gateway_deleted_visible;
    world.schedule(at, delay, Event::VpnGatewayForgotten(id.to_owned()));
}

/// No longer listed.
pub(super) fn forgotten(world: &mut World, at: Timestamp, id: &str) {
    world.vpn_gateways.remove(at, id);
    world.tags.remove(at, id);
}
