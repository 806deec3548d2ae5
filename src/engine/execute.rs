//! Carries out one call: intent, fence, send, and what its outcome means.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use directconnect_model::api::status::Intent;
use directconnect_model::consent;
use directconnect_model::decide::{self, Decision, Note, SELF};
use directconnect_model::event::EventReason;
use directconnect_model::identity;
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::step::{Care, Step};
use directconnect_model::view::{Refusal, SecretState};
use jiff::SignedDuration;
use tracing::info;

use super::gather::Gathered;
use super::pass::{news_of, projected};
use super::store::{self, Trouble};
use super::{Shared, backoff, events, recheck};
use crate::aws::{Class, Failure, Fence, Priority, Transmitted, read, send};
use crate::planted::Bug;

/// A request may be signed this long after the look-up that it rests on began.
const SEND_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// How often storing an id is tried before look-ups take over.
const STORE_TRIES: usize = 5;

/// Carries out a step that two decisions agreed on. `object` and `gathered` are from uncached reads.
pub async fn call<K>(
    context: &Shared,
    object: &K,
    gathered: &Gathered,
    decision: &Decision<K::Status>,
    mut step: Step,
) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let (Some(clients), Some(region)) = (&gathered.clients, &gathered.region) else {
        return Err(Trouble::Conflict);
    };
    let hash = step.call.params_hash();
    let mut news = vec![];
    let request = decide::request_hash(&step.call, &gathered.view);
    let operation = step.call.operation();
    let kind: &str = K::KIND.into();
    if step.care != Care::Harmless {
        let (account, _) = match read::caller_identity(clients).await {
            Ok(identity) => identity,
            Err(error) => {
                return Ok(refuse(
                    context,
                    object,
                    &hash,
                    error.reason(),
                    error.message,
                ));
            }
        };
        if account != clients.account.account_id {
            let message = format!(
                "STS says that the credentials belong to account {account}, and spec.accountId is {}: correct the role or the id",
                clients.account.account_id
            );
            return Ok(refuse(
                context,
                object,
                &hash,
                Reason::AccountMismatch,
                message,
            ));
        }
    }
    let looked_at = gathered
        .view
        .aws
        .begun_all(&gathered.lists)
        .unwrap_or(gathered.view.now);
    let send_by = if step.care == Care::Harmless {
        context.clock.now()
    } else {
        looked_at
    } + SEND_WITHIN;
    let token = context.token();
    let mut current = object.clone();
    if step.care != Care::Harmless {
        let mut with_intent = decision.clone();
        let status = &mut with_intent.status;
        let managed = K::managed_mut(status);
        let earlier = managed
            .intents
            .get(&step.slot)
            .map_or_else(Default::default, |open| {
                let mut earlier = open.earlier.clone();
                earlier.retain(|_, t| !decide::expired(&gathered.view, t, looked_at));
                earlier.insert(open.token.clone(), open.send_by.clone());
                earlier
            });
        managed.intents.insert(
            step.slot.clone(),
            Intent {
                operation: operation.to_owned(),
                token: token.clone(),
                params_hash: request,
                account_id: clients.account.account_id.clone(),
                region: clients.account.region.clone(),
                endpoint: clients.account.endpoints.direct_connect.clone(),
                send_by: decide::stamp(send_by),
                consent: step.consent.clone(),
                id: (step.care != Care::Create && step.care != Care::CreateChild)
                    .then(|| step.call.target().map(str::to_owned))
                    .flatten(),
                not_found_at: None,
                earlier,
            },
        );
        if let Some(code) = &step.consent {
            let annotation = object.annotation(consent::ANNOTATION);
            consent::use_up(&mut managed.consents_used, annotation, code);
        }
        // What was said stays said until the outcome is known: a refusal that repeats is one transition.
        let status = if spoken_for(&current) {
            let mut status = with_intent.status.clone();
            let stored = current
                .stored()
                .map(K::managed)
                .cloned()
                .unwrap_or_default();
            let managed = K::managed_mut(&mut status);
            managed.conditions = stored.conditions;
            managed.waiting_for = stored.waiting_for;
            managed.observed_generation = stored.observed_generation;
            status
        } else {
            projected(&current, gathered, &with_intent)
        };
        if !context.planted.is(Bug::IntentNotStored) {
            news = news_of::<K>(current.stored(), &status);
            current = store::status(context, &current, &status).await?;
        }
        let blocked = match recheck::in_the_way(context, &current, gathered, &step, &hash).await {
            Ok(blocked) => blocked,
            Err(trouble) => {
                // Nothing was sent: the intent must not be waited for.
                close_intent(context, &current, &step).await?;
                tell(context, &current, &news).await;
                return Err(trouble);
            }
        };
        if let Some((reason, message, pause)) = blocked {
            let current = close_intent(context, &current, &step).await?;
            if let Some(pause) = pause {
                remember_refusal(context, &current, &hash, reason, message, pause);
            }
            tell(context, &current, &news).await;
            return Ok(current);
        }
    }
    context.planted.step(&mut step);
    if step.care == Care::Create
        && let Some(tags) = step.call.tags_mut()
    {
        tags.insert(identity::INTENT.to_owned(), token.clone());
    }
    let secret = step.call.secret().and_then(|wanted| {
        match gathered
            .view
            .secrets
            .get(&(wanted.name.clone(), wanted.key.clone()))
        {
            Some(SecretState::Value {
                resource_version,
                value,
                ..
            }) if *resource_version == wanted.resource_version => Some(value),
            _ => None,
        }
    });
    let mut fence = Fence {
        token,
        // Whole seconds, as the intent says.
        send_by: jiff::Timestamp::from_second(send_by.as_second()).unwrap_or(send_by),
        transmitted: context.transmitted.clone(),
        leads: context.leads.clone(),
        secret: secret.cloned(),
    };
    if context.planted.is(Bug::SentLate) {
        fence.send_by = jiff::Timestamp::MAX;
    }
    let mut clients = Arc::clone(clients);
    if context.planted.is(Bug::OtherRegion) {
        let mut elsewhere = clients.account.clone();
        "us-west-2".clone_into(&mut elsewhere.region);
        clients = context.aws.clients("elsewhere", &elsewhere).await;
    }
    if step.care == Care::Create && !K::NATURAL {
        context.lately.ordered(&object.key(), context.clock.now());
    }
    info!(
        kind,
        namespace = object.key().namespace,
        name = object.key().name,
        uid = object.uid(),
        step = step.does,
        operation,
        "step"
    );
    let priority = match step.care {
        Care::Harmless => Priority::Harmless,
        _ => Priority::Edit,
    };
    let mut result =
        crate::aws::with(priority, send::send(&clients, &step.call, secret, &fence)).await;
    if context.planted.is(Bug::SentAgain) && matches!(&result, Err(failure) if !failure.definite) {
        fence.transmitted = Transmitted::default();
        result = send::send(&clients, &step.call, secret, &fence).await;
    }
    if context.planted.is(Bug::KeyShown)
        && let (Err(failure), Some(key)) = (&mut result, secret)
    {
        failure.error.message.push_str(key.expose());
    }
    let refused = matches!(&result, Err(failure) if is_refused(&step, failure));
    // What is in the way shows in lists too.
    if !matches!(&result, Err(failure) if failure.definite) {
        let lists: BTreeSet<_> = step.call.shows_in().into_iter().collect();
        region.hasten(&lists);
    }
    context.metrics.step(
        kind,
        operation,
        match &result {
            Ok(_) => "accepted",
            Err(failure)
                if failure.definite
                    && matches!(failure.error.class, Class::NotSent | Class::Late) =>
            {
                "not_sent"
            }
            Err(_) if refused => "refused",
            Err(_) => "ambiguous",
        },
    );
    let after = match result {
        Ok(answer) => accepted(context, current, &step, &hash, answer.id).await,
        Err(failure) => failed(context, current, &step, &hash, send_by, failure).await,
    };
    // What was sent is stored first.
    if !refused {
        news.extend(said_of(&step));
        if step.bypassed.is_some() {
            context.metrics.guard_bypassed(kind);
        }
    }
    tell(context, object, &news).await;
    after
}

/// True if the call was certainly not carried out. Of a create a conflict says nothing: what is in the way may be what it made.
fn is_refused(step: &Step, failure: &Failure) -> bool {
    let conflicts = step.care != Care::Create && failure.error.class == Class::Conflict;
    failure.definite || conflicts
}

async fn tell<K: Managed>(context: &Shared, object: &K, news: &[Note]) {
    for note in news {
        events::emit(context, &object.key(), object.uid(), note).await;
    }
}

/// What is to be told of a step that was sent, whatever became of it.
fn said_of(step: &Step) -> impl Iterator<Item = Note> {
    let used = step.consent.as_ref().map(|code| {
        let text = format!("{}, by consent {code}", step.does);
        Note::new(EventReason::ConsentUsed, text)
    });
    let bypassed = step.bypassed.as_ref();
    let bypassed = bypassed.map(|message| Note::new(EventReason::GuardBypassed, message));
    used.into_iter().chain(bypassed)
}

/// True if the object says that it is stalled: the repetition of a refused call is no news.
fn spoken_for<K: Managed>(object: &K) -> bool {
    object.stored().is_some_and(|s| {
        K::managed(s)
            .conditions
            .iter()
            .any(|c| c.type_ == "Stalled")
    })
}

async fn accepted<K>(
    context: &Shared,
    mut current: K,
    step: &Step,
    hash: &str,
    id: Option<String>,
) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let now = context.clock.now();
    let visible = now + context.windows.visibility;
    if let Some(id) = current
        .stored()
        .and_then(K::aws_id)
        .filter(|_| step.slot == "delete")
    {
        context.lately.deleted(id, now);
    }
    context.memories.with(current.uid(), |m| {
        m.memory.refused.remove(hash);
        if step.care != Care::Create {
            m.memory.accepted.insert(hash.to_owned(), visible);
        }
        if step.event == EventReason::Tagged {
            m.memory.tagged_until = Some(visible);
        }
        if let Some(target) = step.call.target() {
            m.memory.unknown.remove(target);
        }
    });
    if step.care != Care::Harmless {
        current = outcome(context, current, step, id.as_deref()).await?;
    }
    let what = id.map_or_else(|| step.does.clone(), |id| format!("{}: {id}", step.does));
    if step.event != EventReason::Tagged
        && step.event != EventReason::Retained
        && step.event != EventReason::Released
    {
        events::emit(
            context,
            &current.key(),
            current.uid(),
            &Note::new(step.event, what),
        )
        .await;
    }
    Ok(current)
}

/// Stores what an accepted call did, alone, until it holds or look-ups can take over.
async fn outcome<K>(
    context: &Shared,
    mut current: K,
    step: &Step,
    id: Option<&str>,
) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let key = current.key();
    let api: kube::Api<K> = store::api(context, &key.namespace);
    let token = current.stored().and_then(|s| {
        K::managed(s)
            .intents
            .get(&step.slot)
            .map(|i| i.token.clone())
    });
    let mut last = Trouble::Conflict;
    for attempt in 0..STORE_TRIES {
        if attempt > 0 {
            tokio::time::sleep(backoff::pause(
                u32::try_from(attempt).unwrap_or(1),
                context.jitter(),
            ))
            .await;
            match store::attempt(api.get(&key.name)).await {
                Ok(fresh) if fresh.uid() == current.uid() => current = fresh,
                Ok(_) | Err(Trouble::Gone) => return Err(Trouble::Gone),
                Err(trouble) => {
                    last = trouble;
                    continue;
                }
            }
        }
        let mut status = current.stored().cloned().unwrap_or_default();
        // Completing an intent tests the token: another one is another call's.
        if K::managed(&status)
            .intents
            .get(&step.slot)
            .map(|i| &i.token)
            != token.as_ref()
        {
            return Ok(current);
        }
        let now = decide::stamp(context.clock.now());
        // Earlier tokens of the slot may still take effect: look-ups close them.
        K::managed_mut(&mut status)
            .intents
            .retain(|slot, i| *slot != step.slot || !i.earlier.is_empty());
        if let Some(id) = id.filter(|_| step.care == Care::Create)
            && K::aws_id(&status).is_none()
        {
            K::set_aws_id(&mut status, Some(id.to_owned()));
            let managed = K::managed_mut(&mut status);
            managed.recorded_at = Some(now);
            managed.seen = None;
            managed.deleted_at = None;
            managed.unrecorded_since = None;
        } else if step.slot == "delete" {
            K::managed_mut(&mut status).deleted_at = Some(now);
        }
        match store::status(context, &current, &status).await {
            Ok(written) => return Ok(written),
            Err(Trouble::Gone) => return Err(Trouble::Gone),
            Err(Trouble::Conflict) if context.planted.is(Bug::IdLostOnConflict) => {
                return close_intent(context, &current, step).await;
            }
            Err(trouble) => last = trouble,
        }
    }
    Err(last)
}

async fn failed<K>(
    context: &Shared,
    current: K,
    step: &Step,
    hash: &str,
    send_by: jiff::Timestamp,
    failure: Failure,
) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let refused = is_refused(step, &failure) || context.planted.is(Bug::AmbiguousIsRefused);
    let error = failure.error;
    if context.planted.is(Bug::FinalizerDroppedOnError) && !refused {
        store::remove_finalizer(context, &current).await?;
    }
    if refused {
        let mut current = current;
        if step.care != Care::Harmless {
            current = close_intent(context, &current, step).await?;
        }
        if error.class == Class::Late {
            // Others went first: it is decided again, and waits for its turn again.
            tokio::time::sleep(backoff::pause(1, context.jitter())).await;
            return Ok(current);
        }
        let message = match error.class {
            Class::AccessDenied | Class::Credentials => {
                format!("AWS refuses {}: {}", error.operation, error.message)
            }
            Class::Throttled => "AWS throttles the operator".to_owned(),
            Class::NotSent => "the call was not sent".to_owned(),
            _ => format!("AWS refuses {}: {}", error.operation, error.message),
        };
        let says_no = !matches!(error.class, Class::NotSent | Class::Throttled);
        let first = context
            .memories
            .with(current.uid(), |m| !m.memory.refused.contains_key(hash));
        if first && says_no {
            let note = Note::new(EventReason::Refused, message.clone());
            events::emit(context, &current.key(), current.uid(), &note).await;
        }
        return Ok(refuse(context, &current, hash, error.reason(), message));
    }
    // Anything may have happened: intents stay, and what has none keeps its object closed to other
    // changes until a look-up after the signature's expiry.
    if step.care == Care::Create {
        if error.class == Class::Conflict {
            // AWS gave a reason: it is said, and the repetition slows down, while look-ups settle the intent.
            let message = format!("AWS refuses {}: {}", error.operation, error.message);
            refuse(context, &current, hash, Reason::RefusedByAws, message);
        } else {
            // What AWS said of an earlier attempt says nothing of this one.
            context
                .memories
                .with(current.uid(), |m| m.memory.refused.remove(hash));
        }
    }
    if step.care == Care::Harmless {
        let until = send_by + context.windows.settled();
        let target = step.call.target().unwrap_or_default().to_owned();
        context
            .memories
            .with(current.uid(), |m| m.memory.unknown.insert(target, until));
    }
    Ok(current)
}

/// Remembers that AWS refused, so that it is tried again ever more slowly.
fn refuse<K>(context: &Shared, current: &K, hash: &str, reason: Reason, message: String) -> K
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let times = context.memories.with(current.uid(), |m| {
        m.memory.refused.get(hash).map_or(1, |r| r.times + 1)
    });
    let pause = match reason {
        Reason::Throttled | Reason::AwsUnavailable => backoff::pause(times + 2, context.jitter()),
        Reason::RefusedByAws => backoff::pause(times + 4, context.jitter()),
        _ => backoff::AFTER_REFUSAL.mul_f64(context.jitter()),
    };
    remember_refusal(context, current, hash, reason, message, pause);
    current.clone()
}

fn remember_refusal<K: Managed>(
    context: &Shared,
    current: &K,
    hash: &str,
    reason: Reason,
    message: String,
    pause: Duration,
) {
    let wait = SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_mins(1));
    let mut retry_at = context.clock.now() + wait;
    if context.planted.is(Bug::HotLoop) {
        retry_at = context.clock.now();
    }
    context.memories.with(current.uid(), |m| {
        let times = m.memory.refused.get(hash).map_or(1, |r| r.times + 1);
        m.memory.refused.insert(
            hash.to_owned(),
            Refusal {
                reason,
                message,
                retry_at,
                times,
            },
        );
    });
}

/// Closes an intent whose call was certainly not carried out.
async fn close_intent<K>(context: &Shared, current: &K, step: &Step) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let mut status = current.stored().cloned().unwrap_or_default();
    let managed = K::managed_mut(&mut status);
    let slot = step.slot.as_str();
    managed
        .consents_used
        .retain(|used| step.consent.as_ref() != Some(used));
    if let Some(intent) = managed.intents.get_mut(slot) {
        // Earlier tokens stay until look-ups have closed them.
        if intent.earlier.is_empty() {
            managed.intents.remove(slot);
        } else if let Some((token, send_by)) = intent.earlier.pop_last() {
            intent.token = token;
            intent.send_by = send_by;
        }
    }
    if slot == SELF {
        context.lately.not_ordered(&current.key());
    }
    store::status(context, current, &status).await
}
