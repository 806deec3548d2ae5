//! From world files to a world: merging, and what is not an object of EC2 or Direct Connect.

use super::schema::{AccountFile, PolicyFile, PrefixFile, RouterFile, WorldFile};
use super::{direct_connect, ec2};
use crate::iam::{self, Policy};
use crate::world::{Account, Location, Prefix, Role, Router, Settings, World};
use jiff::Timestamp;
use serde_json::Value;

/// Why a world could not be made from its files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// Reads one world file.
pub fn parse(text: &str) -> Result<WorldFile, Error> {
    serde_saphyr::from_str(text).map_err(|error| Error(format!("world file: {error}")))
}

/// Makes one world from several files.
pub fn load(files: &[WorldFile], seed: u64, now: Timestamp) -> Result<World, Error> {
    let mut world = World::empty(seed, now);
    world.settings = settings(files)?;
    for file in files {
        for location in &file.locations {
            add_location(&mut world, location)?;
        }
        world.denials.extend(file.denials.iter().cloned());
        for router in &file.routers {
            add_router(&mut world, router)?;
        }
        for account in &file.accounts {
            add_account(&mut world, account)?;
        }
    }
    for account in files.iter().flat_map(|file| &file.accounts) {
        ec2::load(&mut world, account)?;
    }
    for account in files.iter().flat_map(|file| &file.accounts) {
        direct_connect::load(&mut world, account)?;
    }
    // What follows from what was declared (states, sessions, routes) is there from the start.
    crate::services::directconnect::settle(&mut world, now);
    crate::network::start(&mut world, now);
    world.forget_beginning();
    Ok(world)
}

fn settings(files: &[WorldFile]) -> Result<Settings, Error> {
    let mut merged = Value::Object(serde_json::Map::new());
    for settings in files.iter().filter_map(|file| file.settings.as_ref()) {
        merge(&mut merged, settings);
    }
    serde_json::from_value(merged).map_err(|error| Error(format!("settings: {error}")))
}

/// Puts the members of `from` over those of `into`.
pub(crate) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn add_location(world: &mut World, location: &Location) -> Result<(), Error> {
    if location.devices.is_empty() {
        return Err(Error(format!("location {}: no devices", location.code)));
    }
    let known = world
        .locations
        .entry(location.code.clone())
        .or_insert_with(|| location.clone());
    if known == location {
        Ok(())
    } else {
        Err(Error(format!(
            "location {} is declared twice, differently",
            location.code
        )))
    }
}

fn add_router(world: &mut World, file: &RouterFile) -> Result<(), Error> {
    let router = Router {
        name: file.name.clone(),
        asn: file.asn,
        prefixes: file.prefixes.iter().map(prefix).collect(),
        broken: false,
        sessions: file.sessions.clone(),
    };
    if world.routers.insert(file.name.clone(), router).is_some() {
        return Err(Error(format!("router {} is declared twice", file.name)));
    }
    Ok(())
}

/// A prefix of a router.
pub(crate) fn prefix(file: &PrefixFile) -> Prefix {
    match file {
        PrefixFile::Plain(cidr) => Prefix {
            cidr: *cidr,
            communities: Vec::new(),
            prepend: 0,
        },
        PrefixFile::Full(prefix) => prefix.clone(),
    }
}

fn add_account(world: &mut World, file: &AccountFile) -> Result<(), Error> {
    if file.id.len() != 12 || !file.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error(format!(
            "account {}: twelve digits expected",
            file.id
        )));
    }
    let roles = file
        .roles
        .iter()
        .map(|(name, role)| {
            let policies = role.policies.as_deref().map(|files| {
                let read = files
                    .iter()
                    .map(|file| policy(file, &world.settings.cluster_id));
                read.collect::<Result<_, _>>()
            });
            let policies = policies.transpose().map_err(|what| {
                Error(format!("account {}: role {name}: policy: {what}", file.id))
            })?;
            let role = Role {
                trusted_accounts: role.trusted_accounts.clone(),
                external_id: role.external_id.clone(),
                policies,
            };
            Ok((name.clone(), role))
        })
        .collect::<Result<_, Error>>()?;
    let account = Account {
        id: file.id.clone(),
        access_keys: file.access_keys.clone(),
        roles,
    };
    if let Some(known) = world.accounts.get(&file.id) {
        // Several worlds may name the same home of credentials; objects have one origin.
        if owns_nothing(file) && *known == account {
            return Ok(());
        }
        return Err(Error(format!("account {} is declared twice", file.id)));
    }
    for key in file.access_keys.keys() {
        if !world.account_of(key).is_empty() {
            return Err(Error(format!("access key {key} is declared twice")));
        }
    }
    world.accounts.insert(file.id.clone(), account);
    Ok(())
}

fn policy(file: &PolicyFile, cluster_id: &str) -> Result<Policy, String> {
    match file {
        PolicyFile::Named(name) => iam::document(name, cluster_id)
            .ok_or_else(|| format!("{name}: {} and {} are known", iam::OPERATOR, iam::ADOPTION))?,
        PolicyFile::Document(document) => Policy::read(document.clone()),
    }
}

fn owns_nothing(file: &AccountFile) -> bool {
    let bare = AccountFile {
        id: file.id.clone(),
        region: file.region.clone(),
        access_keys: file.access_keys.clone(),
        roles: file.roles.clone(),
        ..AccountFile::default()
    };
    *file == bare
}
