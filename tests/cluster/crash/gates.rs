//! Gates at AWS: every write of an account is held before its effect, and again after it.

use std::time::Duration;

use directconnect_local::{Dxsim, until};
use serde_json::{Value, json};

/// What the names of writes begin with; [`super::life`] compares with the ledger that none went past.
const VERBS: [&str; 16] = [
    "Accept*",
    "Allocate*",
    "Associate*",
    "Attach*",
    "Confirm*",
    "Create*",
    "Delete*",
    "Detach*",
    "Disable*",
    "Disassociate*",
    "Enable*",
    "Modify*",
    "Tag*",
    "Untag*",
    "Update*",
    "Start*",
];

/// What became of a write that AWS carried out.
pub const EFFECT: &str = "effect";
/// What became of one whose signature was too old: the ledger does not say whose it was.
const EXPIRED: &str = "signature expired";

/// A call that goes on is decided within this time.
const DECIDED: Duration = Duration::from_secs(10);

/// A call that waits.
#[derive(Debug, Clone)]
pub struct Held {
    pub id: u64,
    pub service: String,
    pub operation: String,
    /// Before its effect, or after it.
    pub before: bool,
    /// What it had an effect on.
    resource: Value,
}

/// The gates of one account, and its part of the ledger.
pub struct Gates<'w> {
    dxsim: &'w Dxsim,
    account: String,
    /// The ledger's last row that was read.
    read: u64,
    rows: Vec<Value>,
}

impl<'w> Gates<'w> {
    /// None yet.
    pub fn new(dxsim: &'w Dxsim, account: &str) -> Self {
        Self {
            dxsim,
            account: account.to_owned(),
            read: 0,
            rows: Vec::new(),
        }
    }

    /// From now on every write is held.
    pub fn close(&self) {
        for kind in ["holdBeforeEffect", "holdAfterEffect"] {
            for operation in VERBS {
                let matching = json!({"account": self.account, "operation": operation});
                let fault = json!({"match": matching, "kind": kind, "times": 0});
                self.dxsim.post("faults", &fault).unwrap();
            }
        }
    }

    /// What waits, oldest first.
    pub fn held(&self) -> Vec<Held> {
        let all = self.dxsim.get("held").unwrap();
        let all = all.as_array().unwrap().iter();
        all.filter(|call| call["account"] == *self.account)
            .map(|call| Held {
                id: call["id"].as_u64().unwrap(),
                service: call["service"].as_str().unwrap().to_owned(),
                operation: call["operation"].as_str().unwrap().to_owned(),
                before: call["phase"] == "before",
                resource: call["resource"].clone(),
            })
            .collect()
    }

    /// It goes on as if nothing had been.
    pub fn release(&self, id: u64) {
        self.dxsim.post("release", &json!({"id": id})).unwrap();
    }

    /// Its connection breaks.
    pub fn reset(&self, id: u64) {
        let order = json!({"id": id, "how": "reset"});
        self.dxsim.post("release", &order).unwrap();
    }

    /// How many calls of the account are in the ledger.
    pub fn mark(&mut self) -> usize {
        let what = format!("ledger?since={}", self.read);
        let all = self.dxsim.get(&what).unwrap();
        for row in all.as_array().unwrap() {
            self.read = row["seq"].as_u64().unwrap();
            if row["account"] == *self.account {
                self.rows.push(row.clone());
            }
        }
        self.rows.len()
    }

    /// The account's later rows.
    pub fn since(&mut self, mark: usize) -> &[Value] {
        self.mark();
        &self.rows[mark..]
    }

    /// Whether anybody read of this service since.
    pub fn looked(&mut self, service: &str, mark: usize) -> bool {
        self.since(mark)
            .iter()
            .any(|row| row["service"] == service && row["mutating"] == false)
    }

    /// Whether this call took effect, for one that is held after it.
    pub fn took_effect(&mut self, call: &Held, mark: usize) -> bool {
        self.since(mark).iter().any(|row| {
            row["effect"] == true
                && row["operation"] == call.operation
                && row["resource"] == call.resource
        })
    }

    /// Lets a call that is held before its effect go on, and waits for what AWS says to it: [`EFFECT`], or why not.
    pub fn carry_out(&mut self, call: &Held) -> String {
        let (mark, before) = (self.mark(), self.held());
        self.release(call.id);
        let every = Duration::from_millis(20);
        let decided = until(&call.operation, DECIDED, every, || {
            let held = self.held().into_iter().find(|now| {
                let new = before.iter().all(|known| known.id != now.id);
                new && !now.before && now.operation == call.operation
            });
            Ok(held)
        });
        if self.took_effect(&decided.unwrap(), mark) {
            return EFFECT.to_owned();
        }
        let rows = self.since(mark).iter();
        let row = rows.rev().find(|row| row["operation"] == call.operation);
        let outcome = row.and_then(|row| row["outcome"].as_str());
        outcome.unwrap_or(EXPIRED).to_owned()
    }
}
