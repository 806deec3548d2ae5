//! Ids and other draws: a function of seed, kind and a counter per kind, so that one more object
//! of one kind never shifts the ids of another.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The source of every id and every random choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ids {
    seed: u64,
    counters: BTreeMap<String, u64>,
}

const ALPHANUMERIC: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl Ids {
    /// A source that gives the same ids for the same seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counters: BTreeMap::new(),
        }
    }

    fn bytes(&mut self, kind: &str) -> [u8; 32] {
        let counter = self.counters.entry(kind.to_owned()).or_default();
        *counter += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(kind.as_bytes());
        hash.update([0]);
        hash.update(counter.to_be_bytes());
        hash.finalize().into()
    }

    /// Counts 0, 1, 2, … for choices that go round.
    pub fn turn(&mut self, kind: &str) -> u64 {
        let counter = self.counters.entry(kind.to_owned()).or_default();
        *counter += 1;
        *counter - 1
    }

    /// A number for a choice of this kind.
    pub fn draw(&mut self, kind: &str) -> u64 {
        let bytes = self.bytes(kind);
        bytes[..8]
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// `prefix` and 8 characters `[a-z0-9]`, as Direct Connect's ids are (`dxcon-…`).
    pub fn short(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", alphanumeric(&self.bytes(prefix), 8))
    }

    /// `prefix` and 17 hexadecimal digits, as EC2's ids are (`vgw-0…`).
    pub fn hex(&mut self, prefix: &str) -> String {
        let digits = hexadecimal(&self.bytes(prefix));
        format!("{prefix}0{}", &digits[..16])
    }

    /// A UUID (version 4 in form).
    pub fn uuid(&mut self, kind: &str) -> String {
        let mut bytes = self.bytes(kind);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits = hexadecimal(&bytes[..16]);
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..32]
        )
    }

    /// `length` (at most 32) characters `[a-z0-9]`, for keys and tokens.
    pub fn token(&mut self, kind: &str, length: usize) -> String {
        alphanumeric(&self.bytes(kind), length)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn alphanumeric(bytes: &[u8], length: usize) -> String {
    bytes
        .iter()
        .take(length)
        .map(|byte| char::from(ALPHANUMERIC[usize::from(*byte) % ALPHANUMERIC.len()]))
        .collect()
}
