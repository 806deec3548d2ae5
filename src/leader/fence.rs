//! Whether this process may act: asked before every pass, sweep and write, and at transmission.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

#[derive(Debug)]
enum State {
    /// Nobody is elected: every process acts.
    Always,
    /// Until then, by the clock that does not jump.
    Until(Instant),
    /// Another process leads, or none.
    Never,
    /// This process has stopped.
    Over,
}

/// True while this process leads. It ends by the passing of time alone: a process that was paused, or cannot
/// renew, finds it false without having been told.
#[derive(Clone, Debug)]
pub struct Leads(Arc<Mutex<State>>);

impl Leads {
    /// Without an election.
    pub fn always() -> Self {
        Self(Arc::new(Mutex::new(State::Always)))
    }

    /// With an election that has not been won yet.
    pub fn elected() -> Self {
        Self(Arc::new(Mutex::new(State::Never)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if this process leads now.
    pub fn holds(&self) -> bool {
        match *self.state() {
            State::Always => true,
            State::Until(end) => Instant::now() < end,
            State::Never | State::Over => false,
        }
    }

    /// It leads until then, or not at all.
    pub(super) fn set(&self, until: Option<Instant>) {
        let mut state = self.state();
        if !matches!(*state, State::Over) {
            *state = until.map_or(State::Never, State::Until);
        }
    }

    /// It stops: never again.
    pub fn end(&self) {
        *self.state() = State::Over;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends_by_the_passing_of_time_and_for_good_at_a_stop() {
        let leads = Leads::elected();
        assert!(!leads.holds());
        leads.set(Some(Instant::now() + Duration::from_secs(10)));
        assert!(leads.holds());
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(!leads.holds());
        leads.set(Some(Instant::now() + Duration::from_secs(10)));
        assert!(leads.holds());
        leads.end();
        leads.set(Some(Instant::now() + Duration::from_secs(10)));
        assert!(!leads.holds());
        assert!(Leads::always().holds());
    }
}
