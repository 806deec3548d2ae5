//! Reads and writes of the lease: each once, under a time limit.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::PostParams;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

use super::Candidate;
use super::election::released;
use crate::engine::Shared;
use crate::engine::store::{Trouble, attempt};

/// Time limit of one request: several fit into what a leader has to renew.
const LIMIT: Duration = Duration::from_secs(3);
/// Longest that a stop waits for the lease to be released.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

/// Leases of the operator's own namespace.
pub(super) struct Leases(Api<Lease>);

async fn within<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T, Trouble> {
    let answer = timeout(LIMIT, attempt(request)).await;
    answer.unwrap_or_else(|_| Err(Trouble::Kubernetes("no answer in time".to_owned())))
}

fn name(lease: &Lease) -> &str {
    lease.metadata.name.as_deref().unwrap_or_default()
}

impl Leases {
    pub(super) fn new(client: &kube::Client, namespace: &str) -> Self {
        Self(Api::namespaced(client.clone(), namespace))
    }

    pub(super) fn api(&self) -> Api<Lease> {
        self.0.clone()
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Lease>, Trouble> {
        match within(self.0.get(name)).await {
            Ok(lease) => Ok(Some(lease)),
            Err(Trouble::Gone) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    pub(super) async fn create(&self, lease: &Lease) -> Result<Lease, Trouble> {
        within(self.0.create(&PostParams::default(), lease)).await
    }

    /// The lease carries the resourceVersion of what it replaces.
    pub(super) async fn replace(&self, lease: &Lease) -> Result<Lease, Trouble> {
        within(self.0.replace(name(lease), &PostParams::default(), lease)).await
    }
}

/// Gives the lease up, if it is ours: the last act of a process. Another need not wait for it to run out then.
pub async fn release(context: &Shared, candidate: &Candidate) {
    let leases = Leases::new(&context.client, &context.namespace);
    let until = Instant::now() + RELEASE_WITHIN;
    let done = timeout_at(until, async {
        loop {
            // A renewal may be under way still: then it is tried again.
            let date = MicroTime(context.clock.now());
            let trouble = match leases.get(&candidate.lease).await {
                Ok(lease) => {
                    let free = lease.and_then(|l| released(l, &candidate.identity, &date));
                    let Some(free) = free else { return false };
                    match leases.replace(&free).await {
                        Ok(_) => return true,
                        Err(trouble) => trouble,
                    }
                }
                Err(trouble) => trouble,
            };
            if !matches!(trouble, Trouble::Conflict) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    match done.await {
        Ok(true) => info!("the lease is released"),
        Ok(false) => {}
        Err(_) => warn!("the lease could not be released: another process waits until it runs out"),
    }
}
