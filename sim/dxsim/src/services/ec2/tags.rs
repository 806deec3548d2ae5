//! Tags of EC2 resources: CreateTags, DeleteTags, DescribeTags and TagSpecification at creation.

use super::filter::Filters;
use super::{DONE, dry_run, not_found, paging};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::error::{invalid, missing};
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Tags, VpnGatewayState, World};
use std::collections::BTreeMap;

/// Tags per resource (EC2 User Guide, "Tag restrictions").
const LIMIT: usize = 50;

/// The tags that a create call asks for by `TagSpecification`.
pub(super) fn at_creation(params: &Params, resource_type: &str) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for specification in params.items("TagSpecification") {
        let found = specification.text("ResourceType").unwrap_or_default();
        if found != resource_type {
            return Err(invalid(format!(
                "'{found}' is not a valid taggable resource type for this operation."
            )));
        }
        for (key, value) in read(&specification)? {
            if tags.insert(key.clone(), value).is_some() {
                return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
            }
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

/// CreateTags: adds or overwrites.
pub(super) fn create(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let ids = resources(ctx, params)?;
    let new: Tags = read(params)?.into_iter().collect();
    if new.is_empty() {
        return Err(missing("Tag"));
    }
    let mut changed = BTreeMap::new();
    for id in ids {
        let mut tags = ctx.world.tags.get(&id).cloned().unwrap_or_default();
        tags.extend(new.clone());
        check_count(&tags)?;
        changed.insert(id, tags);
    }
    dry_run(params)?;
    let now = ctx.now();
    for (id, tags) in changed {
        ctx.touch(&id);
        ctx.world.tags.insert(now, id, tags);
    }
    Ok(DONE.to_owned())
}

/// DeleteTags: by key, or by key and value; without any tag, all of the user's.
pub(super) fn delete(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let ids = resources(ctx, params)?;
    let wanted: Vec<(String, Option<String>)> = params
        .items("Tag")
        .iter()
        .map(|tag| Ok((checked_key(tag)?, tag.get("Value").map(Into::into))))
        .collect::<Result<_, AwsError>>()?;
    dry_run(params)?;
    let now = ctx.now();
    for id in ids {
        ctx.touch(&id);
        ctx.world.tags.update(now, &id, |tags| {
            tags.retain(|key, value| {
                let named = wanted.iter().any(|(wanted_key, wanted_value)| {
                    wanted_key == key && wanted_value.as_ref().is_none_or(|text| text == value)
                });
                let all = wanted.is_empty() && !key.starts_with("aws:");
                !(named || all)
            });
        });
    }
    Ok(DONE.to_owned())
}

/// DescribeTags: one row per tag.
pub(super) fn describe(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    dry_run(params)?;
    let known = ["key", "value", "resource-id", "resource-type"];
    let filters = Filters::parse(params, &known)?;
    let mut rows = Vec::new();
    for (id, tags) in ctx.world.tags.as_of(ctx.view.tags) {
        let Some(resource_type) = owned(ctx.world, &ctx.caller.account, &ctx.region, id) else {
            continue;
        };
        for (key, value) in tags {
            let one = Tags::from([(key.clone(), value.clone())]);
            let wanted = filters.match_all(&one, |name| {
                vec![match name {
                    "key" => key.clone(),
                    "value" => value.clone(),
                    "resource-id" => id.clone(),
                    _ => resource_type.to_owned(),
                }]
            });
            if wanted {
                let place = format!("{id}/{key}");
                rows.push((place, id, resource_type, key, value));
            }
        }
    }
    rows.sort();
    let page = paging::cut(params, rows, |row| &row.0, (5, 1000))?;
    let mut xml = Xml::default();
    xml.list("tagSet", page.items, |item, (_, id, kind, key, value)| {
        item.text("resourceId", id);
        item.text("resourceType", kind);
        item.text("key", key);
        item.text("value", value);
    });
    xml.maybe("nextToken", page.next_token);
    Ok(xml.into_string())
}

fn resources(ctx: &Ctx<'_>, params: &Params) -> Result<Vec<String>, AwsError> {
    let ids = params.texts("ResourceId");
    if ids.is_empty() {
        return Err(missing("ResourceId"));
    }
    ids.into_iter()
        .map(
            |id| match owned(ctx.world, &ctx.caller.account, &ctx.region, id) {
                Some(_) => Ok(id.to_owned()),
                None => Err(unknown(id)),
            },
        )
        .collect()
}

fn unknown(id: &str) -> AwsError {
    let (code, noun) = match id.split('-').next() {
        Some("vgw") => ("InvalidVpnGatewayID.NotFound", "vpnGateway"),
        Some("vpc") => ("InvalidVpcID.NotFound", "vpc"),
        Some("subnet") => ("InvalidSubnetID.NotFound", "subnet"),
        Some("rtb") => ("InvalidRouteTableID.NotFound", "routeTable"),
        Some("pcx") => (
            "InvalidVpcPeeringConnectionID.NotFound",
            "vpcPeeringConnection",
        ),
        Some("tgw") => ("InvalidTransitGatewayID.NotFound", "transitGateway"),
        _ => {
            return AwsError::client("InvalidID", format!("The ID '{id}' is not valid"));
        }
    };
    not_found(code, noun, id)
}

/// The type of a resource, if it lives and is this account's in this region.
fn owned(world: &World, account: &str, region: &str, id: &str) -> Option<&'static str> {
    let (kind, owner, place) = match id.split('-').next()? {
        "vgw" => {
            let found = world.vpn_gateways.get(id)?;
            if found.state == VpnGatewayState::Deleted {
                return None;
            }
            ("vpn-gateway", &found.account, &found.region)
        }
        "vpc" => {
            let found = world.vpcs.get(id)?;
            ("vpc", &found.account, &found.region)
        }
        "subnet" => {
            let found = world.subnets.get(id)?;
            ("subnet", &found.account, &found.region)
        }
        "rtb" => {
            let found = world.route_tables.get(id)?;
            ("route-table", &found.account, &found.region)
        }
        "tgw" => {
            let found = world.transit_gateways.get(id)?;
            ("transit-gateway", &found.account, &found.region)
        }
        "pcx" => {
            let found = world.peerings.get(id)?;
            let side = [&found.requester, &found.accepter]
                .into_iter()
                .find(|side| side.account == account && side.region == region)?;
            ("vpc-peering-connection", &side.account, &side.region)
        }
        _ => return None,
    };
    (owner == account && place == region).then_some(kind)
}

fn read(params: &Params) -> Result<Vec<(String, String)>, AwsError> {
    params
        .items("Tag")
        .iter()
        .map(|tag| {
            let key = checked_key(tag)?;
            let value = tag.get("Value").unwrap_or_default();
            if value.chars().count() > 256 {
                return Err(invalid(format!(
                    "Tag value exceeds the maximum length of 256 characters for key '{key}'"
                )));
            }
            Ok((key, value.to_owned()))
        })
        .collect()
}

fn checked_key(tag: &Params) -> Result<String, AwsError> {
    let key = tag
        .text("Key")
        .ok_or_else(|| invalid("Tag key cannot be empty"))?;
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(invalid(
            "Tag keys starting with 'aws:' are reserved for internal use",
        ));
    }
    if key.chars().count() > 128 {
        return Err(invalid(
            "Tag key exceeds the maximum length of 128 characters",
        ));
    }
    Ok(key.to_owned())
}

fn check_count(tags: &Tags) -> Result<(), AwsError> {
    let count = tags.keys().filter(|key| !key.starts_with("aws:")).count();
    if count > LIMIT {
        return Err(AwsError::client(
            "TagLimitExceeded",
            format!("The maximum number of Tags for a resource is {LIMIT}."),
        ));
    }
    Ok(())
}
