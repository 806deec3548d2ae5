//! AWS: clients, reads, writes, errors and request rates. The only place that names SDK types.
//!
//! The SDK retries nothing here; the engine does. Every write goes through a [`Fence`], and nothing
//! that AWS answers is ever printed: answers hold BGP keys.

mod clients;
pub mod connections;
mod error;
mod limiter;
mod probe;
pub mod read;
mod role;
pub mod send;

pub use clients::{Account, Aws, Clients, Service};
pub use error::{ApiError, Class, Failure};
pub use limiter::{Limiter, Priority};
pub use probe::{Fence, Probe, Transmitted};

/// Runs a future whose AWS calls have this priority. Without it reads have the lowest, writes the highest.
pub async fn with<F: Future>(priority: Priority, future: F) -> F::Output {
    clients::PRIORITY.scope(priority, future).await
}
