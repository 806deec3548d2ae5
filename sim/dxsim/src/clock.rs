//! The world's clock: real (scale 1), scaled, or stepped by hand (scale 0), as a function of wall time.

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::SystemTime;

/// Where wall time comes from; tests in virtual time inject their own.
pub type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// World time as a function of wall time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    base_wall: Timestamp,
    base_world: Timestamp,
    scale: f64,
}

impl Clock {
    /// A clock that shows `world` when wall time is `wall`, and runs `scale` times as fast.
    pub fn new(wall: Timestamp, world: Timestamp, scale: f64) -> Self {
        Self {
            base_wall: wall,
            base_world: world,
            scale,
        }
    }

    /// World time at a wall time.
    pub fn now(&self, wall: Timestamp) -> Timestamp {
        let real = wall.duration_since(self.base_wall);
        let passed = SignedDuration::try_from_secs_f64(real.as_secs_f64() * self.scale)
            .unwrap_or(SignedDuration::MAX);
        self.base_world
            .checked_add(passed)
            .unwrap_or(Timestamp::MAX)
    }

    /// How many times as fast as the wall it runs.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Puts the clock forward.
    pub fn advance(&mut self, by: SignedDuration) {
        self.base_world = self.base_world.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets the clock to a time; the world itself never goes back.
    pub fn set(&mut self, wall: Timestamp, world: Timestamp) {
        *self = Self::new(wall, world, self.scale);
    }

    /// Changes the speed from now on.
    pub fn set_scale(&mut self, wall: Timestamp, scale: f64) {
        *self = Self::new(wall, self.now(wall), scale);
    }
}

/// A wall time as a timestamp.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MIN)
}

/// The `Date` header's form (RFC 9110).
pub(crate) fn http_date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .unwrap_or_default()
}
