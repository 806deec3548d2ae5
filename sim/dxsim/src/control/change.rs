//! Deleting and changing objects behind everybody's back.

use crate::services::directconnect::arn;
use crate::world::{Table, World};
use crate::worldfile::merge;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Runs one expression on whichever table holds the object.
macro_rules! in_tables {
    ($world:expr, $function:ident ( $($argument:expr),* )) => {
        None
            .or_else(|| $function(&mut $world.connections, $($argument),*))
            .or_else(|| $function(&mut $world.virtual_interfaces, $($argument),*))
            .or_else(|| $function(&mut $world.direct_connect_gateways, $($argument),*))
            .or_else(|| $function(&mut $world.associations, $($argument),*))
            .or_else(|| $function(&mut $world.vpcs, $($argument),*))
            .or_else(|| $function(&mut $world.subnets, $($argument),*))
            .or_else(|| $function(&mut $world.route_tables, $($argument),*))
            .or_else(|| $function(&mut $world.peerings, $($argument),*))
            .or_else(|| $function(&mut $world.vpn_gateways, $($argument),*))
            .or_else(|| $function(&mut $world.transit_gateways, $($argument),*))
    };
}

/// Takes an object out, its tags and attachments with it.
pub fn delete(world: &mut World, at: Timestamp, id: &str) -> Result<(), String> {
    let key = tag_key(world, id);
    in_tables!(world, take(at, id)).ok_or_else(|| missing(id))?;
    world.tags.remove(at, &key);
    world.attachments.remove(at, id);
    Ok(())
}

/// Changes members and tags of an object.
pub fn change(
    world: &mut World,
    at: Timestamp,
    id: &str,
    fields: &Map<String, Value>,
    tags: &BTreeMap<String, Option<String>>,
) -> Result<(), String> {
    let fields = Value::Object(fields.clone());
    in_tables!(world, patch(at, id, &fields)).ok_or_else(|| missing(id))??;
    let key = tag_key(world, id);
    let mut all = world.tags.get(&key).cloned().unwrap_or_default();
    for (name, value) in tags {
        match value {
            Some(value) => all.insert(name.clone(), value.clone()),
            None => all.remove(name),
        };
    }
    world.tags.insert(at, key, all);
    Ok(())
}

fn missing(id: &str) -> String {
    format!("there is no object {id}")
}

fn take<T: Clone + PartialEq>(table: &mut Table<T>, at: Timestamp, id: &str) -> Option<()> {
    table.remove(at, id).map(|_| ())
}

fn patch<T: Clone + PartialEq + Serialize + DeserializeOwned>(
    table: &mut Table<T>,
    at: Timestamp,
    id: &str,
    fields: &Value,
) -> Option<Result<(), String>> {
    table.update(at, id, |object| {
        let mut value = serde_json::to_value(&*object).map_err(|error| error.to_string())?;
        let unknown = fields
            .as_object()
            .and_then(|fields| fields.keys().find(|name| value.get(name).is_none()));
        if let Some(name) = unknown {
            return Err(format!("{id} has no member {name}"));
        }
        merge(&mut value, fields);
        *object = serde_json::from_value(value).map_err(|error| error.to_string())?;
        Ok(())
    })
}

/// Under which key an object's tags are kept.
fn tag_key(world: &World, id: &str) -> String {
    if let Some(object) = world.connections.get(id) {
        arn::connection(&object.region, &object.account, id)
    } else if let Some(object) = world.virtual_interfaces.get(id) {
        arn::virtual_interface(&object.region, &object.account, id)
    } else if let Some(object) = world.direct_connect_gateways.get(id) {
        arn::gateway(&object.account, id)
    } else {
        id.to_owned()
    }
}
