//! Tags of an AWS object that exists: what is the operator's to write and to remove.

use crate::aws::Tags;
use crate::event::EventReason;
use crate::identity;
use crate::managed::Managed;
use crate::step::Step;
use crate::tags;
use crate::view::View;

use super::working::at_work;
use super::{Action, Decision, identity_tag, settle};

/// Declared tags that an object of this identity carries: it was made with them.
pub(super) fn carried<K: Managed>(
    object: &K,
    view: &View,
    found: &identity::Candidate,
) -> Vec<String> {
    view.account().map_or_else(Vec::new, |account| {
        tags::carried(&tags::declared(object.common(), account), &found.tags)
    })
}

/// Keeps the record of the declared tags that are the operator's: a key is recorded before it is
/// written. Kinds that carry no tags of their own record none.
pub(super) fn record_tags<K: Managed>(
    object: &K,
    view: &View,
    status: &mut K::Status,
    id: &str,
    actual: &Tags,
) -> Option<Decision<K::Status>> {
    let declared = tags::declared(object.common(), view.account()?);
    let taggable = || {
        let probe = Tags::from([("k".to_owned(), "v".to_owned())]);
        !object.tag(view, id, probe, vec![]).is_empty()
    };
    let shown = |t| t <= view.now && t < settle::begun(object, view);
    let settled = view.memory.tagged_until.is_none_or(shown) && view.memory.unknown.is_empty();
    let managed = K::managed_mut(status);
    let keys = tags::written(&declared, actual, &managed.tag_keys, settled);
    let news = keys.iter().any(|key| !managed.tag_keys.contains(key));
    if news && (object.paused() || !taggable()) {
        return None;
    }
    managed.tag_keys = keys;
    news.then(|| {
        let verdict = at_work(object, view, status, id, writes(id));
        Decision::act(status.clone(), verdict, Action::Store(None))
    })
}

fn writes(id: &str) -> String {
    format!("write the tags of {id}")
}

/// Steps that write and remove tags.
pub(super) fn tag_steps<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    id: &str,
    actual: &Tags,
) -> Vec<Step> {
    let Some(account) = view.account() else {
        return vec![];
    };
    let mut wanted = tags::declared(object.common(), account);
    wanted.extend(tags::ownership(
        &identity_tag(object, view),
        object.uid(),
        K::managed(status).imported == Some(true),
    ));
    let (set, remove) = tags::difference(&wanted, actual, &K::managed(status).tag_keys);
    if set.is_empty() && remove.is_empty() {
        return vec![];
    }
    object
        .tag(view, id, set, remove)
        .into_iter()
        .map(|call| Step::harmless(call, EventReason::Tagged, writes(id)))
        .collect()
}
