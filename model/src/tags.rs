//! Tags: which an AWS object should carry, and what is to be written for that.

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
        let lower = key.to_lowercase();
        if lower.starts_with("aws:") || identity::is_ours(&lower) {
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

/// What must be set and removed so that `actual` carries `wanted`: foreign tags stay.
pub fn difference(wanted: &Tags, actual: &Tags) -> (Tags, Vec<String>) {
    let set = wanted
        .iter()
        .filter(|(key, value)| actual.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let remove = actual
        .keys()
        .filter(|key| key.as_str() == identity::RETAINED_AT)
        .cloned()
        .collect();
    (set, remove)
}

/// Tags of ours on an object, to be removed at release.
pub fn all_of_ours(actual: &Tags) -> Vec<String> {
    actual
        .keys()
        .filter(|k| identity::is_ours(k))
        .cloned()
        .collect()
}
