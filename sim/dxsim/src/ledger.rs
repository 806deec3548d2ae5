//! The ledger: every call that reached the simulator, in the order in which it was decided.
//! Rows are only ever added; it is the truth that tests compare with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// 1, 2, 3, …
    pub seq: u64,
    /// World time of the decision.
    pub at: Timestamp,
    /// Caller's account; empty if the credentials were refused.
    pub account: String,
    /// Region of the credential scope.
    pub region: String,
    /// `directconnect`, `ec2` or `sts`.
    pub service: String,
    /// Operation, for example `CreateConnection`.
    pub operation: String,
    /// Whether the operation changes anything at AWS.
    pub mutating: bool,
    /// Whether the call changed the world.
    pub effect: bool,
    /// `ok`, an error code, or the fault's name where the caller does not get what was decided.
    pub outcome: String,
    /// Id of the object that the call was about, if it had one.
    pub resource: Option<String>,
    /// `X-Amz-Date`.
    pub request_date: Option<Timestamp>,
    /// ARN of the caller, or the access key id if it was refused.
    pub caller: String,
}

/// All rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    rows: Vec<Row>,
}

impl Ledger {
    /// Adds a row and numbers it.
    pub fn add(&mut self, mut row: Row) {
        row.seq = self.rows.len() as u64 + 1;
        self.rows.push(row);
    }

    /// Rows with a number greater than `seq`.
    pub fn since(&self, seq: u64) -> &[Row] {
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        self.rows.get(from.min(self.rows.len())..).unwrap_or(&[])
    }
}
