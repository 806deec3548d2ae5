//! Garbage collection by owner references: background, foreground, orphans.
//!
//! What follows from a deletion happens at once. An object whose owners never were there goes a second later, as a collector that looks
//! around would find it.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    meta,
    store::{Key, State},
};

/// What becomes of the dependents of what is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    #[default]
    Background,
    Foreground,
    Orphan,
}

impl Policy {
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("" | "Background") => Some(Self::Background),
            Some("Foreground") => Some(Self::Foreground),
            Some("Orphan") => Some(Self::Orphan),
            Some(_) => None,
        }
    }

    /// The finalizer that stands for the policy until it was carried out.
    pub(crate) fn finalizer(self) -> Option<&'static str> {
        match self {
            Self::Background => None,
            Self::Foreground => Some("foregroundDeletion"),
            Self::Orphan => Some("orphan"),
        }
    }
}

/// How long an object whose owners do not exist lives.
const GRACE: SignedDuration = SignedDuration::from_secs(1);

/// What the collector has to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Garbage {
    /// Some object has had an owner: without one there is nothing to do.
    owners: bool,
    /// Uids of what was deleted since the last look.
    gone: Vec<String>,
    /// Owners whose deletion waits for their dependents.
    waiting: BTreeSet<Key>,
    /// Objects with owners, and when to look whether those exist.
    due: Vec<(Timestamp, Key)>,
    running: bool,
}

impl Garbage {
    pub(crate) fn stored(&mut self, key: &Key, object: &Value, now: Timestamp) {
        if !object["metadata"]["ownerReferences"].is_array() {
            return;
        }
        self.owners = true;
        self.due.push((now + GRACE, key.clone()));
    }

    pub(crate) fn removed(&mut self, object: &Value) {
        if self.owners {
            self.gone.push(meta::text(object, "uid").to_owned());
        }
    }

    pub(crate) fn wait_for(&mut self, key: &Key) {
        self.waiting.insert(key.clone());
    }

    /// True if there is an object to look at by now.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now)
    }
}

fn owners(object: &Value) -> impl Iterator<Item = &Value> {
    object["metadata"]["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
}

fn without(object: &Value, field: &str, keep: impl Fn(&Value) -> bool) -> Value {
    let mut object = object.clone();
    let list = object["metadata"][field].as_array().into_iter().flatten();
    let kept: Vec<Value> = list.filter(|item| keep(item)).cloned().collect();
    let kept = if kept.is_empty() {
        Value::Null
    } else {
        json!(kept)
    };
    meta::set(&mut object, field, kept);
    object
}

impl State {
    /// Does what follows from the deletions since the last look.
    pub(crate) fn collect_garbage(&mut self) {
        if self.garbage.running || (self.garbage.gone.is_empty() && self.garbage.waiting.is_empty())
        {
            return;
        }
        self.garbage.running = true;
        loop {
            while let Some(uid) = self.garbage.gone.pop() {
                for (key, _) in self.dependents(&uid) {
                    self.judge_dependent(&key);
                }
            }
            let waiting: Vec<Key> = self.garbage.waiting.iter().cloned().collect();
            let progress = waiting.into_iter().any(|key| self.serve_owner(&key));
            if !progress && self.garbage.gone.is_empty() {
                break;
            }
        }
        self.garbage.running = false;
    }

    /// Looks at the objects whose owners may never have been there.
    pub(crate) fn collect_due(&mut self) {
        let now = self.now;
        let due = std::mem::take(&mut self.garbage.due);
        let (now, later): (Vec<_>, Vec<_>) = due.into_iter().partition(|(at, _)| *at <= now);
        self.garbage.due = later;
        let keys: BTreeSet<Key> = now.into_iter().map(|(_, key)| key).collect();
        for key in keys {
            self.judge_dependent(&key);
        }
    }

    fn dependents(&self, uid: &str) -> Vec<(Key, Arc<Value>)> {
        let all = self.live.iter();
        all.filter(|(_, object)| owners(object).any(|owner| owner["uid"] == uid))
            .map(|(key, object)| (key.clone(), object.clone()))
            .collect()
    }

    fn exists(&self, owner: &Value, namespace: &str) -> bool {
        self.live.iter().any(|(key, object)| {
            object["metadata"]["uid"] == owner["uid"]
                && (key.namespace.is_empty() || key.namespace == namespace)
        })
    }

    /// Deletes an object without owners, or takes the owners off that are gone.
    fn judge_dependent(&mut self, key: &Key) {
        let Some(object) = self.live.get(key).cloned() else {
            return;
        };
        let all = owners(&object).count();
        let there: Vec<&Value> = owners(&object)
            .filter(|owner| self.exists(owner, &key.namespace))
            .collect();
        if all == 0 || there.len() == all {
            return;
        }
        if there.is_empty() {
            if let Some(def) = self.definition(&key.resource) {
                self.delete_key(&def, key, &object, false, Policy::Background);
            }
        } else {
            let new = without(&object, "ownerReferences", |owner| there.contains(&owner));
            self.commit(key, new);
        }
    }

    /// Goes on with a foreground or orphaning deletion; true if something changed.
    fn serve_owner(&mut self, key: &Key) -> bool {
        let Some(object) = self.live.get(key).cloned() else {
            return self.garbage.waiting.remove(key);
        };
        let uid = meta::text(&object, "uid").to_owned();
        let orphan = meta::finalizers(&object).any(|finalizer| finalizer == "orphan");
        let mut blocked = false;
        let mut progress = false;
        for (dependent, content) in self.dependents(&uid) {
            if orphan {
                let new = without(&content, "ownerReferences", |owner| {
                    owner["uid"] != uid.as_str()
                });
                self.commit(&dependent, new);
                progress = true;
                continue;
            }
            if !meta::deleting(&content)
                && let Some(def) = self.definition(&dependent.resource)
            {
                self.delete_key(&def, &dependent, &content, false, Policy::Background);
                progress = true;
            }
            let blocks =
                |owner: &Value| owner["uid"] == uid.as_str() && owner["blockOwnerDeletion"] == true;
            blocked |= self.live.contains_key(&dependent) && owners(&content).any(blocks);
        }
        if blocked {
            return progress;
        }
        self.garbage.waiting.remove(key);
        let new = without(&object, "finalizers", |finalizer| {
            finalizer != "orphan" && finalizer != "foregroundDeletion"
        });
        if meta::finalizers(&new).next().is_none() {
            self.remove(key);
            self.settle(key);
        } else {
            self.commit(key, new);
        }
        true
    }
}
