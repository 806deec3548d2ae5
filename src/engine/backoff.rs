//! How long to wait after trouble: exponential, with jitter, from one place.

use std::time::Duration;

/// First and longest pause.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(300);

/// Pause after this many failures in a row.
pub fn pause(failures: u32, jitter: f64) -> Duration {
    let factor = 2u32.saturating_pow(failures.saturating_sub(1).min(12));
    FIRST.saturating_mul(factor).min(LONGEST).mul_f64(jitter)
}

/// Pause before an order whose account cannot be read in another region is looked at again.
pub const UNREAD: Duration = Duration::from_secs(60);

/// Pause before a call that AWS refused is tried again: rights and settings change by hand.
pub const AFTER_REFUSAL: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        assert_eq!(pause(1, 1.0), FIRST);
        assert_eq!(pause(2, 1.0), FIRST * 2);
        assert_eq!(pause(40, 1.0), LONGEST);
    }
}
