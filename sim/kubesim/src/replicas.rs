//! Several API servers in front of one store: writes and plain reads are the store's, watches and reads from any version
//! (`resourceVersion=0`) come from a cache that may lag.

use std::collections::BTreeMap;

use crate::{
    server::Server,
    store::{Change, ChangeKind, Key, State},
};

/// Which replicas lag, and who talks to which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replicas {
    /// The version that a lagging replica has seen.
    lagging: BTreeMap<usize, u64>,
    routes: BTreeMap<String, usize>,
}

impl Replicas {
    pub(crate) fn of(&self, client: &str) -> usize {
        self.routes.get(client).copied().unwrap_or_default()
    }

    /// The same routes; no replica lags.
    pub(crate) fn caught_up(&self) -> Self {
        Self {
            lagging: BTreeMap::new(),
            routes: self.routes.clone(),
        }
    }
}

impl State {
    /// The newest version that a replica's cache has seen.
    pub(crate) fn view(&self, replica: usize) -> u64 {
        let seen = self.replicas.lagging.get(&replica).copied();
        seen.unwrap_or(self.version).min(self.version)
    }

    /// An object as it was at a version.
    pub(crate) fn object_at(&self, key: &Key, version: u64) -> Option<&Change> {
        let known = &self.log[..self.log_index_after(version)];
        let last = known.iter().rev().find(|change| change.key == *key)?;
        (last.kind != ChangeKind::Deleted).then_some(last)
    }
}

impl Server {
    /// Sends a client's requests to another replica (0 is where all begin); its watches end.
    pub fn route(&self, client: &str, replica: usize) {
        let mut state = self.shared.state();
        state.replicas.routes.insert(client.to_owned(), replica);
        drop(state);
        self.shared.bell.ring(|signal| signal.views += 1);
    }

    /// The cache of a replica stands still: its watches show nothing new, its reads from any version answer what was.
    pub fn freeze(&self, replica: usize) {
        let mut state = self.shared.state();
        let seen = state.view(replica);
        state.replicas.lagging.insert(replica, seen);
    }

    /// Lets a frozen replica see everything up to a version and no more.
    pub fn advance(&self, replica: usize, version: u64) {
        let mut state = self.shared.state();
        let seen = state.view(replica).max(version);
        state.replicas.lagging.insert(replica, seen);
        drop(state);
        self.shared.bell.ring(|signal| signal.views += 1);
    }

    /// A frozen replica catches up and keeps up.
    pub fn thaw(&self, replica: usize) {
        self.shared.state().replicas.lagging.remove(&replica);
        self.shared.bell.ring(|signal| signal.views += 1);
    }
}
