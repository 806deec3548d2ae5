//! Attaching a virtual private gateway to a VPC, and detaching it.

use super::vpn_gateways::living;
use super::{DONE, dry_run, not_found};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Event, VpcAttachment, VpcAttachmentState, VpnGatewayState, World};
use jiff::Timestamp;

/// AttachVpnGateway: one VPC per gateway, one gateway per VPC. Attaching once more what is attached
/// answers with the attachment (assumed).
pub(super) fn attach(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let id = params.required("VpnGatewayId")?;
    let vpc_id = params.required("VpcId")?;
    ctx.touch(id);
    let gateway = living(ctx, id)?;
    let vpc_known = ctx
        .world
        .vpcs
        .get(vpc_id)
        .is_some_and(|vpc| vpc.account == ctx.caller.account && vpc.region == ctx.region);
    if !vpc_known {
        return Err(not_found("InvalidVpcID.NotFound", "vpc", vpc_id));
    }
    if gateway.state == VpnGatewayState::Deleting {
        return Err(AwsError::client(
            "InvalidVpnGatewayState",
            format!("The vpnGateway '{id}' is in state deleting."),
        ));
    }
    let held = gateway
        .attachment
        .filter(|found| found.state != VpcAttachmentState::Detached);
    if let Some(found) = held {
        if found.vpc_id != vpc_id {
            return Err(AwsError::client(
                "VpnGatewayAttachmentLimitExceeded",
                format!(
                    "The vpnGateway '{id}' is already attached to {}.",
                    found.vpc_id
                ),
            ));
        }
        if found.state == VpcAttachmentState::Detaching {
            return Err(AwsError::client(
                "IncorrectState",
                format!("The attachment of '{id}' to '{vpc_id}' is in state detaching."),
            ));
        }
        dry_run(params)?;
        return Ok(answer(&found));
    }
    if let Some(other) = holder(ctx.world, vpc_id) {
        return Err(AwsError::client(
            "InvalidVpcState",
            format!("The vpc '{vpc_id}' already has the vpnGateway '{other}' attached."),
        ));
    }
    dry_run(params)?;

    let attachment = VpcAttachment {
        vpc_id: vpc_id.to_owned(),
        state: VpcAttachmentState::Attaching,
    };
    let xml = answer(&attachment);
    let now = ctx.now();
    ctx.world.vpn_gateways.update(now, id, |gateway| {
        gateway.attachment = Some(attachment);
    });
    let delay = ctx.world.settings.vpc_attach;
    ctx.world
        .schedule(now, delay, Event::VpnGatewayAttached(id.to_owned()));
    Ok(xml)
}

/// The gateway that holds a VPC.
fn holder<'w>(world: &'w World, vpc_id: &str) -> Option<&'w str> {
    world
        .vpn_gateways
        .values()
        .find(|gateway| {
            gateway.attachment.as_ref().is_some_and(|found| {
                found.vpc_id == vpc_id && found.state != VpcAttachmentState::Detached
            })
        })
        .map(|gateway| gateway.id.as_str())
}

fn answer(attachment: &VpcAttachment) -> String {
    let mut xml = Xml::default();
    xml.element("attachment", |item| {
        item.text("vpcId", &attachment.vpc_id);
        item.text("state", attachment.state);
    });
    xml.into_string()
}

/// DetachVpnGateway. Direct Connect then drops the gateway's association with a Direct Connect
/// gateway by itself (Direct Connect User Guide, "Virtual private gateway associations").
pub(super) fn detach(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let id = params.required("VpnGatewayId")?;
    let vpc_id = params.required("VpcId")?;
    ctx.touch(id);
    let gateway = living(ctx, id)?;
    let Some(attachment) = gateway
        .attachment
        .filter(|found| found.vpc_id == vpc_id && found.state != VpcAttachmentState::Detached)
    else {
        return Err(AwsError::client(
            "InvalidVpnGatewayAttachment.NotFound",
            format!(
                "The attachment with vpn gateway ID '{id}' and vpc ID '{vpc_id}' does not exist"
            ),
        ));
    };
    dry_run(params)?;
    if attachment.state == VpcAttachmentState::Detaching {
        return Ok(DONE.to_owned());
    }

    let now = ctx.now();
    ctx.world.vpn_gateways.update(now, id, |gateway| {
        if let Some(attachment) = &mut gateway.attachment {
            attachment.state = VpcAttachmentState::Detaching;
        }
    });
    let delay = ctx.world.settings.vpc_attach;
    ctx.world
        .schedule(now, delay, Event::VpnGatewayDetached(id.to_owned()));
    Ok(DONE.to_owned())
}

/// attaching → attached.
pub(super) fn attached(world: &mut World, at: Timestamp, id: &str) {
    change(world, at, id, |state| match state {
        VpcAttachmentState::Attaching => VpcAttachmentState::Attached,
        other => other,
    });
}

/// detaching → detached; route tables stop propagating from it (assumed).
pub(super) fn detached(world: &mut World, at: Timestamp, id: &str) {
    let mut done = false;
    change(world, at, id, |state| match state {
        VpcAttachmentState::Detaching => {
            done = true;
            VpcAttachmentState::Detached
        }
        other => other,
    });
    if !done {
        return;
    }
    let tables: Vec<String> = world
        .route_tables
        .values()
        .filter(|table| table.propagating.contains(id))
        .map(|table| table.id.clone())
        .collect();
    for table in tables {
        world.route_tables.update(at, &table, |table| {
            table.propagating.remove(id);
        });
    }
}

fn change(
    world: &mut World,
    at: Timestamp,
    id: &str,
    next: impl FnOnce(VpcAttachmentState) -> VpcAttachmentState,
) {
    world.vpn_gateways.update(at, id, |gateway| {
        if let Some(attachment) = &mut gateway.attachment {
            attachment.state = next(attachment.state);
        }
    });
}
