//! The inventory: one picture of AWS for each account and region, whatever the number of objects.
//!
//! Every list that an object needs is swept by one task: ports and interfaces each minute, the rest
//! every five, faster for half an hour after a write or a change was seen. A pass reads the
//! published snapshot; differences wake exactly the objects concerned. Decisions that spend or
//! destroy wait for a list that was begun after they asked ([`Inventory::fresh`]); objects that ask
//! at the same time share it.

mod changes;
mod region;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use directconnect_model::aws::{List, Snapshot};
use directconnect_model::kind::ObjectKey;
use directconnect_model::project::Observed;
use tokio::time::Instant;

use crate::aws::{ApiError, Clients};
use crate::clock::Clock;
use crate::leader::Leads;
use crate::metrics::Metrics;
use crate::spawn::Spawner;
use crate::wake::Wakes;

pub use region::Region;

/// Account (name of the AwsAccount) and region.
pub type Place = (String, String);

/// What an object wants to know of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Where.
    pub place: Place,
    /// Lists that show it.
    pub lists: BTreeSet<List>,
    /// AWS ids that concern it.
    pub ids: BTreeSet<String>,
}

/// All places.
pub struct Inventory {
    regions: Mutex<BTreeMap<Place, Arc<Region>>>,
    interests: Arc<Mutex<BTreeMap<ObjectKey, Interest>>>,
    wakes: Wakes,
    spawner: Spawner,
    clock: Clock,
    metrics: Metrics,
    leads: Leads,
}

impl Inventory {
    /// An empty inventory.
    pub fn new(
        wakes: Wakes,
        spawner: Spawner,
        clock: Clock,
        metrics: Metrics,
        leads: Leads,
    ) -> Self {
        Self {
            regions: Mutex::default(),
            interests: Arc::default(),
            wakes,
            spawner,
            clock,
            metrics,
            leads,
        }
    }

    /// The region's inventory, made on first use; new clients replace older ones.
    pub fn region(&self, place: &Place, clients: &Arc<Clients>) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(place.clone()).or_insert_with(|| {
            Arc::new(Region::new(
                place.clone(),
                Arc::clone(&self.interests),
                self.wakes.clone(),
                self.spawner.clone(),
                self.clock.clone(),
                self.leads.clone(),
            ))
        });
        region.use_clients(clients);
        Arc::clone(region)
    }

    /// Says what an object wants to know of; what nobody wants any more is not swept.
    pub fn interested(&self, key: &ObjectKey, interest: Interest) {
        self.interests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.clone(), interest);
    }

    /// This process leads no more: nobody here wants to know anything, and sweeps end.
    pub fn rest(&self) {
        self.interests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        for region in regions.values() {
            region.rest();
        }
    }

    /// The object is gone.
    pub fn forget(&self, key: &ObjectKey) {
        self.interests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }

    /// The inventory of a place, if an object was ever there.
    pub fn known(&self, place: &Place) -> Option<Arc<Region>> {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.get(place).map(Arc::clone)
    }

    /// Regions of an account whose ports were read: a region that does not exist is none of them.
    pub fn regions(&self, account: &str) -> Vec<String> {
        self.snapshots(account)
            .into_iter()
            .filter(|(_, snapshot)| snapshot.connections.is_some())
            .map(|(region, _)| region)
            .collect()
    }

    /// What was last read in all regions of an account.
    pub fn snapshots(&self, account: &str) -> Vec<(String, Snapshot)> {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions
            .iter()
            .filter(|((name, _), _)| name == account)
            .map(|((_, region), inventory)| (region.clone(), inventory.last()))
            .collect()
    }

    /// Number of tasks that sweep.
    pub fn tasks(&self) -> usize {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.values().map(|r| r.tasks()).sum()
    }

    /// Publishes ages of lists.
    pub fn report(&self) {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        for ((account, region), inventory) in regions.iter() {
            let age = inventory.age();
            self.metrics.inventory_age(account, region, age);
        }
    }

    /// Waits until each list was read, begun after `since`. An attempt begun after it that failed
    /// is the answer too.
    pub async fn fresh(
        region: &Arc<Region>,
        lists: &BTreeSet<List>,
        since: Instant,
    ) -> Result<(), ApiError> {
        for list in lists {
            region.fresh(list, since).await?;
        }
        Ok(())
    }

    /// Whether the lists can be read.
    pub fn observed(region: &Region, lists: &BTreeSet<List>, clock: &Clock) -> Observed {
        region.observed(lists, clock)
    }
}

/// How often a list is read in the long run.
pub(crate) fn interval(list: &List) -> Duration {
    match list {
        List::Connections | List::VirtualInterfaces => Duration::from_secs(60),
        _ => Duration::from_secs(300),
    }
}
