//! The calls on connections.

use super::{live, not_found, own, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::input::{
    TagInput, check_name, check_tags, read, refused, tags_of,
};
use crate::services::directconnect::{arn, paging};
use crate::world::{Connection, ConnectionState, Event, Location, Tags};
use serde::Deserialize;
use serde_json::{Value, json};

/// Values of the request enum `RequestBillingMode`.
const BILLING_MODES: [&str; 6] = [
    "PayAsYouGo",
    "FlatRateTier1",
    "FlatRateTier2",
    "FlatRateTier3",
    "FlatRateTier4",
    "FlatRateTier5",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    location: String,
    bandwidth: String,
    connection_name: String,
    lag_id: Option<String>,
    #[serde(default)]
    tags: Vec<TagInput>,
    provider_name: Option<String>,
    #[serde(default, rename = "requestMACSec")]
    request_mac_sec: bool,
    billing_mode: Option<String>,
}

/// CreateConnection.
pub fn create(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Create = read(input)?;
    check_name("connectionName", &input.connection_name)?;
    check_tags(&input.tags, &Tags::new())?;
    let location = place(ctx, &input)?;
    if let Some(lag) = &input.lag_id {
        return Err(refused(format!("Could not find Lag with ID {lag}")));
    }
    let billing_mode = input.billing_mode.unwrap_or("PayAsYouGo".to_owned());
    check_billing_mode(&billing_mode)?;
    let limit = ctx.world.settings.quotas.connections_per_location;
    let active = ctx
        .world
        .connections
        .values()
        .filter(|one| {
            one.account == ctx.caller.account && one.location == location.code && live(one)
        })
        .count();
    if active >= limit {
        return Err(refused(format!(
            "You have reached the limit of {limit} connections at location {}",
            location.code
        )));
    }

    let now = ctx.now();
    let id = ctx.world.ids.short("dxcon-");
    let device = ctx.world.next_device(&location);
    let connection = Connection {
        id: id.clone(),
        account: ctx.caller.account.clone(),
        region: ctx.region.clone(),
        name: input.connection_name,
        location: location.code,
        bandwidth: input.bandwidth,
        state: ConnectionState::Requested,
        logical_device: format!("{device}-1"),
        device,
        has_logical_redundancy: location.logical_redundancy,
        provider: input.provider_name,
        jumbo_frame_capable: location.jumbo_frame_capable,
        mac_sec_capable: input.request_mac_sec,
        encryption_mode: input.request_mac_sec.then(|| "should_encrypt".to_owned()),
        billing_mode,
        loa_available: false,
        loa_issued_at: None,
        cross_connected: false,
        cut: false,
        resetting_until: None,
        created_at: now,
        ended_at: None,
    };
    let arn = arn::connection(&connection.region, &connection.account, &id);
    let answer = with_tags(view(ctx, &connection), &input.tags);
    ctx.world.connections.insert(now, &id, connection);
    ctx.world.tags.insert(now, arn, tags_of(&input.tags));
    let approval = ctx.world.settings.approval;
    ctx.world
        .schedule(now, approval, Event::ConnectionApproved(id.clone()));
    ctx.touch(id);
    Ok(answer)
}

/// A create answers with the tags that it was given, whatever lists show yet.
pub fn with_tags(mut answer: Value, tags: &[TagInput]) -> Value {
    answer["tags"] = crate::services::directconnect::output::tags(&tags_of(tags));
    answer
}

fn place(ctx: &Ctx<'_>, input: &Create) -> Result<Location, AwsError> {
    let code = &input.location;
    let location = ctx
        .world
        .locations
        .get(code)
        .filter(|location| location.region == ctx.region)
        .ok_or_else(|| {
            refused(format!(
                "The location code {code} is invalid in region {}",
                ctx.region
            ))
        })?;
    if !location.port_speeds.contains(&input.bandwidth) {
        return Err(refused(format!(
            "Bandwidth {} is not available at location {code}. Available port speeds: {}",
            input.bandwidth,
            location.port_speeds.join(", ")
        )));
    }
    if let Some(provider) = &input.provider_name
        && !location.providers.contains(provider)
    {
        return Err(refused(format!(
            "Provider {provider} is not available at location {code}"
        )));
    }
    if input.request_mac_sec && !location.mac_sec_port_speeds.contains(&input.bandwidth) {
        return Err(refused(format!(
            "MACsec is not available for bandwidth {} at location {code}",
            input.bandwidth
        )));
    }
    Ok(location.clone())
}

fn check_billing_mode(mode: &str) -> Result<(), AwsError> {
    if BILLING_MODES.contains(&mode) {
        return Ok(());
    }
    Err(refused(format!("Billing mode {mode} is invalid")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    connection_id: Option<String>,
}

/// DescribeConnections.
pub fn describe(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(raw)?;
    let mine = |connection: &Connection| {
        connection.account == ctx.caller.account && connection.region == ctx.region
    };
    if let Some(id) = &input.connection_id {
        let connection = ctx
            .view
            .get(&ctx.world.connections, id)
            .filter(|connection| mine(connection))
            .ok_or_else(|| not_found(id))?;
        let answer = json!({"connections": [view(ctx, connection)]});
        ctx.touch(id);
        return Ok(answer);
    }
    let items = ctx
        .view
        .rows(&ctx.world.connections)
        .filter(|(_, connection)| mine(connection))
        .map(|(id, connection)| (id.clone(), view(ctx, connection)));
    Ok(Value::Object(paging::page(raw, "connections", items)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    connection_id: String,
    connection_name: Option<String>,
    encryption_mode: Option<String>,
}

/// UpdateConnection.
pub fn update(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Update = read(input)?;
    let connection = own(ctx, &input.connection_id)?;
    check_live(connection)?;
    if let Some(name) = &input.connection_name {
        check_name("connectionName", name)?;
    }
    if let Some(mode) = &input.encryption_mode {
        if !["no_encrypt", "should_encrypt", "must_encrypt"].contains(&mode.as_str()) {
            return Err(refused(format!("Encryption mode {mode} is invalid")));
        }
        if !connection.mac_sec_capable {
            return Err(refused(format!(
                "Connection {} does not support MACsec",
                connection.id
            )));
        }
    }
    let now = ctx.now();
    let id = input.connection_id;
    ctx.world.connections.update(now, &id, |connection| {
        if let Some(name) = input.connection_name {
            connection.name = name;
        }
        if let Some(mode) = input.encryption_mode {
            connection.encryption_mode = Some(mode);
        }
    });
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(answer)
}

fn check_live(connection: &Connection) -> Result<(), AwsError> {
    if live(connection) {
        return Ok(());
    }
    Err(refused(format!(
        "Connection {} is in state {}",
        connection.id, connection.state
    )))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateBillingMode {
    connection_ids: Vec<String>,
    billing_mode: String,
}

/// UpdateConnectionsBillingMode.
pub fn update_billing_mode(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: UpdateBillingMode = read(input)?;
    check_billing_mode(&input.billing_mode)?;
    if input.connection_ids.is_empty() || input.connection_ids.len() > 200 {
        return Err(refused("Between 1 and 200 connection ids are expected"));
    }
    for id in &input.connection_ids {
        check_live(own(ctx, id)?)?;
    }
    let now = ctx.now();
    for id in &input.connection_ids {
        let mode = input.billing_mode.clone();
        ctx.world
            .connections
            .update(now, id, |connection| connection.billing_mode = mode);
    }
    let changed = input
        .connection_ids
        .iter()
        .map(|id| Ok(view(ctx, own(ctx, id)?)))
        .collect::<Result<Vec<_>, AwsError>>()?;
    ctx.touch(input.connection_ids.join(","));
    Ok(json!({"billingMode": input.billing_mode, "connections": changed}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ById {
    connection_id: String,
}

/// DeleteConnection. One that is already being deleted is answered as it is.
pub fn delete(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let ById { connection_id: id } = read(input)?;
    let connection = own(ctx, &id)?;
    if !live(connection) {
        let answer = view(ctx, connection);
        ctx.touch(id);
        return Ok(answer);
    }
    let carried = ctx
        .world
        .virtual_interfaces
        .values()
        .find(|interface| interface.connection_id == id && interface.ended_at.is_none());
    if let Some(interface) = carried {
        return Err(refused(format!(
            "Connection {id} cannot be deleted while it has virtual interfaces ({})",
            interface.id
        )));
    }
    let now = ctx.now();
    ctx.world.connections.update(now, &id, |connection| {
        connection.state = ConnectionState::Deleting;
    });
    let delay = ctx.world.settings.connection_delete;
    ctx.world
        .schedule(now, delay, Event::ConnectionDeleted(id.clone()));
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(answer)
}
