//! Ports of an account's other regions: what may be ordered is counted over all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directconnect_model::aws::{Connection, List};
use directconnect_model::reason::Reason;
use directconnect_model::view::{Account, View};
use tokio::time::Instant;

use super::{Shared, account};
use crate::inventory::{Inventory, Region};

/// Other regions in which objects of the same AWS account were ever seen, and an AwsAccount for each.
fn regions(context: &Shared, own: &Account) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for account in context.accounts.state() {
        if account.spec.account_id != own.account_id {
            continue;
        }
        let name = account.metadata.name.clone().unwrap_or_default();
        let recorded = account.status.iter().flat_map(|s| s.regions.clone());
        let regions = recorded
            .chain([account.spec.region.clone()])
            .chain(context.inventory.regions(&name));
        for region in regions.filter(|r| *r != own.region) {
            // The object's own account is asked where it can be.
            if name == own.name || !found.contains_key(&region) {
                found.insert(region, name.clone());
            }
        }
    }
    found
}

/// Ports of the other regions, as far as they are being read.
pub fn known(context: &Shared, view: &View) -> Vec<Connection> {
    let Some(own) = view.account() else {
        return vec![];
    };
    regions(context, own)
        .into_iter()
        .filter_map(|(region, name)| context.inventory.known(&(name, region)))
        .flat_map(|region| region.snapshot().connections().to_vec())
        .collect()
}

/// Ports of the other regions, from lists begun from now on; or what is said if one cannot be read.
pub async fn fresh(context: &Shared, view: &View) -> Result<Vec<Connection>, (Reason, String)> {
    let Some(own) = view.account() else {
        return Ok(vec![]);
    };
    let started = Instant::now();
    let mut ports = vec![];
    for (region, name) in regions(context, own) {
        let unread = |reason, why: String| {
            let message = format!(
                "the ports of region {region} count for the limits of account {} and cannot be read: {why}",
                own.account_id
            );
            (reason, message)
        };
        let inventory = open(context, &name, &region)
            .await
            .map_err(|why| unread(Reason::AwsUnavailable, why))?;
        Inventory::fresh(&inventory, &BTreeSet::from([List::Connections]), started)
            .await
            .map_err(|error| unread(error.reason(), error.message))?;
        ports.extend_from_slice(inventory.snapshot().connections());
    }
    Ok(ports)
}

async fn open(context: &Shared, name: &str, region: &str) -> Result<Arc<Region>, String> {
    let account = account::cached(context, name).ok_or("its AwsAccount is gone")?;
    let settings = account::settings(context, &account, region)
        .await
        .map_err(|trouble| trouble.to_string())?;
    let clients = context.aws.clients(name, &settings).await;
    let place = (name.to_owned(), region.to_owned());
    Ok(context.inventory.region(&place, &clients))
}
