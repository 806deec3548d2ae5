//! dxsim below the real SDK: an HTTP client in process, with a gate that can kill its user at any write.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use directconnect_model::identity::INTENT;
use dxsim::faults::{Fault, FaultKind};
use dxsim::{Reset, Sim};
use kubesim::Server;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::promises::call::Call;
use crate::promises::{Breach, Promise, wire};

/// What becomes of the write at which the operator dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// It never reaches AWS.
    BeforeEffect,
    /// It takes effect; nobody hears of it.
    AfterEffect,
    /// It is still under way, and takes effect this long after the crash.
    Later(Duration),
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The operator dies.
    Die(Death),
    /// The answer is lost at once; the request takes effect now, later, or never.
    Lose(Option<Duration>),
    /// The answer comes after this time.
    Slow(Duration),
    /// No answer ever comes; the request takes effect after this time, or never.
    Hang(Option<Duration>),
    /// AWS refuses.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Code, as AWS names it.
        code: &'static str,
    },
    /// The answer names another account.
    OtherAccount,
    /// The simulator does it.
    Simulated(FaultKind),
}

/// Asked about every request, before anything else becomes of it, without any lock held.
pub type Hook = Arc<dyn Fn(&Call) -> Option<Fate> + Send + Sync>;

#[derive(Default)]
struct State {
    mutations: u64,
    stop: Option<(u64, Death)>,
    frozen: bool,
    tokens: BTreeSet<String>,
    breaches: Vec<Breach>,
    request_ids: BTreeSet<String>,
    hook: Option<Hook>,
    /// Who called what, and when; kept where processes have names.
    calls: Vec<(Arc<str>, Instant, String)>,
}

/// The way to AWS.
#[derive(Clone)]
pub struct Gate {
    sim: Sim,
    kube: Server,
    state: Arc<Mutex<State>>,
    stopped: watch::Sender<bool>,
    under_way: Arc<AtomicUsize>,
    /// The process whose way it is.
    process: Option<Arc<str>>,
}

/// Something under way that is the world's, not the operator's.
pub struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

/// Name of the operation: awsJson has it in a header, the query protocol in the body.
fn operation(request: &http::Request<Bytes>) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        let target = target.to_str().unwrap_or_default();
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let body = String::from_utf8_lossy(request.body());
    body.split('&')
        .find_map(|part| part.strip_prefix("Action="))
        .unwrap_or_default()
        .to_owned()
}

/// True if the operation changes something.
pub fn mutates(operation: &str) -> bool {
    !["Describe", "List", "Get", "Assume"]
        .iter()
        .any(|reads| operation.starts_with(reads))
}

impl Gate {
    /// A way to this simulator. Every write is judged with what `kube` holds at that moment.
    pub fn new(sim: Sim, kube: Server) -> Self {
        Self {
            sim,
            kube,
            state: Arc::default(),
            stopped: watch::Sender::new(false),
            under_way: Arc::default(),
            process: None,
        }
    }

    /// The same way, for one of several processes.
    #[must_use]
    pub fn named(&self, process: &str) -> Self {
        Self {
            process: Some(process.into()),
            ..self.clone()
        }
    }

    /// What a process called, and when.
    pub fn calls_of(&self, process: &str) -> Vec<(Instant, String)> {
        let state = self.state();
        let calls = state.calls.iter().filter(|(who, _, _)| **who == *process);
        calls.map(|(_, at, what)| (*at, what.clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As the SDK wants it.
    pub fn client(&self) -> SharedHttpClient {
        let gate = self.clone();
        http_client_fn(move |_, _| gate.clone().into_shared())
    }

    /// The `number`-th write from now on (from 1) is the operator's last call.
    pub fn stop_at(&self, number: u64, death: Death) {
        let mut state = self.state();
        state.mutations = 0;
        state.stop = Some((number, death));
    }

    /// A new process: calls go through again.
    pub fn clear_stop(&self) {
        let mut state = self.state();
        state.stop = None;
        state.frozen = false;
        self.stopped.send_replace(false);
    }

    /// Completes once the stop was reached.
    pub async fn stopped(&self) {
        let mut stopped = self.stopped.subscribe();
        // The sender lives as long as `self`.
        let _reached = stopped.wait_for(|reached| *reached).await;
    }

    /// True once the stop was reached.
    pub fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Something that belongs to the world is under way until this is dropped.
    pub fn begin(&self) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(&self.under_way))
    }

    /// Writes that reached the gate.
    pub fn mutations(&self) -> u64 {
        self.state().mutations
    }

    /// Promises that writes broke.
    pub fn breaches(&self) -> Vec<Breach> {
        self.state().breaches.clone()
    }

    /// Judges a write that is about to be forwarded.
    fn judge(&self, call: &Call) {
        let mut found = self.sim.read(|world| wire::judge(call, &self.kube, world));
        let mut state = self.state();
        if let Some(token) = call.tag(INTENT)
            && !state.tokens.insert(token.clone())
        {
            let what = format!("{} sends the token {token} again", call.operation);
            found.push(Breach::new(Promise::OnceForEachToken, what));
        }
        state.breaches.extend(found);
    }

    /// True if AWS gave this id to a request.
    pub fn is_request_id(&self, text: &str) -> bool {
        self.state().request_ids.contains(text)
    }

    /// Calls that the world still works on.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Hands a request to the world, which finishes it whatever becomes of the caller.
    async fn forward(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Reset> {
        let (sim, under_way) = (self.sim.clone(), self.begin());
        let task = tokio::spawn(async move {
            let answer = sim.request(request).await;
            drop(under_way);
            answer
        });
        task.await.expect("the simulator does not panic")
    }

    /// Asks `hook` about every request from now on.
    pub fn on_request(&self, hook: Option<Hook>) {
        self.state().hook = hook;
    }

    /// Hands a request to the world after a while, whatever becomes of the caller.
    fn forward_later(&self, request: http::Request<Bytes>, after: Duration) {
        let (gate, under_way) = (self.clone(), self.begin());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let _ = gate.forward(request).await;
            drop(under_way);
        });
    }

    /// Handed over now if there is nothing to wait for.
    async fn land(&self, request: http::Request<Bytes>, after: Option<Duration>) {
        match after {
            None => {}
            Some(Duration::ZERO) => {
                let _ = self.forward(request).await;
            }
            Some(after) => self.forward_later(request, after),
        }
    }

    /// What becomes of this request: `None` if nothing goes wrong.
    fn fate(&self, call: &Call, writes: bool) -> Option<Fate> {
        let hook = {
            let state = self.state();
            if state.frozen {
                return Some(Fate::Die(Death::BeforeEffect));
            }
            state.hook.clone()
        };
        let forced = hook.and_then(|hook| hook(call));
        let mut state = self.state();
        state.mutations += u64::from(writes);
        let stop = state
            .stop
            .filter(|(number, _)| writes && *number == state.mutations);
        let fate = forced.or(stop.map(|(_, death)| Fate::Die(death)));
        state.frozen = matches!(fate, Some(Fate::Die(_)));
        fate
    }

    async fn pass(self, request: http::Request<Bytes>) -> Result<HttpResponse, ConnectorError> {
        let operation = operation(&request);
        let writes = mutates(&operation);
        let call = Call::of(operation, &request);
        if let Some(process) = &self.process {
            let call = (Arc::clone(process), Instant::now(), call.operation.clone());
            self.state().calls.push(call);
        }
        if writes && !self.state().frozen {
            self.judge(&call);
        }
        let lost = || {
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Err(ConnectorError::io(broken.into()))
        };
        let fate = self.fate(&call, writes);
        match &fate {
            None | Some(Fate::OtherAccount | Fate::Slow(_)) => {}
            Some(Fate::Die(death)) => {
                let after = match death {
                    Death::BeforeEffect => None,
                    Death::AfterEffect => Some(Duration::ZERO),
                    Death::Later(after) => Some(*after),
                };
                self.land(request, after).await;
                self.stopped.send_replace(true);
                return std::future::pending().await;
            }
            Some(Fate::Lose(after)) => {
                self.land(request, *after).await;
                return lost();
            }
            Some(Fate::Hang(after)) => {
                self.land(request, *after).await;
                return std::future::pending().await;
            }
            Some(Fate::Refuse { status, code }) => return Ok(refusal(&call, *status, code)),
            Some(Fate::Simulated(kind)) => {
                self.sim.add_fault(Fault::once(*kind, &call.operation));
            }
        }
        let answer = self
            .forward(request)
            .await
            .map_err(|reset| ConnectorError::io(Box::new(reset)))?;
        if let Some(Fate::Slow(after)) = fate {
            tokio::time::sleep(after).await;
        }
        let (parts, mut body) = answer.into_parts();
        if fate == Some(Fate::OtherAccount) {
            body = other_account(&body);
        }
        let status = parts.status.as_u16().try_into().expect("a valid status");
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in &parts.headers {
            let value = value.to_str().expect("ASCII").to_owned();
            if name == "x-amzn-requestid" {
                self.state().request_ids.insert(value.clone());
            }
            response.headers_mut().insert(name.to_string(), value);
        }
        Ok(response)
    }
}

/// An error as AWS answers it, without effect.
fn refusal(call: &Call, status: u16, code: &str) -> HttpResponse {
    let words = "refused by the test";
    let body = match call.service.as_str() {
        "directconnect" => format!(r#"{{"__type":"{code}","message":"{words}"}}"#),
        "ec2" => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{words}</Message></Error></Errors></Response>"
        ),
        _ => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error></ErrorResponse>"
        ),
    };
    let status = status.try_into().expect("a valid status");
    HttpResponse::new(status, SdkBody::from(body))
}

/// The answer with every account id changed.
fn other_account(body: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(body);
    let mut changed = text.into_owned();
    for account in ["444455556666", "111122223333"] {
        changed = changed.replace(account, "999988887777");
    }
    Bytes::from(changed)
}

impl HttpConnector for Gate {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut plain = http::Request::builder()
            .method(request.method())
            .uri(request.uri());
        for (name, value) in request.headers() {
            plain = plain.header(name, value);
        }
        let body = request.body().bytes().expect("bodies are in memory");
        let plain = plain
            .body(Bytes::copy_from_slice(body))
            .expect("a valid request");
        HttpConnectorFuture::new(self.clone().pass(plain))
    }
}
