//! Who calls: from an access key and a session token to a caller.

use crate::context::Caller;
use crate::error::AwsError;
use crate::world::World;

impl World {
    /// The account that an access key belongs to, valid or not; empty if unknown.
    pub(crate) fn account_of(&self, access_key: &str) -> String {
        if let Some(session) = self.sessions.get(access_key) {
            return session.account.clone();
        }
        self.accounts
            .values()
            .find(|account| account.access_keys.contains_key(access_key))
            .map(|account| account.id.clone())
            .unwrap_or_default()
    }
}

/// Resolves an access key, and a session token if there is one, to a caller.
pub(crate) fn authenticate(
    world: &World,
    wall: jiff::Timestamp,
    access_key: &str,
    token: Option<&str>,
) -> Result<Caller, AwsError> {
    if let Some(session) = world.sessions.get(access_key) {
        if token != Some(session.token.0.as_str()) {
            return Err(invalid_token());
        }
        if wall >= session.expires {
            return Err(AwsError::client(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ));
        }
        return Ok(Caller {
            account: session.account.clone(),
            arn: format!(
                "arn:aws:sts::{}:assumed-role/{}/{}",
                session.account, session.role, session.session_name
            ),
            user_id: format!("{}:{}", session.role_id, session.session_name),
        });
    }
    if token.is_some() {
        return Err(invalid_token());
    }
    for account in world.accounts.values() {
        if let Some(user) = account.access_keys.get(access_key) {
            return Ok(Caller {
                account: account.id.clone(),
                arn: format!("arn:aws:iam::{}:user/{user}", account.id),
                user_id: format!("AIDA{}", access_key.trim_start_matches("AKIA")),
            });
        }
    }
    Err(invalid_token())
}

fn invalid_token() -> AwsError {
    AwsError::client(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
}
