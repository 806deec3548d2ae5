//! awsJson1.1: `X-Amz-Target`, a JSON object in, a JSON object or `__type` and `message` out.

use super::Input;
use crate::error::AwsError;
use bytes::Bytes;
use serde_json::{Value, json};

/// Prefix of `X-Amz-Target`.
const TARGET: &str = "OvertureService.";

/// Reads operation and input.
pub fn read(request: &http::Request<Bytes>) -> Result<(String, Input), AwsError> {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let operation = target
        .strip_prefix(TARGET)
        .ok_or_else(|| AwsError::client("UnknownOperationException", ""))?;
    let body: &[u8] = request.body();
    let input = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body)
            .map_err(|_| AwsError::client("SerializationException", "The body is not JSON"))?
    };
    if !input.is_object() {
        return Err(AwsError::client(
            "SerializationException",
            "Start of structure or map found where not expected.",
        ));
    }
    Ok((operation.to_owned(), Input::Json(without_nulls(input))))
}

/// `null` members count as absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// The body of an error.
pub fn failure(error: &AwsError) -> String {
    json!({"__type": error.code, "message": error.message}).to_string()
}
