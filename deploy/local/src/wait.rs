//! Waiting for what other processes do, always with a deadline, and free ports.

use std::net::TcpListener;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Context, Error, Result};

/// Asks again and again until the answer is there. `Ok(None)` means not yet; an error ends the wait at once.
/// `what` names what is waited for in the message of a passed deadline.
pub fn until<T>(
    what: &str,
    patience: Duration,
    every: Duration,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() >= deadline {
            return Err(Error::new(format!(
                "{what}: not seen within {} s",
                patience.as_secs()
            )));
        }
        sleep(every);
    }
}

/// A loopback port that nobody listens on now. Another process may take it before it is used: whoever starts a server on it must notice that
/// the server ended, and try again with another.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}
