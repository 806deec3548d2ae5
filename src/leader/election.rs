//! The election: from the lease as it was seen, and when, to what is to be done next. No IO, no wall time.
//!
//! Another's lease has run out once it was **seen unchanged** for its whole duration: what its times say is not
//! compared with any clock, so that clocks may differ.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use tokio::time::Instant;

/// A lease that was seen unchanged this long has run out.
pub const DURATION: Duration = Duration::from_secs(15);
/// How often the leader renews.
pub const RENEW_EVERY: Duration = Duration::from_secs(2);
/// A leader that could not renew for this long, counted from when it asked last with success, leads no more.
pub const RENEW_WITHIN: Duration = Duration::from_secs(10);
/// Pause after a request that failed.
pub const RETRY: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Read the lease.
    Look,
    /// There is none: write this one.
    Create(Lease),
    /// Write this in its place.
    Replace(Lease),
    /// Nothing before then, unless the lease changes.
    Wait(Instant),
}

/// The lease, or that there is none, and since when that was seen.
#[derive(Debug)]
struct Seen {
    lease: Option<Lease>,
    since: Instant,
}

/// One candidate.
#[derive(Debug)]
pub struct Election {
    name: String,
    identity: String,
    seen: Option<Seen>,
    /// What was seen may not hold any more.
    look: bool,
    /// When the last renewal that succeeded was asked for.
    renewed: Option<Instant>,
    /// Not before then, after a failure.
    pause: Option<Instant>,
}

fn spec(lease: Option<&Lease>) -> Option<&LeaseSpec> {
    lease.and_then(|l| l.spec.as_ref())
}

/// Who holds the lease; empty if nobody does.
pub fn holder(lease: &Lease) -> &str {
    let holder = lease.spec.as_ref().and_then(|s| s.holder_identity.as_ref());
    holder.map_or("", String::as_str)
}

fn duration(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|s| s.lease_duration_seconds);
    seconds
        .and_then(|s| u64::try_from(s).ok())
        .map_or(DURATION, Duration::from_secs)
}

impl Election {
    /// A candidate that has not looked yet. The lease is called `name`.
    pub fn new(name: &str, identity: &str) -> Self {
        Self {
            name: name.to_owned(),
            identity: identity.to_owned(),
            seen: None,
            look: true,
            renewed: None,
            pause: None,
        }
    }

    fn mine(&self, lease: Option<&Lease>) -> bool {
        lease.is_some_and(|l| holder(l) == self.identity)
    }

    /// The lease was read, or written by us.
    pub fn observe(&mut self, lease: Option<Lease>, now: Instant) {
        if !self.mine(lease.as_ref()) {
            self.renewed = None;
        }
        self.look = false;
        self.pause = None;
        match &mut self.seen {
            // Whoever annotates a lease does not renew it.
            Some(seen) if spec(seen.lease.as_ref()) == spec(lease.as_ref()) => seen.lease = lease,
            seen => *seen = Some(Seen { lease, since: now }),
        }
    }

    /// The watch shows the lease. It may lag behind our own writes: a leader looks before it believes.
    pub fn notice(&mut self, lease: Option<Lease>, now: Instant) {
        if self.leads_until().is_none() {
            let paused = self.pause;
            self.observe(lease, now);
            self.pause = paused;
        } else if !self.mine(lease.as_ref()) {
            self.look = true;
        }
    }

    /// Our write of the lease, asked for at `asked`, is stored.
    pub fn written(&mut self, lease: Lease, asked: Instant, now: Instant) {
        self.observe(Some(lease), now);
        self.renewed = Some(asked);
    }

    /// A request failed, or another wrote first: anything may have happened.
    pub fn failed(&mut self, now: Instant) {
        self.look = true;
        self.pause = Some(now + RETRY);
    }

    /// Until when it leads, if it does or did.
    pub fn leads_until(&self) -> Option<Instant> {
        self.renewed.map(|at| at + RENEW_WITHIN)
    }

    /// Who leads, as far as it is known.
    pub fn leader(&self) -> &str {
        let seen = self.seen.as_ref().and_then(|s| s.lease.as_ref());
        seen.map_or("", holder)
    }

    /// What is to be done now. `date` is written into the lease, for people.
    pub fn next(&self, now: Instant, date: &MicroTime) -> Action {
        if let Some(pause) = self.pause.filter(|p| *p > now) {
            // The end of the term is not slept through.
            let end = self.leads_until().filter(|end| *end > now);
            return Action::Wait(end.map_or(pause, |end| end.min(pause)));
        }
        let Some(seen) = self.seen.as_ref().filter(|_| !self.look) else {
            return Action::Look;
        };
        let Some(lease) = &seen.lease else {
            return Action::Create(self.claim(None, date));
        };
        let due = match holder(lease) {
            "" => now,
            holder if holder == self.identity => self.renewed.map_or(now, |at| at + RENEW_EVERY),
            _ => seen.since + duration(lease),
        };
        if due <= now {
            Action::Replace(self.claim(Some(lease), date))
        } else {
            Action::Wait(due)
        }
    }

    /// The lease as ours. It replaces exactly what was seen: it carries its resourceVersion.
    fn claim(&self, before: Option<&Lease>, date: &MicroTime) -> Lease {
        let mut lease = before.cloned().unwrap_or_else(|| Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                ..ObjectMeta::default()
            },
            spec: None,
        });
        let renews = self.mine(before);
        let spec = lease.spec.get_or_insert_default();
        if !renews {
            spec.acquire_time = Some(date.clone());
            spec.lease_transitions = Some(match before {
                Some(_) => spec.lease_transitions.unwrap_or(0).saturating_add(1),
                None => 0,
            });
        }
        spec.holder_identity = Some(self.identity.clone());
        spec.lease_duration_seconds = i32::try_from(DURATION.as_secs()).ok();
        spec.renew_time = Some(date.clone());
        lease
    }
}

/// The lease without a holder, if it is held by `identity`.
pub fn released(mut lease: Lease, identity: &str, date: &MicroTime) -> Option<Lease> {
    if holder(&lease) != identity {
        return None;
    }
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = Some(String::new());
    spec.renew_time = Some(date.clone());
    Some(lease)
}

#[cfg(test)]
mod tests;
