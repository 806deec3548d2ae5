//! Waiting in virtual time: until something holds, or the test fails and says what it saw.

use std::time::Duration;

use tokio::time::Instant;

use crate::look;
use crate::world::World;

/// How often conditions are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// …and how often if nothing was stored and nothing sent.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);
/// Long enough for a few passes and a sweep.
const SHORT: Duration = Duration::from_mins(3);

/// When conditions are looked at: as something was stored or sent, and now and then.
#[derive(Default)]
pub struct Looks(Option<(Instant, (u64, u64))>);

impl Looks {
    /// True if there may be something new.
    pub fn is_due(&mut self, world: &World) -> bool {
        let state = (world.kube.version(), world.gate.mutations());
        let due = self
            .0
            .is_none_or(|(at, seen)| seen != state || at.elapsed() >= LOOK_AT_LEAST);
        if due {
            self.0 = Some((Instant::now(), state));
        }
        due
    }

    /// Waits a little.
    pub async fn wait(&self) {
        tokio::time::sleep(LOOK).await;
    }
}

impl World {
    /// Lets virtual time pass; everything stored meanwhile is judged.
    pub async fn sleep(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_secs(5).min(end - Instant::now())).await;
            self.judge();
        }
    }

    /// Waits, in virtual time, until it holds. Looked at when something was stored or called, and now and then.
    pub async fn until(&mut self, what: &str, limit: Duration, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + limit;
        let mut looks = Looks::default();
        loop {
            if looks.is_due(self) {
                self.judge();
                if holds(self) {
                    return;
                }
            }
            assert!(
                Instant::now() < end,
                "{what}: not within {limit:?}\n{}",
                self.describe()
            );
            looks.wait().await;
        }
    }

    /// Waits until the object's Ready has this reason.
    pub async fn until_reason(&mut self, kind: &str, name: &str, reason: &str, limit: Duration) {
        let what = format!("{kind}/{name} has reason {reason}");
        self.until(&what, limit, |w| {
            look::reason(&w.object(kind, name)) == reason
        })
        .await;
    }

    /// Waits until the object is Stalled for this reason; answers the message.
    pub async fn until_stalled(&mut self, kind: &str, name: &str, reason: &str) -> String {
        let what = format!("{kind}/{name} is stalled: {reason}");
        self.until(&what, Duration::from_mins(10), |w| {
            look::stalled(&w.object(kind, name), reason)
        })
        .await;
        look::message(&self.object(kind, name))
    }

    /// Waits until every managed object is Ready.
    pub async fn until_all_ready(&mut self, limit: Duration) {
        self.until("everything is Ready", limit, |w| {
            let managed = w.managed();
            !managed.is_empty()
                && managed.iter().all(|o| {
                    look::is(o, "Ready", "True") && look::is(o, "Provisioned", "True")
                        || o["kind"] == "AwsAccount" && look::is(o, "Ready", "True")
                })
        })
        .await;
    }

    /// Waits until the guard holds the object's next step.
    pub async fn until_guarded(&mut self, kind: &str, name: &str) {
        let held = |w: &Self| look::is(&w.object(kind, name), "Guarded", "True");
        self.until("the guard asks", SHORT, held).await;
    }

    /// Waits until the object is gone from Kubernetes.
    pub async fn until_gone(&mut self, kind: &str, name: &str, limit: Duration) {
        let what = format!("{kind}/{name} is gone");
        self.until(&what, limit, |w| w.object(kind, name).is_null())
            .await;
    }
}
