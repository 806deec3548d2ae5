//! What a refused caller is told (IAM User Guide, "Troubleshoot access denied error messages";
//! EC2's encoded message: STS API Reference, DecodeAuthorizationMessage).

use super::evaluation::{Check, Verdict};
use crate::context::Caller;
use crate::error::AwsError;
use crate::services::Service;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// The error, before the service puts it into its own words.
pub fn refusal(service: Service, caller: &Caller, check: &Check, verdict: Verdict<'_>) -> AwsError {
    let action = &check.action;
    let why = match verdict {
        Verdict::ExplicitDeny(_) => "with an explicit deny in an identity-based policy".to_owned(),
        Verdict::ImplicitDeny | Verdict::Allowed => {
            format!("because no identity-based policy allows the {action} action")
        }
    };
    let mut message = format!(
        "User: {} is not authorized to perform: {action} on resource: {} {why}",
        caller.arn, check.resource
    );
    if service == Service::Ec2 {
        let encoded = URL_SAFE_NO_PAD.encode(decoded(caller, check, verdict).to_string());
        message = format!("{message}. Encoded authorization failure message: {encoded}");
    }
    AwsError::client("AccessDeniedException", message)
}

/// What DecodeAuthorizationMessage would tell. AWS encrypts it; here it is only encoded.
fn decoded(caller: &Caller, check: &Check, verdict: Verdict<'_>) -> serde_json::Value {
    let sids: Vec<&str> = match verdict {
        Verdict::ExplicitDeny(statement) => statement.sid.as_deref().into_iter().collect(),
        Verdict::ImplicitDeny | Verdict::Allowed => Vec::new(),
    };
    json!({
        "allowed": false,
        "explicitDeny": matches!(verdict, Verdict::ExplicitDeny(_)),
        "matchedStatements": {"items": sids.iter().map(|sid| json!({"statementId": sid})).collect::<Vec<_>>()},
        "context": {
            "principal": {"id": caller.user_id, "arn": caller.arn},
            "action": check.action,
            "resource": check.resource,
            "conditions": check.context,
        },
    })
}
