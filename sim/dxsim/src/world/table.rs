//! A table of objects that remembers its recent past, so that lists can lag.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Objects by id, now and as they were. Every change goes through a method that takes its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table<T> {
    now: BTreeMap<String, T>,
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    past: BTreeMap<String, Vec<Past<T>>>,
}

/// What an object was until some moment; `None`: it did not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Past<T> {
    until: Timestamp,
    value: Option<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            now: BTreeMap::new(),
            past: BTreeMap::new(),
        }
    }
}

impl<T: Clone + PartialEq> Table<T> {
    /// The object as it is.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.now.get(id)
    }

    /// Every object as it is, in order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.now.iter()
    }

    /// Every object as it is, without ids.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.now.values()
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.now.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    /// Adds or replaces an object.
    pub fn insert(&mut self, at: Timestamp, id: impl Into<String>, value: T) {
        let id = id.into();
        let old = self.now.insert(id.clone(), value);
        self.remember(at, id, old);
    }

    /// Changes an object in place; `None` if there is none.
    pub fn update<R>(
        &mut self,
        at: Timestamp,
        id: &str,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let value = self.now.get_mut(id)?;
        let old = value.clone();
        let result = change(value);
        if *value != old {
            self.remember(at, id.to_owned(), Some(old));
        }
        Some(result)
    }

    /// Takes an object out.
    pub fn remove(&mut self, at: Timestamp, id: &str) -> Option<T> {
        let old = self.now.remove(id)?;
        self.remember(at, id.to_owned(), Some(old.clone()));
        Some(old)
    }

    fn remember(&mut self, until: Timestamp, id: String, value: Option<T>) {
        self.past.entry(id).or_default().push(Past { until, value });
    }

    /// Forgets what ended at `before` or earlier.
    pub fn forget(&mut self, before: Timestamp) {
        self.past.retain(|_, versions| {
            versions.retain(|past| past.until > before);
            !versions.is_empty()
        });
    }

    /// One object as it was at `at`.
    pub fn get_as_of(&self, id: &str, at: Timestamp) -> Option<&T> {
        let past = self
            .past
            .get(id)
            .and_then(|versions| versions.iter().find(|past| past.until > at));
        match past {
            Some(past) => past.value.as_ref(),
            None => self.now.get(id),
        }
    }

    /// Every object as it was at `at`, in order of ids.
    pub fn as_of(&self, at: Timestamp) -> impl Iterator<Item = (&String, &T)> {
        let ids: BTreeSet<&String> = self.now.keys().chain(self.past.keys()).collect();
        ids.into_iter()
            .filter_map(move |id| Some((id, self.get_as_of(id, at)?)))
    }
}
