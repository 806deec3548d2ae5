//! May this caller make this call.

use super::evaluation::{Verdict, evaluate};
use super::{actions, refusal, request};
use crate::context::Caller;
use crate::error::AwsError;
use crate::wire::Call;
use crate::world::World;

/// What is answered to a refused call, and the id of what it was about.
pub struct Refused {
    /// The answer.
    pub error: AwsError,
    /// What was not to be touched; none if the call names nothing.
    pub resource: Option<String>,
}

/// Evaluates the policies of the caller's role, if it has any, for everything that the call needs.
pub fn authorize(world: &World, caller: &Caller, call: &Call) -> Result<(), Refused> {
    let policies = world
        .sessions
        .get(&call.access_key)
        .and_then(|session| {
            world
                .accounts
                .get(&session.account)?
                .roles
                .get(&session.role)
        })
        .and_then(|role| role.policies.as_deref());
    let Some(policies) = policies else {
        return Ok(());
    };
    let action = format!("{}:{}", call.service, call.operation);
    if actions::FREE.contains(&action.as_str()) {
        return Ok(());
    }
    let checks = request::checks(world, caller, call);
    let verdicts: Vec<_> = checks.iter().map(|c| (c, evaluate(policies, c))).collect();
    // A deny is told before what is only not allowed.
    let worst = verdicts
        .iter()
        .find(|(_, verdict)| matches!(verdict, Verdict::ExplicitDeny(_)))
        .or_else(|| {
            verdicts
                .iter()
                .find(|(_, verdict)| *verdict != Verdict::Allowed)
        });
    match worst {
        None => Ok(()),
        Some((check, verdict)) => Err(Refused {
            error: refusal::refusal(call.service, caller, check, *verdict),
            resource: check
                .resource
                .rsplit(['/', '*'])
                .next()
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
        }),
    }
}
