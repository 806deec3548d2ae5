//! One simulator: handle, state, and the way of a request from arrival to answer.

mod builder;
mod perform;

pub use builder::Builder;

use crate::clock::{Clock, WallClock, http_date, timestamp};
use crate::context::Times;
use crate::control;
use crate::error::AwsError;
use crate::faults::{Fault, FaultKind, Faults, Held, Release, Subject};
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::services::Service;
use crate::wire::{Call, json, query};
use crate::world::World;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The connection broke without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection reset by the simulator")]
pub struct Reset {
    /// Whether it broke before the call took effect.
    pub before_effect: bool,
}

/// A simulator. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// Told whenever the ledger or the list of held calls grows.
    changed: Notify,
    wall: WallClock,
}

/// Everything that changes.
pub(crate) struct State {
    pub world: World,
    pub clock: Clock,
    pub ledger: Ledger,
    pub faults: Faults,
    /// Request ids and lags: reading leaves the world as it is.
    pub draws: Ids,
}

/// An answer in the making: what the service decided.
pub(crate) struct Decision {
    pub body: Result<String, AwsError>,
    pub resource: Option<String>,
    pub request_id: String,
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// Starts to make a simulator.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Wall time.
    pub(crate) fn wall(&self) -> Timestamp {
        timestamp((self.inner.wall)())
    }

    /// Both times; the world has been advanced to its own.
    pub(crate) fn advance(&self, state: &mut State) -> Times {
        let wall = self.wall();
        state.world.advance(state.clock.now(wall));
        Times {
            world: state.world.now,
            wall,
        }
    }

    pub(crate) fn changed(&self) -> &Notify {
        &self.inner.changed
    }

    /// Answers one HTTP request, in process. The call belongs to the world from here on: dropping
    /// this future does not undo or stop it. Needs a tokio runtime.
    pub async fn request(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Reset> {
        let sim = self.clone();
        let task = tokio::spawn(async move {
            if request.uri().path().starts_with("/_sim") {
                return Ok(control::http::answer(&sim, &request).await);
            }
            sim.call(&request).await
        });
        match task.await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Reset {
                before_effect: false,
            }),
        }
    }

    async fn call(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Reset> {
        let call = match Call::read(request) {
            Ok(call) => call,
            Err(unreadable) => {
                let id = self.state().draws.uuid("request");
                return Ok(self.answer(unreadable.service, "", Err(unreadable.error), &id));
            }
        };
        let faults = self.strike(&call);
        let has = |kind: FaultKind| faults.iter().any(|fault| fault.kind == kind);

        self.delays(&faults, FaultKind::DelayBeforeEffect).await;
        if has(FaultKind::HoldBeforeEffect)
            && self.hold(&call, "before", None).await == Release::Reset
        {
            return Err(self.refuse_by_reset(&call));
        }
        if has(FaultKind::ResetBeforeEffect) {
            return Err(self.refuse_by_reset(&call));
        }
        let decision = self.perform(&call, &faults);
        self.inner.changed.notify_waiters();

        self.delays(&faults, FaultKind::DelayAfterEffect).await;
        let reset = Err(Reset {
            before_effect: false,
        });
        if has(FaultKind::HoldAfterEffect)
            && self.hold(&call, "after", decision.resource.clone()).await == Release::Reset
        {
            return reset;
        }
        if has(FaultKind::ResetAfterEffect) {
            return reset;
        }
        let body = if has(FaultKind::Http500AfterEffect) {
            Err(perform::server_error())
        } else {
            decision.body
        };
        let mut answer = self.answer(call.service, &call.operation, body, &decision.request_id);
        if has(FaultKind::MalformedBody) {
            let half = answer.body().len() / 2;
            answer.body_mut().truncate(half);
        }
        Ok(answer)
    }

    fn strike(&self, call: &Call) -> Vec<Fault> {
        let mut state = self.state();
        let account = state.world.account_of(&call.access_key);
        let subject = Subject {
            service: &call.service.to_string(),
            operation: &call.operation,
            account: &account,
            names: &|text| call.names(text),
            later_page: call.later_page(),
        };
        state.faults.strike(&subject)
    }

    async fn delays(&self, faults: &[Fault], kind: FaultKind) {
        for fault in faults.iter().filter(|fault| fault.kind == kind) {
            if let Some(delay) = fault.delay {
                tokio::time::sleep(delay.unsigned_abs()).await;
            }
        }
    }

    async fn hold(&self, call: &Call, phase: &str, resource: Option<String>) -> Release {
        let released = {
            let since = self.wall();
            let mut state = self.state();
            let account = state.world.account_of(&call.access_key);
            state.faults.hold(Held {
                id: 0,
                phase: phase.to_owned(),
                service: call.service.to_string(),
                operation: call.operation.clone(),
                account,
                resource,
                since,
            })
        };
        self.inner.changed.notify_waiters();
        released.await.unwrap_or(Release::Reset)
    }

    fn refuse_by_reset(&self, call: &Call) -> Reset {
        self.not_performed(call, &FaultKind::ResetBeforeEffect.to_string());
        self.inner.changed.notify_waiters();
        Reset {
            before_effect: true,
        }
    }

    fn answer(
        &self,
        service: Service,
        operation: &str,
        body: Result<String, AwsError>,
        request_id: &str,
    ) -> Response<Bytes> {
        let (status, text) = match (service, body) {
            (Service::DirectConnect, Ok(text)) => (200, text),
            (Service::DirectConnect, Err(error)) => (error.status, json::failure(&error)),
            (_, Ok(inner)) => (200, query::success(service, operation, &inner, request_id)),
            (_, Err(error)) => {
                let error = query::error::localized(service, error);
                (error.status, query::failure(service, &error, request_id))
            }
        };
        let content_type = match service {
            Service::DirectConnect => "application/x-amz-json-1.1",
            Service::Ec2 => "text/xml;charset=UTF-8",
            Service::Sts => "text/xml",
        };
        Response::builder()
            .status(status)
            .header("content-type", content_type)
            .header("date", http_date(self.wall()))
            .header("x-amzn-requestid", request_id)
            .body(Bytes::from(text))
            .expect("status and headers are valid")
    }
}
