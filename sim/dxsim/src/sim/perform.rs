//! The moment of effect: signature, credentials, IAM, the operation itself, the ledger.

use super::{Decision, Sim, State};
use crate::context::{Caller, Ctx, Times};
use crate::error::AwsError;
use crate::faults::{Fault, FaultKind};
use crate::iam;
use crate::ledger::Row;
use crate::services::{self, Service};
use crate::wire::{Call, Input, credentials::amz_format, query};

impl Sim {
    /// Decides a call and writes it into the ledger.
    pub(super) fn perform(&self, call: &Call, faults: &[Fault]) -> Decision {
        let mut guard = self.state();
        let state = &mut *guard;
        let times = self.advance(state);
        let request_id = state.draws.uuid("request");
        let (caller, body, resource) = decide(state, call, faults, times);
        let body = body.map_err(|error| query::error::localized(call.service, error));
        let effect = call.mutating() && body.is_ok();
        if effect {
            state.world.settle(times.world);
        }
        let outcome = match &body {
            Err(error) => error.code.clone(),
            Ok(_) => disguise(faults).map_or_else(|| "ok".to_owned(), |kind| kind.to_string()),
        };
        let mut row = row(call, times, outcome);
        row.effect = effect;
        row.resource.clone_from(&resource);
        if let Some(caller) = caller {
            row.account = caller.account;
            row.caller = caller.arn;
        }
        tracing::info!(
            seq = state.ledger.since(0).len() + 1,
            account = row.account,
            operation = row.operation,
            outcome = row.outcome,
            resource = row.resource,
            "call"
        );
        state.ledger.add(row);
        Decision {
            body,
            resource,
            request_id,
        }
    }

    /// Writes a call into the ledger that never took effect.
    pub(super) fn not_performed(&self, call: &Call, outcome: &str) {
        let mut guard = self.state();
        let state = &mut *guard;
        let times = self.advance(state);
        let mut row = row(call, times, outcome.to_owned());
        row.account = state.world.account_of(&call.access_key);
        state.ledger.add(row);
    }
}

fn row(call: &Call, times: Times, outcome: String) -> Row {
    Row {
        seq: 0,
        at: times.world,
        account: String::new(),
        region: call.region.clone(),
        service: call.service.to_string(),
        operation: call.operation.clone(),
        mutating: call.mutating(),
        effect: false,
        outcome,
        resource: None,
        request_date: call.signed_at,
        caller: call.access_key.clone(),
    }
}

/// The fault that keeps a decided answer from its caller.
fn disguise(faults: &[Fault]) -> Option<FaultKind> {
    faults.iter().map(|fault| fault.kind).find(|kind| {
        matches!(
            kind,
            FaultKind::Http500AfterEffect | FaultKind::ResetAfterEffect | FaultKind::MalformedBody
        )
    })
}

type Decided = (Option<Caller>, Result<String, AwsError>, Option<String>);

fn decide(state: &mut State, call: &Call, faults: &[Fault], times: Times) -> Decided {
    if state.world.aws_down {
        let error = AwsError::with_status(503, "ServiceUnavailable", "Service is unavailable");
        return (None, Err(error), None);
    }
    let caller = check_signature(state, call, times).and_then(|()| {
        iam::authenticate(
            &state.world,
            times.wall,
            &call.access_key,
            call.token.as_deref(),
        )
    });
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return (None, Err(error), None),
    };
    let known = Some(caller.clone());
    for fault in faults {
        match fault.kind {
            FaultKind::Throttle => {
                let error = AwsError::client("ThrottlingException", "Rate exceeded");
                return (known, Err(error), None);
            }
            FaultKind::Http500BeforeEffect | FaultKind::PageFault => {
                return (known, Err(server_error()), None);
            }
            _ => {}
        }
    }
    let action = format!("{}:{}", call.service, call.operation);
    let denied = state
        .world
        .denials
        .iter()
        .any(|denial| denial.refuses(&caller, &action, |id| call.names(id)));
    if denied {
        let message = format!(
            "User: {} is not authorized to perform: {action} with an explicit deny",
            caller.arn
        );
        let error = AwsError::client("AccessDeniedException", message);
        return (known, Err(error), None);
    }
    if let Err(refused) = iam::authorize(&state.world, &caller, call) {
        return (known, Err(refused.error), refused.resource);
    }
    let visibility = state.world.settings.visibility;
    let view = visibility.view(&mut state.draws, times.world);
    let mut ctx = Ctx {
        world: &mut state.world,
        caller,
        region: call.region.clone(),
        times,
        view,
        resource: None,
    };
    let body = match (&call.input, call.service) {
        (Input::Json(input), _) => {
            services::directconnect::handle(&mut ctx, &call.operation, input)
                .map(|value| value.to_string())
        }
        (Input::Query(params), Service::Sts) => {
            services::sts::handle(&mut ctx, &call.operation, params)
        }
        (Input::Query(params), _) => services::ec2::handle(&mut ctx, &call.operation, params),
    };
    let resource = ctx.resource.take();
    (known, body, resource)
}

/// Direct Connect's own server error; the other services put it into their words.
pub(super) fn server_error() -> AwsError {
    AwsError::with_status(500, "DirectConnectServerException", "Internal server error")
}

fn check_signature(state: &State, call: &Call, times: Times) -> Result<(), AwsError> {
    let validity = state.world.settings.signature_validity;
    let Some(signed) = call.signed_at else {
        return Err(AwsError::with_status(
            403,
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        ));
    };
    let (from, until) = (
        times.wall.checked_sub(validity).unwrap_or(times.wall),
        times.wall.checked_add(validity).unwrap_or(times.wall),
    );
    let minutes = validity.as_secs() / 60;
    let message = if signed < from {
        format!(
            "Signature expired: {} is now earlier than {} ({} - {minutes} min.)",
            amz_format(signed),
            amz_format(from),
            amz_format(times.wall)
        )
    } else if signed > until {
        format!(
            "Signature not yet current: {} is still later than {} ({} + {minutes} min.)",
            amz_format(signed),
            amz_format(until),
            amz_format(times.wall)
        )
    } else {
        return Ok(());
    };
    Err(AwsError::client("InvalidSignatureException", message))
}
