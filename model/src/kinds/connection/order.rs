//! What is ordered: only what the location sells.

use crate::api::Connection;
use crate::aws::Tags;
use crate::call::Call;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

/// Name at AWS that an order gets.
pub(super) fn name(object: &Connection) -> String {
    object
        .spec
        .connection_name
        .clone()
        .or_else(|| object.metadata.name.clone())
        .unwrap_or_default()
}

/// The order, or why it would be refused.
pub(super) fn call(object: &Connection, view: &View) -> Result<Call, Verdict> {
    let Some(dedicated) = &object.spec.dedicated else {
        return Err(Verdict::stalled(
            Reason::Invalid,
            "spec.dedicated is missing: say location and bandwidth",
        ));
    };
    let region = view.account().map_or("", |a| a.region.as_str());
    let locations = view.aws.locations();
    let Some(location) = locations
        .iter()
        .find(|l| l.location_code == dedicated.location)
    else {
        let known: Vec<&str> = locations.iter().map(|l| l.location_code.as_str()).collect();
        return Err(Verdict::stalled(
            Reason::LocationUnknown,
            format!(
                "spec.dedicated.location is {}, which AWS does not offer in region {region}: choose one of {}, or set spec.region",
                dedicated.location,
                known.join(", ")
            ),
        ));
    };
    if !location
        .available_port_speeds
        .iter()
        .any(|s| same_speed(s, &dedicated.bandwidth))
    {
        return Err(Verdict::stalled(
            Reason::BandwidthNotOffered,
            format!(
                "spec.dedicated.bandwidth is {}, which {} does not sell: choose one of {}",
                dedicated.bandwidth,
                dedicated.location,
                location.available_port_speeds.join(", ")
            ),
        ));
    }
    if let Some(provider) = &dedicated.provider_name
        && !location.available_providers.is_empty()
        && !location.available_providers.contains(provider)
    {
        return Err(Verdict::stalled(
            Reason::Invalid,
            format!(
                "spec.dedicated.providerName is {provider:?}, which AWS does not list at {}: choose one of {}, or leave it out",
                dedicated.location,
                location.available_providers.join(", ")
            ),
        ));
    }
    if dedicated.request_macsec == Some(true)
        && !location
            .available_mac_sec_port_speeds
            .iter()
            .any(|s| same_speed(s, &dedicated.bandwidth))
    {
        return Err(Verdict::stalled(
            Reason::BandwidthNotOffered,
            format!(
                "spec.dedicated.requestMACSec is true, and {} sells no {} port with MACsec: leave it out, or choose another location",
                dedicated.location, dedicated.bandwidth
            ),
        ));
    }
    Ok(Call::CreateConnection {
        location: dedicated.location.clone(),
        bandwidth: dedicated.bandwidth.clone(),
        connection_name: name(object),
        provider_name: dedicated.provider_name.clone(),
        request_macsec: dedicated.request_macsec,
        billing_mode: object.spec.billing_mode.map(|m| m.to_string()),
        tags: Tags::new(),
    })
}

/// Speeds are written `1Gbps` in orders and `1G` or `1Gbps` in DescribeLocations.
fn same_speed(offered: &str, wanted: &str) -> bool {
    offered == wanted || wanted.strip_suffix("bps") == Some(offered)
}
