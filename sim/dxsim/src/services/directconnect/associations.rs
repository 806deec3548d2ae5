//! Associations of Direct Connect gateways with VGWs and transit gateways.

mod create;
mod lifecycle;
mod operations;

pub use create::create;
pub use lifecycle::{associated, disassociated, settle, updated};
pub use operations::{delete, describe, update};

use super::input::refused;
use super::output;
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{Association, AssociationState, GatewayType, World};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A prefix of an input.
#[derive(Debug, Clone, Deserialize)]
pub struct PrefixInput {
    cidr: Option<String>,
}

/// Prefixes of an input, parsed.
fn prefixes(list: &[PrefixInput]) -> Result<BTreeSet<IpNet>, AwsError> {
    list.iter()
        .map(|prefix| {
            let text = prefix.cidr.as_deref().unwrap_or_default();
            let net: IpNet = text
                .parse()
                .map_err(|_| refused(format!("The prefix {text} is invalid")))?;
            if net.trunc() == net {
                return Ok(net);
            }
            Err(refused(format!(
                "The prefix {text} is invalid: {} is its network address",
                net.trunc()
            )))
        })
        .collect()
}

/// The rules for prefixes of a transit gateway: required, at most 200, and none overlaps with
/// another transit gateway's on the same Direct Connect gateway.
fn check_transit_prefixes(
    world: &World,
    gateway: &str,
    own_id: &str,
    prefixes: &BTreeSet<IpNet>,
) -> Result<(), AwsError> {
    let limit = world.settings.quotas.allowed_prefixes_per_transit_gateway;
    if prefixes.is_empty() {
        return Err(refused(
            "At least one allowed prefix is required for a transit gateway",
        ));
    }
    if prefixes.len() > limit {
        return Err(refused(format!(
            "At most {limit} allowed prefixes are possible for a transit gateway"
        )));
    }
    for other in world.associations.values() {
        if other.direct_connect_gateway_id != gateway
            || other.id == own_id
            || other.gateway_type != GatewayType::TransitGateway
        {
            continue;
        }
        for known in &other.allowed_prefixes {
            let clash = prefixes
                .iter()
                .find(|prefix| prefix.contains(known) || known.contains(*prefix));
            if let Some(prefix) = clash {
                return Err(refused(format!(
                    "The allowed prefix {prefix} overlaps with {known} of {}",
                    other.gateway_id
                )));
            }
        }
    }
    Ok(())
}

/// An association that the caller may change, as it truly is.
fn own<'c>(ctx: &'c Ctx<'_>, id: &str) -> Result<&'c Association, AwsError> {
    ctx.world
        .associations
        .get(id)
        .filter(|association| visible(ctx, association))
        .ok_or_else(|| {
            refused(format!(
                "Direct Connect Gateway Association {id} does not exist"
            ))
        })
}

/// Both sides see an association.
fn visible(ctx: &Ctx<'_>, association: &Association) -> bool {
    association.account == ctx.caller.account || association.gateway_account == ctx.caller.account
}

fn view(association: &Association) -> Value {
    let prefixes: Vec<Value> = association
        .allowed_prefixes
        .iter()
        .map(|cidr| json!({"cidr": cidr}))
        .collect();
    let vgw = association.gateway_type == GatewayType::VirtualPrivateGateway;
    output::object(json!({
        "directConnectGatewayId": association.direct_connect_gateway_id,
        "directConnectGatewayOwnerAccount": association.account,
        "associationId": association.id,
        "associationState": association.state,
        "stateChangeError": association.state_change_error,
        "associatedGateway": {
            "id": association.gateway_id,
            "type": association.gateway_type,
            "ownerAccount": association.gateway_account,
            "region": association.gateway_region,
        },
        "allowedPrefixesToDirectConnectGateway": prefixes,
        "virtualGatewayId": vgw.then_some(&association.gateway_id),
        "virtualGatewayRegion": vgw.then_some(&association.gateway_region),
        "virtualGatewayOwnerAccount": vgw.then_some(&association.gateway_account),
    }))
}

/// Whether it may be changed or taken back now.
fn check_settled(association: &Association) -> Result<(), AwsError> {
    if association.state == AssociationState::Associated {
        return Ok(());
    }
    Err(refused(format!(
        "Direct Connect Gateway Association {} is in state {}",
        association.id, association.state
    )))
}
