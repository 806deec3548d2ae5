//! One account and region: a task per list, and what it published last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directconnect_model::aws::{List, Snapshot};
use directconnect_model::kind::ObjectKey;
use directconnect_model::project::Observed;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{info, warn};

use super::{Interest, Place, changes, interval};
use crate::aws::{ApiError, Clients, Priority, read};
use crate::clock::Clock;
use crate::leader::Leads;
use crate::spawn::Spawner;
use crate::wake::Wakes;

/// Fast sweeps: how often, and for how long after a write or a change.
const FAST: Duration = Duration::from_secs(5);
const FAST_FOR: Duration = Duration::from_secs(30 * 60);
/// Longest pause after failures.
const SLOWEST: Duration = Duration::from_secs(120);

#[derive(Default)]
struct ListState {
    /// Beginning of the last complete read.
    begun: Option<Instant>,
    /// AWS time of the last complete read's end, as well as it is known.
    complete_at: Option<Timestamp>,
    /// Beginning of the last attempt that failed, and why.
    failed: Option<(Instant, ApiError)>,
    failures: u32,
    started: Option<Instant>,
    fast_until: Option<Instant>,
    /// Somebody waits for a read that is begun after this.
    wanted_after: Option<Instant>,
    /// Objects to wake after the next complete read.
    waiting: BTreeSet<ObjectKey>,
    /// Since when it is swept.
    swept: Option<Instant>,
}

/// See the module.
pub struct Region {
    place: Place,
    clients: Mutex<Option<Arc<Clients>>>,
    snapshot: Mutex<Snapshot>,
    lists: Mutex<BTreeMap<List, ListState>>,
    /// Rung when a list wants attention.
    bell: Notify,
    /// Rung when a list was read, or could not be.
    done: Notify,
    interests: Arc<Mutex<BTreeMap<ObjectKey, Interest>>>,
    wakes: Wakes,
    spawner: Spawner,
    clock: Clock,
    leads: Leads,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Region {
    pub(super) fn new(
        place: Place,
        interests: Arc<Mutex<BTreeMap<ObjectKey, Interest>>>,
        wakes: Wakes,
        spawner: Spawner,
        clock: Clock,
        leads: Leads,
    ) -> Self {
        Self {
            place,
            clients: Mutex::new(None),
            snapshot: Mutex::default(),
            lists: Mutex::default(),
            bell: Notify::new(),
            done: Notify::new(),
            interests,
            wakes,
            spawner,
            clock,
            leads,
        }
    }

    pub(super) fn use_clients(&self, clients: &Arc<Clients>) {
        *lock(&self.clients) = Some(Arc::clone(clients));
    }

    /// What was published last of the lists that are being read: what somebody wanted once may be old.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.last();
        let states = lock(&self.lists);
        snapshot.retain(|list| states.get(list).is_some_and(|s| s.begun.is_some()));
        snapshot
    }

    /// What was last read of every list, however long ago.
    pub fn last(&self) -> Snapshot {
        lock(&self.snapshot).clone()
    }

    /// Age of the oldest list in use. One that was never read counts from when it was wanted first.
    pub fn age(&self) -> Option<Duration> {
        lock(&self.lists)
            .values()
            .filter_map(|s| s.begun.or(s.swept).map(|b| b.elapsed()))
            .max()
    }

    /// Number of lists that are swept.
    pub fn tasks(&self) -> usize {
        lock(&self.lists)
            .values()
            .filter(|s| s.swept.is_some())
            .count()
    }

    /// Sweeps look whether anybody wants them still.
    pub(super) fn rest(&self) {
        self.bell.notify_waiters();
    }

    /// Sweeps these lists from now on, while this process leads.
    pub fn sweep(self: &Arc<Self>, lists: &BTreeSet<List>) {
        if !self.leads.holds() {
            return;
        }
        let mut start = vec![];
        {
            let mut states = lock(&self.lists);
            for list in lists {
                let state = states.entry(list.clone()).or_default();
                if state.swept.is_none() {
                    state.swept = Some(Instant::now());
                    start.push(list.clone());
                }
            }
        }
        for list in start {
            let region = Arc::clone(self);
            self.spawner.spawn(async move { region.run(list).await });
        }
    }

    /// Reads these lists often for a while: something is about to change, or just did.
    pub fn hasten(self: &Arc<Self>, lists: &BTreeSet<List>) {
        self.sweep(lists);
        let mut states = lock(&self.lists);
        for list in lists {
            let state = states.entry(list.clone()).or_default();
            state.fast_until = Some(Instant::now() + FAST_FOR);
        }
        drop(states);
        self.bell.notify_waiters();
    }

    /// Wakes the object once these lists have been read anew; paced as fast sweeps are.
    pub fn wake_after(self: &Arc<Self>, lists: &BTreeSet<List>, key: &ObjectKey) {
        self.sweep(lists);
        let mut states = lock(&self.lists);
        let now = Instant::now();
        for list in lists {
            let state = states.entry(list.clone()).or_default();
            state.waiting.insert(key.clone());
            let soon = state.started.map_or(now, |s| s + FAST);
            state.fast_until = Some(state.fast_until.map_or(soon + FAST, |f| f.max(soon + FAST)));
        }
        drop(states);
        self.bell.notify_waiters();
    }

    /// Waits for a read that was begun after `since`.
    pub(super) async fn fresh(
        self: &Arc<Self>,
        list: &List,
        since: Instant,
    ) -> Result<(), ApiError> {
        loop {
            if !self.leads.holds() {
                return Err(ApiError::not_read());
            }
            self.sweep(&BTreeSet::from([list.clone()]));
            let done = self.done.notified();
            tokio::pin!(done);
            done.as_mut().enable();
            {
                let mut states = lock(&self.lists);
                let state = states.entry(list.clone()).or_default();
                if state.begun.is_some_and(|b| b >= since) {
                    return Ok(());
                }
                if let Some((at, error)) = &state.failed
                    && *at >= since
                {
                    return Err(error.clone());
                }
                state.wanted_after = Some(state.wanted_after.map_or(since, |w| w.max(since)));
            }
            self.bell.notify_waiters();
            done.await;
        }
    }

    pub(super) fn observed(&self, lists: &BTreeSet<List>, _clock: &Clock) -> Observed {
        let states = lock(&self.lists);
        let mut worst: Option<Observed> = None;
        for list in lists {
            let Some(state) = states.get(list) else {
                continue;
            };
            let Some((at, error)) = &state.failed else {
                continue;
            };
            if state.begun.is_some_and(|b| b > *at) {
                continue;
            }
            let text = match error.reason() {
                directconnect_model::reason::Reason::AccessDenied => {
                    format!("AWS refuses to let the operator read: {error}")
                }
                directconnect_model::reason::Reason::Throttled => {
                    "AWS throttles the operator's reads".to_owned()
                }
                _ => format!("AWS cannot be read: {error}"),
            };
            worst = Some(Observed::No(error.reason(), text, state.complete_at));
        }
        worst.unwrap_or(Observed::Yes)
    }

    /// True while an object, or a caller, wants this list.
    fn in_use(&self, list: &List) -> bool {
        lock(&self.interests)
            .values()
            .any(|i| i.place == self.place && i.lists.contains(list))
            || lock(&self.lists)
                .get(list)
                .is_some_and(|s| s.wanted_after.is_some() || !s.waiting.is_empty())
    }

    /// When the list is to be read next.
    fn due(&self, list: &List) -> Instant {
        let states = lock(&self.lists);
        let now = Instant::now();
        let Some(state) = states.get(list) else {
            return now;
        };
        let Some(started) = state.started else {
            return now;
        };
        if state.wanted_after.is_some() && state.failures == 0 {
            return now;
        }
        if state.failures > 0 {
            let pause =
                FAST.min(Duration::from_secs(1)) * 2u32.saturating_pow(state.failures.min(7));
            return started + pause.min(SLOWEST);
        }
        let fast = state.fast_until.is_some_and(|f| f > started);
        started + if fast { FAST } else { interval(list) }
    }

    async fn run(self: Arc<Self>, list: List) {
        loop {
            loop {
                let bell = self.bell.notified();
                tokio::pin!(bell);
                bell.as_mut().enable();
                let due = self.due(&list);
                if due <= Instant::now() || !self.leads.holds() {
                    break;
                }
                tokio::select! {
                    biased;
                    () = tokio::time::sleep_until(due) => {}
                    () = bell => {}
                }
            }
            if !self.leads.holds() {
                // What was read gets old: it is forgotten, so that nobody takes it for news later.
                lock(&self.snapshot).retain(|other| *other != list);
                lock(&self.lists).remove(&list);
                self.done.notify_waiters();
                return;
            }
            if !self.in_use(&list) {
                let mut states = lock(&self.lists);
                let unused = states.get(&list).is_some_and(|s| {
                    s.started.is_some() && s.wanted_after.is_none() && s.waiting.is_empty()
                });
                if unused {
                    states.remove(&list);
                    return;
                }
            }
            self.read(&list).await;
        }
    }

    async fn read(self: &Arc<Self>, list: &List) {
        let Some(clients) = lock(&self.clients).clone() else {
            return;
        };
        let started = Instant::now();
        let priority = {
            let mut states = lock(&self.lists);
            let state = states.entry(list.clone()).or_default();
            state.started = Some(started);
            if state.wanted_after.take().is_some() {
                Priority::Edit
            } else {
                Priority::Sweep
            }
        };
        let result = crate::aws::with(priority, read::list(&clients, list)).await;
        let mut woken = BTreeSet::new();
        match result {
            Ok(part) => {
                let changed = {
                    let mut snapshot = lock(&self.snapshot);
                    let before = snapshot.clone();
                    part.put(&mut snapshot);
                    changes::between(&before, &snapshot, list)
                };
                let mut states = lock(&self.lists);
                let state = states.entry(list.clone()).or_default();
                let recovered = state.failed.take().is_some();
                let first = state.begun.is_none();
                state.begun = Some(started);
                state.failures = 0;
                state.complete_at = Some(self.clock.now());
                if !changed.is_empty() && !first {
                    state.fast_until = Some(Instant::now() + FAST_FOR);
                }
                woken.append(&mut state.waiting);
                drop(states);
                if recovered {
                    info!(list = ?list, account = self.place.0, region = self.place.1, "AWS can be read again");
                }
                for (key, interest) in lock(&self.interests).iter() {
                    let concerned = interest.place == self.place
                        && interest.lists.contains(list)
                        && (recovered || first || changed.concerns(key, &interest.ids));
                    if concerned {
                        woken.insert(key.clone());
                    }
                }
            }
            Err(error) => {
                let mut states = lock(&self.lists);
                let state = states.entry(list.clone()).or_default();
                let news = state
                    .failed
                    .as_ref()
                    .is_none_or(|(_, e)| e.class != error.class);
                state.failed = Some((started, error.clone()));
                state.failures += 1;
                woken.append(&mut state.waiting);
                drop(states);
                if news {
                    warn!(list = ?list, account = self.place.0, region = self.place.1, error = %error, "AWS cannot be read");
                    for (key, interest) in lock(&self.interests).iter() {
                        if interest.place == self.place && interest.lists.contains(list) {
                            woken.insert(key.clone());
                        }
                    }
                }
            }
        }
        self.done.notify_waiters();
        for key in woken {
            self.wakes.wake(&key);
        }
    }
}
