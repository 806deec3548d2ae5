//! One pass over one object.
//!
//! # Guarantees
//! Dropping a pass at any await loses nothing: what must survive was written before the call that
//! needs it, and what a call did is found again by look-ups.

use std::time::Duration;

use directconnect_model::decide::{Action, Decision, Note, decide, stays};
use directconnect_model::event::EventReason;
use directconnect_model::managed::Managed;
use directconnect_model::project::{Circumstances, Observed, project};
use directconnect_model::step::Care;
use jiff::Timestamp;
use tracing::{debug, warn};

use super::gather::{From, Gathered, gather};
use super::memory::Remembered;
use super::store::{self, Trouble};
use crate::planted::Bug;

use super::{Shared, backoff, documents, doubt, events, execute, products, transitions};

/// Most actions in one pass; what is left is done by the next one.
const MOST_ACTIONS: usize = 12;
/// Annotation: a new value starts a whole fresh pass.
const REQUESTED: &str = "directconnect.dev/reconcile-requested-at";
/// A look even if nothing happened.
const RESYNC: Duration = Duration::from_secs(600);

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again(pub Duration);

/// Runs a pass; trouble becomes a pause.
pub async fn run<K>(context: &Shared, object: &K) -> Again
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    // Who begins to lead wakes everything.
    if !context.leads.holds() || !context.serves(&object.common().account_ref.name) {
        return Again(RESYNC);
    }
    // Before every list is in nobody knows who else claims, refers or is about to cut.
    if !context.begun.is_cancelled() {
        return Again(Duration::from_millis(200));
    }
    let started = tokio::time::Instant::now();
    let kind: &str = K::KIND.into();
    if stale(context, object) {
        return Again(Duration::from_millis(500));
    }
    let result = pass(context, object).await;
    let outcome = result.as_ref().map_or_else(Trouble::outcome, |_| "done");
    let again = match result {
        Ok(again) => {
            context.memories.with(object.uid(), |m| m.failures = 0);
            again
        }
        Err(Trouble::Gone | Trouble::Standby) => RESYNC,
        Err(trouble) => {
            let failures = context.memories.with(object.uid(), |m| {
                m.failures += 1;
                m.failures
            });
            let conflict = matches!(trouble, Trouble::Conflict);
            if conflict {
                debug!(
                    kind,
                    name = object.key().name,
                    "the object changed meanwhile"
                );
            } else {
                warn!(kind, name = object.key().name, %trouble, "a pass was cut short");
            }
            if conflict {
                doubt::refused(context, object.uid(), version(object));
            }
            backoff::pause(failures, context.jitter())
        }
    };
    context.metrics.reconcile(kind, outcome, started.elapsed());
    // The object may have gone meanwhile: nothing is kept, and nothing is swept, for what is not there.
    let living = context.index.uid(&object.key());
    if living.as_deref() != Some(object.uid()) {
        context.memories.forget(object.uid());
    }
    if living.is_none() {
        context.inventory.forget(&object.key());
    }
    Again(again)
}

/// True if the cache still shows the object as it was before our own last write.
fn stale<K: Managed>(context: &Shared, object: &K) -> bool {
    let version = object.meta().resource_version.clone().unwrap_or_default();
    let memories = &context.memories;
    memories.with(object.uid(), |m| m.is_stale(&version))
}

async fn pass<K>(context: &Shared, object: &K) -> Result<Duration, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    asked(context, object).await?;
    let mut object = object.clone();
    for _ in 0..MOST_ACTIONS {
        leads(context)?;
        object = context.planted.object(object);
        let gathered = gather(context, &object, From::Caches).await?;
        let decision = decide(&object, &gathered.view);
        let acted = match &decision.action {
            Action::Nothing => return settle(context, &object, &gathered, decision).await,
            Action::Store(note) => {
                let written = store_status(context, &object, &gathered, &decision).await?;
                tell(context, &object, note.as_ref()).await;
                object = written;
                true
            }
            Action::AddFinalizer => {
                let written = store_status(context, &object, &gathered, &decision).await?;
                object = store::add_finalizer(context, &written).await?;
                true
            }
            Action::Fetch(fetch) => {
                let fetch = fetch.clone();
                let written = store_status(context, &object, &gathered, &decision).await?;
                match products::fetch(context, &written, &gathered, &fetch).await? {
                    products::Fetched::Done(next) => {
                        object = *next;
                        true
                    }
                    products::Fetched::Later(after) => return Ok(after),
                }
            }
            Action::RemoveFinalizer(_) | Action::Call(_) => {
                let from = reads(&object, &gathered, &decision.action);
                let outcome = anew(context, &object, &decision, from).await;
                if let Err(Trouble::Aws) = outcome {
                    // What is due cannot be done: say that AWS cannot be read.
                    let gathered = gather(context, &object, From::Caches).await?;
                    store_status(context, &object, &gathered, &decision).await?;
                }
                match outcome? {
                    Some(next) => {
                        object = next;
                        true
                    }
                    None => false,
                }
            }
        };
        if !acted {
            // What the caches show does not hold; the next event, or a short pause, tells more.
            return Ok(Duration::from_millis(500).mul_f64(context.jitter()));
        }
    }
    Ok(Duration::from_millis(100))
}

/// What is decided from now on is another process's to decide, unless this one leads.
fn leads(context: &Shared) -> Result<(), Trouble> {
    if context.leads.holds() {
        Ok(())
    } else {
        Err(Trouble::Standby)
    }
}

/// A changed annotation asks for a pass over everything anew: AWS's lists, references and Secrets.
async fn asked<K: Managed>(context: &Shared, object: &K) -> Result<(), Trouble> {
    let Some(value) = object.annotation(REQUESTED) else {
        return Ok(());
    };
    let news = context.memories.with(object.uid(), |m| {
        let news = m.requested.as_deref() != Some(value);
        m.requested = Some(value.to_owned());
        news
    });
    if !news {
        return Ok(());
    }
    match gather(context, object, From::Anew).await {
        // That AWS cannot be read is said by the pass that follows.
        Ok(_) | Err(Trouble::Aws) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

/// Decides again from uncached reads, and carries out what both decisions agree on.
async fn anew<K>(
    context: &Shared,
    object: &K,
    first: &Decision<K::Status>,
    from: From,
) -> Result<Option<K>, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let key = object.key();
    let api: kube::Api<K> = store::api(context, &key.namespace);
    // The lists first, the object last: pause, ObserveOnly and deletion are seen as late as can be.
    let looked = match from {
        From::Anew => Some(gather(context, object, from).await?),
        _ => None,
    };
    let fresh = store::attempt(api.get(&key.name)).await?;
    if fresh.uid() != object.uid() {
        return Ok(None);
    }
    context.doubt.read(version(object), version(&fresh));
    let fresh = context.planted.object(fresh);
    let gathered = gather(context, &fresh, From::KubernetesAnew).await?;
    if looked.is_some_and(|looked| !gathered.lists.is_subset(&looked.lists)) {
        // An edit meanwhile made lists matter that were not read anew.
        return Ok(None);
    }
    let decision = decide(&fresh, &gathered.view);
    // The second decision was made from uncached reads: what asks no more care than the first is done.
    let gentler = from == From::Anew
        && match &decision.action {
            Action::Call(step) => step.care == Care::Harmless,
            Action::RemoveFinalizer(_) => true,
            _ => false,
        };
    if !gentler && !same_call(&decision.action, &first.action) {
        debug!(kind = %key.kind, name = key.name, "uncached reads lead to another decision");
        let next = match decision.action {
            Action::Nothing | Action::Store(_) => {
                let written = store_status(context, &fresh, &gathered, &decision).await?;
                if let Action::Store(note) = &decision.action {
                    tell(context, &fresh, note.as_ref()).await;
                }
                Some(written)
            }
            _ => None,
        };
        return Ok(next);
    }
    leads(context)?;
    match decision.action.clone() {
        Action::RemoveFinalizer(note) => {
            let kept = note
                .as_ref()
                .is_some_and(|n| matches!(n.reason, EventReason::Retained | EventReason::Released));
            if kept {
                documents::keep(context, &fresh).await?;
                context.lately.let_go(&key, context.clock.now());
            }
            store::remove_finalizer(context, &fresh).await?;
            tell(context, &fresh, note.as_ref()).await;
            context.inventory.forget(&key);
            Err(Trouble::Gone)
        }
        Action::Call(step) => {
            let next = execute::call(context, &fresh, &gathered, &decision, *step).await?;
            Ok(Some(next))
        }
        _ => Ok(None),
    }
}

/// What has to be read anew before an action.
fn reads<K: Managed>(object: &K, gathered: &Gathered, action: &Action) -> From {
    // What was never looked for at AWS, is not looked after any more, or stays there, needs nothing of AWS.
    let free = stays(object, &gathered.view)
        || object.stored().is_none_or(|s| {
            let managed = K::managed(s);
            K::aws_id(s).is_none() && managed.account_id.is_none()
                || object.common().observe_only() && managed.intents.is_empty()
        });
    match action {
        Action::Call(step) if step.care == Care::Harmless => From::KubernetesAnew,
        Action::RemoveFinalizer(_) if free => From::KubernetesAnew,
        _ => From::Anew,
    }
}

fn version<K: Managed>(object: &K) -> Option<&str> {
    object.meta().resource_version.as_deref()
}

fn same_call(a: &Action, b: &Action) -> bool {
    match (a, b) {
        (Action::Call(a), Action::Call(b)) => a.call == b.call && a.slot == b.slot,
        (Action::RemoveFinalizer(_), Action::RemoveFinalizer(_)) => true,
        _ => false,
    }
}

/// Nothing to do: say so, and find out when to look again.
async fn settle<K>(
    context: &Shared,
    object: &K,
    gathered: &Gathered,
    decision: Decision<K::Status>,
) -> Result<Duration, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let news = object.stored() != Some(&projected(object, gathered, &decision));
    if news && !context.memories.with(object.uid(), Remembered::may_tell) {
        return Ok(Duration::from_secs(1).mul_f64(context.jitter()));
    }
    store_status(context, object, gathered, &decision).await?;
    if context.planted.is(Bug::EventEachPass) {
        let note = Note::new(EventReason::Ready, "nothing happened");
        tell(context, object, Some(&note)).await;
    }
    let now = gathered.view.now;
    let mut again = RESYNC.mul_f64(context.jitter());
    if let Observed::No(_, _, Some(since)) = &gathered.observed {
        let aged = *since + jiff::SignedDuration::from_mins(15);
        if aged > now {
            again = again.min(until(aged, now));
        }
    }
    if decision.verdict.acting && gathered.view.aws.begun_all(&gathered.lists).is_some() {
        hasten_once(context, object, gathered);
    }
    if let Some(at) = decision.again_at
        && at > now
    {
        return Ok(again.min(until(at, now)));
    }
    if !decision.refresh.is_empty()
        && let Some(region) = &gathered.region
    {
        region.wake_after(&decision.refresh, &object.key());
    }
    if gathered
        .view
        .secrets
        .values()
        .any(|s| !matches!(s, directconnect_model::view::SecretState::Value { .. }))
    {
        again = again.min(Duration::from_secs(10));
    } else if !gathered.view.secrets.is_empty() {
        again = again.min(Duration::from_secs(61));
    }
    Ok(again)
}

/// What another process began is found under way: its lists are read often, as after a write of our own.
fn hasten_once<K: Managed>(context: &Shared, object: &K, gathered: &Gathered) {
    let Some(region) = &gathered.region else {
        return;
    };
    let memories = &context.memories;
    if memories.with(object.uid(), |m| !std::mem::replace(&mut m.hastened, true)) {
        region.hasten(&gathered.lists);
    }
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    let wait = at.duration_since(now);
    Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(1_050)
}

/// Projects the verdict onto the status and stores what differs. Tells transitions as events.
pub async fn store_status<K>(
    context: &Shared,
    object: &K,
    gathered: &Gathered,
    decision: &Decision<K::Status>,
) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    leads(context)?;
    let status = projected(object, gathered, decision);
    let before = object.stored().cloned();
    let written = store::status(context, object, &status).await?;
    for note in news_of::<K>(before.as_ref(), &status) {
        events::emit(context, &object.key(), object.uid(), &note).await;
    }
    Ok(written)
}

/// The status as it is to be stored.
pub fn projected<K: Managed>(
    object: &K,
    gathered: &Gathered,
    decision: &Decision<K::Status>,
) -> K::Status {
    let mut status = decision.status.clone();
    let (conditions, waiting, observed_generation) =
        object
            .stored()
            .map(K::managed)
            .map_or((vec![], vec![], None), |m| {
                (
                    m.conditions.clone(),
                    m.waiting_for.clone(),
                    m.observed_generation,
                )
            });
    let circumstances = Circumstances {
        generation: object.meta().generation.unwrap_or_default(),
        now: gathered.view.now,
        paused: object.paused(),
        observed: gathered.observed.clone(),
    };
    let projection = project(
        &decision.verdict,
        &circumstances,
        &conditions,
        &waiting,
        observed_generation,
    );
    let managed = K::managed_mut(&mut status);
    managed.conditions = projection.conditions;
    managed.waiting_for = projection.waiting_for;
    managed.observed_generation = projection.observed_generation;
    status
}

/// The events that a status is worth which replaces another.
pub(super) fn news_of<K: Managed>(before: Option<&K::Status>, after: &K::Status) -> Vec<Note> {
    let conditions = |s| K::managed(s).conditions.as_slice();
    transitions::news(K::KIND, before.map_or(&[], conditions), conditions(after))
}

async fn tell<K: Managed>(context: &Shared, object: &K, note: Option<&Note>) {
    if let Some(note) = note {
        events::emit(context, &object.key(), object.uid(), note).await;
    }
}
