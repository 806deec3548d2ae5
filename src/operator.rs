//! The operator, built from everything that comes from outside.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::kind::Kind;
use directconnect_model::view::Windows;
use kube::runtime::reflector;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::aws::{Aws, Transmitted};
use crate::clock::WallClock;
use crate::engine::index::Index;
use crate::engine::memory::Memories;
use crate::engine::secrets::Secrets;
use crate::engine::{Context, Shared, controller};
use crate::inventory::Inventory;
use crate::metrics::Metrics;
use crate::registry;
use crate::spawn::Spawner;
use crate::wake::Wakes;

/// Longest time that running calls get at a stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// How often gauges are set that nothing sets by itself.
const REPORT: Duration = Duration::from_secs(5);

/// Everything from outside. Tests put simulators here; nothing else differs.
pub struct Deps {
    /// Kubernetes: a client without retries of its own.
    pub client: kube::Client,
    /// HTTP to AWS, pooled.
    pub http: SharedHttpClient,
    /// HTTP to AWS without idle connections.
    pub http_unpooled: SharedHttpClient,
    /// The operator's own credentials.
    pub credentials: SharedCredentialsProvider,
    /// Wall time.
    pub wall: WallClock,
    /// Seed of all randomness: tokens and jitter.
    pub seed: u64,
    /// Metrics.
    pub metrics: Metrics,
    /// The leader fence: true while this process may write at AWS.
    pub leads: fn() -> bool,
}

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names this installation in tags.
    pub cluster_id: String,
    /// The operator's own namespace.
    pub namespace: String,
    /// Namespaces that are managed.
    pub namespaces: Vec<String>,
    /// Endpoints of accounts that name none.
    pub endpoints: Endpoints,
    /// Windows of the create protocol.
    pub windows: Windows,
}

/// A running operator.
pub struct Operator {
    context: Shared,
    spawner: Spawner,
    stop: CancellationToken,
}

impl Operator {
    /// Builds and starts an operator.
    pub fn build(deps: Deps, settings: Settings) -> Self {
        let Deps {
            client,
            http,
            http_unpooled,
            credentials,
            wall,
            seed,
            metrics,
            leads,
        } = deps;
        let Settings {
            cluster_id,
            namespace,
            namespaces,
            endpoints,
            windows,
        } = settings;
        // A namespace that is named twice has one controller for each kind all the same.
        let namespaces: Vec<String> = namespaces
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let clock = crate::clock::Clock::new(wall);
        let spawner = Spawner::default();
        let wakes = Wakes::default();
        let (accounts, writer) = reflector::store::<AwsAccount>();
        let queue = wakes.queue(Kind::AwsAccount, "");
        let unlisted = registry::managed()
            .into_iter()
            .flat_map(|kind| namespaces.iter().map(move |n| (kind, n.clone())))
            .chain([(Kind::AwsAccount, String::new())])
            .collect();
        let context = Arc::new(Context {
            client,
            aws: Aws::new(
                http,
                http_unpooled,
                credentials,
                clock.clone(),
                metrics.clone(),
            ),
            inventory: Inventory::new(
                wakes.clone(),
                spawner.clone(),
                clock.clone(),
                metrics.clone(),
            ),
            index: Index::default(),
            memories: Memories::default(),
            secrets: Secrets::default(),
            clock,
            metrics,
            wakes,
            transmitted: Transmitted::default(),
            leads,
            cluster_id,
            namespace,
            namespaces,
            endpoints,
            windows,
            accounts: accounts.clone(),
            begun: CancellationToken::new(),
            unlisted: Mutex::new(unlisted),
            rng: Mutex::new(ChaCha12Rng::seed_from_u64(seed)),
            orders: Mutex::default(),
            left: Mutex::default(),
        });
        let stop = CancellationToken::new();
        spawner.spawn(controller::run_accounts(
            Arc::clone(&context),
            accounts,
            writer,
            queue,
            stop.clone(),
        ));
        registry::start(&context, &spawner, &stop);
        spawner.spawn(report(Arc::clone(&context)));
        Self {
            context,
            spawner,
            stop,
        }
    }

    /// What passes work with.
    pub fn context(&self) -> &Shared {
        &self.context
    }

    /// Waits until every watch has begun.
    pub async fn ready(&self) {
        // The store's own `wait_until_ready` wakes one waiter only, and the controller is one.
        self.context.begun.cancelled().await;
    }

    /// No new work; running calls end, within a limit.
    pub async fn stop(self) {
        info!("stopping: no new work, running calls end");
        self.stop.cancel();
        let deadline = tokio::time::Instant::now() + STOP_WITHIN;
        // Sweeps and the report end with the process; passes are what is waited for.
        while self.spawner.running() > self.endless() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.spawner.abort();
    }

    /// Ends every task at once, as a crash would.
    pub fn crash(self) {
        self.spawner.abort();
    }

    fn endless(&self) -> usize {
        1 + self.context.inventory.tasks()
    }
}

async fn report(context: Shared) {
    loop {
        context.inventory.report();
        for kind in registry::managed() {
            let (reasons, intents) = context.index.counts(kind);
            context.metrics.objects(kind.into(), &reasons, intents);
        }
        tokio::time::sleep(REPORT).await;
    }
}
