//! Notices that etcd was restored under a running operator.
//!
//! A restore that does not raise the revision sets resource versions back. Watches go on from versions that are still to come and
//! show nothing of what changed: every cache is wrong until its objects change again. A plain list is read from etcd itself and tells
//! the newest version there is ("Resource Versions", Kubernetes API concepts): if a watch has shown a newer one, etcd was restored.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use directconnect_model::api::AwsAccount;
use kube::api::{Api, ListParams};
use tokio::sync::watch;
use tracing::warn;

use super::Shared;
use super::store::attempt;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(30);

/// What the watches have shown, and how often etcd was restored.
#[derive(Debug, Default)]
pub struct Restored {
    newest: AtomicU64,
    times: watch::Sender<u64>,
}

impl Restored {
    /// A watch has shown this version. Versions are compared as numbers since Kubernetes 1.35, and nothing is concluded from others.
    pub fn shown(&self, version: Option<&str>) {
        if let Some(version) = version.and_then(|v| v.parse().ok()) {
            self.newest.fetch_max(version, Ordering::Relaxed);
        }
    }

    /// Changes each time etcd turns out to be restored.
    pub fn times(&self) -> watch::Receiver<u64> {
        self.times.subscribe()
    }

    /// The newest version there is. Answers whether it is older than what was shown.
    fn is_behind(&self, newest: &str) -> bool {
        let Ok(newest) = newest.parse::<u64>() else {
            return false;
        };
        let behind = newest < self.newest.load(Ordering::Relaxed);
        if behind {
            self.newest.store(newest, Ordering::Relaxed);
            self.times.send_modify(|times| *times += 1);
        }
        behind
    }
}

/// Looks for as long as the process lives. Every watch begins anew once etcd was restored.
pub async fn look(context: Shared) {
    let accounts: Api<AwsAccount> = Api::all(context.client.clone());
    loop {
        tokio::time::sleep(LOOK).await;
        let one = ListParams::default().limit(1);
        let Ok(list) = attempt(accounts.list_metadata(&one)).await else {
            continue;
        };
        let newest = list.metadata.resource_version.unwrap_or_default();
        if context.restored.is_behind(&newest) {
            context.metrics.restored();
            warn!("etcd was restored to an older state: everything is listed anew");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_a_watch_has_shown_is_restored() {
        let restored = Restored::default();
        let times = restored.times();
        restored.shown(Some("17"));
        restored.shown(Some("12"));
        restored.shown(Some("not a number"));
        assert!(!restored.is_behind("17"));
        assert!(!restored.is_behind("other"));
        assert!(!times.has_changed().expect("it lives"));
        assert!(restored.is_behind("16"));
        assert!(times.has_changed().expect("it lives"));
        // Told once.
        assert!(!restored.is_behind("16"));
    }
}
