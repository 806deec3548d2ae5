//! Creating private, public and transit virtual interfaces.

use super::{rates, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::bgp_peers::{Checked, Wanted};
use crate::services::directconnect::connections::{self, with_tags};
use crate::services::directconnect::gateways;
use crate::services::directconnect::input::{
    TagInput, check_name, check_tags, missing, read, refused, tags_of,
};
use crate::services::directconnect::{arn, capacity};
use crate::world::{
    Attachment, AttachmentState, Connection, ConnectionState, Event, Tags, VirtualInterface,
    VirtualInterfaceState, VirtualInterfaceType,
};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};

/// Amazon's ASN on public virtual interfaces.
const AMAZON_PUBLIC_ASN: i64 = 7224;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    connection_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    virtual_interface_name: String,
    vlan: i32,
    mtu: Option<i32>,
    virtual_gateway_id: Option<String>,
    direct_connect_gateway_id: Option<String>,
    #[serde(default)]
    enable_site_link: bool,
    #[serde(default)]
    route_filter_prefixes: Vec<RouteFilterPrefix>,
    prefix_pool_allocated_count_ipv4: Option<i32>,
    prefix_pool_allocated_count_ipv6: Option<i32>,
    rate_limit: Option<String>,
    #[serde(default)]
    tags: Vec<TagInput>,
    #[serde(flatten)]
    peer: Wanted,
}

#[derive(Deserialize)]
struct RouteFilterPrefix {
    cidr: Option<String>,
}

/// CreatePrivateVirtualInterface: the interface is the answer.
pub fn private(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    create(ctx, input, VirtualInterfaceType::Private)
}

/// CreatePublicVirtualInterface: the interface is the answer.
pub fn public(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    create(ctx, input, VirtualInterfaceType::Public)
}

/// CreateTransitVirtualInterface: the interface is wrapped.
pub fn transit(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let interface = create(ctx, input, VirtualInterfaceType::Transit)?;
    Ok(json!({"virtualInterface": interface}))
}

fn create(ctx: &mut Ctx<'_>, input: &Value, kind: VirtualInterfaceType) -> Result<Value, AwsError> {
    let Request { connection_id } = read(input)?;
    let member = match kind {
        VirtualInterfaceType::Private => "newPrivateVirtualInterface",
        VirtualInterfaceType::Public => "newPublicVirtualInterface",
        VirtualInterfaceType::Transit => "newTransitVirtualInterface",
    };
    let new: New = match input.get(member) {
        Some(new) => read(new)?,
        None => return Err(missing(member)),
    };
    check_name("virtualInterfaceName", &new.virtual_interface_name)?;
    check_tags(&new.tags, &Tags::new())?;
    let connection = connections::own(ctx, &connection_id)?.clone();
    check_connection(&connection)?;
    capacity::check_vlan(ctx.world, &connection.id, new.vlan)?;
    let checked = new.peer.check(kind)?;
    let interface = draft(ctx, kind, &connection, &new)?;
    checked.check_against(ctx.world, &interface)?;
    capacity::check_connection(ctx.world, &connection, kind)?;
    capacity::check_pools(ctx.world, &connection, &interface)?;
    if let Some(rate) = &new.rate_limit {
        rates::check(ctx.world, &connection, "", rate)?;
    }
    Ok(store(ctx, interface, &connection, checked, &new.tags))
}

/// A port that is not there yet carries nothing (that AWS refuses it is assumed).
fn check_connection(connection: &Connection) -> Result<(), AwsError> {
    if matches!(
        connection.state,
        ConnectionState::Available | ConnectionState::Down
    ) {
        return Ok(());
    }
    Err(refused(format!(
        "Connection {} is in state {}; virtual interfaces can be created once it is available",
        connection.id, connection.state
    )))
}

/// The interface without id and peers, checked.
fn draft(
    ctx: &Ctx<'_>,
    kind: VirtualInterfaceType,
    connection: &Connection,
    new: &New,
) -> Result<VirtualInterface, AwsError> {
    let public = kind == VirtualInterfaceType::Public;
    let mtu = if public {
        1500
    } else {
        new.mtu.unwrap_or(1500)
    };
    super::update::check_mtu(kind, mtu)?;
    let amazon_side_asn = check_gateway(ctx, kind, new)?;
    if new.enable_site_link && (public || new.direct_connect_gateway_id.is_none()) {
        return Err(refused(
            "SiteLink can only be enabled on a virtual interface of a Direct Connect gateway",
        ));
    }
    let route_filter_prefixes = if public { filters(new)? } else { Vec::new() };
    let pool = |wanted: Option<i32>| wanted.unwrap_or(100);
    Ok(VirtualInterface {
        id: String::new(),
        account: ctx.caller.account.clone(),
        region: connection.region.clone(),
        connection_id: connection.id.clone(),
        location: connection.location.clone(),
        kind,
        name: new.virtual_interface_name.clone(),
        vlan: new.vlan,
        mtu,
        amazon_side_asn,
        virtual_gateway_id: new.virtual_gateway_id.clone(),
        direct_connect_gateway_id: new.direct_connect_gateway_id.clone(),
        site_link_enabled: new.enable_site_link,
        route_filter_prefixes,
        prefix_pool_ipv4: pool(new.prefix_pool_allocated_count_ipv4),
        prefix_pool_ipv6: pool(new.prefix_pool_allocated_count_ipv6),
        rate_limit: new.rate_limit.clone(),
        state: if public {
            VirtualInterfaceState::Verifying
        } else {
            VirtualInterfaceState::Pending
        },
        peers: Vec::new(),
        created_at: ctx.now(),
        ended_at: None,
    })
}

/// Checks the gateway and gives its ASN.
fn check_gateway(ctx: &Ctx<'_>, kind: VirtualInterfaceType, new: &New) -> Result<i64, AwsError> {
    let gateways = (&new.virtual_gateway_id, &new.direct_connect_gateway_id);
    match (kind, gateways) {
        (VirtualInterfaceType::Public, (None, None)) => Ok(AMAZON_PUBLIC_ASN),
        (VirtualInterfaceType::Public, _) => {
            Err(refused("A public virtual interface has no gateway"))
        }
        (VirtualInterfaceType::Private, (Some(id), None)) => {
            capacity::check_virtual_gateway(ctx, id)
        }
        (_, (None, Some(id))) => {
            let gateway = gateways::own_available(ctx, id)?;
            capacity::check_mixing(ctx.world, id, kind)?;
            capacity::check_attachments(ctx.world, id)?;
            Ok(gateway.amazon_side_asn)
        }
        (VirtualInterfaceType::Transit, _) => Err(refused(
            "A transit virtual interface requires directConnectGatewayId",
        )),
        (VirtualInterfaceType::Private, _) => Err(refused(
            "Exactly one of virtualGatewayId and directConnectGatewayId is required",
        )),
    }
}

fn filters(new: &New) -> Result<Vec<IpNet>, AwsError> {
    let list = &new.route_filter_prefixes;
    if list.is_empty() || list.len() > 1000 {
        return Err(refused(
            "A public virtual interface requires between 1 and 1000 routeFilterPrefixes",
        ));
    }
    list.iter()
        .map(|prefix| {
            let text = prefix.cidr.as_deref().unwrap_or_default();
            let net: IpNet = text
                .parse()
                .map_err(|_| refused(format!("The prefix {text} is invalid")))?;
            if matches!(net, IpNet::V6(net) if net.prefix_len() > 64) {
                return Err(refused(format!("The prefix {text} is longer than /64")));
            }
            Ok(net.trunc())
        })
        .collect()
}

/// From here on nothing is refused.
fn store(
    ctx: &mut Ctx<'_>,
    mut interface: VirtualInterface,
    connection: &Connection,
    peer: Checked,
    tags: &[TagInput],
) -> Value {
    let now = ctx.now();
    let id = ctx.world.ids.short("dxvif-");
    interface.id.clone_from(&id);
    let peer = peer.make(ctx.world, now, interface.kind, connection);
    interface.peers.push(peer);
    let arn = arn::virtual_interface(&interface.region, &interface.account, &id);
    if let Some(gateway) = &interface.direct_connect_gateway_id {
        let attachment = Attachment {
            direct_connect_gateway_id: gateway.clone(),
            virtual_interface_id: id.clone(),
            virtual_interface_region: interface.region.clone(),
            virtual_interface_account: interface.account.clone(),
            kind: interface.kind,
            state: AttachmentState::Attaching,
        };
        ctx.world.attachments.insert(now, &id, attachment);
        let delay = ctx.world.settings.attach;
        ctx.world
            .schedule(now, delay, Event::AttachmentAttached(id.clone()));
    }
    if interface.mtu > 1500 {
        super::update::carry_jumbo(ctx.world, now, &connection.id);
    }
    let settings = &ctx.world.settings;
    let (delay, event) = if interface.kind == VirtualInterfaceType::Public {
        (
            settings.public_verification,
            Event::VirtualInterfaceVerified(id.clone()),
        )
    } else {
        (
            settings.virtual_interface_provision,
            Event::VirtualInterfaceProvisioned(id.clone()),
        )
    };
    ctx.world.schedule(now, delay, event);
    let answer = with_tags(view(ctx, &interface), tags);
    ctx.world.virtual_interfaces.insert(now, &id, interface);
    ctx.world.tags.insert(now, arn, tags_of(tags));
    ctx.touch(id);
    answer
}
