//! Reading, moving and deleting virtual interfaces.

use super::{attachment_type, own, rates, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::input::{read, refused};
use crate::services::directconnect::{capacity, connections, paging};
use crate::world::{
    Attachment, AttachmentState, BgpPeerState, ConnectionState, Event, VirtualInterface,
    VirtualInterfaceState as State,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    connection_id: Option<String>,
    virtual_interface_id: Option<String>,
}

/// DescribeVirtualInterfaces: the caller's, and those on the caller's connections. An id that is
/// not there gives an empty list (assumed).
pub fn describe(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(raw)?;
    let account = &ctx.caller.account;
    let shown = |interface: &VirtualInterface| {
        interface.region == ctx.region
            && (interface.account == *account
                || ctx
                    .world
                    .connections
                    .get(&interface.connection_id)
                    .is_some_and(|connection| connection.account == *account))
            && input
                .connection_id
                .as_ref()
                .is_none_or(|id| interface.connection_id == *id)
            && input
                .virtual_interface_id
                .as_ref()
                .is_none_or(|id| interface.id == *id)
    };
    let items = ctx
        .view
        .rows(&ctx.world.virtual_interfaces)
        .filter(|(_, interface)| shown(interface))
        .map(|(id, interface)| (id.clone(), view(ctx, interface)));
    let answer = paging::page(raw, "virtualInterfaces", items)?;
    if let Some(id) = input.virtual_interface_id {
        ctx.touch(id);
    }
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ById {
    virtual_interface_id: String,
}

/// DeleteVirtualInterface. One that is already being deleted is answered as it is.
pub fn delete(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let ById {
        virtual_interface_id: id,
    } = read(input)?;
    let interface = own(ctx, &id)?;
    if !matches!(
        interface.state,
        State::Deleting | State::Deleted | State::Rejected
    ) {
        let now = ctx.now();
        ctx.world.virtual_interfaces.update(now, &id, |interface| {
            interface.state = State::Deleting;
            for peer in &mut interface.peers {
                peer.state = BgpPeerState::Deleting;
            }
        });
        ctx.world.attachments.update(now, &id, |attachment| {
            attachment.state = AttachmentState::Detaching;
        });
        let settings = &ctx.world.settings;
        let (deleting, detaching) = (
            settings.virtual_interface_delete,
            settings.attach.min(settings.virtual_interface_delete),
        );
        ctx.world
            .schedule(now, deleting, Event::VirtualInterfaceDeleted(id.clone()));
        ctx.world
            .schedule(now, detaching, Event::AttachmentDetached(id.clone()));
    }
    let state = own(ctx, &id)?.state;
    ctx.touch(id);
    Ok(json!({"virtualInterfaceState": state}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Associate {
    virtual_interface_id: String,
    connection_id: String,
}

/// AssociateVirtualInterface: moves an interface to another connection; traffic stops meanwhile.
pub fn associate(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Associate = read(input)?;
    let id = input.virtual_interface_id;
    let interface = own(ctx, &id)?.clone();
    if !matches!(interface.state, State::Available | State::Down) {
        return Err(refused(format!(
            "Virtual interface {id} is in state {}",
            interface.state
        )));
    }
    let connection = connections::own(ctx, &input.connection_id)?.clone();
    if !matches!(
        connection.state,
        ConnectionState::Available | ConnectionState::Down
    ) {
        return Err(refused(format!(
            "Connection {} is in state {}",
            connection.id, connection.state
        )));
    }
    if connection.id == interface.connection_id {
        return Err(refused(format!(
            "Virtual interface {id} is already associated with connection {}",
            connection.id
        )));
    }
    capacity::check_vlan(ctx.world, &connection.id, interface.vlan)?;
    capacity::check_connection(ctx.world, &connection, interface.kind)?;
    capacity::check_pools(ctx.world, &connection, &interface)?;
    if let Some(rate) = &interface.rate_limit {
        rates::check(ctx.world, &connection, &id, rate)?;
    }
    let now = ctx.now();
    ctx.world.virtual_interfaces.update(now, &id, |interface| {
        interface.connection_id.clone_from(&connection.id);
        interface.location.clone_from(&connection.location);
        interface.state = State::Pending;
        for peer in &mut interface.peers {
            peer.logical_device.clone_from(&connection.logical_device);
        }
    });
    if interface.mtu > 1500 {
        super::update::carry_jumbo(ctx.world, now, &connection.id);
    }
    let delay = ctx.world.settings.virtual_interface_provision;
    ctx.world
        .schedule(now, delay, Event::VirtualInterfaceProvisioned(id.clone()));
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeAttachments {
    direct_connect_gateway_id: Option<String>,
    virtual_interface_id: Option<String>,
}

/// DescribeDirectConnectGatewayAttachments: by gateway, by interface, or by both.
pub fn describe_attachments(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: DescribeAttachments = read(raw)?;
    if input.direct_connect_gateway_id.is_none() && input.virtual_interface_id.is_none() {
        return Err(refused(
            "directConnectGatewayId or virtualInterfaceId is required",
        ));
    }
    let account = &ctx.caller.account;
    let shown = |attachment: &Attachment| {
        let gateway = &attachment.direct_connect_gateway_id;
        (attachment.virtual_interface_account == *account
            || ctx
                .world
                .direct_connect_gateways
                .get(gateway)
                .is_some_and(|gateway| gateway.account == *account))
            && input
                .direct_connect_gateway_id
                .as_ref()
                .is_none_or(|id| id == gateway)
            && input
                .virtual_interface_id
                .as_ref()
                .is_none_or(|id| *id == attachment.virtual_interface_id)
    };
    let items = ctx
        .view
        .rows(&ctx.world.attachments)
        .filter(|(_, attachment)| shown(attachment))
        .map(|(id, attachment)| (id.clone(), attachment_view(attachment)));
    let answer = paging::page(raw, "directConnectGatewayAttachments", items)?;
    Ok(Value::Object(answer))
}

fn attachment_view(attachment: &Attachment) -> Value {
    json!({
        "directConnectGatewayId": attachment.direct_connect_gateway_id,
        "virtualInterfaceId": attachment.virtual_interface_id,
        "virtualInterfaceRegion": attachment.virtual_interface_region,
        "virtualInterfaceOwnerAccount": attachment.virtual_interface_account,
        "attachmentState": attachment.state,
        "attachmentType": attachment_type(attachment.kind),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRoutes {
    virtual_interface_id: Option<String>,
    #[serde(default)]
    filters: RouteFilters,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RouteFilters {
    route_direction: Option<String>,
    address_family: Option<String>,
    cidrs: Vec<String>,
    communities: Vec<String>,
}

/// ListVirtualInterfaceRoutes. The `asPath` filter is ignored.
pub fn list_routes(ctx: &mut Ctx<'_>, raw: &Value) -> Result<Value, AwsError> {
    let input: ListRoutes = read(raw)?;
    let id = input
        .virtual_interface_id
        .ok_or_else(|| refused("virtualInterfaceId is required"))?;
    let routes = crate::network::routes(ctx.world, own(ctx, &id)?);
    let filters = input.filters;
    let is = |route: &Value, member: &str, wanted: Option<&String>| {
        wanted.is_none_or(|wanted| route[member] == wanted.as_str())
    };
    let has = |route: &Value, wanted: &String| {
        route["communities"]
            .as_array()
            .is_some_and(|list| list.iter().any(|one| one == wanted.as_str()))
    };
    let items = routes
        .into_iter()
        .filter(|route| {
            is(route, "routeDirection", filters.route_direction.as_ref())
                && is(route, "addressFamily", filters.address_family.as_ref())
                && (filters.cidrs.is_empty()
                    || filters
                        .cidrs
                        .iter()
                        .any(|cidr| route["cidr"] == cidr.as_str()))
                && filters.communities.iter().all(|wanted| has(route, wanted))
        })
        .enumerate()
        .map(|(index, route)| (format!("{index:08}"), route));
    let mut answer = paging::page(raw, "routes", items)?;
    answer.insert("virtualInterfaceId".to_owned(), json!(id));
    ctx.touch(id);
    Ok(Value::Object(answer))
}
