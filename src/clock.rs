//! Time: the runtime's clock for waiting, AWS's clock for everything that is stored or compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

/// Tells wall time. Injected, so that tests run in virtual time.
pub type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Local wall time, corrected by what AWS's `Date` headers say.
#[derive(Clone)]
pub struct Clock {
    wall: WallClock,
    offset_millis: Arc<AtomicI64>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock")
            .field("offset", &self.offset())
            .finish_non_exhaustive()
    }
}

impl Clock {
    /// A clock over local wall time.
    pub fn new(wall: WallClock) -> Self {
        Self {
            wall,
            offset_millis: Arc::default(),
        }
    }

    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemTime::now))
    }

    /// Local wall time, as signatures carry it.
    pub fn local(&self) -> SystemTime {
        (self.wall)()
    }

    /// AWS time, as well as it is known.
    pub fn now(&self) -> Timestamp {
        Timestamp::try_from(self.local()).unwrap_or(Timestamp::UNIX_EPOCH) + self.offset()
    }

    /// AWS's clock minus the local one.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.offset_millis.load(Ordering::Relaxed))
    }

    /// Learns from a `Date` header, which is cut to whole seconds: differences of less than two
    /// seconds say nothing. `asked` is the local time at which the request began: if much time has
    /// passed since (this process was paused, say), the header says nothing about the local clock.
    pub fn learn(&self, date: Timestamp, asked: SystemTime) {
        let now = self.local();
        if now
            .duration_since(asked)
            .map_or(true, |took| took > Duration::from_secs(3))
        {
            return;
        }
        let local = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
        let seen = date.duration_since(local);
        if (seen - self.offset()).abs() >= SignedDuration::from_secs(2) {
            if (seen - self.offset()).abs() > SignedDuration::from_mins(1) {
                warn!(
                    seconds = seen.as_secs(),
                    "AWS's clock and this machine's are apart: AWS's is taken"
                );
            }
            let millis = i64::try_from(seen.as_millis()).unwrap_or(0);
            self.offset_millis.store(millis, Ordering::Relaxed);
        }
    }
}
