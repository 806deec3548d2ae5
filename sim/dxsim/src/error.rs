//! The one error type of every simulated service: what AWS would answer.

use std::fmt;

/// An error as AWS answers it: a code, a message and an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// Error code, for example `DirectConnectClientException`.
    pub code: String,
    /// Text for people; clients match fragments of it.
    pub message: String,
    /// HTTP status.
    pub status: u16,
}

impl AwsError {
    /// An error with status 400.
    pub fn client(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// An error with a status of its own.
    pub fn with_status(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status,
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AwsError {}
