//! What can go wrong: always a sentence for a person, since nobody but a person reacts to it.

use std::fmt::Display;

/// A failure of the local world, with its detail on further lines.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure in these words.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Says what was being done when something else failed.
pub(crate) trait Context<T> {
    /// Turns the error into ours, with `what` before it.
    fn context(self, what: impl Display) -> Result<T>;
}

impl<T, E: Display> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl Display) -> Result<T> {
        self.map_err(|error| Error(format!("{what}: {error}")))
    }
}
