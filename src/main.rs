//! Fills the dependencies from the real world, and runs.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::provider::SharedCredentialsProvider;
use clap::Parser;
use directconnect_operator::aws::connections;
use directconnect_operator::config::{Cli, Command, Run};
use directconnect_operator::metrics::Metrics;
use directconnect_operator::operator::{Deps, Operator, Settings};
use directconnect_operator::planted::Planted;
use directconnect_operator::server::{self, Ready};
use directconnect_operator::spawn::Spawner;
use directconnect_operator::{generate, kubernetes, telemetry};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Generate { root, check } => generate::run(&root, check),
        Command::Run(settings) => run(*settings),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("directconnect-operator: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(settings: Run) -> Result<(), String> {
    telemetry::init(settings.log_format, &settings.log_filter)?;
    let windows = settings.windows()?;
    let config = kube::Config::infer()
        .await
        .map_err(|e| format!("no Kubernetes configuration: {e}"))?;
    let client = kubernetes::client(config).map_err(|e| format!("Kubernetes: {e}"))?;
    let (http, http_unpooled) = connections::clients();
    let metrics = Metrics::default();
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|e| format!("--listen {}: {e}", settings.listen))?;
    let ready = Ready::default();
    let serving = tokio::spawn(server::serve(listener, metrics.clone(), ready.clone()));
    // The chain's own STS calls (web identity) need a region; each account names its own besides.
    let region = std::env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned());
    let credentials = DefaultCredentialsChain::builder()
        .region(aws_types::region::Region::new(region))
        .build()
        .await;
    let deps = Deps {
        client,
        http,
        http_unpooled,
        credentials: SharedCredentialsProvider::new(credentials),
        wall: Arc::new(SystemTime::now),
        seed: rand::random(),
        metrics,
        spawner: Spawner::default(),
        planted: Planted::default(),
    };
    let endpoints = settings.endpoints();
    let election = settings.election()?;
    let Run {
        cluster_id,
        namespace,
        watch_namespaces,
        listen,
        accounts,
        ..
    } = settings;
    info!(cluster_id, namespaces = watch_namespaces.join(","), %listen, version = env!("CARGO_PKG_VERSION"), "starting");
    let operator = Operator::build(
        deps,
        Settings {
            cluster_id,
            namespace,
            namespaces: watch_namespaces,
            endpoints,
            windows,
            election,
            accounts: accounts.into_iter().collect::<BTreeSet<_>>(),
        },
    );
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| e.to_string())?;
    let begins = async {
        operator.ready().await;
        ready.set(true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = begins => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        ended = serving => {
            error!(?ended, "the server ended");
        }
    }
    ready.set(false);
    operator.stop().await;
    Ok(())
}
