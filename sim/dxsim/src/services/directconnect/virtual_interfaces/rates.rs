//! Rate limits of virtual interfaces: a closed list of values (API Reference, `rateLimit`).

use crate::error::AwsError;
use crate::services::directconnect::input::refused;
use crate::world::{Connection, VirtualInterface, World};

const MEGABITS: [u32; 10] = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900];
/// Tenths of Gbps.
const GIGABITS: [u32; 47] = [
    10, 12, 15, 18, 20, 21, 24, 27, 30, 32, 36, 40, 50, 60, 70, 80, 90, 100, 120, 150, 180, 200,
    210, 240, 270, 300, 320, 360, 400, 500, 600, 700, 800, 1000, 2000, 3000, 4000, 5000, 6000,
    7000, 8000, 9000, 10_000, 12_000, 14_000, 15_000, 16_000,
];

/// A bandwidth in Mbps, if it is well formed.
pub fn megabits(text: &str) -> Option<u32> {
    let number = |text: &str, factor: f64| {
        let value: f64 = text.parse().ok()?;
        let scaled = (value * factor).round();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (0.0..=4.0e6).contains(&scaled).then_some(scaled as u32)
    };
    if let Some(text) = text.strip_suffix("Tbps") {
        number(text, 1_000_000.0)
    } else if let Some(text) = text.strip_suffix("Gbps") {
        number(text, 1000.0)
    } else {
        number(text.strip_suffix("Mbps")?, 1.0)
    }
}

/// Checks a rate limit for an interface on this connection.
pub fn check(
    world: &World,
    connection: &Connection,
    interface: &str,
    rate: &str,
) -> Result<(), AwsError> {
    let value = megabits(rate)
        .filter(|value| MEGABITS.contains(value) || GIGABITS.contains(&(value / 100)))
        .ok_or_else(|| refused(format!("rateLimit {rate} is invalid")))?;
    if megabits(&connection.bandwidth).is_some_and(|bandwidth| value > bandwidth) {
        return Err(refused(format!(
            "rateLimit {rate} is more than the bandwidth {} of connection {}",
            connection.bandwidth, connection.id
        )));
    }
    let limited = |other: &&VirtualInterface| {
        other.connection_id == connection.id
            && other.id != interface
            && other.ended_at.is_none()
            && other.rate_limit.is_some()
    };
    let used = world.virtual_interfaces.values().filter(limited).count();
    let allowed = world.settings.quotas.rate_limiters_per_connection;
    if used >= allowed {
        return Err(AwsError::client(
            "LimitExceededException",
            format!(
                "Connection {} has reached its limit of {allowed} rate limiters",
                connection.id
            ),
        ));
    }
    Ok(())
}
