//! Nothing of ours exists: order it, once, if it may be ordered.

use jiff::Timestamp;

use crate::api::aws_account::Approval;
use crate::api::status::{Actor, Intent};
use crate::aws::{List, Tags};
use crate::call::Call;
use crate::consent::{self, Act, Codes};
use crate::event::EventReason;
use crate::identity::{self, Presence};
use crate::managed::Managed;
use crate::net::bandwidth_mbps;
use crate::reason::Reason;
use crate::step::{Care, Step};
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
        let settling = || settling(object, view, &intent);
        match settle::judge(view, &intent, begun, settle::Second::of::<K>()) {
            settle::Settled::Wait(until) => {
                return Decision::say(status, settling())
                    .at(until)
                    .refreshing(lists);
            }
            settle::Settled::FirstEmpty => {
                let open = K::managed_mut(&mut status)
                    .intents
                    .get_mut(SELF)
                    .expect("just read");
                open.not_found_at = Some(begun.to_string());
                return Decision::act(status, settling(), Action::Store(None))
                    .at(begun)
                    .refreshing(lists);
            }
            settle::Settled::NotCreated => {
                let managed = K::managed_mut(&mut status);
                managed.intents.remove(SELF);
                // Consent that bought nothing is good for the repetition.
                managed
                    .consents_used
                    .retain(|used| intent.consent.as_ref() != Some(used));
                let note = Note::new(
                    EventReason::NotCreated,
                    format!(
                        "{} had no effect: AWS lists nothing that it made",
                        intent.operation
                    ),
                );
                return Decision::act(status, settling(), Action::Store(Some(note)));
            }
            settle::Settled::Stale => {
                let code = code(object, &status, Act::DiscardIntent, &intent.token);
                if !granted(object, &code) {
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
                let annotation = object.annotation(consent::ANNOTATION);
                consent::use_up(&mut managed.consents_used, annotation, &code);
                let note = Note::new(
                    EventReason::ConsentUsed,
                    format!(
                        "the intent for {} is discarded, by consent {code}",
                        intent.operation
                    ),
                );
                return Decision::act(status, settling(), Action::Store(Some(note)));
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
    let identity_tag = identity_tag(object, view);
    let mut call = match order(object, view, &identity_tag) {
        Ok(call) => call,
        Err(verdict) => return Decision::say(status, verdict),
    };
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
    if call.tags_mut().is_some()
        && let Some(account) = view.account()
    {
        // Stored with the intent: what the create writes is the operator's to remove.
        let declared = tags::declared(object.common(), account);
        K::managed_mut(&mut status).tag_keys = declared.into_keys().collect();
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
        bypassed: None,
    };
    Decision::act(
        status,
        Verdict::acting(Reason::Provisioning, does),
        Action::Call(Box::new(step)),
    )
}

/// The call that makes the object, with all tags but the token.
fn order<K: Managed>(object: &K, view: &View, identity_tag: &str) -> Result<Call, Verdict> {
    let mut call = object.create(view)?;
    if let (Some(wanted), Some(account)) = (call.tags_mut(), view.account()) {
        let proofs = std::mem::take(wanted);
        *wanted = tags::declared(object.common(), account);
        wanted.extend(proofs);
        wanted.extend(tags::ownership(identity_tag, object.uid(), false));
    }
    Ok(call)
}

/// What is said while an order is open: AWS's own words, where it gave some.
fn settling<K: Managed>(object: &K, view: &View, intent: &Intent) -> Verdict {
    let tag = identity_tag(object, view);
    let refusal = order(object, view, &tag)
        .ok()
        .and_then(|call| view.memory.refused.get(&call.params_hash()));
    match refusal {
        Some(refusal) => Verdict::acting(
            Reason::SettlingCreate,
            format!(
                "{}. It is tried again once complete look-ups have told that {} made nothing",
                refusal.message.trim_end_matches('.'),
                intent.operation
            ),
        ),
        None => settle::settling(Some(intent)),
    }
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
    let awaited = view.awaited(&call.params_hash(), &object.lists(view));
    (!awaited).then(|| {
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

/// The codes of an act of this object.
pub(super) fn codes<'a, K: Managed>(object: &'a K, act: Act, details: &'a str) -> Codes<'a> {
    Codes {
        act,
        uid: object.uid(),
        generation: object.meta().generation.unwrap_or_default(),
        details,
    }
}

/// The code that is asked for: it was not used yet.
pub(super) fn code<K: Managed>(object: &K, status: &K::Status, act: Act, details: &str) -> String {
    codes(object, act, details).asked(&K::managed(status).consents_used)
}

/// True if the annotation holds the code that is asked for.
pub(super) fn granted<K: Managed>(object: &K, code: &str) -> bool {
    consent::given(object.annotation(consent::ANNOTATION), code)
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
    if let Some(Beside { reason, id, what }) = beside(object, view) {
        let code = code(object, status, Act::OrderBeside, &format!("{hash} {id}"));
        if !granted(object, &code) {
            // Its owner may not be known yet.
            if reason == Reason::LookAlike {
                let since = view.memory.alike.get(&id).copied().unwrap_or(view.now);
                let known = since + view.windows.visibility;
                if view.aws.begun(&List::Connections) <= Some(known) {
                    let verdict = Verdict::waits(
                        Reason::LookAlike,
                        Actor::Operator,
                        format!(
                            "{what}. It may be somebody's new one: looking until its tags can be seen"
                        ),
                        Some("it is ordered, or this object says what stands beside it"),
                        false,
                    );
                    return Err((verdict, Some(known)));
                }
            }
            return stalled(
                reason,
                format!(
                    "{what}: name it in spec.import.id to take it over. To order another one beside it: {}",
                    consent::command(&object.key(), &code)
                ),
            );
        }
        used = Some(code);
    }
    let asks = account.orders.as_ref().and_then(|o| o.approval) == Some(Approval::Consent);
    if asks && used.is_none() {
        let code = code(object, status, Act::Order, hash);
        if !granted(object, &code) {
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
    Ok(used)
}

/// What stands in the way of an order that was decided, once its intent is stored: the limits, and ports
/// that appeared meanwhile. `consent` is what the order uses up.
pub fn in_the_way<K: Managed>(
    object: &K,
    view: &View,
    hash: &str,
    consent: Option<&str>,
) -> Option<(Reason, String)> {
    if let Some(message) = over_limit(object, view, object.bandwidth().as_deref()) {
        return Some((Reason::OrderLimit, message));
    }
    let Beside { reason, id, what } = beside(object, view)?;
    let details = format!("{hash} {id}");
    let used = object
        .stored()
        .map_or(&[][..], |s| K::managed(s).consents_used.as_slice());
    let agreed =
        consent.is_some_and(|code| codes(object, Act::OrderBeside, &details).hold(used, code));
    (!agreed).then_some((reason, what))
}

/// The limit that an order would break, if one.
fn over_limit<K: Managed>(object: &K, view: &View, bandwidth: Option<&str>) -> Option<String> {
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
        .chain(&view.elsewhere)
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
struct Beside {
    reason: Reason,
    id: String,
    /// The port, in words.
    what: String,
}

fn beside<K: Managed>(object: &K, view: &View) -> Option<Beside> {
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
                    return Some(Beside {
                        reason: Reason::RetainedPortExists,
                        what: format!(
                            "port {} at {} ({}) was kept when {owner} was deleted and nobody uses it",
                            c.id, port.location, port.bandwidth
                        ),
                        id: c.id,
                    });
                }
            }
            None if view.owner(&c.id).is_none() && c.same_name => {
                return Some(Beside {
                    reason: Reason::LookAlike,
                    what: format!(
                        "port {} has the same location, bandwidth and name ({}) and belongs to nobody",
                        c.id, port.connection_name
                    ),
                    id: c.id,
                });
            }
            _ => {}
        }
    }
    None
}
