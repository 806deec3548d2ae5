//! Reading, changing and deleting associations.

use super::{PrefixInput, check_settled, check_transit_prefixes, own, prefixes, view, visible};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::input::{read, refused};
use crate::services::directconnect::paging;
use crate::world::{Association, AssociationState, Event, GatewayType};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names)]
struct Describe {
    association_id: Option<String>,
    associated_gateway_id: Option<String>,
    direct_connect_gateway_id: Option<String>,
    virtual_gateway_id: Option<String>,
}

/// DescribeDirectConnectGatewayAssociations: one of the four ids is required.
pub fn describe(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(raw)?;
    let wanted = [
        &input.association_id,
        &input.associated_gateway_id,
        &input.direct_connect_gateway_id,
        &input.virtual_gateway_id,
    ];
    if wanted.iter().all(|id| id.is_none()) {
        return Err(refused(
            "One of associationId, associatedGatewayId, directConnectGatewayId and virtualGatewayId is required",
        ));
    }
    let is = |wanted: &Option<String>, id: &str| wanted.as_ref().is_none_or(|one| one == id);
    let shown = |one: &Association| {
        visible(ctx, one)
            && is(&input.association_id, &one.id)
            && is(&input.associated_gateway_id, &one.gateway_id)
            && is(
                &input.direct_connect_gateway_id,
                &one.direct_connect_gateway_id,
            )
            && is(&input.virtual_gateway_id, &one.gateway_id)
    };
    let items = ctx
        .view
        .rows(&ctx.world.associations)
        .filter(|(_, association)| shown(association))
        .map(|(id, association)| (id.clone(), view(association)));
    let answer = paging::page(raw, "directConnectGatewayAssociations", items)?;
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    association_id: Option<String>,
    #[serde(default)]
    add_allowed_prefixes_to_direct_connect_gateway: Vec<PrefixInput>,
    #[serde(default)]
    remove_allowed_prefixes_to_direct_connect_gateway: Vec<PrefixInput>,
}

/// UpdateDirectConnectGatewayAssociation: a difference of allowed prefixes.
pub fn update(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Update = read(input)?;
    let id = input
        .association_id
        .ok_or_else(|| refused("associationId is required"))?;
    let association = own(ctx, &id)?;
    check_settled(association)?;
    let mut wanted = association.allowed_prefixes.clone();
    for gone in prefixes(&input.remove_allowed_prefixes_to_direct_connect_gateway)? {
        wanted.remove(&gone);
    }
    wanted.extend(prefixes(
        &input.add_allowed_prefixes_to_direct_connect_gateway,
    )?);
    if association.gateway_type == GatewayType::TransitGateway {
        let gateway = &association.direct_connect_gateway_id;
        check_transit_prefixes(ctx.world, gateway, &id, &wanted)?;
    }
    let now = ctx.now();
    ctx.world.associations.update(now, &id, |association| {
        association.state = AssociationState::Updating;
        association.updating_to = Some(wanted);
    });
    let delay = ctx.world.settings.association_update;
    ctx.world
        .schedule(now, delay, Event::AssociationUpdated(id.clone()));
    let answer = view(own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"directConnectGatewayAssociation": answer}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names)]
struct Delete {
    association_id: Option<String>,
    direct_connect_gateway_id: Option<String>,
    virtual_gateway_id: Option<String>,
}

/// DeleteDirectConnectGatewayAssociation: by id, or by both gateways. One that is already being
/// deleted is answered as it is.
pub fn delete(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Delete = read(input)?;
    let id = match (
        input.association_id,
        input.direct_connect_gateway_id,
        input.virtual_gateway_id,
    ) {
        (Some(id), _, _) => id,
        (None, Some(gateway), Some(vgw)) => ctx
            .world
            .associations
            .values()
            .find(|one| one.direct_connect_gateway_id == gateway && one.gateway_id == vgw)
            .map(|one| one.id.clone())
            .ok_or_else(|| {
                refused(format!(
                    "Direct Connect Gateway Association of {gateway} and {vgw} does not exist"
                ))
            })?,
        _ => {
            return Err(refused(
                "associationId, or directConnectGatewayId and virtualGatewayId, are required",
            ));
        }
    };
    let association = own(ctx, &id)?;
    if association.state != AssociationState::Disassociating {
        check_settled(association)?;
        let now = ctx.now();
        super::lifecycle::disassociate(ctx.world, now, &id);
    }
    let answer = view(own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"directConnectGatewayAssociation": answer}))
}
