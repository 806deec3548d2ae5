//! Ports of an account's other regions: what may be ordered is counted over all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use directconnect_model::aws::{Connection, List};
use directconnect_model::reason::Reason;
use directconnect_model::view::{Account, View};
use tokio::time::Instant;

use super::{Shared, account};
use crate::inventory::{Inventory, Region};

/// Other regions in which ports of the same AWS account were ever looked for, by whatever AwsAccount.
fn regions(context: &Shared, own: &Account) -> BTreeSet<String> {
    let accounts = context.accounts.state();
    let same = accounts
        .iter()
        .filter(|a| a.spec.account_id == own.account_id);
    let mut all = BTreeSet::new();
    for account in same {
        all.extend(account.status.iter().flat_map(|s| s.regions.clone()));
        let name = account.metadata.name.as_deref().unwrap_or_default();
        all.extend(context.inventory.regions(name));
    }
    all.remove(&own.region);
    all
}

/// Ports of the other regions, as far as they are being read.
pub fn known(context: &Shared, view: &View) -> Vec<Connection> {
    let Some(own) = view.account() else {
        return vec![];
    };
    regions(context, own)
        .into_iter()
        .filter_map(|region| context.inventory.known(&(own.name.clone(), region)))
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
    for region in regions(context, own) {
        let unread = |reason, why: String| {
            let message = format!(
                "the ports of region {region} count for the limits of account {} and cannot be read: {why}",
                own.account_id
            );
            (reason, message)
        };
        let inventory = open(context, &own.name, &region)
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
