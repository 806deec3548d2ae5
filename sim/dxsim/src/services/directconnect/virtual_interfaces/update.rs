//! UpdateVirtualInterfaceAttributes, and what an MTU does to the port.

use super::{own, rates, view};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::services::directconnect::input::{check_name, read, refused};
use crate::services::directconnect::{capacity, connections};
use crate::world::{
    Connection, Event, VirtualInterface, VirtualInterfaceState, VirtualInterfaceType, World,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The MTUs on offer: 1500 and 8500 (API Reference), on private interfaces 9001 too (User Guide).
pub fn check_mtu(kind: VirtualInterfaceType, mtu: i32) -> Result<(), AwsError> {
    let offered: &[i32] = match kind {
        VirtualInterfaceType::Private => &[1500, 8500, 9001],
        VirtualInterfaceType::Transit => &[1500, 8500],
        VirtualInterfaceType::Public => &[1500],
    };
    if offered.contains(&mtu) {
        return Ok(());
    }
    Err(refused(format!(
        "MTU {mtu} is invalid for a {kind} virtual interface"
    )))
}

/// A port that did not carry jumbo frames is updated: everything on it stops for a moment
/// (API Reference, UpdateVirtualInterfaceAttributes: up to 30 seconds).
pub fn carry_jumbo(world: &mut World, at: Timestamp, connection: &str) {
    let reset = world.settings.port_reset;
    let until = at.checked_add(reset).unwrap_or(Timestamp::MAX);
    let resets = world.connections.update(at, connection, |connection| {
        let resets = !connection.jumbo_frame_capable;
        if resets {
            connection.jumbo_frame_capable = true;
            connection.resetting_until = Some(until);
        }
        resets
    });
    if resets == Some(true) {
        world.schedule(at, reset, Event::PortReset(connection.to_owned()));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    virtual_interface_id: String,
    mtu: Option<i32>,
    enable_site_link: Option<bool>,
    virtual_interface_name: Option<String>,
    prefix_pool_allocated_count_ipv4: Option<i32>,
    prefix_pool_allocated_count_ipv6: Option<i32>,
    rate_limit: Option<String>,
}

/// UpdateVirtualInterfaceAttributes.
pub fn update(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Update = read(input)?;
    let id = input.virtual_interface_id.clone();
    let interface = own(ctx, &id)?;
    if !matches!(
        interface.state,
        VirtualInterfaceState::Available | VirtualInterfaceState::Down
    ) {
        return Err(refused(format!(
            "Virtual interface {id} is in state {}",
            interface.state
        )));
    }
    let connection = connections::own(ctx, &interface.connection_id)?;
    let changed = changed(ctx.world, interface, connection, &input)?;
    let raised = changed.mtu > 1500 && changed.mtu > interface.mtu;
    let (now, connection) = (ctx.now(), changed.connection_id.clone());
    if raised {
        carry_jumbo(ctx.world, now, &connection);
    }
    ctx.world.virtual_interfaces.insert(now, &id, changed);
    let answer = view(ctx, own(ctx, &id)?);
    ctx.touch(id);
    Ok(answer)
}

/// The interface as it shall be, checked.
fn changed(
    world: &World,
    interface: &VirtualInterface,
    connection: &Connection,
    input: &Update,
) -> Result<VirtualInterface, AwsError> {
    let mut changed = interface.clone();
    if let Some(mtu) = input.mtu {
        check_mtu(interface.kind, mtu)?;
        changed.mtu = mtu;
    }
    if let Some(enable) = input.enable_site_link {
        if enable && interface.direct_connect_gateway_id.is_none() {
            return Err(refused(
                "SiteLink can only be enabled on a virtual interface of a Direct Connect gateway",
            ));
        }
        changed.site_link_enabled = enable;
    }
    if let Some(name) = &input.virtual_interface_name {
        check_name("virtualInterfaceName", name)?;
        changed.name.clone_from(name);
    }
    if let Some(count) = input.prefix_pool_allocated_count_ipv4 {
        changed.prefix_pool_ipv4 = count;
    }
    if let Some(count) = input.prefix_pool_allocated_count_ipv6 {
        changed.prefix_pool_ipv6 = count;
    }
    let pools = |one: &VirtualInterface| (one.prefix_pool_ipv4, one.prefix_pool_ipv6);
    if pools(&changed) != pools(interface) {
        capacity::check_pools(world, connection, &changed)?;
    }
    if let Some(rate) = &input.rate_limit {
        rates::check(world, connection, &interface.id, rate)?;
        changed.rate_limit = Some(rate.clone());
    }
    Ok(changed)
}
