//! One controller for each kind and namespace: a watch, a queue of wakes, and passes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use directconnect_model::api::AwsAccount;
use directconnect_model::kind::Kind;
use directconnect_model::managed::Managed;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use kube::Api;
use kube::runtime::controller::{Action, Config, ReconcileRequest, applier};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::watching::watch;
use super::{Shared, account, pass};
use crate::wake::Queue;

/// Passes that run at the same time, for each kind and namespace.
const CONCURRENCY: u16 = 16;

/// Where `kubectl apply` keeps a copy of the manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A pass never fails as far as the library is concerned: pauses are its answer.
#[derive(Debug, thiserror::Error)]
#[error("never")]
pub enum Never {}

/// Drops what nothing reads: half of an object's size.
fn slim<K: kube::Resource>(object: &mut K) {
    let metadata = object.meta_mut();
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

/// Runs one kind in one namespace until the token is cancelled; passes under way end first.
pub async fn run<K>(context: Shared, namespace: String, queue: Queue, stop: CancellationToken)
where
    K: Managed
        + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Unpin,
{
    let api: Api<K> = Api::namespaced(context.client.clone(), &namespace);
    let (reader, writer) = reflector::store::<K>();
    let tapped = Arc::clone(&context);
    let seen = reader.clone();
    let watched = namespace.clone();
    let events = watch(&context, api)
        .modify(slim)
        .reflect(writer)
        .inspect_ok(move |event| observe::<K>(&tapped, &seen, &watched, event))
        .filter_map(|event| {
            let request = match event {
                Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                    Some(ReconcileRequest::from(ObjectRef::from_obj(&object)))
                }
                _ => None,
            };
            std::future::ready(request)
        });
    let wakes = stream::unfold(queue, |mut queue| async move {
        let key = queue.recv().await?;
        let request = ReconcileRequest::from(ObjectRef::<K>::new(&key.name).within(&key.namespace));
        Some((request, queue))
    });
    let requests = stream::select(events, wakes).take_until(stop.cancelled_owned());
    drive(
        requests,
        reader,
        context,
        move |context, object: Arc<K>| async move { pass::run(&context, &*object).await.0 },
    )
    .await;
}

/// Runs the controller of AwsAccounts.
pub async fn run_accounts(
    context: Shared,
    reader: Store<AwsAccount>,
    writer: reflector::store::Writer<AwsAccount>,
    queue: Queue,
    stop: CancellationToken,
) {
    let api: Api<AwsAccount> = Api::all(context.client.clone());
    let tapped = Arc::clone(&context);
    let events = watch(&context, api)
        .modify(slim)
        .reflect(writer)
        .filter_map(move |event| {
            let request = match event {
                Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                    wake_users(&tapped, &object);
                    Some(ReconcileRequest::from(ObjectRef::from_obj(&object)))
                }
                Ok(watcher::Event::Delete(object)) => {
                    account::forget(&tapped, &object);
                    wake_users(&tapped, &object);
                    None
                }
                Ok(watcher::Event::InitDone) => {
                    tapped.listed(Kind::AwsAccount, "");
                    None
                }
                _ => None,
            };
            std::future::ready(request)
        });
    let wakes = stream::unfold(queue, |mut queue| async move {
        let key = queue.recv().await?;
        Some((
            ReconcileRequest::from(ObjectRef::<AwsAccount>::new(&key.name)),
            queue,
        ))
    });
    let requests = stream::select(events, wakes).take_until(stop.cancelled_owned());
    drive(
        requests,
        reader,
        context,
        |context, object: Arc<AwsAccount>| async move { account::run(&context, &object).await },
    )
    .await;
}

fn wake_users(context: &Shared, account: &AwsAccount) {
    for key in context
        .index
        .users_of(account.metadata.name.as_deref().unwrap_or_default())
    {
        context.wakes.wake(&key);
    }
}

async fn drive<K, F>(
    requests: impl Stream<Item = ReconcileRequest<K>> + Send,
    reader: Store<K>,
    context: Shared,
    reconcile: impl Fn(Shared, Arc<K>) -> F + Clone + Send + 'static,
) where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + Send + Sync + 'static,
    F: Future<Output = std::time::Duration> + Send + 'static,
{
    let one = move |object: Arc<K>, context: Arc<Shared>| {
        let reconcile = reconcile.clone();
        async move {
            let name = object.meta().name.clone().unwrap_or_default();
            let started = tokio::time::Instant::now();
            // A panic harms one object: it is caught here and tried again slowly.
            let outcome = AssertUnwindSafe(reconcile(Shared::clone(&context), object))
                .catch_unwind()
                .await;
            let after = outcome.unwrap_or_else(|_| {
                let kind = K::kind(&());
                error!(kind = %kind, name, "a pass panicked");
                let metrics = &context.metrics;
                metrics.reconcile(&kind, "panic", started.elapsed());
                std::time::Duration::from_secs(60)
            });
            Ok::<_, Never>(Action::requeue(after))
        }
        .boxed()
    };
    applier(
        one,
        |_, never: &Never, _| match *never {},
        Arc::new(context),
        reader,
        requests.map(Ok::<_, Never>).boxed(),
        Config::default().concurrency(CONCURRENCY),
    )
    .for_each(|_| std::future::ready(()))
    .await;
}

/// Keeps the index in step with the watch, and wakes who is concerned.
fn observe<K>(context: &Shared, store: &Store<K>, namespace: &str, event: &watcher::Event<K>)
where
    K: Managed + kube::Resource<DynamicType = ()>,
{
    let woken = match event {
        watcher::Event::Apply(object) | watcher::Event::InitApply(object) => {
            context.index.apply(object)
        }
        watcher::Event::Delete(object) => {
            // The index first: a pass under way looks there once it ends.
            let mut woken = context.index.remove(&object.key());
            context.memories.forget(object.uid());
            context.inventory.forget(&object.key());
            let account = &object.common().account_ref.name;
            woken.push(directconnect_model::kind::ObjectKey::new(
                Kind::AwsAccount,
                "",
                account,
            ));
            woken
        }
        watcher::Event::InitDone => {
            // What was deleted while nobody watched is not in the store any more.
            let live: std::collections::BTreeSet<_> =
                store.state().iter().map(|o| o.key()).collect();
            let mut woken = vec![];
            for sibling in context.index.siblings().iter() {
                let key = &sibling.key;
                if key.kind == K::KIND && key.namespace == namespace && !live.contains(key) {
                    woken.extend(context.index.remove(key));
                    context.memories.forget(&sibling.uid);
                    context.inventory.forget(key);
                }
            }
            context.listed(K::KIND, namespace);
            woken
        }
        watcher::Event::Init => vec![],
    };
    for key in woken {
        context.wakes.wake(&key);
    }
}
