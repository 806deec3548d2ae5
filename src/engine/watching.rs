//! Watches that wait longer the longer they fail, and begin anew now and then, and once caches are doubted.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::warn;

use super::{Shared, backoff};

/// Objects asked for at once in a first list: a page is held in memory beside what is made of it.
const PAGE: u32 = 100;

/// Longest pause: what happened meanwhile is seen this much later.
const LONGEST: Duration = Duration::from_secs(30);

/// A watch begins anew this often: what it missed for whatever reason is seen then.
const EVERY: Duration = Duration::from_mins(30);

/// Everything there is, and what becomes of it.
pub fn watch<K>(
    context: &Shared,
    api: Api<K>,
) -> impl Stream<Item = watcher::Result<Event<K>>> + use<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let begin = move || {
        let config = watcher::Config::default().page_size(PAGE);
        kube::runtime::watcher(api.clone(), config).boxed()
    };
    let every = EVERY.mul_f64(context.jitter());
    let state = (begin(), context.doubt.times(), Instant::now(), begin);
    let events = stream::unfold(
        state,
        move |(mut watch, mut doubted, mut begun, begin)| async move {
            loop {
                tokio::select! {
                    biased;
                    Ok(()) = doubted.changed() => {}
                    () = tokio::time::sleep_until(begun + every) => {}
                    event = watch.next() => return event.map(|e| (e, (watch, doubted, begun, begin))),
                }
                watch = begin();
                begun = Instant::now();
            }
        },
    );
    let shown = Arc::clone(context);
    let events = events.inspect(move |event| match event {
        Ok(Event::Apply(object) | Event::InitApply(object) | Event::Delete(object)) => {
            let version = object.meta().resource_version.as_deref();
            shown.doubt.shown(version);
        }
        Ok(_) => {}
        Err(error) => {
            let kind = K::kind(&());
            warn!(%kind, %error, "a watch was interrupted");
            shown.metrics.watch_error(&kind);
        }
    });
    patient(Arc::clone(context), events)
}

/// Pauses after each error. A list that begins is no success: kube's `default_backoff` starts over with it, so that a list which
/// always fails is asked for every second by every watch.
fn patient<K>(
    context: Shared,
    watch: impl Stream<Item = watcher::Result<Event<K>>>,
) -> impl Stream<Item = watcher::Result<Event<K>>> {
    let mut failures = 0;
    watch.then(move |event| {
        let pause = match &event {
            Err(_) => {
                failures += 1;
                Some(backoff::pause(failures, context.jitter()).min(LONGEST))
            }
            Ok(Event::Init) => None,
            Ok(_) => {
                failures = 0;
                None
            }
        };
        async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            event
        }
    })
}
