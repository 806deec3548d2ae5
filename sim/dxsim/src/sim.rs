//! One simulator: a request from arrival to answer.

/// The connection broke without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection reset by the simulator")]
pub struct Reset {
    /// Whether it broke before the call took effect.
    pub before_effect: bool,
}

/// A simulator. Cloning gives another handle to the same one.
#[derive(Debug, Clone)]
pub struct Sim {}

/// Makes a [`Sim`].
#[derive(Debug, Default)]
pub struct Builder {}
