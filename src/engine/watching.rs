//! Watches that wait longer the longer they fail.

use std::time::Duration;

use futures::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event};

use super::{Shared, backoff};

/// Longest pause: what happened meanwhile is seen this much later.
const LONGEST: Duration = Duration::from_secs(30);

/// Pauses after each error. A list that begins is no success: kube's `default_backoff` starts over with it, so that a list which
/// always fails is asked for every second by every watch.
pub fn patient<K>(
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
