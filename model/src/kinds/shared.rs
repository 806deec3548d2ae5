//! What several kinds look at and say in the same way.

use std::collections::BTreeSet;

use crate::api::common::ManagedSpec;
use crate::api::status::Actor;
use crate::aws::{List, Tags, VirtualInterface};
use crate::call::Call;
use crate::difference::Difference;
use crate::fetch::Document;
use crate::identity;
use crate::kind::Kind;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::tags;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

/// What a look-up of this id is about, by id and tags: that AWS object, and any other that carries the identity of the declared one.
pub(super) fn concerned<K: Managed>(
    object: &K,
    view: &View,
    only: Option<&str>,
) -> impl Fn(&str, &Tags) -> bool {
    let only = only.map(|id| {
        (
            id.to_owned(),
            identity::identity(&view.cluster_id, &object.key()),
        )
    });
    move |id, tags| {
        only.as_ref().is_none_or(|(recorded, identity)| {
            id == recorded || tags.get(identity::IDENTITY) == Some(identity)
        })
    }
}

/// A document under the name that it was written with, and the one that is declared now.
pub(super) fn documents(
    written: Option<&String>,
    declared: Option<&String>,
    document: fn(String) -> Document,
) -> Vec<Document> {
    let names: BTreeSet<&String> = written.into_iter().chain(declared).collect();
    names.into_iter().cloned().map(document).collect()
}

/// Declared tags that AWS or this operator would not take.
pub(super) fn refused_tags(spec: &ManagedSpec, view: &View) -> Option<Blocked> {
    let message = tags::refused(&tags::declared(spec, view.account()?))?;
    Some(Blocked {
        reason: Reason::Invalid,
        message: format!("spec.tags or the account's defaultTags: {message}; rename it"),
        stalled: true,
    })
}

/// What is said of something that cannot be used now.
pub(super) fn blocked(blocked: Blocked) -> Verdict {
    if blocked.stalled {
        return Verdict::stalled(blocked.reason, blocked.message);
    }
    let actor = match blocked.reason {
        Reason::ReferenceNotFound => Actor::You,
        _ => Actor::Operator,
    };
    Verdict::waits(blocked.reason, actor, blocked.message, None, false)
}

/// Differences of an AWS object that exists and that AWS cannot change, if there are any.
pub(super) fn immutable_field(kind: Kind, differences: &[Difference]) -> Option<Verdict> {
    let list: Vec<String> = differences
        .iter()
        .filter(|d| !d.in_place)
        .map(|d| {
            format!(
                "{} is {}, AWS has {}, and AWS cannot change it in place: set it back, or declare another {kind}",
                d.field, d.declared, d.actual
            )
        })
        .collect();
    (!list.is_empty()).then(|| Verdict::stalled(Reason::ImmutableField, list.join("; ")))
}

/// Differences that AWS cannot change, as identity prints them.
pub(super) fn printed(differences: &[Difference]) -> Vec<String> {
    differences
        .iter()
        .filter(|d| !d.in_place)
        .map(|d| format!("{} is {}, AWS has {}", d.field, d.declared, d.actual))
        .collect()
}

/// ARN of a Direct Connect gateway: it has no region (Service Authorization Reference, "Actions,
/// resources, and condition keys for AWS Direct Connect").
pub(super) fn direct_connect_gateway_arn(view: &View, id: &str) -> String {
    crate::arn::global(view, &format!("dx-gateway/{id}"))
}

/// True if the tags say that an object of this cluster manages it.
pub(super) fn is_ours(view: &View, tags: &Tags) -> bool {
    tags.get(identity::IDENTITY)
        .and_then(|t| identity::parse(t))
        .is_some_and(|(cluster, _)| cluster == view.cluster_id)
}

/// Virtual interfaces that AWS still has and that `on` picks.
pub(super) fn interfaces<'v>(
    view: &'v View,
    on: impl Fn(&VirtualInterface) -> bool + 'v,
) -> impl Iterator<Item = &'v VirtualInterface> {
    view.aws
        .virtual_interfaces()
        .iter()
        .filter(|v| !matches!(v.virtual_interface_state.as_str(), "deleted" | "rejected"))
        .filter(move |v| on(v))
}

/// Ids of the virtual interfaces whose traffic goes through a Direct Connect gateway.
pub(super) fn interfaces_through(view: &View, direct_connect_gateway_id: &str) -> BTreeSet<String> {
    interfaces(view, |v| {
        v.direct_connect_gateway_id.as_deref() == Some(direct_connect_gateway_id)
    })
    .map(|v| v.virtual_interface_id.clone())
    .collect()
}

/// What at AWS still uses an object that is to be deleted: its description, and whether AWS is
/// removing it already.
pub(super) type User = (String, bool);

/// The users of a kind, as [`still_used`] takes them.
pub(super) fn virtual_interface_users<'v>(
    interfaces: impl Iterator<Item = &'v VirtualInterface>,
) -> Vec<User> {
    interfaces
        .map(|v| {
            (
                format!("virtual interface {}", v.virtual_interface_id),
                v.virtual_interface_state == "deleting",
            )
        })
        .collect()
}

/// Why an object cannot be deleted at AWS yet.
pub(super) fn still_used(id: &str, users: &[User]) -> Option<Verdict> {
    if users.is_empty() {
        return None;
    }
    let list = |going: bool| -> Vec<&str> {
        users
            .iter()
            .filter(|u| u.1 == going)
            .map(|u| u.0.as_str())
            .collect()
    };
    let (staying, going) = (list(false), list(true));
    let (actor, message) = if staying.is_empty() {
        (
            Actor::AWS,
            format!(
                "{id} is still used at AWS by {}, which AWS is removing",
                going.join(", ")
            ),
        )
    } else {
        (
            Actor::You,
            format!(
                "{id} is still used at AWS by {}: delete them first",
                staying.join(", ")
            ),
        )
    };
    Some(Verdict::waits(
        Reason::WaitingForDependents,
        actor,
        message,
        Some("it is deleted"),
        false,
    ))
}

/// Tag calls on a Direct Connect object.
pub(super) fn tag_calls(arn: &str, list: &List, set: Tags, remove: Vec<String>) -> Vec<Call> {
    let mut calls = vec![];
    if !set.is_empty() {
        calls.push(Call::TagResource {
            resource_arn: arn.to_owned(),
            list: list.clone(),
            tags: set,
        });
    }
    if !remove.is_empty() {
        calls.push(Call::UntagResource {
            resource_arn: arn.to_owned(),
            list: list.clone(),
            tag_keys: remove,
        });
    }
    calls
}
