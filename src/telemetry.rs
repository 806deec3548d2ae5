//! Logs. Libraries that would log bodies, and with them keys, are capped below any filter.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterFn, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::LogFormat;

/// Crates whose debug and trace output may hold request or response bodies.
const CAPPED: &[&str] = &[
    "aws_",
    "hyper",
    "h2",
    "rustls",
    "kube_client",
    "kube_runtime",
    "tower",
    "reqwest",
];

/// Lets nothing of the capped crates through below info, whatever the user's filter says.
pub fn cap() -> FilterFn<impl Fn(&tracing::Metadata<'_>) -> bool + Clone> {
    filter_fn(|metadata| {
        *metadata.level() <= LevelFilter::INFO
            || !CAPPED.iter().any(|c| metadata.target().starts_with(c))
    })
}

/// Starts logging to standard error.
pub fn init(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("--log-filter: {e}"))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => layer
            .with_ansi(false)
            .with_filter(filter)
            .with_filter(cap())
            .boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_filter(filter)
            .with_filter(cap())
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(layer)
        .try_init()
        .map_err(|e| e.to_string())
}
