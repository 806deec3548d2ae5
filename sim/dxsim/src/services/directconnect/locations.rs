//! DescribeLocations, DescribeCustomerMetadata, DescribeVirtualGateways.

use super::output;
use crate::context::Ctx;
use crate::world::VpnGatewayState;
use serde_json::{Value, json};

/// DescribeLocations: the locations of the caller's region.
pub fn describe(ctx: &Ctx<'_>) -> Value {
    let locations: Vec<Value> = ctx
        .world
        .locations
        .values()
        .filter(|location| location.region == ctx.region)
        .map(|location| {
            output::object(json!({
                "locationCode": location.code,
                "locationName": location.name,
                "region": location.region,
                "availablePortSpeeds": location.port_speeds,
                "availableProviders": location.providers,
                "availableMacSecPortSpeeds": location.mac_sec_port_speeds,
                "availableBillingModes": [{
                    "billingMode": "PayAsYouGo",
                    "availablePortSpeeds": location.port_speeds,
                    "includedRegions": [location.region],
                }],
            }))
        })
        .collect();
    json!({"locations": locations})
}

/// DescribeCustomerMetadata: no partner, no agreements.
pub fn customer_metadata() -> Value {
    json!({"agreements": [], "nniPartnerType": "nonPartner"})
}

/// DescribeVirtualGateways (deprecated): the caller's VGWs of the region.
pub fn virtual_gateways(ctx: &Ctx<'_>) -> Value {
    let gateways: Vec<Value> = ctx
        .view
        .rows(&ctx.world.vpn_gateways)
        .filter(|(_, gateway)| {
            gateway.account == ctx.caller.account
                && gateway.region == ctx.region
                && gateway.state != VpnGatewayState::Deleted
        })
        .map(|(id, gateway)| json!({"virtualGatewayId": id, "virtualGatewayState": gateway.state}))
        .collect();
    json!({"virtualGateways": gateways})
}
