//! Watches: initial events, changes since a version, bookmarks, expiry, time limit.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    builtin,
    call::Call,
    error::{ApiError, FieldError},
    meta,
    read::{options_invalid, unknown_match, version_parameter},
    resource::ResourceDef,
    selector::Selector,
    server::Shared,
    service::SimBody,
    store::{Change, ChangeKind, State},
};

/// How often a watch that allows bookmarks gets one.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);
/// How long a watch lasts whose client names no limit.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(30);
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// One open watch.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    epoch: u64,
    client: String,
    /// Whose cache it shows.
    replica: usize,
    view: View,
    ready: VecDeque<Bytes>,
    /// Index into the log of the first change not yet looked at.
    cursor: usize,
    /// Changes up to this version are known to the client.
    known: u64,
    bookmarks: bool,
    next_bookmark: Instant,
    deadline: Instant,
    ended: bool,
}

/// What a watch shows, and how.
struct View {
    def: Arc<ResourceDef>,
    namespace: Option<String>,
    selector: Selector,
    metadata_only: bool,
}

/// Reduces an object to its metadata, where a client asked for that.
pub(crate) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

fn line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n"))
}

impl View {
    fn show(&self, object: &Value) -> Value {
        let object = builtin::from_storage(&self.def, object);
        if self.metadata_only {
            partial(&object)
        } else {
            object.into_owned()
        }
    }

    fn event(&self, change: &Change) -> Option<Bytes> {
        let key = &change.key;
        if key.resource != self.def.storage
            || self
                .namespace
                .as_ref()
                .is_some_and(|ns| *ns != key.namespace)
        {
            return None;
        }
        let before = change
            .previous
            .as_ref()
            .is_some_and(|object| self.selector.matches(object));
        let now = change.kind != ChangeKind::Deleted && self.selector.matches(&change.object);
        match (before, now) {
            (false, true) => Some(line("ADDED", &self.show(&change.object))),
            (true, true) => Some(line("MODIFIED", &self.show(&change.object))),
            (true, false) => {
                let mut last = change.previous.as_ref().map(|object| (**object).clone())?;
                meta::set(
                    &mut last,
                    "resourceVersion",
                    json!(change.version.to_string()),
                );
                Some(line("DELETED", &self.show(&last)))
            }
            (false, false) => None,
        }
    }

    /// What there is at a version, as events.
    fn initial(&self, state: &State, version: u64) -> Vec<Bytes> {
        let (storage, namespace) = (&self.def.storage, self.namespace.as_deref());
        let show = |object: &Arc<Value>| {
            let wanted = self.selector.matches(object);
            wanted.then(|| line("ADDED", &self.show(object)))
        };
        if version == state.version {
            let objects = state.objects(storage, namespace);
            objects.filter_map(|(_, object)| show(object)).collect()
        } else {
            let objects = state.objects_at(storage, namespace, version);
            objects.values().filter_map(show).collect()
        }
    }

    fn bookmark(&self, version: u64, initial_end: bool) -> Bytes {
        let mut metadata =
            json!({"resourceVersion": version.to_string(), "creationTimestamp": null});
        if initial_end {
            metadata["annotations"] = json!({INITIAL_EVENTS_END: "true"});
        }
        line(
            "BOOKMARK",
            &json!({"kind": self.def.kind, "apiVersion": self.def.api_version(), "metadata": metadata}),
        )
    }
}

impl Watch {
    /// Opens a watch as `call` asks for it.
    pub(crate) fn open(shared: &Arc<Shared>, state: &State, call: &Call) -> Result<Self, ApiError> {
        let selector = Selector::parse(
            &call.def,
            call.parameter("labelSelector"),
            call.parameter("fieldSelector"),
        )?;
        let view = View {
            def: call.def.clone(),
            namespace: call.namespace.clone().filter(|_| call.def.namespaced),
            selector,
            metadata_only: call.metadata_only,
        };
        let initial = call
            .parameter("sendInitialEvents")
            .map(|value| value == "true");
        let matching = call.parameter("resourceVersionMatch");
        if let (Some(_), Some(other)) = (initial, matching.filter(|m| *m != "NotOlderThan")) {
            let required = FieldError::forbidden(
                "resourceVersionMatch",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            );
            let unknown = unknown_match(other, &["NotOlderThan"]);
            return Err(ApiError::invalid(
                "ListOptions",
                "meta.k8s.io",
                "",
                &[required, unknown],
            ));
        }
        if initial.is_some() && matching.is_none() {
            return Err(options_invalid(
                "resourceVersionMatch",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ));
        }
        if initial.is_none() && matching.is_some() {
            return Err(options_invalid(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        let given = version_parameter(call)?;
        let version = given.unwrap_or(0);
        // What the caller's cache has seen; a watch that names no version begins with the newest.
        let replica = state.replicas.of(&call.client);
        let seen = match given {
            None => state.version,
            Some(_) => state.view(replica),
        };
        let bookmarks = call
            .parameter("allowWatchBookmarks")
            .is_some_and(|value| value == "true");
        let mut ready = VecDeque::new();
        let mut ended = false;
        let known = if initial == Some(true) || (initial.is_none() && version == 0) {
            if version > seen {
                let error = ApiError::too_large_version(version, seen);
                ready.push_back(line("ERROR", &error.to_status()));
                ended = true;
            } else {
                ready.extend(view.initial(state, seen));
                if initial == Some(true) && bookmarks {
                    ready.push_back(view.bookmark(seen, true));
                }
            }
            seen
        } else if version == 0 {
            seen
        } else {
            if version < state.compacted {
                let text = format!("too old resource version: {version} ({})", state.compacted);
                ready.push_back(line("ERROR", &ApiError::expired(text).to_status()));
                ended = true;
            }
            version
        };
        let seconds = call
            .parameter("timeoutSeconds")
            .and_then(|text| text.parse().ok())
            .filter(|s| *s > 0);
        let now = Instant::now();
        let epoch = shared.bell.signal().epoch;
        Ok(Self {
            shared: shared.clone(),
            epoch,
            client: call.client.clone(),
            replica,
            view,
            ready,
            cursor: state.log_index_after(known),
            known,
            bookmarks,
            next_bookmark: now + BOOKMARK_EVERY,
            deadline: now + seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs),
            ended,
        })
    }

    /// The response body.
    pub(crate) fn into_body(self) -> SimBody {
        let frames = futures::stream::unfold(self, |mut watch| async move {
            let chunk = watch.next().await?;
            Some((Ok::<_, io::Error>(Frame::data(chunk)), watch))
        });
        StreamBody::new(frames).boxed_unsync()
    }

    /// Takes over what its replica has seen since the last look; false if the client was sent to another one.
    fn collect(&mut self) -> bool {
        let shared = self.shared.clone();
        let state = shared.state();
        if state.replicas.of(&self.client) != self.replica {
            return false;
        }
        let end = state.log_index_after(state.view(self.replica));
        for change in state.log.get(self.cursor..end).unwrap_or_default() {
            if change.version > self.known {
                self.ready.extend(self.view.event(change));
                self.known = change.version;
            }
        }
        self.cursor = self.cursor.max(end);
        true
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.ended {
                return None;
            }
            let signal = self.shared.bell.signal();
            if signal.epoch != self.epoch {
                return None;
            }
            if !self.collect() {
                return None;
            }
            if !self.ready.is_empty() {
                continue;
            }
            let wake = if self.bookmarks {
                self.deadline.min(self.next_bookmark)
            } else {
                self.deadline
            };
            tokio::select! {
                biased;
                () = self.shared.bell.other_than(signal) => {}
                () = tokio::time::sleep_until(wake) => {
                    if wake == self.deadline {
                        return None;
                    }
                    self.next_bookmark = wake + BOOKMARK_EVERY;
                    let seen = self.shared.state().view(self.replica);
                    return Some(self.view.bookmark(self.known.max(seen), false));
                }
            }
        }
    }
}
