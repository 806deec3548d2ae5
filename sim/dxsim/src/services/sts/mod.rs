//! STS: GetCallerIdentity and AssumeRole.

use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::error::{missing, not_implemented};
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Secret, Session};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

/// The session limit when a role is assumed with a role's credentials (IAM User Guide, "Role chaining").
const CHAINED_LIMIT: i64 = 3600;

/// Answers one call with the XML inside of `<…Result>`.
pub fn handle(ctx: &mut Ctx<'_>, action: &str, params: &Params) -> Result<String, AwsError> {
    match action {
        "GetCallerIdentity" => Ok(caller_identity(ctx)),
        "AssumeRole" => assume_role(ctx, params),
        _ => Err(not_implemented("STS", action)),
    }
}

fn caller_identity(ctx: &Ctx<'_>) -> String {
    let mut xml = Xml::default();
    xml.text("Arn", &ctx.caller.arn);
    xml.text("UserId", &ctx.caller.user_id);
    xml.text("Account", &ctx.caller.account);
    xml.into_string()
}

fn assume_role(ctx: &mut Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let arn = params
        .required("RoleArn")
        .map_err(|_| missing("RoleArn"))?
        .to_owned();
    let name = session_name(params)?;
    let duration = duration(ctx, params)?;
    ctx.touch(&arn);
    let (account, role) = trusted_role(ctx, &arn, params.text("ExternalId"))
        .ok_or_else(|| refused(&ctx.caller.arn, &arn))?;

    let expires = ctx
        .times
        .wall
        .checked_add(SignedDuration::from_secs(duration))
        .map_err(|_| validation("DurationSeconds is out of range"))?;
    let ids = &mut ctx.world.ids;
    let key = format!("ASIA{}", ids.token("sts-key", 16).to_uppercase());
    let secret = [ids.token("sts-secret", 32), ids.token("sts-secret", 8)].concat();
    let token: String = (0..6).map(|_| ids.token("sts-token", 32)).collect();
    let session = Session {
        role_id: role_id(&account, &role),
        account,
        role,
        session_name: name.clone(),
        token: Secret(token.clone()),
        expires,
    };

    let mut xml = Xml::default();
    xml.element("AssumedRoleUser", |user| {
        user.text("AssumedRoleId", format!("{}:{name}", session.role_id));
        user.text(
            "Arn",
            format!(
                "arn:aws:sts::{}:assumed-role/{}/{name}",
                session.account, session.role
            ),
        );
    });
    xml.element("Credentials", |credentials| {
        credentials.text("AccessKeyId", &key);
        credentials.text("SecretAccessKey", secret);
        credentials.text("SessionToken", token);
        credentials.text("Expiration", expires.strftime("%Y-%m-%dT%H:%M:%SZ"));
    });
    ctx.world.sessions.insert(key, session);
    Ok(xml.into_string())
}

/// Account and name of the role, if it exists and trusts this caller with this external id. STS
/// does not tell an unknown role from one that does not trust.
fn trusted_role(ctx: &Ctx<'_>, arn: &str, external_id: Option<&str>) -> Option<(String, String)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = path.rsplit('/').next()?;
    let role = ctx.world.accounts.get(account)?.roles.get(name)?;
    let expected = role.external_id.as_ref().map(|secret| secret.0.as_str());
    let trusted = role.trusted_accounts.contains(&ctx.caller.account)
        && (expected.is_none() || expected == external_id);
    trusted.then(|| (account.to_owned(), name.to_owned()))
}

fn session_name(params: &Params) -> Result<String, AwsError> {
    let name = params.required("RoleSessionName")?;
    let fits = (2..=64).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
    if fits {
        Ok(name.to_owned())
    } else {
        Err(validation(
            "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}",
        ))
    }
}

fn duration(ctx: &Ctx<'_>, params: &Params) -> Result<i64, AwsError> {
    let seconds = params.integer("DurationSeconds")?.unwrap_or(CHAINED_LIMIT);
    if !(900..=43_200).contains(&seconds) {
        return Err(validation(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200"
        )));
    }
    if ctx.caller.arn.contains(":assumed-role/") && seconds > CHAINED_LIMIT {
        return Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    Ok(seconds)
}

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::client("ValidationError", message)
}

fn refused(caller: &str, role: &str) -> AwsError {
    AwsError::with_status(
        403,
        "AccessDenied",
        format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"),
    )
}

/// `AROA…`: the same for the same role, always.
fn role_id(account: &str, role: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(format!("{account}/{role}"));
    let letters = digest.iter().take(17);
    let id: String = letters
        .map(|byte| char::from(LETTERS[usize::from(*byte % 32)]))
        .collect();
    format!("AROA{id}")
}
