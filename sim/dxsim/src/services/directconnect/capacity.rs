//! Conflicts and quotas around virtual interfaces and gateways (User Guide, "Quotas").

use super::input::refused;
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{
    Connection, GatewayType, VirtualInterface, VirtualInterfaceType, VpnGatewayState, World,
};

fn on<'w>(world: &'w World, connection: &str) -> impl Iterator<Item = &'w VirtualInterface> {
    world.virtual_interfaces.values().filter(move |interface| {
        interface.connection_id == connection && interface.ended_at.is_none()
    })
}

/// VLANs are 1 to 4094 and unique on a connection.
pub fn check_vlan(world: &World, connection: &str, vlan: i32) -> Result<(), AwsError> {
    if !(1..=4094).contains(&vlan) {
        return Err(refused(format!(
            "VLAN {vlan} is invalid: it must be between 1 and 4094"
        )));
    }
    match on(world, connection).find(|interface| interface.vlan == vlan) {
        Some(interface) => Err(refused(format!(
            "VLAN {vlan} is already in use on connection {connection} by virtual interface {}",
            interface.id
        ))),
        None => Ok(()),
    }
}

/// How many interfaces a connection carries.
pub fn check_connection(
    world: &World,
    connection: &Connection,
    kind: VirtualInterfaceType,
) -> Result<(), AwsError> {
    let quotas = &world.settings.quotas;
    let transit = VirtualInterfaceType::Transit;
    let all = on(world, &connection.id).count();
    let of_kind = on(world, &connection.id)
        .filter(|interface| (interface.kind == transit) == (kind == transit))
        .count();
    let (limit, what) = if kind == transit {
        (quotas.transit_virtual_interfaces_per_connection, "transit")
    } else {
        (
            quotas.private_and_public_virtual_interfaces_per_connection,
            "private and public",
        )
    };
    if of_kind >= limit {
        return Err(refused(format!(
            "Connection {} has reached the limit of {limit} {what} virtual interfaces",
            connection.id
        )));
    }
    let limit = quotas.virtual_interfaces_per_connection;
    if all >= limit {
        return Err(refused(format!(
            "Connection {} has reached the limit of {limit} virtual interfaces",
            connection.id
        )));
    }
    Ok(())
}

/// The prefixes of one family that are allocated to an interface.
type Count = fn(&VirtualInterface) -> i32;

/// Prefix pools: 1 to 1,000 per family and interface, the pool of the connection, and 10,000 per
/// gateway.
pub fn check_pools(
    world: &World,
    connection: &Connection,
    interface: &VirtualInterface,
) -> Result<(), AwsError> {
    if interface.kind == VirtualInterfaceType::Public {
        return Ok(());
    }
    let families: [(&str, Count); 2] = [
        ("prefixPoolAllocatedCountIpv4", |one| one.prefix_pool_ipv4),
        ("prefixPoolAllocatedCountIpv6", |one| one.prefix_pool_ipv6),
    ];
    for (member, count) in families {
        let wanted = count(interface);
        if !(1..=1000).contains(&wanted) {
            return Err(refused(format!(
                "{member} {wanted} is invalid: it must be between 1 and 1000"
            )));
        }
        let others: i32 = on(world, &connection.id)
            .filter(|other| other.id != interface.id)
            .map(count)
            .sum();
        let size = super::connections::pool(&connection.bandwidth);
        // 51 interfaces with the default allocation always fit.
        if wanted > 100 && others + wanted > size {
            return Err(refused(format!(
                "{member} {wanted} exceeds what is left of the prefix pool of connection {}",
                connection.id
            )));
        }
    }
    let Some(gateway) = &interface.direct_connect_gateway_id else {
        return Ok(());
    };
    let total = allocated(world, gateway, &interface.id)
        + interface.prefix_pool_ipv4
        + interface.prefix_pool_ipv6;
    if total > 10_000 {
        return Err(refused(format!(
            "The prefix pool allocations of Direct Connect gateway {gateway} would exceed 10000"
        )));
    }
    Ok(())
}

/// Prefixes allocated by a gateway's interfaces, without one of them.
pub fn allocated(world: &World, gateway: &str, without: &str) -> i32 {
    world
        .virtual_interfaces
        .values()
        .filter(|one| {
            one.direct_connect_gateway_id.as_deref() == Some(gateway)
                && one.ended_at.is_none()
                && one.id != without
        })
        .map(|one| one.prefix_pool_ipv4 + one.prefix_pool_ipv6)
        .sum()
}

/// Checks that a VGW is the caller's, here, and available; gives its ASN.
pub fn check_virtual_gateway(ctx: &Ctx<'_>, id: &str) -> Result<i64, AwsError> {
    let gateway = ctx
        .world
        .vpn_gateways
        .get(id)
        .filter(|gateway| {
            gateway.account == ctx.caller.account
                && gateway.region == ctx.region
                && gateway.state == VpnGatewayState::Available
        })
        .ok_or_else(|| {
            refused(format!(
                "Virtual gateway {id} does not exist in region {}",
                ctx.region
            ))
        })?;
    Ok(gateway.amazon_side_asn)
}

/// A gateway serves VGWs and private interfaces, or transit gateways and transit interfaces.
pub fn check_mixing(
    world: &World,
    gateway: &str,
    kind: VirtualInterfaceType,
) -> Result<(), AwsError> {
    let transit = kind == VirtualInterfaceType::Transit;
    let other_interface = world.attachments.values().find(|one| {
        one.direct_connect_gateway_id == gateway
            && (one.kind == VirtualInterfaceType::Transit) != transit
    });
    if let Some(other) = other_interface {
        return Err(refused(format!(
            "Direct Connect gateway {gateway} cannot have private and transit virtual interfaces at the same time ({})",
            other.virtual_interface_id
        )));
    }
    let other_gateway = world.associations.values().find(|one| {
        one.direct_connect_gateway_id == gateway
            && (one.gateway_type == GatewayType::TransitGateway) != transit
    });
    match other_gateway {
        Some(other) => Err(refused(format!(
            "Direct Connect gateway {gateway} is associated with {}, which a {kind} virtual interface cannot reach",
            other.gateway_id
        ))),
        None => Ok(()),
    }
}

/// How many interfaces a gateway has.
pub fn check_attachments(world: &World, gateway: &str) -> Result<(), AwsError> {
    let limit = world
        .settings
        .quotas
        .virtual_interfaces_per_direct_connect_gateway;
    let count = world
        .attachments
        .values()
        .filter(|one| one.direct_connect_gateway_id == gateway)
        .count();
    if count < limit {
        return Ok(());
    }
    Err(refused(format!(
        "Direct Connect gateway {gateway} has reached the limit of {limit} virtual interfaces"
    )))
}
