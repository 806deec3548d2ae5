//! Direct Connect gateways. They are global: every region shows them.

use super::input::{TagInput, check_name, check_tags, read, refused, tags_of};
use super::{arn, capacity, connections, output, paging};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{DirectConnectGateway, DirectConnectGatewayState as State, Event, Tags, World};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// A gateway of the caller's, as it truly is.
pub fn own<'c>(ctx: &'c Ctx<'_>, id: &str) -> Result<&'c DirectConnectGateway, AwsError> {
    ctx.world
        .direct_connect_gateways
        .get(id)
        .filter(|gateway| gateway.account == ctx.caller.account)
        .ok_or_else(|| refused(format!("Direct Connect Gateway {id} does not exist")))
}

/// The same, if something can be connected to it.
pub fn own_available<'c>(ctx: &'c Ctx<'_>, id: &str) -> Result<&'c DirectConnectGateway, AwsError> {
    let gateway = own(ctx, id)?;
    if gateway.state == State::Available {
        return Ok(gateway);
    }
    Err(refused(format!(
        "Direct Connect Gateway {id} is in state {}",
        gateway.state
    )))
}

fn view(ctx: &Ctx<'_>, gateway: &DirectConnectGateway) -> Value {
    let arn = arn::gateway(&gateway.account, &gateway.id);
    output::object(json!({
        "directConnectGatewayId": gateway.id,
        "directConnectGatewayName": gateway.name,
        "amazonSideAsn": gateway.amazon_side_asn,
        "ownerAccount": gateway.account,
        "directConnectGatewayState": gateway.state,
        "stateChangeError": gateway.state_change_error,
        "totalPrefixPoolAllocations": capacity::allocated(ctx.world, &gateway.id, ""),
        "tags": output::tags(&ctx.view.tags(&ctx.world.tags, &arn)),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    direct_connect_gateway_name: String,
    #[serde(default)]
    tags: Vec<TagInput>,
    amazon_side_asn: Option<i64>,
}

/// CreateDirectConnectGateway. Names need not be unique.
pub fn create(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Create = read(input)?;
    check_name(
        "directConnectGatewayName",
        &input.direct_connect_gateway_name,
    )?;
    check_tags(&input.tags, &Tags::new())?;
    let asn = input.amazon_side_asn.unwrap_or(64512);
    if !(64512..=65534).contains(&asn) && !(4_200_000_000..=4_294_967_294).contains(&asn) {
        return Err(refused(format!(
            "amazonSideAsn {asn} is invalid: it must be between 64512 and 65534 or between 4200000000 and 4294967294"
        )));
    }
    let limit = ctx.world.settings.quotas.direct_connect_gateways;
    let count = ctx
        .world
        .direct_connect_gateways
        .values()
        .filter(|gateway| gateway.account == ctx.caller.account)
        .count();
    if count >= limit {
        return Err(refused(format!(
            "You have reached the limit of {limit} Direct Connect gateways"
        )));
    }
    let now = ctx.now();
    let id = ctx.world.ids.uuid("directConnectGateway");
    let gateway = DirectConnectGateway {
        id: id.clone(),
        account: ctx.caller.account.clone(),
        name: input.direct_connect_gateway_name,
        amazon_side_asn: asn,
        state: State::Pending,
        state_change_error: None,
    };
    let arn = arn::gateway(&gateway.account, &id);
    let answer = connections::with_tags(view(ctx, &gateway), &input.tags);
    ctx.world.direct_connect_gateways.insert(now, &id, gateway);
    ctx.world.tags.insert(now, arn, tags_of(&input.tags));
    let delay = ctx.world.settings.direct_connect_gateway_create;
    ctx.world
        .schedule(now, delay, Event::DirectConnectGatewayAvailable(id.clone()));
    ctx.touch(id);
    Ok(json!({"directConnectGateway": answer}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    direct_connect_gateway_id: Option<String>,
}

/// DescribeDirectConnectGateways. An id that is not there gives an empty list (assumed).
pub fn describe(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(raw)?;
    let wanted = input.direct_connect_gateway_id;
    let items = ctx
        .view
        .rows(&ctx.world.direct_connect_gateways)
        .filter(|(id, gateway)| {
            gateway.account == ctx.caller.account
                && wanted.as_ref().is_none_or(|wanted| wanted == *id)
        })
        .map(|(id, gateway)| (id.clone(), view(ctx, gateway)));
    let answer = paging::page(raw, "directConnectGateways", items)?;
    if let Some(id) = wanted {
        ctx.touch(id);
    }
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    direct_connect_gateway_id: String,
    new_direct_connect_gateway_name: String,
}

/// UpdateDirectConnectGateway.
pub fn update(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Update = read(input)?;
    let id = input.direct_connect_gateway_id;
    own_available(ctx, &id)?;
    let name = input.new_direct_connect_gateway_name;
    check_name("newDirectConnectGatewayName", &name)?;
    let now = ctx.now();
    ctx.world
        .direct_connect_gateways
        .update(now, &id, |gateway| gateway.name = name);
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"directConnectGateway": answer}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ById {
    direct_connect_gateway_id: String,
}

/// DeleteDirectConnectGateway: only without interfaces and associations.
pub fn delete(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let ById {
        direct_connect_gateway_id: id,
    } = read(input)?;
    let gateway = own(ctx, &id)?;
    if gateway.state != State::Deleting {
        let attached = ctx
            .world
            .attachments
            .values()
            .find(|one| one.direct_connect_gateway_id == id)
            .map(|one| one.virtual_interface_id.clone());
        let associated = ctx
            .world
            .associations
            .values()
            .find(|one| one.direct_connect_gateway_id == id)
            .map(|one| one.gateway_id.clone());
        if let Some(other) = attached.or(associated) {
            return Err(refused(format!(
                "Direct Connect Gateway {id} cannot be deleted while {other} is attached to it or associated with it"
            )));
        }
        let now = ctx.now();
        ctx.world
            .direct_connect_gateways
            .update(now, &id, |gateway| gateway.state = State::Deleting);
        let delay = ctx.world.settings.direct_connect_gateway_delete;
        ctx.world
            .schedule(now, delay, Event::DirectConnectGatewayDeleted(id.clone()));
    }
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(json!({"directConnectGateway": answer}))
}

/// pending → available.
pub fn available(world: &mut World, at: Timestamp, id: &str) {
    world.direct_connect_gateways.update(at, id, |gateway| {
        if gateway.state == State::Pending {
            gateway.state = State::Available;
        }
    });
}

/// deleting → gone; deleted gateways are never listed (API Reference).
pub fn gone(world: &mut World, at: Timestamp, id: &str) {
    if let Some(gateway) = world.direct_connect_gateways.remove(at, id) {
        world.tags.remove(at, &arn::gateway(&gateway.account, id));
    }
}
