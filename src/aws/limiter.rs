//! One request rate per account, region and service; user edits go before sweeps.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

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
            }),
        }
    }

    /// Waits for a token and takes it.
    pub async fn wait(&self, urgent: bool) {
        let reserve = if urgent { 0.0 } else { self.capacity / 4.0 };
        loop {
            let missing = {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Instant::now();
                let elapsed = state
                    .at
                    .map_or(0.0, |at| now.duration_since(at).as_secs_f64());
                state.tokens = (state.tokens + elapsed * self.per_second).min(self.capacity);
                state.at = Some(now);
                if state.tokens >= 1.0 + reserve {
                    state.tokens -= 1.0;
                    return;
                }
                1.0 + reserve - state.tokens
            };
            tokio::time::sleep(Duration::from_secs_f64(missing / self.per_second + 0.001)).await;
        }
    }
}
