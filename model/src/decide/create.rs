//! Nothing of ours exists: order it, once, if it may be ordered.

use jiff::Timestamp;

use crate::api::aws_account::Approval;
use crate::api::status::Actor;
use crate::aws::Tags;
use crate::consent::{self, Act};
use crate::identity::{self, Presence};
use crate::managed::{Care, EventReason, Managed, Step};
use crate::net::bandwidth_mbps;
use crate::reason::Reason;
use crate::tags;
use crate::verdict::Verdict;
use crate::view::View;

use super::{Action, Decision, Note, SELF, identity_tag, settle, time};

pub(super) fn decide<K: Managed>(
    object: &K,
    view: &View,
    mut status: K::Status,
) -> Decision<K::Status> {
    let lists = object.lists(view);
    let begun = view.aws.begun_all(&lists).unwrap_or(Timestamp::UNIX_EPOCH);
    if let Some(intent) = K::managed(&status).intents.get(SELF).cloned() {
        match settle::judge(view, &intent, begun, K::NATURAL) {
            settle::Settled::Wait(until) => {
                return Decision::say(status, settle::settling(Some(&intent)))
                    .at(until)
                    .refreshing(lists);
            }
            settle::Settled::FirstEmpty => {
                let open = K::managed_mut(&mut status)
                    .intents
                    .get_mut(SELF)
                    .expect("just read");
                open.not_found_at = Some(begun.to_string());
                return Decision::act(status, settle::settling(Some(&intent)), Action::Store(None))
                    .at(begun)
                    .refreshing(lists);
            }
            settle::Settled::NotCreated => {
                K::managed_mut(&mut status).intents.remove(SELF);
                // Consent that bought nothing is good for the repetition.
                K::managed_mut(&mut status).consent_used = None;
                let note = Note::new(
                    EventReason::NotCreated,
                    format!(
                        "{} had no effect: AWS lists nothing that it made",
                        intent.operation
                    ),
                );
                return Decision::act(
                    status,
                    settle::settling(Some(&intent)),
                    Action::Store(Some(note)),
                );
            }
            settle::Settled::Stale => {
                let code = code(object, Act::DiscardIntent, &intent.token);
                if !granted(object, &status, &code) {
                    let verdict = Verdict::stalled(
                        Reason::StaleIntent,
                        format!(
                            "status holds an intent ({}) that is more than an hour old and AWS lists nothing that it made; this cluster \
                             may have been restored from an older state. Check at AWS that no port of this name exists, then: {}",
                            intent.operation,
                            consent::command(&object.key(), &code)
                        ),
                    );
                    return Decision::say(status, verdict);
                }
                let managed = K::managed_mut(&mut status);
                managed.intents.remove(SELF);
                managed.consent_used = Some(code);
                return Decision::act(status, settle::settling(Some(&intent)), Action::Store(None));
            }
            settle::Settled::SendAgain => {}
        }
    }
    // Status was lost, or this process sent an order for this identity: one window first.
    for since in [
        time(K::managed(&status).unrecorded_since.as_deref()),
        view.memory.last_order,
    ] {
        let Some(since) = since else { continue };
        let until = since + view.windows.window();
        if !K::NATURAL && begun <= until {
            let verdict = Verdict::acting(
                Reason::SettlingCreate,
                "what was recorded of this object was lost: looking until nothing that was sent before can still appear",
            );
            return Decision::say(status, verdict).at(until).refreshing(lists);
        }
    }
    let mut call = match object.create(view) {
        Ok(call) => call,
        Err(verdict) => return Decision::say(status, verdict),
    };
    let identity_tag = identity_tag(object, view);
    if let (Some(wanted), Some(account)) = (call.tags_mut(), view.account()) {
        let proofs = std::mem::take(wanted);
        *wanted = tags::declared(object.common(), account);
        wanted.extend(proofs);
        wanted.extend(tags::ownership(&identity_tag, object.uid(), false));
    }
    // What AWS refused is remembered by the call as it is sent, but for the token.
    let hash = call.params_hash();
    if let Some(refusal) = standing_refusal(view, &hash) {
        return Decision::say(status, refused(refusal)).at(refusal.retry_at);
    }
    let mut used = None;
    if K::PAID {
        match may_order(object, view, &status, &hash) {
            Ok(code) => used = code,
            Err((verdict, again)) => {
                let decision = Decision::say(status, verdict);
                return match again {
                    Some(at) => decision.at(at).refreshing(lists),
                    None => decision,
                };
            }
        }
    }
    if object.paused() {
        return Decision::say(status, super::paused_verdict());
    }
    if call.tags_mut().is_none()
        && let Some(tagging) = parent_tag(object, view, &identity_tag)
    {
        if let Some(refusal) = standing_refusal(view, &tagging.call.params_hash()) {
            return Decision::say(status, refused(refusal)).at(refusal.retry_at);
        }
        return Decision::act(
            status,
            Verdict::acting(Reason::Provisioning, tagging.does.clone()),
            Action::Call(Box::new(tagging)),
        );
    }
    let does = format!("{} for {}", call.operation(), object.key());
    let step = Step {
        slot: SELF.to_owned(),
        call,
        care: Care::Create,
        does: does.clone(),
        event: if K::PAID {
            EventReason::Ordered
        } else {
            EventReason::Created
        },
        consent: used,
    };
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, does),
        Action::Call(Box::new(step)),
    )
}

/// A refusal of this call that is not to be tried again yet.
fn standing_refusal<'v>(view: &'v View, hash: &str) -> Option<&'v crate::view::Refusal> {
    view.memory
        .refused
        .get(hash)
        .filter(|r| r.retry_at > view.now)
}

/// An untaggable object needs its proof on the parent first: the tag call that is still due, if any.
fn parent_tag<K: Managed>(object: &K, view: &View, identity_tag: &str) -> Option<Step> {
    let wanted = Tags::from([(identity::IDENTITY.to_owned(), identity_tag.to_owned())]);
    let call = object.tag(view, "", wanted, vec![]).into_iter().next()?;
    let accepted = view
        .memory
        .accepted
        .get(&call.params_hash())
        .is_some_and(|until| *until > view.now);
    (!accepted).then(|| {
        Step::harmless(
            call,
            EventReason::Tagged,
            format!(
                "write the proof of ownership of {} on its parent",
                object.key()
            ),
        )
    })
}

fn code<K: Managed>(object: &K, act: Act, details: &str) -> String {
    consent::code(
        act,
        object.uid(),
        object.meta().generation.unwrap_or_default(),
        details,
    )
}

/// True if the annotation holds the code and it was not used before.
pub(super) fn granted<K: Managed>(object: &K, status: &K::Status, code: &str) -> bool {
    consent::given(object.annotation(consent::ANNOTATION), code)
        && K::managed(status).consent_used.as_deref() != Some(code)
}

/// What AWS refused, as it is said.
pub(super) fn refused(refusal: &crate::view::Refusal) -> Verdict {
    match refusal.reason {
        Reason::Throttled | Reason::AwsUnavailable => Verdict::waits(
            refusal.reason,
            Actor::AWS,
            &refusal.message,
            Some("it is tried again"),
            false,
        ),
        reason => Verdict::stalled(reason, &refusal.message),
    }
}

type Refused = (Verdict, Option<Timestamp>);

/// Limits, approval, and ports beside which an order would be a second one. `Ok` holds the consent
/// that the order uses up.
fn may_order<K: Managed>(
    object: &K,
    view: &View,
    status: &K::Status,
    hash: &str,
) -> Result<Option<String>, Refused> {
    let Some(account) = view.account() else {
        return Err((Verdict::unknown(Reason::FirstLook, "no account"), None));
    };
    let stalled = |reason, message: String| Err((Verdict::stalled(reason, message), None));
    if let Some(message) = over_limit(object, view, K::bandwidth(object).as_deref()) {
        return stalled(Reason::OrderLimit, message);
    }
    let mut used = None;
    if let Some((reason, message, id)) = beside(object, view) {
        let code = code(object, Act::OrderBeside, &format!("{hash} {id}"));
        if !granted(object, status, &code) {
            return stalled(
                reason,
                format!(
                    "{message} To order another one beside it: {}",
                    consent::command(&object.key(), &code)
                ),
            );
        }
        used = Some(code);
    }
    let asks = account.orders.as_ref().and_then(|o| o.approval) == Some(Approval::Consent);
    if asks && used.is_none() {
        let code = code(object, Act::Order, hash);
        if !granted(object, status, &code) {
            return stalled(
                Reason::AwaitingApproval,
                format!(
                    "AwsAccount {} asks for approval of each order: {} {}. To order: {}",
                    account.name,
                    object.key(),
                    object.bandwidth().unwrap_or_default(),
                    consent::command(&object.key(), &code)
                ),
            );
        }
        used = Some(code);
    }
    if let Some(lost) = K::managed(status).consent_used.clone()
        && used.is_none()
    {
        used = Some(lost);
    }
    Ok(used)
}

/// The limit that an order would break, if one.
pub fn over_limit<K: Managed>(object: &K, view: &View, bandwidth: Option<&str>) -> Option<String> {
    let account = view.account()?;
    let Some(orders) = &account.orders else {
        return Some(format!(
            "AwsAccount {} has no spec.orders block, so nothing may be ordered: add orders.maxPorts",
            account.name
        ));
    };
    let mut ports: std::collections::BTreeMap<String, u64> = view
        .aws
        .connections()
        .iter()
        .filter(|c| {
            !matches!(
                c.connection_state.as_str(),
                "deleted" | "rejected" | "deleting"
            )
        })
        .filter(|c| {
            c.tags
                .get(identity::IDENTITY)
                .and_then(|t| identity::parse(t))
                .is_some_and(|(cluster, _)| cluster == view.cluster_id)
        })
        .map(|c| (c.connection_id.clone(), bandwidth_mbps(&c.bandwidth)))
        .collect();
    let paid = view.siblings.iter().filter(|s| {
        s.bandwidth.is_some()
            && s.uid != object.uid()
            && s.account_id.as_deref() == Some(&account.account_id)
    });
    for sibling in paid {
        let mbps = sibling.bandwidth.as_deref().map_or(0, bandwidth_mbps);
        if let Some(id) = &sibling.aws_id {
            if !sibling.observe_only {
                ports.entry(id.clone()).or_insert(mbps);
            }
        } else if sibling.intents.contains_key(SELF) {
            ports.insert(sibling.uid.clone(), mbps);
        }
    }
    let count = ports.len() + 1;
    if i64::try_from(count).unwrap_or(i64::MAX) > i64::from(orders.max_ports) {
        return Some(format!(
            "AwsAccount {} allows {} ports (spec.orders.maxPorts) and this order would be number {count}, retained and imported ones included: \
             raise the limit, or delete a port",
            account.name, orders.max_ports
        ));
    }
    let sum = ports.values().sum::<u64>() + bandwidth.map_or(0, bandwidth_mbps);
    match &orders.max_bandwidth {
        Some(limit) if sum > bandwidth_mbps(limit) => Some(format!(
            "AwsAccount {} allows {limit} in all (spec.orders.maxBandwidth) and this order would make it {sum}Mbps: raise the limit, or delete a port",
            account.name
        )),
        _ => None,
    }
}

/// A port beside which an order would be a second one for the same purpose.
fn beside<K: Managed>(object: &K, view: &View) -> Option<(Reason, String, String)> {
    for c in object.candidates(view, None) {
        if c.presence != Presence::Live || !c.alike {
            continue;
        }
        let Some(port) = view.aws.connection(&c.id) else {
            continue;
        };
        match c
            .tags
            .get(identity::IDENTITY)
            .and_then(|t| identity::parse(t))
        {
            Some((cluster, owner)) if cluster == view.cluster_id => {
                // An object that is being deleted claims nothing any more.
                let claimed = view.siblings.iter().any(|s| {
                    !s.deleting
                        && !s.observe_only
                        && (s.key == owner || s.aws_id.as_deref() == Some(&c.id))
                });
                if !claimed {
                    return Some((
                        Reason::RetainedPortExists,
                        format!(
                            "port {} at {} ({}) was kept when {owner} was deleted and nobody uses it: name it in spec.import.id to take it over.",
                            c.id, port.location, port.bandwidth
                        ),
                        c.id,
                    ));
                }
            }
            None if view.owner(&c.id).is_none() && c.same_name => {
                return Some((
                    Reason::LookAlike,
                    format!(
                        "port {} has the same location, bandwidth and name ({}) and belongs to nobody: name it in spec.import.id to take it over.",
                        c.id, port.connection_name
                    ),
                    c.id,
                ));
            }
            _ => {}
        }
    }
    None
}
