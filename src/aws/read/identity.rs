//! Whose credentials these are: GetCallerIdentity.

use super::pages::broken;
use crate::aws::{ApiError, Clients, Service};

/// Account and ARN that the credentials belong to.
pub async fn caller_identity(clients: &Clients) -> Result<(String, String), ApiError> {
    const OPERATION: &str = "GetCallerIdentity";
    let (answer, _) = clients
        .read(Service::Sts, OPERATION, |probe| {
            clients
                .sts
                .get_caller_identity()
                .customize()
                .interceptor(probe)
                .send()
        })
        .await?;
    match (answer.account, answer.arn) {
        (Some(account), Some(arn)) => Ok((account, arn)),
        _ => Err(broken(OPERATION, "the answer names no account")),
    }
}
