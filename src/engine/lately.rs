//! What this process did lately that lists may not show yet. It outlives the objects; all of it may be lost in a crash.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directconnect_model::kind::ObjectKey;
use directconnect_model::view::Windows;
use jiff::Timestamp;
use tokio::time::Instant;

/// How long accepted deletes are remembered: a list may be old.
const REMEMBERED: Duration = Duration::from_hours(1);

/// When what was done.
#[derive(Debug, Default)]
struct Done {
    /// Orders sent, by identity.
    orders: BTreeMap<ObjectKey, Timestamp>,
    /// Objects let go while their AWS object stays, by identity.
    left: BTreeMap<ObjectKey, Timestamp>,
    /// Deletes that AWS accepted, by AWS id.
    deleted: BTreeMap<String, (Instant, Timestamp)>,
}

/// What this process did lately.
#[derive(Debug)]
pub struct Lately {
    windows: Windows,
    done: Mutex<Done>,
}

impl Lately {
    /// Nothing yet.
    pub fn new(windows: Windows) -> Self {
        Self {
            windows,
            done: Mutex::default(),
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An order for an identity was sent.
    pub fn ordered(&self, key: &ObjectKey, now: Timestamp) {
        let mut done = self.done();
        let window = self.windows.window();
        done.orders.retain(|_, sent| *sent + window > now);
        done.orders.insert(key.clone(), now);
    }

    /// The order was certainly not carried out.
    pub fn not_ordered(&self, key: &ObjectKey) {
        self.done().orders.remove(key);
    }

    /// When an order for an identity was last sent, by this process or by one that left it open. It is kept here too: the object, or
    /// its status, may be lost before what was ordered can be seen.
    pub fn last_order(&self, key: &ObjectKey, open: Option<Timestamp>) -> Option<Timestamp> {
        let mut done = self.done();
        let known = done.orders.get(key).copied();
        if let Some(sent) = open.filter(|_| open > known) {
            done.orders.insert(key.clone(), sent);
        }
        open.max(known)
    }

    /// The object is about to go and its AWS object stays: lists may lack the mark for a while.
    pub fn let_go(&self, key: &ObjectKey, now: Timestamp) {
        let mut done = self.done();
        done.left
            .retain(|_, at| *at + self.windows.visibility > now);
        done.left.insert(key.clone(), now);
    }

    /// True while lists may not show yet that the AWS object of this identity is kept.
    pub fn just_let_go(&self, key: &ObjectKey, now: Timestamp) -> bool {
        let done = self.done();
        let at = done.left.get(key);
        at.is_some_and(|at| *at + self.windows.visibility > now)
    }

    /// AWS accepted to delete this: lists may show it for a while.
    pub fn deleted(&self, id: &str, now: Timestamp) {
        let mut done = self.done();
        done.deleted
            .retain(|_, (since, _)| since.elapsed() < REMEMBERED);
        done.deleted.insert(id.to_owned(), (Instant::now(), now));
    }

    /// Ids of what AWS accepted to delete, and the time up to which lists that are begun may still show it. Clocks may jump: for as long
    /// as lists lag at most, any may.
    pub fn going(&self) -> BTreeMap<String, Timestamp> {
        let visibility = self.windows.visibility;
        let done = self.done();
        let until = |(since, at): &(Instant, Timestamp)| {
            if since.elapsed() <= visibility.unsigned_abs() {
                Timestamp::MAX
            } else {
                *at + visibility
            }
        };
        let all = done.deleted.iter();
        all.map(|(id, at)| (id.clone(), until(at))).collect()
    }
}
