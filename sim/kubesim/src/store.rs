//! The stored objects and everything that was ever stored: one log, one counter of resource versions.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    garbage::Garbage,
    replicas::Replicas,
    resource::{self, ResourceDef},
};

/// Where an object lies: storage name of its resource, namespace (empty for cluster scope), name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `connections.example.com`; built-in kinds without their group.
    pub resource: String,
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

/// What a stored version did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// First version of an object.
    Added,
    /// A later version.
    Modified,
    /// The object is gone; the version carries its last content.
    Deleted,
}

/// One stored version of one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its resource version.
    pub version: u64,
    /// When it was stored.
    pub at: Timestamp,
    /// Who sent the request that stored it: the name of a service; empty for what came without HTTP.
    pub by: Arc<str>,
    /// What it did.
    pub kind: ChangeKind,
    /// Which object.
    pub key: Key,
    /// The content.
    pub object: Arc<Value>,
    /// The content before, if there was one.
    pub previous: Option<Arc<Value>>,
}

/// Identifies a served resource: group, version, plural.
pub(crate) type ResourceId = (String, String, String);

/// The whole state of the server; cheap to clone.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) resources: BTreeMap<ResourceId, Arc<ResourceDef>>,
    pub(crate) live: BTreeMap<Key, Arc<Value>>,
    pub(crate) log: Vec<Change>,
    pub(crate) version: u64,
    /// Versions before this one are no longer served to watches and lists.
    pub(crate) compacted: u64,
    pub(crate) now: Timestamp,
    /// How long old versions are served; none: until `compact`.
    pub(crate) retention: Option<SignedDuration>,
    pub(crate) garbage: Garbage,
    pub(crate) replicas: Replicas,
    /// What the request under way is to be warned of.
    pub(crate) warnings: Vec<String>,
    /// Who sent the request under way.
    pub(crate) by: Arc<str>,
    /// All that was ever stored before the store was last set back.
    archive: Vec<Change>,
    /// Where in the log the versions after that begin.
    fresh: usize,
    random: u64,
}

impl State {
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        let resources = resource::built_ins()
            .into_iter()
            .map(|def| {
                (
                    (def.group.clone(), def.version.clone(), def.plural.clone()),
                    Arc::new(def),
                )
            })
            .collect();
        Self {
            resources,
            live: BTreeMap::new(),
            log: Vec::new(),
            version: FIRST_VERSION,
            compacted: FIRST_VERSION,
            now,
            retention: None,
            garbage: Garbage::default(),
            replicas: Replicas::default(),
            warnings: Vec::new(),
            by: "".into(),
            archive: Vec::new(),
            fresh: 0,
            random: seed,
        }
    }

    /// Sets the clock, and does what became due.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        self.now = now;
        if let Some(kept) = self.retention {
            let old = self.log.partition_point(|change| change.at < now - kept);
            if let Some(last) = old.checked_sub(1).and_then(|index| self.log.get(index)) {
                self.compacted = self.compacted.max(last.version);
            }
        }
        if self.garbage.is_due(now) {
            self.collect_due();
        }
    }

    /// Goes back to an older state. Versions are counted on from there; uids are not given twice.
    pub(crate) fn set_back(&mut self, older: &Self) {
        let (archive, random, now) = (self.history_since(0), self.random, self.now);
        let (replicas, retention) = (self.replicas.caught_up(), self.retention);
        *self = older.clone();
        (self.archive, self.random, self.now) = (archive, random, now);
        (self.replicas, self.retention) = (replicas, retention);
        self.fresh = self.log.len();
    }

    /// All that was ever stored, after the first `seen` versions.
    pub(crate) fn history_since(&self, seen: usize) -> Vec<Change> {
        let all = self
            .archive
            .iter()
            .chain(self.log.get(self.fresh..).unwrap_or_default());
        all.skip(seen).cloned().collect()
    }

    /// Seconds, as the API server writes times.
    pub(crate) fn time(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The next number of a seeded stream (splitmix64).
    pub(crate) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn new_uid(&mut self) -> String {
        let (a, b) = (self.random(), self.random());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }

    /// Five characters for `generateName`.
    pub(crate) fn name_suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut number = self.random();
        let mut out = String::new();
        for _ in 0..5 {
            let count = LETTERS.len() as u64;
            let index = usize::try_from(number % count).unwrap_or_default();
            out.push(char::from(LETTERS[index]));
            number /= count;
        }
        out
    }

    /// Stores a version of an object and gives it its resourceVersion.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.garbage.stored(&key, &object, self.now);
        let object = Arc::new(object);
        let previous = self.live.insert(key.clone(), object.clone());
        let kind = if previous.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        let change = Change {
            version: self.version,
            at: self.now,
            by: self.by.clone(),
            kind,
            key,
            object: object.clone(),
            previous,
        };
        self.log.push(change);
        object
    }

    /// Deletes an object; its last version carries the resourceVersion of the deletion.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let previous = self.live.remove(key)?;
        self.garbage.removed(&previous);
        self.version += 1;
        let mut object = (*previous).clone();
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.log.push(Change {
            version: self.version,
            at: self.now,
            by: self.by.clone(),
            kind: ChangeKind::Deleted,
            key: key.clone(),
            object: Arc::new(object),
            previous: Some(previous.clone()),
        });
        Some(previous)
    }

    pub(crate) fn key(def: &ResourceDef, namespace: &str, name: &str) -> Key {
        let namespace = if def.namespaced { namespace } else { "" };
        Key {
            resource: def.storage.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Live objects of a resource, in the order of namespace and name.
    pub(crate) fn objects<'a>(
        &'a self,
        storage: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let first = Key {
            resource: storage.to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: String::new(),
        };
        self.live.range(first..).take_while(move |(key, _)| {
            key.resource == storage && namespace.is_none_or(|ns| key.namespace == ns)
        })
    }

    /// Objects of a resource as they were at a version.
    pub(crate) fn objects_at(
        &self,
        storage: &str,
        namespace: Option<&str>,
        version: u64,
    ) -> BTreeMap<Key, Arc<Value>> {
        let mut out = BTreeMap::new();
        for change in self
            .log
            .iter()
            .take_while(|change| change.version <= version)
        {
            let key = &change.key;
            if key.resource != storage || namespace.is_some_and(|ns| key.namespace != ns) {
                continue;
            }
            if change.kind == ChangeKind::Deleted {
                out.remove(key);
            } else {
                out.insert(key.clone(), change.object.clone());
            }
        }
        out
    }

    /// Where in the log the first change after `version` stands.
    pub(crate) fn log_index_after(&self, version: u64) -> usize {
        self.log.partition_point(|change| change.version <= version)
    }

    /// Finds a resource by plural, `plural.group`, kind, singular or short name.
    pub(crate) fn find_resource(&self, name: &str) -> Option<Arc<ResourceDef>> {
        let full = |def: &ResourceDef| format!("{}.{}", def.plural, def.group);
        let defs = || self.resources.values();
        defs()
            .find(|d| d.plural == name || full(d) == name || d.storage == name)
            .or_else(|| {
                defs().find(|d| {
                    d.kind == name || d.singular == name || d.short_names.iter().any(|s| s == name)
                })
            })
            .cloned()
    }

    /// Serves exactly the custom resources that the stored CustomResourceDefinitions declare.
    pub(crate) fn reload_crds(&mut self) {
        self.resources.retain(|_, def| !def.custom);
        let crds: Vec<Arc<Value>> = self
            .objects(CRDS, None)
            .map(|(_, crd)| crd.clone())
            .collect();
        for def in crds
            .iter()
            .filter_map(|crd| resource::from_crd(crd).ok())
            .flatten()
        {
            self.resources.insert(
                (def.group.clone(), def.version.clone(), def.plural.clone()),
                def,
            );
        }
    }
}

/// Where resource versions begin: a watch from before is too old.
const FIRST_VERSION: u64 = 100;

/// Storage name of CustomResourceDefinitions.
pub(crate) const CRDS: &str = "customresourcedefinitions.apiextensions.k8s.io";
