//! The `dxsim` command.

use clap::{Args, Parser, Subcommand};
use dxsim::visibility::{Mode, Visibility};
use dxsim::{Sim, worldfile};
use jiff::SignedDuration;
use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// AWS Direct Connect, with the parts of EC2 and STS around it, simulated.
#[derive(Parser)]
#[command(name = "dxsim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a world over HTTP until SIGTERM or SIGINT.
    Serve(Serve),
    /// Print a world file with many objects.
    World(worldfile::Generate),
}

#[derive(Args)]
struct Serve {
    /// World file; several are merged.
    #[arg(long = "world", required = true)]
    worlds: Vec<PathBuf>,
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How many times as fast as real time the world's clock runs.
    #[arg(long, default_value_t = 1.0)]
    time_scale: f64,
    /// The world's clock moves only by `POST /_sim/clock`, whatever the time scale.
    #[arg(long)]
    stepped: bool,
    /// Seed of ids and choices.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How far lists may lag, in world time, for example 5m.
    #[arg(long)]
    visibility: Option<SignedDuration>,
    /// How long a signature is good, in real time, for example 15m.
    #[arg(long)]
    signature_validity: Option<SignedDuration>,
    /// Cluster that the operator's own policies (`policies: [operator]`) are written for.
    #[arg(long)]
    cluster_id: Option<String>,
    /// Where to write the address that it listens on.
    #[arg(long)]
    port_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().command {
        Command::Serve(options) => serve(options).await,
        Command::World(options) => {
            std::io::stdout().write_all(options.yaml()?.as_bytes())?;
            Ok(())
        }
    }
}

async fn serve(options: Serve) -> Result<(), Box<dyn Error>> {
    if !options.listen.ip().is_loopback() {
        return Err("dxsim checks no signatures: --listen takes a loopback address only".into());
    }
    let scale = if options.stepped {
        0.0
    } else {
        options.time_scale
    };
    let mut builder = Sim::builder().seed(options.seed).time_scale(scale);
    for path in &options.worlds {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let world =
            worldfile::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        builder = builder.world(world);
    }
    if let Some(max) = options.visibility {
        builder = builder.visibility(Visibility {
            max,
            mode: Mode::Random,
        });
    }
    if let Some(validity) = options.signature_validity {
        builder = builder.signature_validity(validity);
    }
    if let Some(id) = &options.cluster_id {
        builder = builder.cluster_id(id);
    }
    let sim = builder.build()?;
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let (mut terminated, mut interrupted) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    if let Some(path) = &options.port_file {
        // Whole or not at all: readers may be waiting for the file.
        let draft = path.with_extension("draft");
        std::fs::write(&draft, format!("{address}\n"))?;
        std::fs::rename(&draft, path)?;
    }
    println!("http://{address}");
    eprintln!("dxsim: seed {}", options.seed);
    let shutdown = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    sim.serve(listener, shutdown).await?;
    Ok(())
}
