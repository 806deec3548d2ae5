//! The server: shared state, clock, and what tests see and steer from outside.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::{
    bell::Bell,
    control::{Control, FaultKind, FaultMatch, RequestRecord, When},
    service::SimService,
    store::{Change, Key, State},
};

/// Where the server's wall time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Name of the client behind `Server::service`.
pub const DEFAULT_CLIENT: &str = "client";

pub(crate) struct Shared {
    state: Mutex<State>,
    control: Mutex<Control>,
    clock: Clock,
    pub(crate) bell: Bell,
    pub(crate) held: watch::Sender<usize>,
    pub(crate) stopped: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state with its clock set.
    pub(crate) fn state_now(&self) -> MutexGuard<'_, State> {
        let now = self.now();
        let mut state = self.state();
        state.wake(now);
        state
    }

    pub(crate) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the watches if something was stored.
    pub(crate) fn publish(&self) {
        let version = self.state().version;
        self.bell.ring(|signal| signal.version = version);
    }
}

/// What a server's store held at one time; cheap to take and to keep.
#[derive(Clone)]
pub struct Snapshot {
    state: State,
}

/// An in-memory Kubernetes API server. Clones are handles on the same server.
#[derive(Clone)]
pub struct Server {
    pub(crate) shared: Arc<Shared>,
}

impl Server {
    /// A server with the namespaces `default` and `kube-system`, on the given clock.
    pub fn new(now: Clock) -> Self {
        Self::with_seed(now, 0)
    }

    /// As `new`, with a seed for uids and generated names.
    pub fn with_seed(now: Clock, seed: u64) -> Self {
        let server = Self::over(State::new(now(), seed), now);
        for name in ["default", "kube-system"] {
            server.create_namespace(name);
        }
        server
    }

    /// A server of its own that begins where another was when the snapshot was taken.
    pub fn from_snapshot(now: Clock, snapshot: &Snapshot) -> Self {
        Self::over(snapshot.state.clone(), now)
    }

    fn over(state: State, now: Clock) -> Self {
        let version = state.version;
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                control: Mutex::new(Control::default()),
                clock: now,
                bell: Bell::new(version),
                held: watch::Sender::new(0),
                stopped: watch::Sender::new(false),
            }),
        }
    }

    /// What the store holds now, for `from_snapshot` and `set_back`.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            state: self.shared.state().clone(),
        }
    }

    /// Sets the store back to an older state of this server, as a restored etcd does: what was written since is gone, resource versions
    /// are given a second time, and every watch ends. `history` goes on to show all that ever was.
    pub fn set_back(&self, snapshot: &Snapshot) {
        self.shared.state_now().set_back(&snapshot.state);
        let version = self.shared.state().version;
        self.shared.bell.ring(|signal| {
            signal.version = version;
            signal.epoch += 1;
        });
    }

    /// A transport for `kube::Client::new`, named `DEFAULT_CLIENT` in log, faults and stops.
    pub fn service(&self) -> SimService {
        self.service_as(DEFAULT_CLIENT)
    }

    /// A transport under a name of its own, so that several users can be told apart.
    pub fn service_as(&self, client: &str) -> SimService {
        SimService {
            shared: self.shared.clone(),
            client: client.to_owned(),
        }
    }

    /// Every version of every object that was ever stored, in order.
    pub fn history(&self) -> Vec<Change> {
        self.shared.state().history_since(0)
    }

    /// The versions stored after the first `seen` ones: for checks after every mutation.
    pub fn history_since(&self, seen: usize) -> Vec<Change> {
        self.shared.state().history_since(seen)
    }

    /// Every object that exists now, by key.
    pub fn objects(&self) -> BTreeMap<Key, Arc<serde_json::Value>> {
        self.shared.state().live.clone()
    }

    /// Objects that exist now, of those keys that are wanted.
    pub fn objects_of(&self, wanted: impl Fn(&Key) -> bool) -> Vec<Arc<serde_json::Value>> {
        let state = self.shared.state();
        let found = state.live.iter().filter(|(key, _)| wanted(key));
        found.map(|(_, object)| Arc::clone(object)).collect()
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// The current resource version.
    pub fn version(&self) -> u64 {
        self.shared.state().version
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.control().records.clone()
    }

    /// Request shapes that were answered 501.
    pub fn unsupported(&self) -> Vec<String> {
        self.shared.control().unsupported.clone()
    }

    /// Asks `hook` about every request for a resource, before anything else becomes of it.
    pub fn on_request(&self, hook: Option<crate::Hook>) {
        self.shared.control().set_hook(hook);
    }

    /// Makes the next `times` requests that match go wrong.
    pub fn add_fault(&self, pattern: FaultMatch, kind: FaultKind, times: u32) {
        self.shared.control().add_fault(pattern, kind, times);
    }

    /// Takes all faults away; held requests stay held.
    pub fn clear_faults(&self) {
        self.shared.control().clear_faults();
    }

    /// Completes when at least one request is held.
    pub async fn held(&self) {
        let mut held = self.shared.held.subscribe();
        // The sender lives as long as `self`.
        let _count = held.wait_for(|count| *count > 0).await;
    }

    /// How many requests are held.
    pub fn held_count(&self) -> usize {
        *self.shared.held.borrow()
    }

    /// Lets all held requests go on and returns how many there were.
    pub fn release_holds(&self) -> usize {
        self.shared.release()
    }

    /// Loses all held requests: those before their effect never land.
    pub fn discard_holds(&self) -> usize {
        let held = std::mem::take(&mut self.shared.control().held);
        self.shared.held.send_replace(0);
        held.len()
    }

    /// How many mutating requests the default client has sent.
    pub fn boundaries(&self) -> u64 {
        self.boundaries_of(DEFAULT_CLIENT)
    }

    /// How many mutating requests a client has sent.
    pub fn boundaries_of(&self, client: &str) -> u64 {
        self.shared.control().mutations(client)
    }

    /// The `number`-th mutating request of `client` (from 1) is never answered, nor is any request of that client
    /// after it: to the server that client is dead. `stopped` tells when it is reached.
    pub fn stop_at(&self, client: &str, number: u64, when: When) {
        self.shared.control().stop_at(client, number, when);
    }

    /// Completes when a stop was reached.
    pub async fn stopped(&self) {
        let mut stopped = self.shared.stopped.subscribe();
        // The sender lives as long as `self`.
        let _reached = stopped.wait_for(|reached| *reached).await;
    }

    /// True after a stop was reached and before `clear_stop`.
    pub fn is_stopped(&self) -> bool {
        self.shared.control().is_stopped()
    }

    /// Answers all clients again (a new process under the same name); no stop is set any more.
    pub fn clear_stop(&self) {
        self.shared.control().clear_stop();
        self.shared.stopped.send_replace(false);
    }

    /// Forgets old versions: watches and paged lists from before now get 410.
    pub fn compact(&self) {
        let mut state = self.shared.state();
        state.compacted = state.version;
    }

    /// Serves old versions for this long only, as a cluster does that compacts its history every few minutes; none: until `compact`.
    pub fn keep_history(&self, kept: Option<std::time::Duration>) {
        self.shared.state().retention =
            kept.map(|kept| SignedDuration::try_from(kept).unwrap_or(SignedDuration::MAX));
    }

    /// Gives a client a user, whose rights are then looked at (RBAC); none: it may do everything.
    pub fn act_as(&self, client: &str, user: Option<&str>) {
        let mut control = self.shared.control();
        match user {
            Some(user) => drop(control.users.insert(client.to_owned(), user.to_owned())),
            None => drop(control.users.remove(client)),
        }
    }

    /// Ends every open watch; clients go on from their last version.
    pub fn cut_watches(&self) {
        self.shared.bell.ring(|signal| signal.epoch += 1);
    }
}
