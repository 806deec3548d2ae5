//! Which of several processes acts: a Lease, its election, and the fence that follows from it.
//!
//! It saves work and strife. No promise rests on it: two processes that both believe to lead order nothing twice,
//! because every call has its stored intent.

mod election;
mod fence;
mod lease;

use std::pin::pin;

use futures::StreamExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::time::Instant;
use tracing::{info, warn};

use self::election::{Action, Election};
use self::lease::Leases;
use crate::engine::Shared;
use crate::engine::store::Trouble;

pub use election::{DURATION, RENEW_EVERY, RENEW_WITHIN};
pub use fence::Leads;
pub use lease::release;

/// Settings of the election.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Names this process: that of its pod, so that a restarted container goes on at once.
    pub identity: String,
    /// Name of the lease, in the operator's own namespace.
    pub lease: String,
}

/// Name of the lease: one for each installation, and for each shard of it. Neither holds a dot.
pub fn lease_name(cluster_id: &str, shard: Option<&str>) -> String {
    let shard = shard.map(|s| format!(".{s}")).unwrap_or_default();
    format!("directconnect-operator.{cluster_id}{shard}")
}

/// Stands for election until the process ends.
pub async fn run(context: Shared, candidate: Candidate) {
    // Who cannot see yet cannot lead.
    context.begun.cancelled().await;
    let Candidate { identity, lease } = &candidate;
    let leases = Leases::new(&context.client, &context.namespace);
    let mut watch = pin!(watcher::watch_object(leases.api(), lease).default_backoff());
    let mut term = Term {
        context: &context,
        election: Election::new(lease, identity),
        leads: false,
        trouble: None,
    };
    info!(lease, identity, "standing by");
    loop {
        term.publish();
        let date = MicroTime(context.clock.now());
        match term.election.next(Instant::now(), &date) {
            Action::Look => {
                let answer = leases.get(lease).await;
                term.heard(answer, |election, lease| {
                    election.observe(lease, Instant::now());
                });
            }
            Action::Create(wanted) => {
                let asked = Instant::now();
                let answer = leases.create(&wanted).await;
                term.heard(answer, |e, lease| e.written(lease, asked, Instant::now()));
            }
            Action::Replace(wanted) => {
                let asked = Instant::now();
                let answer = leases.replace(&wanted).await;
                term.heard(answer, |e, lease| e.written(lease, asked, Instant::now()));
            }
            Action::Wait(until) => tokio::select! {
                biased;
                () = tokio::time::sleep_until(until) => {}
                event = watch.next() => match event {
                    Some(Ok(lease)) => term.election.notice(lease, Instant::now()),
                    // What the watch does not show is asked for.
                    Some(Err(_)) => term.election.failed(Instant::now()),
                    None => return,
                },
            },
        }
    }
}

/// What follows from the election.
struct Term<'a> {
    context: &'a Shared,
    election: Election,
    leads: bool,
    trouble: Option<String>,
}

impl Term<'_> {
    /// Takes in an answer; what went wrong is said once.
    fn heard<T>(&mut self, answer: Result<T, Trouble>, take: impl FnOnce(&mut Election, T)) {
        let now = Instant::now();
        let trouble = match answer {
            Ok(value) => {
                take(&mut self.election, value);
                None
            }
            Err(trouble) => {
                self.election.failed(now);
                (!matches!(trouble, Trouble::Conflict)).then(|| trouble.to_string())
            }
        };
        if let Some(trouble) = &trouble
            && self.trouble.as_ref() != Some(trouble)
        {
            warn!(trouble, "the lease cannot be read or written");
        }
        self.trouble = trouble;
    }

    /// Lets everybody know: the fence first.
    fn publish(&mut self) {
        let context = self.context;
        // A term that ended by itself while the lease was asked for: passes gave up meanwhile.
        let lapsed = self.leads && !context.leads.holds();
        context.leads.set(self.election.leads_until());
        let leads = context.leads.holds();
        if leads == self.leads && !(leads && lapsed) {
            return;
        }
        self.leads = leads;
        context.metrics.leader(leads);
        if leads {
            info!("leading");
            context.memories.forget_absences();
            context.wake_all();
        } else {
            info!(leader = self.election.leader(), "leading no more");
            context.inventory.rest();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_of_installations_and_shards_do_not_meet() {
        assert_eq!(lease_name("prod", None), "directconnect-operator.prod");
        assert_ne!(lease_name("prod", Some("eu")), lease_name("prod-eu", None));
    }
}
