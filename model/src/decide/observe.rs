//! ObserveOnly: reads and reports, writes nothing at AWS, holds no finalizer.

use crate::identity::Presence;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::{Action, Decision, kept_or_unknown, settle};

pub(super) fn decide<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
    finalizer: bool,
    deleting: bool,
) -> Decision<K::Status> {
    // Open intents are settled first: what they made must be recorded before nobody looks after it.
    let open = !K::managed(&status).intents.is_empty();
    if finalizer && !open {
        return Decision::act(
            status,
            Verdict::acting(
                Reason::Updating,
                "letting go of this object: it is only observed from now on",
            ),
            Action::RemoveFinalizer(None),
        );
    }
    let lists = object.lists(view);
    let absent = view.aws.absent(&lists);
    if !absent.is_empty() {
        let verdict = kept_or_unknown(K::managed(&status));
        return Decision::say(status, verdict).refreshing(absent);
    }
    if finalizer {
        return settle::before_leaving(object, view, status);
    }
    if deleting {
        return Decision::say(status, super::deleting_verdict());
    }
    let Some(id) = object.common().import.as_ref().map(|i| i.id.clone()) else {
        return Decision::say(
            status,
            Verdict::stalled(
                Reason::Invalid,
                "spec.managementPolicy is ObserveOnly and spec.import is missing: name the AWS object to watch",
            ),
        );
    };
    let candidates = object.candidates(view, Some(&id));
    match candidates.iter().find(|c| c.id == id) {
        Some(c) if c.presence == Presence::Live => {
            K::set_aws_id(&mut status, Some(id.clone()));
            let managed = K::managed_mut(&mut status);
            managed.recorded_at = None;
            managed.seen = None;
            managed.imported = None;
            managed.tag_keys.clear();
            managed.deleted_at = None;
            object.facts(view, &id, &mut status);
            let verdict = object.verdict(view, &id);
            Decision::say(status, verdict)
        }
        _ => Decision::say(
            status,
            Verdict::stalled(
                Reason::ImportNotFound,
                format!(
                    "spec.import.id is {id}, which AWS does not list in this account and region: correct it"
                ),
            ),
        ),
    }
}
