//! The object is wanted: find it, adopt it, make it equal, or make it.

use jiff::SignedDuration;

use crate::consent::{self, Act};
use crate::event::EventReason;
use crate::identity::{self, Located, locate};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::converge::converge;
use super::create::{code, granted};
use super::tagging::carried;
use super::working::kind_statements;
use super::{Action, Decision, Note, SELF, claim, create, identity_tag, settle, time};

/// Complete lists without the recorded id, and the time that they must span, before it is lost.
const LOST_AFTER_LISTS: usize = 3;
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn decide<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
) -> Decision<K::Status> {
    let tag = identity_tag(object, view);
    let candidates = object.candidates(view, K::aws_id(&status));
    if K::aws_id(&status).is_none()
        && let Some(decision) = going(object, view, &status, &candidates, &tag)
    {
        return decision;
    }
    let located = locate(
        &claim(object, view, &status, &tag),
        &candidates,
        |uid| uid != object.uid() && view.lives(uid),
        |id| view.owner(id).filter(|k| *k != object.key()),
    );
    let open = K::managed(&status).intents.contains_key(SELF);
    match located {
        Located::Recorded(c) => {
            let id = c.id.clone();
            if let Some(other) = rival(object, view, c, &tag) {
                object.facts(view, &id, &mut status);
                return Decision::say(status, already_managed(&id, &other));
            }
            if let Some(verdict) = twin(object, view, &status, &id, &candidates, &tag) {
                object.facts(view, &id, &mut status);
                return Decision::say(status, verdict);
            }
            K::managed_mut(&mut status).seen = Some(true);
            if K::managed_mut(&mut status)
                .unrecorded_since
                .take()
                .is_some()
            {
                return Decision::act(
                    status,
                    Verdict::acting(Reason::Updating, "found again by its tags"),
                    Action::Store(None),
                );
            }
            converge(object, view, status, &id, &c.tags)
        }
        Located::Going(c) => {
            let id = c.id.clone();
            object.facts(view, &id, &mut status);
            match object.gone(view, &id) {
                Some(verdict) => Decision::say(status, verdict),
                None => missing(object, view, status, &id),
            }
        }
        Located::Missing => {
            let id = K::aws_id(&status).unwrap_or_default().to_owned();
            missing(object, view, status, &id)
        }
        Located::Created(c) => {
            let id = c.id.clone();
            settle::record::<K>(&mut status, &id, view.now, true);
            let event = if K::PAID {
                EventReason::Ordered
            } else {
                EventReason::Created
            };
            let note = Note::new(event, format!("{id} was made; its answer had been lost"));
            Decision::act(
                status,
                Verdict::acting(Reason::Provisioning, format!("recording {id}")),
                Action::Store(Some(note)),
            )
        }
        // What the open create made may still be hidden behind what was found.
        Located::Readopt(_) if unsettled(object, view, &status) => {
            let intent = K::managed(&status).intents.get(SELF).cloned();
            create_or_settle(object, view, status, intent.as_ref())
        }
        Located::Readopt(c) => {
            let id = c.id.clone();
            let imported = c.tags.contains_key(identity::IMPORTED);
            settle::record::<K>(&mut status, &id, view.now, true);
            let declared = carried(object, view, c);
            let managed = K::managed_mut(&mut status);
            managed.imported = imported.then_some(true);
            // What was taken over by import may have had these tags before.
            managed.tag_keys = if imported { vec![] } else { declared };
            let note = Note::new(
                EventReason::Readopted,
                format!(
                    "{id} carries this object's identity and is taken back; nothing was ordered"
                ),
            );
            Decision::act(
                status,
                Verdict::acting(Reason::Provisioning, format!("taking back {id}")),
                Action::Store(Some(note)),
            )
        }
        Located::Import(c) => import(object, view, status, &c.id),
        Located::ImportNotFound(id) => {
            let account = view
                .account()
                .map_or("", |a| a.account_id.as_str())
                .to_owned();
            let region = view.account().map_or("", |a| a.region.as_str()).to_owned();
            Decision::say(
                status,
                Verdict::stalled(
                    Reason::ImportNotFound,
                    format!(
                        "spec.import.id is {id}: account {account} owns no such object in region {region}; correct the id, accountRef or region, or remove import to order a new one"
                    ),
                ),
            )
        }
        Located::AlreadyManaged(who) => {
            let id = object
                .common()
                .import
                .as_ref()
                .map_or(String::new(), |i| i.id.clone());
            Decision::say(status, already_managed(&id, &who))
        }
        Located::AlreadyExists(id) if open => {
            let intent = K::managed(&status).intents.get(SELF).cloned();
            // Its tags may still be on their way to the list.
            match &intent {
                Some(i) if !settle::expired(view, &i.send_by, settle::begun(object, view)) => {
                    create_or_settle(object, view, status, intent.as_ref())
                }
                _ => Decision::say(status, taken(object, view, &id)),
            }
        }
        Located::AlreadyExists(id) => Decision::say(status, taken(object, view, &id)),
        Located::OwnedByPredecessor(message) => Decision::say(
            status,
            Verdict::stalled(
                Reason::OwnedByPredecessor,
                format!(
                    "{message}. Delete one of the two objects, or remove its directconnect.dev tags at AWS"
                ),
            ),
        ),
        Located::DuplicateOwned(ids) => Decision::say(status, duplicate(&ids, &tag)),
        Located::Absent => create::decide(object, view, status),
    }
}

/// Waits while a list may still show what AWS accepted to delete for the object before this one: it is neither taken back nor made
/// again beside it.
fn going<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    candidates: &[identity::Candidate],
    tag: &str,
) -> Option<Decision<K::Status>> {
    let begun = settle::begun(object, view);
    let hidden = |id: &str| {
        view.memory
            .going
            .get(id)
            .is_some_and(|until| begun <= *until)
    };
    let id = identity::twins(tag, "", candidates).find(|id| hidden(id))?;
    let message = format!(
        "AWS accepted to delete {id}, which carries this identity; waiting until lists show that it is gone"
    );
    let verdict = Verdict::acting(Reason::Provisioning, message);
    Some(Decision::say(status.clone(), verdict).refreshing(object.lists(view)))
}

/// More than one AWS object is this object's.
fn duplicate(ids: &[String], tag: &str) -> Verdict {
    Verdict::stalled(
        Reason::DuplicateOwned,
        format!(
            "{} AWS objects carry the identity {tag}: {}. Nothing is changed or deleted: remove the tag {} from all but one",
            ids.len(),
            ids.join(", "),
            identity::IDENTITY
        ),
    )
}

/// What is said while another AWS object carries the identity of the recorded one. A list that was begun soon after that was
/// recorded may still show what was there before it.
pub(super) fn twin<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    id: &str,
    candidates: &[identity::Candidate],
    tag: &str,
) -> Option<Verdict> {
    let mut ids: Vec<String> = identity::twins(tag, id, candidates)
        .map(str::to_owned)
        .collect();
    let shown = settle::visible(view, K::managed(status));
    if ids.is_empty() || settle::begun(object, view) <= shown {
        return None;
    }
    ids.insert(0, id.to_owned());
    Some(duplicate(&ids, tag).and(kind_statements(object, view, id)))
}

/// Who else manages the object: by its identity tag, or, while nobody has written one, the lower uid.
fn rival<K: Managed>(
    object: &K,
    view: &View,
    found: &identity::Candidate,
    tag: &str,
) -> Option<String> {
    let other = view
        .siblings
        .iter()
        .filter(|s| s.uid != object.uid() && !s.observe_only)
        .find(|s| s.aws_id.as_deref() == Some(&found.id));
    match found.tags.get(identity::IDENTITY) {
        Some(own) if own == tag => None,
        Some(written) => match identity::parse(written) {
            Some((cluster, key)) if cluster == view.cluster_id => {
                other.filter(|s| s.key == key).map(|s| s.key.to_string())
            }
            _ => Some(written.clone()),
        },
        None => other
            .filter(|s| s.uid.as_str() < object.uid())
            .map(|s| s.key.to_string()),
    }
}

/// True while an open create may still take effect, or its effect be hidden.
fn unsettled<K: Managed>(object: &K, view: &View, status: &K::Status) -> bool {
    let begun = settle::begun(object, view);
    K::managed(status)
        .intents
        .get(SELF)
        .is_some_and(|i| !settle::expired(view, &i.send_by, begun))
}

fn already_managed(id: &str, who: &str) -> Verdict {
    Verdict::stalled(
        Reason::AlreadyManaged,
        format!(
            "{id} is managed by {who}: one object manages an AWS object; delete the other one, or set managementPolicy: ObserveOnly here"
        ),
    )
}

fn taken<K: Managed>(object: &K, view: &View, id: &str) -> Verdict {
    object.taken(view, id).unwrap_or_else(|| already_exists(id))
}

fn already_exists(id: &str) -> Verdict {
    Verdict::stalled(
        Reason::AlreadyExists,
        format!(
            "{id} exists with the same natural key and nothing says that it is ours: name it in spec.import.id to take it over, or remove it at AWS"
        ),
    )
}

/// An intent is open and nothing may be concluded from what the list shows yet.
fn create_or_settle<K: Managed>(
    object: &K,
    view: &View,
    status: K::Status,
    intent: Option<&crate::api::status::Intent>,
) -> Decision<K::Status> {
    let until = intent
        .and_then(|i| time(Some(&i.send_by)))
        .map_or(view.now, |t| t + view.windows.settled());
    Decision::say(status, settle::settling(intent))
        .at(until)
        .refreshing(object.lists(view))
}

fn import<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let differences = object.differences(view, id);
    let applies = object.common().applies_differences();
    if differences.iter().any(|d| !d.in_place || !applies) {
        let list: Vec<String> = differences.iter().map(ToString::to_string).collect();
        object.facts(view, id, &mut status);
        return Decision::say(status, Verdict::stalled(Reason::ImportDiff, list.join(" ")));
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    settle::record::<K>(&mut status, id, view.now, true);
    let managed = K::managed_mut(&mut status);
    managed.imported = Some(true);
    managed.tag_keys.clear();
    let note = Note::new(
        EventReason::Adopted,
        format!("{id} was taken over; only ownership tags are written"),
    );
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, format!("taking over {id}")),
        Action::Store(Some(note)),
    )
}

/// The recorded id is not listed, or listed as deleted.
fn missing<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    id: &str,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let managed = K::managed(&status);
    let shown_by = settle::visible(view, managed);
    if managed.seen != Some(true) && settle::begun(object, view) <= shown_by {
        let verdict = Verdict::acting(
            Reason::Provisioning,
            format!("{id} was made; AWS does not list it yet"),
        );
        return Decision::say(status, verdict).refreshing(lists);
    }
    let missing = &view.memory.missing;
    let spread = match (missing.first(), missing.last()) {
        (Some(first), Some(last)) => last.duration_since(*first),
        _ => SignedDuration::ZERO,
    };
    if missing.len() < LOST_AFTER_LISTS || spread < LOST_AFTER {
        let mut verdict = Verdict::unknown(
            Reason::AwsUnavailable,
            format!("AWS does not list {id} any more; looking again before it is called lost"),
        );
        verdict.acting = false;
        let next = missing.last().map_or(view.now, |l| *l + LOST_AFTER / 2);
        return Decision::say(status, verdict).at(next).refreshing(lists);
    }
    let code = code(object, &status, Act::OrderAgain, id);
    let consented = granted(object, &code);
    if !K::REPAIRED_WHEN_LOST && !consented {
        let verdict = Verdict::stalled(
            Reason::LostAtAws,
            format!(
                "{id} was there and AWS does not list it any more: somebody deleted it, or it belongs to another account now. \
                 To order it again: {}",
                consent::command(&object.key(), &code)
            ),
        );
        return Decision::say(status, verdict);
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    K::set_aws_id(&mut status, None);
    let managed = K::managed_mut(&mut status);
    managed.recorded_at = None;
    managed.seen = None;
    managed.imported = None;
    managed.tag_keys.clear();
    // Earlier tokens may still take effect: look-ups close them.
    managed
        .intents
        .retain(|slot, i| slot == SELF && !i.earlier.is_empty());
    if consented {
        let annotation = object.annotation(consent::ANNOTATION);
        consent::use_up(&mut managed.consents_used, annotation, &code);
    }
    let event = if consented {
        EventReason::OrderedAgain
    } else {
        EventReason::LostAtAws
    };
    let note = Note::new(event, format!("{id} is lost and is made again"));
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, format!("making {id} again")),
        Action::Store(Some(note)),
    )
}
