//! The engine: one generic pass for every kind.
//!
//! A pass gathers what a decision may look at, asks the pure decision of the model what to do, does
//! that one thing and asks again. Whatever writes at AWS is decided twice: once from caches, to see
//! whether to look closer, and once from uncached reads; only the second is carried out.

pub mod account;
pub mod backoff;
pub mod controller;
pub mod documents;
pub mod doubt;
pub mod elsewhere;
pub mod events;
pub mod execute;
pub mod gather;
pub mod index;
pub mod lately;
pub mod memory;
pub mod orphans;
pub mod pass;
pub mod products;
pub mod recheck;
pub mod secrets;
pub mod store;
pub mod tally;
pub mod transitions;
pub mod watching;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::view::Windows;
use kube::runtime::reflector::Store;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::aws::{Aws, Transmitted};
use crate::clock::Clock;
use crate::inventory::Inventory;
use crate::leader::Leads;
use crate::metrics::Metrics;
use crate::planted::Planted;
use crate::wake::Wakes;

/// What every pass works with.
pub struct Context {
    /// Kubernetes, without the client's own retries: the engine retries.
    pub client: kube::Client,
    /// AWS.
    pub aws: Aws,
    /// What AWS says exists.
    pub inventory: Inventory,
    /// Other objects.
    pub index: index::Index,
    /// What this process remembers of objects.
    pub memories: memory::Memories,
    /// Keys of Secrets, as last read.
    pub secrets: secrets::Secrets,
    /// Time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// Wakes.
    pub wakes: Wakes,
    /// Tokens that were sent.
    pub transmitted: Transmitted,
    /// Whether this process may act.
    pub leads: Leads,
    /// AwsAccounts that this process serves; empty: all.
    pub served: BTreeSet<String>,
    /// This cluster.
    pub cluster_id: String,
    /// The operator's own namespace.
    pub namespace: String,
    /// Namespaces that are watched.
    pub namespaces: Vec<String>,
    /// Endpoints of accounts that name none.
    pub endpoints: Endpoints,
    /// Windows of the create protocol.
    pub windows: Windows,
    /// AwsAccounts, as watched.
    pub accounts: Store<AwsAccount>,
    /// Cancelled once every first list is in: before that nobody knows who else is there.
    pub begun: tokio_util::sync::CancellationToken,
    /// First lists that are not in yet.
    pub unlisted: Mutex<BTreeSet<(Kind, String)>>,
    /// Whether caches can be believed.
    pub doubt: doubt::Doubt,
    /// Randomness, seeded.
    pub rng: Mutex<ChaCha12Rng>,
    /// What lists may not show yet.
    pub lately: lately::Lately,
    /// A bug that tests are to find; none but there.
    pub planted: Planted,
}

impl Context {
    /// 128 random bits, hexadecimal.
    pub fn token(&self) -> String {
        let bits: u128 = self
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .random();
        format!("{bits:032x}")
    }

    /// A factor between 0.8 and 1.2.
    pub fn jitter(&self) -> f64 {
        let unit: f64 = self
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .random();
        0.8 + 0.4 * unit
    }
}

impl Context {
    /// True if this AwsAccount, and what names it, is this process's to act on.
    pub fn serves(&self, account: &str) -> bool {
        self.served.is_empty() || self.served.contains(account)
    }

    /// Has every object looked at: so far another process did.
    pub fn wake_all(&self) {
        for account in self.accounts.state() {
            let name = account.metadata.name.as_deref().unwrap_or_default();
            self.wakes.wake(&ObjectKey::new(Kind::AwsAccount, "", name));
        }
        for sibling in self.index.siblings().iter() {
            self.wakes.wake(&sibling.key);
        }
    }

    /// The first list of a kind in a namespace is in.
    pub fn listed(&self, kind: Kind, namespace: &str) {
        let mut unlisted = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        unlisted.remove(&(kind, namespace.to_owned()));
        if unlisted.is_empty() {
            self.begun.cancel();
        }
    }
}

/// A context is shared by all controllers.
pub type Shared = Arc<Context>;
