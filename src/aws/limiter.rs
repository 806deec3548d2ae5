//! One request rate per account, region and service; user edits go before sweeps. Throttling by AWS slows all of them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// First and longest pause after AWS throttled. The longest leaves a call time to be sent after the look-up that it rests on.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// A token bucket on the runtime's clock. Sweeps leave a reserve of tokens that only urgent requests
/// (those that a change of a user waits for) may use.
#[derive(Debug)]
pub struct Limiter {
    per_second: f64,
    capacity: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    at: Option<Instant>,
    /// How often in a row AWS throttled, and when the next request may go.
    throttled: u32,
    not_before: Option<Instant>,
}

impl Limiter {
    /// `per_second` requests a second on average; bursts of three seconds' worth.
    pub fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second.max(1));
        let capacity = (per_second * 3.0).max(4.0);
        Self {
            per_second,
            capacity,
            state: Mutex::new(State {
                tokens: capacity,
                at: None,
                throttled: 0,
                not_before: None,
            }),
        }
    }

    /// Waits for a token and takes it.
    pub async fn wait(&self, urgent: bool) {
        let reserve = if urgent { 0.0 } else { self.capacity / 4.0 };
        loop {
            let pause = {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Instant::now();
                let held = state.not_before.map(|at| at.saturating_duration_since(now));
                let elapsed = state
                    .at
                    .map_or(0.0, |at| now.duration_since(at).as_secs_f64());
                state.tokens = (state.tokens + elapsed * self.per_second).min(self.capacity);
                state.at = Some(now);
                match held.filter(|held| !held.is_zero()) {
                    Some(held) => held,
                    None if state.tokens >= 1.0 + reserve => {
                        state.tokens -= 1.0;
                        return;
                    }
                    None => {
                        let missing = 1.0 + reserve - state.tokens;
                        Duration::from_secs_f64(missing / self.per_second + 0.001)
                    }
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// What became of a request: throttling holds all of them back, longer each time in a row.
    pub fn learn(&self, throttled: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !throttled {
            state.throttled = 0;
            state.not_before = None;
        } else if state.not_before.is_none_or(|at| at <= now) {
            let pause = FIRST_PAUSE * 2u32.pow(state.throttled.min(5));
            state.not_before = Some(now + pause.min(LONGEST_PAUSE));
            state.throttled += 1;
            state.tokens = state.tokens.min(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn throttling_holds_all_back_longer_each_time() {
        let limiter = Limiter::new(10);
        for pause in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000] {
            limiter.wait(true).await;
            limiter.learn(true);
            limiter.learn(true);
            let began = Instant::now();
            limiter.wait(true).await;
            assert!(began.elapsed().as_millis().abs_diff(pause) <= 2, "{pause}");
        }
        limiter.learn(true);
        limiter.learn(false);
        let began = Instant::now();
        limiter.wait(true).await;
        assert!(began.elapsed() < FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn sweeps_leave_a_reserve() {
        let limiter = Limiter::new(4);
        let began = Instant::now();
        for _ in 0..9 {
            limiter.wait(false).await;
        }
        assert!(began.elapsed().is_zero());
        for _ in 0..3 {
            limiter.wait(true).await;
        }
        assert!(began.elapsed().is_zero());
        limiter.wait(false).await;
        assert!(!began.elapsed().is_zero());
    }
}
