//! Notices that caches are wrong, and has every watch begin anew.
//!
//! A restore of etcd that does not raise the revision sets resource versions back. Watches go on from versions that are still to come
//! and show nothing of what changed: every cache stays wrong until its objects change again. A plain list, or get, is read from etcd
//! itself ("Resource Versions", Kubernetes API concepts): if a watch has shown a newer version, etcd was restored. A watch that shows
//! nothing any more is noticed by writes that are refused again and again for a version that the cache does not replace.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use directconnect_model::api::AwsAccount;
use kube::api::{Api, ListParams};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::warn;

use super::Shared;
use super::store::attempt;

/// How often etcd is asked for its version.
const LOOK: Duration = Duration::from_secs(30);
/// So many writes in a row are refused before the cache is doubted.
const REFUSED: u32 = 4;

/// What the watches have shown, and how often they had to begin anew.
#[derive(Debug, Default)]
pub struct Doubt {
    newest: AtomicU64,
    times: watch::Sender<u64>,
    last: Mutex<Option<Instant>>,
}

impl Doubt {
    /// A watch has shown this version. Versions are compared as numbers since Kubernetes 1.35, and nothing is concluded from others.
    pub fn shown(&self, version: Option<&str>) {
        if let Some(version) = version.and_then(|v| v.parse().ok()) {
            self.newest.fetch_max(version, Ordering::Relaxed);
        }
    }

    /// Changes each time caches turn out to be wrong.
    pub fn times(&self) -> watch::Receiver<u64> {
        self.times.subscribe()
    }

    /// An uncached read answered a version of an object that is older than the one that was known before.
    pub fn read(&self, known: Option<&str>, fresh: Option<&str>) {
        let parsed = |version: Option<&str>| version.and_then(|v| v.parse::<u64>().ok());
        if let (Some(known), Some(fresh)) = (parsed(known), parsed(fresh))
            && fresh < known
        {
            self.raise();
        }
    }

    /// A write that rests on this version was refused, for the `times`-th time in a row.
    fn refused(&self, times: u32) {
        if times.is_multiple_of(REFUSED) {
            self.raise();
        }
    }

    /// The newest version that there is. What watches showed is forgotten once they begin anew for it.
    fn listed(&self, newest: &str) {
        if let Ok(newest) = newest.parse()
            && newest < self.newest.load(Ordering::Relaxed)
            && self.raise()
        {
            self.newest.store(newest, Ordering::Relaxed);
        }
    }

    /// Not at once again: what is listed anew is passed over anew. Answers true if all is listed anew.
    fn raise(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| at.elapsed() >= LOOK);
        if due {
            *last = Some(Instant::now());
            self.times.send_modify(|times| *times += 1);
        }
        due
    }
}

/// A write was refused that rests on this version of an object, as the cache shows it.
pub fn refused(context: &Shared, uid: &str, version: Option<&str>) {
    let version = version.unwrap_or_default();
    let times = context.memories.with(uid, |m| {
        let (last, times) = &mut m.refused;
        if last != version {
            version.clone_into(last);
            *times = 0;
        }
        *times += 1;
        *times
    });
    context.doubt.refused(times);
}

/// Looks for as long as the process lives.
pub async fn look(context: Shared) {
    let accounts: Api<AwsAccount> = Api::all(context.client.clone());
    let mut times = context.doubt.times();
    loop {
        tokio::select! {
            Ok(()) = times.changed() => {
                context.metrics.doubted();
                warn!("what watches show is not what is stored: everything is listed anew");
            }
            () = tokio::time::sleep(LOOK) => {
                let one = ListParams::default().limit(1);
                if let Ok(list) = attempt(accounts.list_metadata(&one)).await {
                    let newest = list.metadata.resource_version.unwrap_or_default();
                    context.doubt.listed(&newest);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn caches_are_doubted_for_a_reason_and_once_for_each() {
        let doubt = Doubt::default();
        let later = || tokio::time::advance(LOOK);
        let mut times = doubt.times();
        let mut raised = |act: &dyn Fn(&Doubt)| {
            act(&doubt);
            let raised = times.has_changed().expect("it lives");
            times.mark_unchanged();
            raised
        };
        for shown in ["17", "12", "not a number"] {
            assert!(!raised(&|d| d.shown(Some(shown))));
        }
        assert!(!raised(&|d| d.listed("17")));
        assert!(!raised(&|d| d.listed("other")));
        assert!(raised(&|d| d.listed("16")), "etcd was restored");
        later().await;
        assert!(!raised(&|d| d.listed("16")), "that is known");
        assert!(!raised(&|d| d.shown(Some("18"))));
        assert!(!raised(&|d| d.read(Some("16"), Some("18"))));
        assert!(raised(&|d| d.read(Some("18"), Some("17"))));
        assert!(
            !raised(&|d| d.read(Some("17"), Some("16"))),
            "not at once again"
        );
        assert!(!raised(&|d| d.listed("17")), "nor for a list");
        later().await;
        assert!(
            raised(&|d| d.listed("17")),
            "it was not forgotten meanwhile"
        );
        later().await;
        assert!(!raised(&|d| d.refused(3)));
        assert!(raised(&|d| d.refused(4)), "the cache shows nothing new");
    }
}
