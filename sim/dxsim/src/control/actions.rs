//! What can be done to the world that no AWS call does: technicians, accidents, other people.

use super::change;
use crate::iam::Denial;
use crate::services::directconnect::connections;
use crate::world::{Location, Router, Secret, World};
use crate::worldfile::PrefixFile;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An action. On the wire: `{"action": "completeCrossConnect", "connectionId": "dxcon-…"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "action",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[allow(missing_docs)]
pub enum Action {
    /// AWS processes the order now: the LOA is out.
    IssueLoa { connection_id: String },
    /// AWS refuses the order.
    RejectConnection { connection_id: String },
    /// The provider has built the cross-connect.
    CompleteCrossConnect { connection_id: String },
    /// The fibre is cut.
    CutCrossConnect { connection_id: String },
    /// The fibre is mended.
    RestoreCrossConnect { connection_id: String },
    /// A device fails.
    CutDevice { location: String, device: String },
    /// A device works again.
    RestoreDevice { location: String, device: String },
    /// A location fails.
    CutLocation { location: String },
    /// A location works again.
    RestoreLocation { location: String },
    /// The router is configured for its sessions, or for those of one VLAN; a key, if given, is
    /// set on them.
    ConfigureRouter {
        router: String,
        #[serde(default)]
        vlan: Option<i32>,
        #[serde(default)]
        auth_key: Option<Secret>,
    },
    /// The router fails.
    BreakRouter { router: String },
    /// The router works again.
    RestoreRouter { router: String },
    /// The router announces more.
    AddPrefixes {
        router: String,
        prefixes: Vec<PrefixFile>,
    },
    /// The router withdraws prefixes; without `prefixes`, all.
    WithdrawPrefixes {
        router: String,
        #[serde(default)]
        prefixes: Option<Vec<IpNet>>,
    },
    /// An object is gone, without a trace.
    DeleteObject { id: String },
    /// Somebody else changes an object: members as in `GET /_sim/world`, tags (`null` removes one).
    ChangeObject {
        id: String,
        #[serde(default)]
        fields: Map<String, Value>,
        #[serde(default)]
        tags: BTreeMap<String, Option<String>>,
    },
    /// IAM refuses calls from now on.
    DenyAction { deny: Denial },
    /// IAM no longer refuses them; without `deny`, no calls at all.
    AllowAction {
        #[serde(default)]
        deny: Option<Denial>,
    },
    /// Every call is answered 503.
    SetAwsDown,
    /// Calls work again.
    SetAwsUp,
}

/// Does it.
pub fn act(world: &mut World, at: Timestamp, action: &Action) -> Result<(), String> {
    match action {
        Action::IssueLoa { connection_id } => connections::approve(world, at, connection_id),
        Action::RejectConnection { connection_id } => connections::reject(world, at, connection_id),
        Action::CompleteCrossConnect { connection_id } => {
            connections::complete(world, at, connection_id)
        }
        Action::CutCrossConnect { connection_id } => {
            connections::set_cut(world, at, connection_id, true)
        }
        Action::RestoreCrossConnect { connection_id } => {
            connections::set_cut(world, at, connection_id, false)
        }
        Action::CutDevice { location, device } => {
            cut_device(location_of(world, location)?, device, true)
        }
        Action::RestoreDevice { location, device } => {
            cut_device(location_of(world, location)?, device, false)
        }
        Action::CutLocation { location } => {
            location_of(world, location)?.cut = true;
            Ok(())
        }
        Action::RestoreLocation { location } => {
            location_of(world, location)?.cut = false;
            Ok(())
        }
        Action::ConfigureRouter {
            router,
            vlan,
            auth_key,
        } => configure(router_of(world, router)?, *vlan, auth_key.as_ref()),
        Action::BreakRouter { router } => {
            router_of(world, router)?.broken = true;
            Ok(())
        }
        Action::RestoreRouter { router } => {
            router_of(world, router)?.broken = false;
            Ok(())
        }
        Action::AddPrefixes { router, prefixes } => {
            let router = router_of(world, router)?;
            for prefix in prefixes.iter().map(crate::worldfile::prefix) {
                router.prefixes.retain(|known| known.cidr != prefix.cidr);
                router.prefixes.push(prefix);
            }
            Ok(())
        }
        Action::WithdrawPrefixes { router, prefixes } => {
            router_of(world, router)?.prefixes.retain(|known| {
                prefixes
                    .as_ref()
                    .is_some_and(|gone| !gone.contains(&known.cidr))
            });
            Ok(())
        }
        Action::DeleteObject { id } => change::delete(world, at, id),
        Action::ChangeObject { id, fields, tags } => change::change(world, at, id, fields, tags),
        Action::DenyAction { deny } => {
            world.denials.push(deny.clone());
            Ok(())
        }
        Action::AllowAction { deny } => {
            world
                .denials
                .retain(|known| deny.as_ref().is_some_and(|deny| known != deny));
            Ok(())
        }
        Action::SetAwsDown => {
            world.aws_down = true;
            Ok(())
        }
        Action::SetAwsUp => {
            world.aws_down = false;
            Ok(())
        }
    }
}

fn location_of<'w>(world: &'w mut World, code: &str) -> Result<&'w mut Location, String> {
    world
        .locations
        .get_mut(code)
        .ok_or_else(|| format!("there is no location {code}"))
}

fn router_of<'w>(world: &'w mut World, name: &str) -> Result<&'w mut Router, String> {
    world
        .routers
        .get_mut(name)
        .ok_or_else(|| format!("there is no router {name}"))
}

fn cut_device(location: &mut Location, device: &str, cut: bool) -> Result<(), String> {
    if !location.devices.iter().any(|known| known == device) {
        return Err(format!("there is no device {device} at {}", location.code));
    }
    if cut {
        location.cut_devices.insert(device.to_owned());
    } else {
        location.cut_devices.remove(device);
    }
    Ok(())
}

fn configure(router: &mut Router, vlan: Option<i32>, key: Option<&Secret>) -> Result<(), String> {
    let mut any = false;
    for session in &mut router.sessions {
        if vlan.is_none_or(|vlan| vlan == session.vlan) {
            any = true;
            session.configured = true;
            if let Some(key) = key {
                session.auth_key = Some(key.clone());
            }
        }
    }
    any.then_some(())
        .ok_or_else(|| format!("router {} has no such session", router.name))
}
