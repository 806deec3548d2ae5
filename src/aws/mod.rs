//! AWS: clients, reads, writes, errors and request rates. The only place that names SDK types.
//!
//! The SDK retries nothing here; the engine does. Every write goes through a [`Fence`], and nothing
//! that AWS answers is ever printed: answers hold BGP keys.

mod clients;
mod error;
mod limiter;
mod probe;
pub mod read;
mod role;
pub mod send;

pub use clients::{Account, Aws, Clients, Service};
pub use error::{ApiError, Class, Failure};
pub use limiter::Limiter;
pub use probe::{Fence, Probe, Transmitted};

/// Runs a future whose AWS reads go before sweeps if `urgent`.
pub async fn urgently<F: Future>(urgent: bool, future: F) -> F::Output {
    clients::URGENT.scope(urgent, future).await
}
