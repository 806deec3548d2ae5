//! Tags: which an AWS object should carry, and what is to be written for that.

use std::collections::BTreeSet;

use crate::api::common::ManagedSpec;
use crate::aws::Tags;
use crate::identity;
use crate::view::Account;

/// Tags that prove ownership.
pub fn ownership(identity_tag: &str, uid: &str, imported: bool) -> Tags {
    let mut tags = Tags::from([
        (identity::IDENTITY.to_owned(), identity_tag.to_owned()),
        (identity::UID.to_owned(), uid.to_owned()),
    ]);
    if imported {
        tags.insert(identity::IMPORTED.to_owned(), "true".to_owned());
    }
    tags
}

/// Default tags with the object's own over them.
pub fn declared(spec: &ManagedSpec, account: &Account) -> Tags {
    let mut tags = account.default_tags.clone();
    tags.extend(spec.tags.clone());
    tags
}

/// A tag that may not be declared, with the rule that it breaks.
pub fn refused(tags: &Tags) -> Option<String> {
    tags.iter().find_map(|(key, value)| {
        if reserved(key) {
            Some(format!(
                "tag key {key:?} begins with a reserved prefix (aws:, {})",
                identity::PREFIX
            ))
        } else if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            Some(format!(
                "tag {key:?}: a key has 1 to 128 characters, a value at most 256"
            ))
        } else {
            None
        }
    })
}

/// What must be set and removed so that `actual` carries `wanted`: of tags that are not wanted only
/// those go that the operator wrote (`written`), and the mark of what was kept.
pub fn difference(wanted: &Tags, actual: &Tags, written: &[String]) -> (Tags, Vec<String>) {
    let set = wanted
        .iter()
        .filter(|(key, value)| actual.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let remove = actual
        .keys()
        .filter(|key| {
            key.as_str() == identity::RETAINED_AT
                || written.contains(key) && !wanted.contains_key(*key) && !reserved(key)
        })
        .cloned()
        .collect();
    (set, remove)
}

/// Keys of declared tags that the operator has written or is about to write, so that they are removed
/// once they are declared no more. What is gone at AWS is forgotten once no list can hide it
/// (`settled`).
pub fn written(declared: &Tags, actual: &Tags, written: &[String], settled: bool) -> Vec<String> {
    let due = declared
        .iter()
        .filter(|(key, value)| actual.get(*key) != Some(value))
        .map(|(key, _)| key);
    let kept = written
        .iter()
        .filter(|key| !settled || declared.contains_key(*key) || actual.contains_key(*key));
    due.chain(kept)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .cloned()
        .collect()
}

/// Keys of declared tags that an AWS object carries as declared: what an object of this identity was
/// made with, once its record is lost.
pub fn carried(declared: &Tags, actual: &Tags) -> Vec<String> {
    declared
        .iter()
        .filter(|(key, value)| actual.get(*key) == Some(value))
        .map(|(key, _)| key.clone())
        .collect()
}

/// True for keys that nobody may declare: AWS's own, and ours.
fn reserved(key: &str) -> bool {
    let lower = key.to_lowercase();
    lower.starts_with("aws:") || identity::is_ours(&lower)
}

/// Tags of ours on an object, to be removed at release.
pub fn all_of_ours(actual: &Tags) -> Vec<String> {
    actual
        .keys()
        .filter(|k| identity::is_ours(k))
        .cloned()
        .collect()
}
