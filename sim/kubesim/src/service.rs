//! The HTTP face: a tower service that `kube::Client::new` takes.

use std::{
    borrow::Cow,
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header, request::Parts};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    builtin,
    call::{Call, Target, Verb},
    control::{Fate, FaultKind, Held, RequestRecord, When},
    error::ApiError,
    server::Shared,
    store::State,
    watch::{self, Watch},
    write::{self, Done},
};

/// Body of every answer.
pub type SimBody = UnsyncBoxBody<Bytes, io::Error>;

/// A connection to the server, named after who uses it.
#[derive(Clone)]
pub struct SimService {
    pub(crate) shared: Arc<Shared>,
    pub(crate) client: String,
}

enum Step {
    Answer(Response<SimBody>),
    Reset,
    Wait(oneshot::Receiver<Response<SimBody>>),
    Never,
}

fn reset() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionReset,
        "connection reset by peer (injected)",
    )
}

fn answer(code: u16, object: &Value) -> Response<SimBody> {
    let text = Bytes::from(object.to_string());
    let body = Full::new(text)
        .map_err(|never: Infallible| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}

/// Adds a header for each warning.
fn warned(mut response: Response<SimBody>, warnings: &[String]) -> Response<SimBody> {
    for warning in warnings {
        let text = format!("299 - {warning:?}");
        if let Ok(value) = header::HeaderValue::from_str(&text) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

fn refusal(error: &ApiError) -> Response<SimBody> {
    let mut response = answer(error.code, &error.to_status());
    if error.code == 429 {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

/// Executes a call other than a watch.
pub(crate) fn run(state: &mut State, call: &Call) -> Result<Done, ApiError> {
    state.by = call.client.as_str().into();
    match call.verb {
        Verb::Get => state.get(call),
        Verb::List | Verb::Watch => state.list(call),
        Verb::Create => {
            let object = write::decode(call)?;
            state.create(call, object)
        }
        Verb::Update => {
            let object = write::decode(call)?;
            state.update(call, object)
        }
        Verb::Patch => state.patch(call),
        Verb::Delete => state.delete(call),
        Verb::DeleteCollection => {
            let list = state.list(call)?;
            for item in list.object["items"].as_array().into_iter().flatten() {
                let name = item["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                state.delete(&Call {
                    name,
                    ..call.clone()
                })?;
            }
            Ok(list)
        }
    }
}

/// The object as the caller asked to see it.
fn present<'a>(call: &Call, done: &'a Done) -> Cow<'a, Value> {
    let list = matches!(call.verb, Verb::List | Verb::DeleteCollection);
    if done.object["kind"] == "Status" || (list && !call.metadata_only) {
        Cow::Borrowed(&done.object)
    } else if list {
        let items: Vec<Value> = done.object["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(watch::partial)
            .collect();
        Cow::Owned(
            json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": done.object["metadata"], "items": items}),
        )
    } else if call.metadata_only {
        Cow::Owned(watch::partial(&builtin::from_storage(
            &call.def,
            &done.object,
        )))
    } else {
        builtin::from_storage(&call.def, &done.object)
    }
}

impl Shared {
    /// Executes a call and returns the answer.
    pub(crate) fn execute(self: &Arc<Self>, record: usize, call: &Call) -> Response<SimBody> {
        let result = {
            let mut state = self.state_now();
            if let Err(error) = state.authorize(call) {
                Err(error)
            } else if call.verb == Verb::Watch {
                Watch::open(self, &state, call).map(|watch| {
                    let mut response = answer(200, &Value::Null);
                    *response.body_mut() = watch.into_body();
                    response
                })
            } else {
                let done = run(&mut state, call);
                let warnings = std::mem::take(&mut state.warnings);
                done.map(|done| warned(answer(done.code, &present(call, &done)), &warnings))
            }
        };
        self.publish();
        let response = result.unwrap_or_else(|error| {
            if error.code == 501 {
                self.control().unsupported.push(error.message.clone());
            }
            refusal(&error)
        });
        self.control().effect(record, response.status().as_u16());
        response
    }

    fn answered(&self, record: usize, response: Response<SimBody>) -> Step {
        self.control().answered(record, response.status().as_u16());
        Step::Answer(response)
    }

    fn hold(
        &self,
        record: usize,
        call: Option<Box<Call>>,
        reply: Option<Response<SimBody>>,
    ) -> Step {
        let (sender, receiver) = oneshot::channel();
        let count = {
            let mut control = self.control();
            control.held.push(Held {
                record,
                call,
                reply,
                sender,
            });
            control.held.len()
        };
        self.held.send_replace(count);
        Step::Wait(receiver)
    }

    /// Takes a request in: everything that happens at once happens here.
    fn begin(self: &Arc<Self>, client: &str, parts: &Parts, body: Bytes) -> Step {
        let user = self.control().users.get(client).cloned();
        let parsed = Call::parse(&self.state_now(), parts, body, client, user.as_deref());
        let mut record = RequestRecord {
            client: client.to_owned(),
            at: self.now(),
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            verb: String::new(),
            resource: String::new(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            content_type: String::new(),
            mutation: None,
            effect: None,
            code: None,
        };
        let call = match parsed {
            Ok(Target::Resource(call)) => call,
            Ok(Target::Document(document)) => {
                let (index, fate) = self.control().admit(record, false, None);
                return if fate == Fate::Normal {
                    self.answered(index, answer(200, &document))
                } else {
                    Step::Never
                };
            }
            Err(error) => {
                let mut control = self.control();
                if error.code == 501 {
                    control.unsupported.push(error.message.clone());
                }
                let (index, fate) = control.admit(record, false, None);
                drop(control);
                return if fate == Fate::Normal {
                    self.answered(index, refusal(&error))
                } else {
                    Step::Never
                };
            }
        };
        call.verb.as_str().clone_into(&mut record.verb);
        record.resource = if call.def.group.is_empty() {
            call.def.plural.clone()
        } else {
            format!("{}.{}", call.def.plural, call.def.group)
        };
        record.subresource.clone_from(&call.subresource);
        call.namespace().clone_into(&mut record.namespace);
        record.content_type.clone_from(&call.content_type);
        record.name = if call.verb == Verb::Create {
            call.json["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        } else {
            call.name.clone()
        };
        let hook = self.control().hook_for(client);
        let forced = hook.and_then(|hook| hook(&record));
        let (index, fate) = self.control().admit(record, call.verb.mutates(), forced);
        self.carry_out(index, call, fate)
    }

    fn carry_out(self: &Arc<Self>, index: usize, call: Box<Call>, fate: Fate) -> Step {
        let (kind, when) = match fate {
            Fate::Normal => return self.answered(index, self.execute(index, &call)),
            Fate::Stopped(when) => {
                if when == When::AfterEffect {
                    self.execute(index, &call);
                }
                self.stopped.send_replace(true);
                return Step::Never;
            }
            Fate::Fault(kind) => match kind {
                FaultKind::Hold(When::BeforeEffect) => return self.hold(index, Some(call), None),
                FaultKind::Hold(When::AfterEffect) => {
                    let reply = self.execute(index, &call);
                    return self.hold(index, None, Some(reply));
                }
                FaultKind::Conflict => {
                    let error = ApiError::stale(&call.def, &call.name);
                    return self.answered(index, refusal(&error));
                }
                FaultKind::Http500BeforeEffect => (Some(500), When::BeforeEffect),
                FaultKind::Http500AfterEffect => (Some(500), When::AfterEffect),
                FaultKind::ResetBeforeEffect => (None, When::BeforeEffect),
                FaultKind::ResetAfterEffect => (None, When::AfterEffect),
                FaultKind::Answer { code, when } => (Some(code), when),
                FaultKind::HoldAndStop => {
                    let step = self.hold(index, Some(call), None);
                    self.stopped.send_replace(true);
                    return step;
                }
                FaultKind::Stop(when) => {
                    return self.carry_out(index, call, Fate::Stopped(when));
                }
            },
        };
        if when == When::AfterEffect {
            self.execute(index, &call);
        }
        match kind {
            Some(code) => self.answered(index, refusal(&ApiError::injected(code))),
            None => Step::Reset,
        }
    }

    /// Lets every held request go on; those that still have to land do so now, in order.
    pub(crate) fn release(self: &Arc<Self>) -> usize {
        let held = std::mem::take(&mut self.control().held);
        self.held.send_replace(0);
        let count = held.len();
        for one in held {
            let reply = match (one.call, one.reply) {
                (Some(call), _) => self.execute(one.record, &call),
                (None, Some(reply)) => reply,
                (None, None) => continue,
            };
            let code = reply.status().as_u16();
            if one.sender.send(reply).is_ok() {
                self.control().answered(one.record, code);
            }
        }
        count
    }
}

impl<B> tower::Service<Request<B>> for SimService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<SimBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (shared, client) = (self.shared.clone(), self.client.clone());
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body
                .collect()
                .await
                .map_err(|e| io::Error::other(e.into()))?
                .to_bytes();
            match shared.begin(&client, &parts, body) {
                Step::Answer(response) => Ok(response),
                Step::Reset => Err(reset()),
                Step::Wait(receiver) => receiver.await.map_err(|_| reset()),
                Step::Never => std::future::pending().await,
            }
        })
    }
}
