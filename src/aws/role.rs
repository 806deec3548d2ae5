//! Credentials of an assumed role: the requests that the SDK makes for them count like any other.

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::time::Instant;

use super::Class;
use crate::metrics::Metrics;

/// A provider whose requests are counted.
#[derive(Debug)]
pub(super) struct Counted {
    inner: AssumeRoleProvider,
    metrics: Metrics,
}

impl Counted {
    pub(super) fn new(inner: AssumeRoleProvider, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }
}

impl ProvideCredentials for Counted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let started = Instant::now();
            let result = self.inner.provide_credentials().await;
            let class: &str = match &result {
                Ok(_) => "ok",
                Err(_) => Class::Credentials.into(),
            };
            self.metrics
                .aws_request("sts", "AssumeRole", class, started.elapsed());
            result
        })
    }
}
