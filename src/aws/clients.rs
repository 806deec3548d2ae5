//! Clients by account and region: credentials, endpoints, time limits, request rates.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use directconnect_model::api::aws_account::Endpoints;
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, info};

use super::error::{ApiError, Class, Failure, judge};
use super::limiter::{Limiter, Priority};
use super::probe::{Fence, Probe};
use super::role::Counted;
use crate::clock::Clock;
use crate::metrics::Metrics;

/// How long one attempt may take.
pub const ATTEMPT_LIMIT: Duration = Duration::from_secs(8);

/// The services that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Service {
    /// AWS Direct Connect.
    DirectConnect,
    /// Amazon EC2.
    Ec2,
    /// AWS STS.
    Sts,
}

/// What of an AwsAccount decides how AWS is reached. Changes of it make new clients.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// 12 digits.
    pub account_id: String,
    /// Region of the calls.
    pub region: String,
    /// Role to assume.
    pub role_arn: Option<String>,
    /// External id for it.
    pub external_id: Option<String>,
    /// Endpoints, the operator's defaults merged in.
    pub endpoints: Endpoints,
    /// Requests a second to Direct Connect and to EC2.
    pub rates: (u32, u32),
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("account_id", &self.account_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Where clients come from.
pub struct Aws {
    /// Pooled connections: reads and what may be repeated.
    pub http: SharedHttpClient,
    /// No idle connections: creates, so that a failed connect is a definite "not sent".
    pub http_unpooled: SharedHttpClient,
    /// The operator's own credentials.
    pub credentials: SharedCredentialsProvider,
    /// Time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    cache: Mutex<BTreeMap<(String, String), Arc<Clients>>>,
}

/// Clients of one account and region.
pub struct Clients {
    /// What they were made from.
    pub account: Account,
    /// Direct Connect, pooled.
    pub direct_connect: aws_sdk_directconnect::Client,
    /// Direct Connect, for creates.
    pub direct_connect_unpooled: aws_sdk_directconnect::Client,
    /// EC2, pooled.
    pub ec2: aws_sdk_ec2::Client,
    /// EC2, for creates.
    pub ec2_unpooled: aws_sdk_ec2::Client,
    /// STS.
    pub sts: aws_sdk_sts::Client,
    rates: (Limiter, Limiter, Limiter),
    clock: Clock,
    metrics: Metrics,
}

/// AWS's time as it is known here: what signatures carry. Until when one is good is counted from its date, so
/// a clock that is ahead would make it good for longer.
#[derive(Debug)]
struct AwsTime(Clock);

impl TimeSource for AwsTime {
    fn now(&self) -> std::time::SystemTime {
        self.0.now().into()
    }
}

tokio::task_local! {
    /// Set around reads of lists and harmless writes.
    pub(crate) static PRIORITY: Priority;
}

impl Aws {
    /// A source of clients.
    pub fn new(
        http: SharedHttpClient,
        http_unpooled: SharedHttpClient,
        credentials: SharedCredentialsProvider,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self {
            http,
            http_unpooled,
            credentials,
            clock,
            metrics,
            cache: Mutex::default(),
        }
    }

    /// Clients for an account and region; the same ones as long as nothing of it changed.
    pub async fn clients(&self, name: &str, account: &Account) -> Arc<Clients> {
        let key = (name.to_owned(), account.region.clone());
        if let Some(clients) = self
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            && clients.account == *account
        {
            return Arc::clone(clients);
        }
        let clients = Arc::new(self.make(account).await);
        self.cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&clients));
        clients
    }

    fn config(
        &self,
        region: &str,
        http: &SharedHttpClient,
        credentials: SharedCredentialsProvider,
        endpoint: Option<&String>,
    ) -> SdkConfig {
        let mut builder = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(http.clone())
            .credentials_provider(credentials)
            .time_source(SharedTimeSource::new(AwsTime(self.clock.clone())))
            .sleep_impl(SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            // The clock is corrected already.
            .disable_clock_skew_correction(true)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(ATTEMPT_LIMIT)
                    .operation_timeout(ATTEMPT_LIMIT * 2)
                    .build(),
            );
        builder.set_endpoint_url(endpoint.cloned());
        builder.build()
    }

    async fn make(&self, account: &Account) -> Clients {
        let region = &account.region;
        let Endpoints {
            direct_connect,
            ec2,
            sts,
            cloud_watch: _,
        } = &account.endpoints;
        let base = self.config(region, &self.http, self.credentials.clone(), sts.as_ref());
        let credentials = match &account.role_arn {
            None => self.credentials.clone(),
            Some(role) => {
                let mut provider = AssumeRoleProvider::builder(role)
                    .session_name("directconnect-operator")
                    .region(Region::new(region.clone()))
                    .configure(&base);
                if let Some(id) = &account.external_id {
                    provider = provider.external_id(id);
                }
                let provider = provider.build_from_provider(self.credentials.clone()).await;
                SharedCredentialsProvider::new(Counted::new(provider, self.metrics.clone()))
            }
        };
        let config = |http: &SharedHttpClient, endpoint: Option<&String>| {
            self.config(region, http, credentials.clone(), endpoint)
        };
        Clients {
            direct_connect: aws_sdk_directconnect::Client::new(&config(
                &self.http,
                direct_connect.as_ref(),
            )),
            direct_connect_unpooled: aws_sdk_directconnect::Client::new(&config(
                &self.http_unpooled,
                direct_connect.as_ref(),
            )),
            ec2: aws_sdk_ec2::Client::new(&config(&self.http, ec2.as_ref())),
            ec2_unpooled: aws_sdk_ec2::Client::new(&config(&self.http_unpooled, ec2.as_ref())),
            sts: aws_sdk_sts::Client::new(&config(&self.http, sts.as_ref())),
            rates: (
                Limiter::new(account.rates.0),
                Limiter::new(account.rates.1),
                Limiter::new(5),
            ),
            account: account.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

impl Clients {
    fn limiter(&self, service: Service) -> &Limiter {
        match service {
            Service::DirectConnect => &self.rates.0,
            Service::Ec2 => &self.rates.1,
            Service::Sts => &self.rates.2,
        }
    }

    /// A read: waits for the rate limiter, sends once, judges errors. Answers with AWS's `Date`.
    pub async fn read<T, E, F>(
        &self,
        service: Service,
        operation: &'static str,
        make: impl FnOnce(Probe) -> F,
    ) -> Result<(T, Timestamp), ApiError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let priority = match service {
            Service::Sts => Priority::Edit,
            _ => PRIORITY.try_with(|p| *p).unwrap_or(Priority::Document),
        };
        self.limiter(service).wait(priority).await;
        let probe = Probe::new(None);
        let output = self
            .attempt(service, operation, &probe, make(probe.clone()))
            .await
            .map_err(|f| f.error)?;
        // Windows are counted by AWS's clock and by no other.
        let date = probe.date().ok_or_else(|| {
            ApiError::protocol(format!("{operation}: the answer carries no Date"))
        })?;
        Ok((output, date))
    }

    /// A write under a fence. `Ok` means that AWS accepted it.
    pub async fn write<T, E, F>(
        &self,
        service: Service,
        operation: &'static str,
        fence: &Fence,
        make: impl FnOnce(Probe) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let priority = PRIORITY.try_with(|p| *p).unwrap_or(Priority::Edit);
        self.limiter(service).wait(priority).await;
        let probe = Probe::new(Some(fence.clone()));
        let result = self
            .attempt(service, operation, &probe, make(probe.clone()))
            .await;
        let request_id = probe.request_id().unwrap_or_default();
        match result {
            Ok(output) => {
                info!(operation, request_id, outcome = "accepted", "AWS write");
                Ok(output)
            }
            Err(failure) => {
                let class: &str = failure.error.class.into();
                info!(
                    operation,
                    request_id,
                    outcome = class,
                    definite = failure.definite,
                    code = failure.error.code,
                    message = failure.error.message,
                    "AWS write"
                );
                Err(failure)
            }
        }
    }

    async fn attempt<T, E, F>(
        &self,
        service: Service,
        operation: &'static str,
        probe: &Probe,
        future: F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let started = Instant::now();
        let asked = self.clock.local();
        let result = future.await;
        if let Some(date) = probe.date() {
            self.clock.learn(date, asked);
        }
        let result = result.map_err(|error| judge(service, operation, &error, probe));
        let throttled = matches!(&result, Err(failure) if failure.error.class == Class::Throttled);
        self.limiter(service).learn(throttled);
        let class: &str = match &result {
            Ok(_) => "ok",
            Err(failure) => failure.error.class.into(),
        };
        self.metrics
            .aws_request(service.into(), operation, class, started.elapsed());
        debug!(
            operation,
            class,
            request_id = probe.request_id().unwrap_or_default(),
            "AWS call"
        );
        result
    }
}
