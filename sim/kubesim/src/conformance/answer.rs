//! An answer as the runner of the cases reads it.

use http::HeaderMap;
use serde_json::Value;

/// An answer: code, warnings and body.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP code.
    pub code: u16,
    /// Texts of the `Warning` headers.
    pub warnings: Vec<String>,
    /// One JSON value, an array of the lines of a watch, or a text.
    pub body: Value,
}

impl Answer {
    /// Reads a whole answer.
    pub fn new(code: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let warnings = headers
            .get_all(http::header::WARNING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(warning)
            .collect();
        Self {
            code,
            warnings,
            body: parse(body),
        }
    }
}

/// The text of `299 - "text"`.
fn warning(value: &str) -> String {
    let text = value.split_once('"').map_or(value, |(_, text)| text);
    let text = text.strip_suffix('"').unwrap_or(text);
    text.replace("\\\"", "\"")
}

fn parse(bytes: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(bytes) {
        let watch =
            matches!(&value, Value::Object(map) if map.len() == 2 && map.contains_key("object"));
        return if watch {
            Value::Array(vec![value])
        } else {
            value
        };
    }
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let parsed: Result<Vec<Value>, _> = lines.map(serde_json::from_slice).collect();
    parsed.map_or_else(
        |_| Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Value::Array,
    )
}
