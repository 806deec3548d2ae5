//! One request rate per account, region and service; what somebody waits for goes before tags and names, these before sweeps.
//! Throttling by AWS slows all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// First and longest pause after AWS throttled. The longest leaves a call time to be sent after the look-up that it rests on.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// While a sweep waits, so many requests at most go before it: what is told of AWS stays true however
/// much there is to write.
const BEFORE_A_SWEEP: u32 = 3;

/// What a request is for, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// It makes, deletes or cuts something, or looks first whether it may.
    Edit,
    /// It writes what may be written twice, as tags. There may be thousands.
    Harmless,
    /// It tells what AWS has. A quarter of the bucket is left to the above.
    Sweep,
    /// It reads what goes into a document or a count: as a sweep, but nothing waits for it.
    Document,
}

/// A token bucket on the runtime's clock.
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
    /// How many wait, by priority.
    waiting: [u32; 4],
    /// How many went while a sweep waited.
    passed: u32,
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
                waiting: [0; 4],
                passed: 0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a token and takes it.
    pub async fn wait(&self, priority: Priority) {
        let _waiting = Waiting::of(self, priority);
        while let Some(pause) = self.take(priority) {
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes a token, or says how long to wait before the next try.
    fn take(&self, priority: Priority) -> Option<Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let elapsed = state
            .at
            .map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        state.tokens = (state.tokens + elapsed * self.per_second).min(self.capacity);
        state.at = Some(now);
        let held = state.not_before.map(|at| at.saturating_duration_since(now));
        if let Some(held) = held.filter(|held| !held.is_zero()) {
            return Some(held);
        }
        let waits = |priority: Priority| state.waiting[priority as usize] > 0;
        let sweeps_turn = waits(Priority::Sweep) && state.passed >= BEFORE_A_SWEEP;
        // A token is left for whoever goes first.
        let needed = match priority {
            Priority::Sweep if sweeps_turn => 1.0,
            Priority::Edit | Priority::Harmless if sweeps_turn => 2.0,
            Priority::Harmless if waits(Priority::Edit) => 2.0,
            Priority::Edit | Priority::Harmless => 1.0,
            Priority::Sweep | Priority::Document => 1.0 + self.capacity / 4.0,
        };
        if state.tokens < needed {
            let missing = needed - state.tokens;
            return Some(Duration::from_secs_f64(missing / self.per_second + 0.001));
        }
        state.tokens -= 1.0;
        state.passed = match priority {
            Priority::Sweep => 0,
            _ => state.passed + 1,
        };
        None
    }

    /// What became of a request: throttling holds all of them back, longer each time in a row.
    pub fn learn(&self, throttled: bool) {
        let mut state = self.state();
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

/// A request that waits; it may be given up.
struct Waiting<'a> {
    limiter: &'a Limiter,
    priority: Priority,
}

impl<'a> Waiting<'a> {
    fn of(limiter: &'a Limiter, priority: Priority) -> Self {
        let mut state = limiter.state();
        // No sweep waited: what went before does not count.
        if priority == Priority::Sweep && state.waiting[priority as usize] == 0 {
            state.passed = 0;
        }
        state.waiting[priority as usize] += 1;
        drop(state);
        Self { limiter, priority }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.limiter.state().waiting[self.priority as usize] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn throttling_holds_all_back_longer_each_time() {
        let limiter = Limiter::new(10);
        for pause in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000] {
            limiter.wait(Priority::Edit).await;
            limiter.learn(true);
            limiter.learn(true);
            let began = Instant::now();
            limiter.wait(Priority::Edit).await;
            assert!(began.elapsed().as_millis().abs_diff(pause) <= 2, "{pause}");
        }
        limiter.learn(true);
        limiter.learn(false);
        let began = Instant::now();
        limiter.wait(Priority::Edit).await;
        assert!(began.elapsed() < FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn sweeps_leave_a_reserve() {
        let limiter = Limiter::new(4);
        let began = Instant::now();
        for _ in 0..9 {
            limiter.wait(Priority::Sweep).await;
        }
        assert!(began.elapsed().is_zero());
        for _ in 0..3 {
            limiter.wait(Priority::Edit).await;
        }
        assert!(began.elapsed().is_zero());
        limiter.wait(Priority::Sweep).await;
        assert!(!began.elapsed().is_zero());
    }

    /// A limiter whose bucket is empty, with fifty that go on writing tags.
    async fn busy() -> (Arc<Limiter>, tokio::task::JoinSet<()>) {
        let limiter = Arc::new(Limiter::new(2));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let limiter = Arc::clone(&limiter);
            writers.spawn(async move {
                loop {
                    limiter.wait(Priority::Harmless).await;
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        (limiter, writers)
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_goes_however_many_writes_wait() {
        let (limiter, _writers) = busy().await;
        let began = Instant::now();
        for _ in 0..10 {
            limiter.wait(Priority::Sweep).await;
        }
        // One in four of two a second.
        let took = began.elapsed();
        assert!(took <= Duration::from_secs(21), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_does_not_queue_behind_tags() {
        let (limiter, _writers) = busy().await;
        let began = Instant::now();
        for _ in 0..10 {
            limiter.wait(Priority::Edit).await;
        }
        let took = began.elapsed();
        assert!(took <= Duration::from_secs(7), "{took:?}");
    }
}
