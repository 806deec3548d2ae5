//! Outputs in AWS's shape.

use crate::world::Tags;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An object without its `null` members: AWS leaves out what is absent.
pub fn object(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

/// Tags as a list.
pub fn tags(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}

/// A timestamp as seconds since the epoch.
#[allow(clippy::cast_precision_loss)]
pub fn time(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// `asn` and `asnLong` of one ASN: the legacy member is 0 for a 4-byte ASN (API Reference,
/// VirtualInterface).
pub fn asn(asn: i64) -> (i64, i64) {
    (if asn <= 65535 { asn } else { 0 }, asn)
}
