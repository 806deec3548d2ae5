//! Other objects of this API group, as the watches show them: who refers to whom, who claims what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::view::{Referenced, Sibling};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::tally::{Said, Tally};

/// One object as others see it.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    sibling: Arc<Sibling>,
    referenced: Referenced,
    account: String,
    said: Said,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<ObjectKey, Entry>,
    /// Who refers to an object.
    referring: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    siblings: Option<Arc<Vec<Arc<Sibling>>>>,
}

/// See the module.
#[derive(Default)]
pub struct Index(Mutex<Inner>);

/// What an object looks like to others.
pub fn referenced<K: Managed>(object: &K) -> Referenced {
    let status = object.stored();
    let managed = status.map(K::managed);
    let conditions: &[Condition] = managed.map_or(&[], |m| &m.conditions);
    let is_true = |name: &str| {
        conditions
            .iter()
            .any(|c| c.type_ == name && c.status == "True")
    };
    Referenced {
        uid: object.uid().to_owned(),
        resource_version: String::new(),
        deleting: object.meta().deletion_timestamp.is_some(),
        aws_id: status.and_then(K::aws_id).map(str::to_owned),
        provisioned: is_true("Provisioned"),
        ready: is_true("Ready"),
        reason: reason(conditions),
        account_id: managed.and_then(|m| m.account_id.clone()),
        region: managed.and_then(|m| m.region.clone()),
    }
}

fn reason(conditions: &[Condition]) -> String {
    conditions
        .iter()
        .find(|c| c.type_ == "Ready")
        .map_or_else(|| Reason::FirstLook.to_string(), |c| c.reason.clone())
}

/// What an object is to its siblings.
pub fn sibling<K: Managed>(object: &K) -> Sibling {
    let status = object.stored();
    let managed = status.map(K::managed);
    Sibling {
        key: object.key(),
        uid: object.uid().to_owned(),
        aws_id: status.and_then(K::aws_id).map(str::to_owned),
        observe_only: object.common().observe_only(),
        deleting: object.meta().deletion_timestamp.is_some(),
        account_id: managed.and_then(|m| m.account_id.clone()),
        intents: managed.map(|m| m.intents.clone()).unwrap_or_default(),
        references: object.references(),
        ids: object.aws_ids(),
        bandwidth: object.bandwidth(),
    }
}

impl Index {
    fn inner<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in an object; answers the objects to wake because what they see of it changed.
    pub fn apply<K: Managed>(&self, object: &K) -> Vec<ObjectKey> {
        let entry = Entry {
            sibling: Arc::new(sibling(object)),
            referenced: referenced(object),
            account: object.common().account_ref.name.clone(),
            said: Said::by(
                object
                    .stored()
                    .map_or(&[], |s| K::managed(s).conditions.as_slice()),
            ),
        };
        let key = object.key();
        self.inner(|inner| {
            let now = Arc::clone(&entry.sibling);
            let seen = entry.referenced.clone();
            let before = inner.entries.insert(key.clone(), entry);
            if before.as_ref().is_none_or(|b| b.sibling != now) {
                inner.siblings = None;
                let old = before.as_ref().map(|b| Arc::clone(&b.sibling));
                inner.refer(&key, old.as_deref(), Some(&now));
            }
            if before.is_some_and(|b| b.referenced == seen) {
                return vec![];
            }
            inner.around(&key, &now.references)
        })
    }

    /// The object is gone; answers the objects to wake.
    pub fn remove(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.inner(|inner| {
            inner.siblings = None;
            let old = inner.entries.remove(key).map(|e| e.sibling);
            inner.refer(key, old.as_deref(), None);
            inner.around(key, old.as_ref().map_or(&[], |s| &s.references))
        })
    }

    /// All objects as siblings.
    pub fn siblings(&self) -> Arc<Vec<Arc<Sibling>>> {
        self.inner(|inner| {
            let Inner {
                entries, siblings, ..
            } = inner;
            Arc::clone(siblings.get_or_insert_with(|| {
                Arc::new(entries.values().map(|e| Arc::clone(&e.sibling)).collect())
            }))
        })
    }

    /// An object as it looks to those that refer to it.
    pub fn referenced(&self, key: &ObjectKey) -> Option<Referenced> {
        self.inner(|inner| inner.entries.get(key).map(|e| e.referenced.clone()))
    }

    /// uid of the object that has this name now.
    pub fn uid(&self, key: &ObjectKey) -> Option<String> {
        self.inner(|inner| inner.entries.get(key).map(|e| e.sibling.uid.clone()))
    }

    /// Objects that name this AwsAccount.
    pub fn users_of(&self, account: &str) -> Vec<ObjectKey> {
        self.inner(|inner| {
            inner
                .entries
                .iter()
                .filter(|(_, e)| e.account == account)
                .map(|(k, _)| k.clone())
                .collect()
        })
    }

    /// Counts objects of a kind whose AwsAccount is served here.
    pub fn tally(&self, kind: Kind, served: impl Fn(&str) -> bool) -> Tally {
        self.inner(|inner| {
            let mut tally = Tally::default();
            let counted = inner.entries.iter();
            let counted = counted.filter(|(k, e)| k.kind == kind && served(&e.account));
            for (_, entry) in counted {
                tally.add(&entry.said, entry.sibling.intents.values());
            }
            tally
        })
    }
}

impl Inner {
    /// Objects that refer to this one, and objects that it refers to (they may wait for it to go).
    fn around(&self, key: &ObjectKey, references: &[ObjectKey]) -> Vec<ObjectKey> {
        let waiting = references
            .iter()
            .filter(|r| self.entries.get(*r).is_some_and(|e| e.sibling.deleting))
            .cloned();
        self.referring
            .get(key)
            .into_iter()
            .flatten()
            .cloned()
            .chain(waiting)
            .collect()
    }

    /// Keeps `referring` in step.
    fn refer(&mut self, key: &ObjectKey, old: Option<&Sibling>, new: Option<&Sibling>) {
        for target in old.into_iter().flat_map(|s| &s.references) {
            if let Some(all) = self.referring.get_mut(target) {
                all.remove(key);
                if all.is_empty() {
                    self.referring.remove(target);
                }
            }
        }
        for target in new.into_iter().flat_map(|s| &s.references) {
            let all = self.referring.entry(target.clone()).or_default();
            all.insert(key.clone());
        }
    }
}
