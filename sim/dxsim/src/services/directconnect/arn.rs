//! ARNs of Direct Connect's resources (Service Authorization Reference, "AWS Direct Connect").

use crate::world::World;

/// ARN of a connection.
pub fn connection(region: &str, account: &str, id: &str) -> String {
    format!("arn:aws:directconnect:{region}:{account}:dxcon/{id}")
}

/// ARN of a virtual interface.
pub fn virtual_interface(region: &str, account: &str, id: &str) -> String {
    format!("arn:aws:directconnect:{region}:{account}:dxvif/{id}")
}

/// ARN of a Direct Connect gateway: it has no region.
pub fn gateway(account: &str, id: &str) -> String {
    format!("arn:aws:directconnect::{account}:dx-gateway/{id}")
}

/// Whether an ARN names a resource that exists and that the caller owns.
pub fn exists(world: &World, account: &str, arn: &str) -> bool {
    let Some((_, id)) = arn.rsplit_once('/') else {
        return false;
    };
    if let Some(object) = world.connections.get(id) {
        return object.account == account
            && object.ended_at.is_none()
            && arn == connection(&object.region, account, id);
    }
    if let Some(object) = world.virtual_interfaces.get(id) {
        return object.account == account
            && object.ended_at.is_none()
            && arn == virtual_interface(&object.region, account, id);
    }
    world
        .direct_connect_gateways
        .get(id)
        .is_some_and(|object| object.account == account && arn == gateway(account, id))
}
