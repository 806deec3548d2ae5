//! STS: GetCallerIdentity and AssumeRole.

use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::Params;

/// Answers one call with the XML inside of `<…Result>`.
pub fn handle(_ctx: &mut Ctx<'_>, action: &str, _params: &Params) -> Result<String, AwsError> {
    Err(AwsError::client("InvalidAction", action))
}
