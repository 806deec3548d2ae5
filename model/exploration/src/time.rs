//! Time in ticks of 30 seconds, as seen from now: windows are a tick each, so that every order of what happens around
//! their ends is reached in few steps.

use std::fmt;

use directconnect_model::view::Windows;
use jiff::{SignedDuration, Timestamp};

/// Seconds of a tick: what lies between the first page of a look-up and `sendBy`.
const TICK: i64 = 30;
/// How long AWS takes a signed request, in ticks.
pub const VALIDITY: i16 = 1;
/// How long lists may lag, in ticks.
pub const VISIBILITY: i16 = 1;
/// `sendBy` is so long after the beginning of the look-up (`SEND_WITHIN` of the engine).
pub const SEND_WITHIN: i16 = 1;
/// The minute that the protocol adds to validity and visibility.
pub const MARGIN: i16 = 2;
/// validity + visibility + 1 min.
pub const WINDOW: i16 = VALIDITY + VISIBILITY + MARGIN;
/// No decision tells longer differences apart, but for [`AGES`].
pub const FAR: i16 = WINDOW + 1;
/// More than the hour after which an open intent is evidence of a restore.
pub const AGES: i16 = 124;

/// A point in time, in ticks after now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i16);

impl Time {
    /// Now.
    pub const NOW: Self = Self(0);

    /// So many ticks later.
    #[must_use]
    pub const fn plus(self, ticks: i16) -> Self {
        Self(self.0 + ticks)
    }

    /// True if so many ticks after this have not passed at `at`.
    pub const fn within(self, ticks: i16, at: Self) -> bool {
        at.0 <= self.0 + ticks
    }

    /// As the product sees it.
    pub fn timestamp(self) -> Timestamp {
        now() + SignedDuration::from_secs(i64::from(self.0) * TICK)
    }

    /// Back from the product's view.
    pub fn from_timestamp(at: Timestamp) -> Self {
        let seconds = at.duration_since(now()).as_secs();
        assert!(seconds % TICK == 0, "{at} lies between two ticks");
        Self(i16::try_from(seconds / TICK).expect("times of the model are near"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("now"),
            ticks => write!(f, "now{ticks:+}"),
        }
    }
}

/// The product's now: always the same, everything else is told relative to it.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_750_000_020).expect("a time in 2025")
}

/// The product's windows.
pub fn windows(validity: i16, visibility: i16) -> Windows {
    let ticks = |n: i16| SignedDuration::from_secs(i64::from(n) * TICK);
    Windows {
        validity: ticks(validity),
        visibility: ticks(visibility),
    }
}
