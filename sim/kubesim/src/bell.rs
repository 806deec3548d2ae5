//! What open watches listen to: rings in the order in which they began to listen, so that one seed gives one course (the receivers of
//! tokio's `watch` are woken in an order drawn by the runtime).

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// What is rung about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) version: u64,
    /// Counts the times that a lagging cache was let see more.
    pub(crate) views: u64,
    /// Watches opened under another epoch end.
    pub(crate) epoch: u64,
}

/// See the module.
pub(crate) struct Bell {
    signal: Mutex<Signal>,
    rung: Notify,
}

impl Bell {
    pub(crate) fn new(version: u64) -> Self {
        Self {
            signal: Mutex::new(Signal {
                version,
                views: 0,
                epoch: 0,
            }),
            rung: Notify::new(),
        }
    }

    pub(crate) fn signal(&self) -> Signal {
        *self.signal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the signal; rings if it is another then.
    pub(crate) fn ring(&self, change: impl FnOnce(&mut Signal)) {
        let rings = {
            let mut signal = self.signal.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *signal;
            change(&mut signal);
            *signal != before
        };
        if rings {
            self.rung.notify_waiters();
        }
    }

    /// Completes when the signal is no longer `seen`.
    pub(crate) async fn other_than(&self, seen: Signal) {
        loop {
            let rung = self.rung.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            if self.signal() != seen {
                return;
            }
            rung.await;
        }
    }
}
