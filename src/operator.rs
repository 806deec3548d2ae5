//! The operator, built from everything that comes from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::kind::Kind;
use directconnect_model::view::Windows;
use kube::ResourceExt;
use kube::runtime::reflector;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::aws::{Aws, Transmitted};
use crate::clock::WallClock;
use crate::engine::doubt::Doubt;
use crate::engine::index::Index;
use crate::engine::lately::Lately;
use crate::engine::memory::Memories;
use crate::engine::secrets::Secrets;
use crate::engine::tally::Tally;
use crate::engine::{Context, Shared, account, controller, doubt};
use crate::inventory::Inventory;
use crate::leader::{self, Candidate, Leads};
use crate::metrics::Metrics;
use crate::planted::Planted;
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
    /// Runs every task.
    pub spawner: Spawner,
    /// A bug that tests are to find; none but there.
    pub planted: Planted,
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
    /// How one of several processes is elected; none: this one acts without asking.
    pub election: Option<Candidate>,
    /// AwsAccounts that are served, with everything that names them; empty: all.
    pub accounts: BTreeSet<String>,
}

/// A running operator.
pub struct Operator {
    context: Shared,
    spawner: Spawner,
    stop: CancellationToken,
    election: Option<Candidate>,
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
            spawner,
            planted,
        } = deps;
        let Settings {
            cluster_id,
            namespace,
            namespaces,
            endpoints,
            windows,
            election,
            accounts: served,
        } = settings;
        // A namespace that is named twice has one controller for each kind all the same.
        let namespaces: Vec<String> = namespaces
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let clock = crate::clock::Clock::new(wall);
        let leads = match election {
            Some(_) => Leads::elected(),
            None => Leads::always(),
        };
        metrics.leader(leads.holds());
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
                leads.clone(),
            ),
            index: Index::default(),
            memories: Memories::default(),
            secrets: Secrets::default(),
            clock,
            metrics,
            wakes,
            transmitted: Transmitted::default(),
            leads,
            served,
            cluster_id,
            namespace,
            namespaces,
            endpoints,
            windows,
            accounts: accounts.clone(),
            begun: CancellationToken::new(),
            unlisted: Mutex::new(unlisted),
            doubt: Doubt::default(),
            rng: Mutex::new(ChaCha12Rng::seed_from_u64(seed)),
            lately: Lately::new(windows),
            planted,
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
        spawner.spawn(doubt::look(Arc::clone(&context)));
        if let Some(candidate) = election.clone() {
            spawner.spawn(leader::run(Arc::clone(&context), candidate));
        }
        Self {
            context,
            spawner,
            stop,
            election,
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

    /// No new work; running calls end, within a limit; then another may lead.
    pub async fn stop(self) {
        info!("stopping: no new work, running calls end");
        self.stop.cancel();
        let deadline = tokio::time::Instant::now() + STOP_WITHIN;
        // Sweeps, the report, the doubts and the election end with the process; passes are what is waited for.
        while self.spawner.running() > self.endless() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Nothing may leave this process any more once another may lead.
        self.context.leads.end();
        self.spawner.abort();
        if let Some(candidate) = &self.election {
            leader::release(&self.context, candidate).await;
        }
    }

    /// Ends every task at once, as a crash would.
    pub fn crash(self) {
        self.spawner.abort();
    }

    fn endless(&self) -> usize {
        2 + usize::from(self.election.is_some()) + self.context.inventory.tasks()
    }
}

async fn report(context: Shared) {
    let mut told: BTreeMap<Kind, Tally> = BTreeMap::new();
    let served = |account: &str| context.serves(account);
    loop {
        context.metrics.clock_offset(context.clock.offset());
        // Who does not lead is silent: each object is counted once, whatever the number of replicas.
        if context.leads.holds() {
            context.inventory.report();
            let mut tallies: BTreeMap<Kind, Tally> = registry::managed()
                .into_iter()
                .map(|kind| (kind, context.index.tally(kind, served)))
                .collect();
            let accounts = tallies.entry(Kind::AwsAccount).or_default();
            let known = context.accounts.state();
            for account in known.iter().filter(|a| served(&a.name_any())) {
                accounts.add(&account::said(account), []);
            }
            let now = context.clock.now();
            for (kind, tally) in &tallies {
                let before = told.get(kind).cloned().unwrap_or_default();
                context.metrics.tally((*kind).into(), tally, &before, now);
            }
            told = tallies;
        } else {
            // A pass that was under way when the lead was lost may have said something since.
            context.metrics.silence();
        }
        tokio::time::sleep(REPORT).await;
    }
}
