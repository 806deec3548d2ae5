//! CreateDirectConnectGatewayAssociation.

use super::{PrefixInput, check_transit_prefixes, prefixes, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::gateways;
use crate::services::directconnect::input::{read, refused};
use crate::world::{
    Association, AssociationState, DirectConnectGateway, Event, GatewayType, VirtualInterfaceType,
    VpcAttachmentState, VpnGateway, VpnGatewayState, World,
};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    direct_connect_gateway_id: String,
    gateway_id: Option<String>,
    #[serde(default)]
    add_allowed_prefixes_to_direct_connect_gateway: Vec<PrefixInput>,
    virtual_gateway_id: Option<String>,
}

/// CreateDirectConnectGatewayAssociation.
pub fn create(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Create = read(input)?;
    let gateway_id = match (input.gateway_id, input.virtual_gateway_id) {
        (Some(id), None) | (None, Some(id)) => id,
        (Some(one), Some(other)) if one == other => one,
        _ => {
            return Err(refused(
                "Exactly one of gatewayId and virtualGatewayId is required",
            ));
        }
    };
    let gateway = gateways::own_available(ctx, &input.direct_connect_gateway_id)?.clone();
    let allowed = prefixes(&input.add_allowed_prefixes_to_direct_connect_gateway)?;
    if let Some(known) = ctx
        .world
        .associations
        .values()
        .find(|one| one.direct_connect_gateway_id == gateway.id && one.gateway_id == gateway_id)
    {
        return Err(refused(format!(
            "Gateway {gateway_id} is already associated with Direct Connect Gateway {} ({})",
            gateway.id, known.id
        )));
    }
    let (gateway_type, region) = if gateway_id.starts_with("tgw-") {
        let region = transit_gateway(ctx, &gateway, &gateway_id, &allowed)?;
        (GatewayType::TransitGateway, region)
    } else {
        let region = virtual_gateway(ctx, &gateway, &gateway_id)?;
        (GatewayType::VirtualPrivateGateway, region)
    };

    let now = ctx.now();
    let id = ctx.world.ids.uuid("association");
    let association = Association {
        id: id.clone(),
        account: ctx.caller.account.clone(),
        direct_connect_gateway_id: gateway.id,
        gateway_id,
        gateway_type,
        gateway_account: ctx.caller.account.clone(),
        gateway_region: region,
        allowed_prefixes: allowed,
        updating_to: None,
        state: AssociationState::Associating,
        state_change_error: None,
    };
    let answer = view(&association);
    ctx.world.associations.insert(now, &id, association);
    let delay = ctx.world.settings.associate;
    ctx.world
        .schedule(now, delay, Event::AssociationAssociated(id.clone()));
    ctx.touch(id);
    Ok(json!({"directConnectGatewayAssociation": answer}))
}

fn count(world: &World, gateway: &str, kind: GatewayType) -> usize {
    world
        .associations
        .values()
        .filter(|one| one.direct_connect_gateway_id == gateway && one.gateway_type == kind)
        .count()
}

/// One gateway never serves both kinds.
fn check_mixing(world: &World, gateway: &str, kind: GatewayType) -> Result<(), AwsError> {
    let transit = kind == GatewayType::TransitGateway;
    let other = world
        .associations
        .values()
        .find(|one| one.direct_connect_gateway_id == gateway && one.gateway_type != kind)
        .map(|one| &one.gateway_id)
        .or_else(|| {
            world
                .attachments
                .values()
                .find(|one| {
                    one.direct_connect_gateway_id == gateway
                        && (one.kind == VirtualInterfaceType::Transit) != transit
                })
                .map(|one| &one.virtual_interface_id)
        });
    match other {
        Some(other) => Err(refused(format!(
            "Direct Connect Gateway {gateway} already serves {other}; it cannot serve a {kind} besides"
        ))),
        None => Ok(()),
    }
}

/// The rules for a VGW; gives its region.
fn virtual_gateway(
    ctx: &Ctx<'_>,
    gateway: &DirectConnectGateway,
    id: &str,
) -> Result<String, AwsError> {
    let world = &*ctx.world;
    let vgw = world
        .vpn_gateways
        .get(id)
        .filter(|vgw| vgw.account == ctx.caller.account && vgw.state == VpnGatewayState::Available)
        .ok_or_else(|| refused(format!("Virtual gateway {id} does not exist")))?;
    check_mixing(world, &gateway.id, GatewayType::VirtualPrivateGateway)?;
    if let Some(other) = world.associations.values().find(|one| one.gateway_id == id) {
        return Err(refused(format!(
            "Virtual gateway {id} is already associated with Direct Connect Gateway {}",
            other.direct_connect_gateway_id
        )));
    }
    let cidrs = vpc_cidrs(world, vgw)
        .ok_or_else(|| refused(format!("Virtual gateway {id} is not attached to a VPC")))?;
    let limit = world
        .settings
        .quotas
        .virtual_gateways_per_direct_connect_gateway;
    if count(world, &gateway.id, GatewayType::VirtualPrivateGateway) >= limit {
        return Err(refused(format!(
            "Direct Connect Gateway {} has reached the limit of {limit} virtual gateways",
            gateway.id
        )));
    }
    let others = world
        .associations
        .values()
        .filter(|one| one.direct_connect_gateway_id == gateway.id);
    for other in others {
        let known = world
            .vpn_gateways
            .get(&other.gateway_id)
            .and_then(|vgw| vpc_cidrs(world, vgw))
            .unwrap_or_default();
        let clash = cidrs.iter().find(|cidr| {
            known
                .iter()
                .any(|known| known.contains(*cidr) || cidr.contains(known))
        });
        if let Some(cidr) = clash {
            return Err(refused(format!(
                "The VPC CIDR {cidr} behind {id} overlaps with the VPC behind {}",
                other.gateway_id
            )));
        }
    }
    Ok(vgw.region.clone())
}

/// CIDRs of the VPC that a VGW is attached to.
fn vpc_cidrs(world: &World, vgw: &VpnGateway) -> Option<Vec<IpNet>> {
    let attachment = vgw.attachment.as_ref()?;
    if attachment.state != VpcAttachmentState::Attached {
        return None;
    }
    Some(world.vpcs.get(&attachment.vpc_id)?.cidrs.clone())
}

/// The rules for a transit gateway; gives its region.
fn transit_gateway(
    ctx: &Ctx<'_>,
    gateway: &DirectConnectGateway,
    id: &str,
    allowed: &BTreeSet<IpNet>,
) -> Result<String, AwsError> {
    let world = &*ctx.world;
    let tgw = world
        .transit_gateways
        .get(id)
        .filter(|tgw| tgw.account == ctx.caller.account)
        .ok_or_else(|| refused(format!("Transit gateway {id} does not exist")))?;
    check_mixing(world, &gateway.id, GatewayType::TransitGateway)?;
    if tgw.amazon_side_asn == gateway.amazon_side_asn {
        return Err(refused(format!(
            "Direct Connect Gateway {} and transit gateway {id} have the same Amazon side ASN {}",
            gateway.id, gateway.amazon_side_asn
        )));
    }
    let quotas = &world.settings.quotas;
    let limit = quotas.transit_gateways_per_direct_connect_gateway;
    if count(world, &gateway.id, GatewayType::TransitGateway) >= limit {
        return Err(refused(format!(
            "Direct Connect Gateway {} has reached the limit of {limit} transit gateways",
            gateway.id
        )));
    }
    let limit = quotas.direct_connect_gateways_per_transit_gateway;
    let associated = world
        .associations
        .values()
        .filter(|one| one.gateway_id == id)
        .count();
    if associated >= limit {
        return Err(refused(format!(
            "Transit gateway {id} has reached the limit of {limit} Direct Connect gateways"
        )));
    }
    check_transit_prefixes(world, &gateway.id, "", allowed)?;
    Ok(tgw.region.clone())
}
