//! Connections: dedicated ports, from the order to the light and back.

mod lifecycle;
mod operations;

pub use lifecycle::{approve, built, complete, forget, gone, reject, reset_done, set_cut, settle};
pub use operations::{create, delete, describe, update, update_billing_mode, with_tags};

use super::virtual_interfaces::megabits;
use super::{arn, input, output};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{Connection, ConnectionState, Location, VirtualInterface, World};
use serde_json::{Value, json};

/// The error of an id that is not there, or is somebody else's.
pub fn not_found(id: &str) -> AwsError {
    input::refused(format!("Could not find Connection with ID {id}"))
}

/// A connection of the caller's, as it truly is.
pub fn own<'c>(ctx: &'c Ctx<'_>, id: &str) -> Result<&'c Connection, AwsError> {
    ctx.world
        .connections
        .get(id)
        .filter(|connection| {
            connection.account == ctx.caller.account && connection.region == ctx.region
        })
        .ok_or_else(|| not_found(id))
}

/// Whether it is neither deleted nor on its way there.
pub fn live(connection: &Connection) -> bool {
    !matches!(
        connection.state,
        ConnectionState::Deleting | ConnectionState::Deleted | ConnectionState::Rejected
    )
}

impl World {
    /// The next device at a location, in turn.
    pub(crate) fn next_device(&mut self, location: &Location) -> String {
        let count = u64::try_from(location.devices.len()).unwrap_or(1).max(1);
        let turn = self.ids.turn(&format!("device/{}", location.code)) % count;
        let index = usize::try_from(turn).unwrap_or_default();
        location.devices.get(index).cloned().unwrap_or_default()
    }
}

/// Prefixes in the pool of a port of this bandwidth (User Guide, "Prefix pools").
pub fn pool(bandwidth: &str) -> i32 {
    match bandwidth {
        "400Gbps" => 50_000,
        "100Gbps" => 30_000,
        _ => 5_000,
    }
}

/// The rate limits on a connection, summed up.
fn total_rate(interfaces: &[&VirtualInterface]) -> String {
    let total: u32 = interfaces
        .iter()
        .filter_map(|interface| megabits(interface.rate_limit.as_deref()?))
        .sum();
    if total > 0 && total.is_multiple_of(1000) {
        format!("{}Gbps", total / 1000)
    } else {
        format!("{total}Mbps")
    }
}

/// A connection in AWS's shape.
pub fn view(ctx: &Ctx<'_>, connection: &Connection) -> Value {
    let arn = arn::connection(&connection.region, &connection.account, &connection.id);
    let interfaces: Vec<_> = ctx
        .world
        .virtual_interfaces
        .values()
        .filter(|interface| {
            interface.connection_id == connection.id && interface.ended_at.is_none()
        })
        .collect();
    let limiters = interfaces
        .iter()
        .filter(|interface| interface.rate_limit.is_some())
        .count();
    let allowed = ctx.world.settings.quotas.rate_limiters_per_connection;
    let size = pool(&connection.bandwidth);
    let ipv4: i32 = interfaces.iter().map(|one| one.prefix_pool_ipv4).sum();
    let ipv6: i32 = interfaces.iter().map(|one| one.prefix_pool_ipv6).sum();
    let encryption = connection.mac_sec_capable.then_some("Encryption Down");
    output::object(json!({
        "ownerAccount": connection.account,
        "connectionId": connection.id,
        "connectionName": connection.name,
        "connectionState": connection.state,
        "region": connection.region,
        "location": connection.location,
        "bandwidth": connection.bandwidth,
        "loaIssueTime": connection.loa_issued_at.map(output::time),
        "awsDevice": connection.device,
        "awsDeviceV2": connection.device,
        "awsLogicalDeviceId": connection.logical_device,
        "hasLogicalRedundancy": connection.has_logical_redundancy,
        "jumboFrameCapable": connection.jumbo_frame_capable,
        "providerName": connection.provider,
        "macSecCapable": connection.mac_sec_capable,
        "encryptionMode": connection.encryption_mode,
        "portEncryptionStatus": encryption,
        "macSecKeys": [],
        "billingMode": connection.billing_mode,
        "prefixPoolSizeIpv4": size,
        "prefixPoolSizeIpv6": size,
        "prefixPoolUnallocatedCountIpv4": size - ipv4,
        "prefixPoolUnallocatedCountIpv6": size - ipv6,
        "rateLimiterStatus": {
            "maxAllowed": allowed,
            "inUse": limiters,
            "remaining": allowed.saturating_sub(limiters),
            "totalBandwidth": total_rate(&interfaces),
        },
        "tags": output::tags(&ctx.view.tags(&ctx.world.tags, &arn)),
    }))
}
