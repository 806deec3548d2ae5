//! Pages: at most 100 items, an opaque token that says after which id to go on. Each page is read
//! anew, so the list may have changed in between, as at AWS.

use super::input::refused;
use crate::error::AwsError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// `maxResults` and `nextToken` of an input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// The page of `items` (in order of ids) that the input asks for, as `{member, nextToken}`.
pub fn page(
    input: &Value,
    member: &str,
    items: impl Iterator<Item = (String, Value)>,
) -> Result<Map<String, Value>, AwsError> {
    let page: Page = super::input::read(input)?;
    let size = match page.max_results {
        None => 100,
        Some(wanted) if wanted < 1 => return Err(refused("maxResults must be at least 1")),
        Some(wanted) => usize::try_from(wanted.min(100)).unwrap_or(100),
    };
    let after = page.next_token.as_deref().map(decode).transpose()?;
    let mut rest = items.filter(|(id, _)| after.as_ref().is_none_or(|after| id > after));
    let mut found = Vec::new();
    let mut last = String::new();
    for (id, value) in rest.by_ref().take(size) {
        last = id;
        found.push(value);
    }
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(found));
    if rest.next().is_some() {
        let token = URL_SAFE_NO_PAD.encode(format!("v1 {last}"));
        answer.insert("nextToken".to_owned(), Value::String(token));
    }
    Ok(answer)
}

fn decode(token: &str) -> Result<String, AwsError> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("v1 ").map(str::to_owned))
        .ok_or_else(|| refused("The nextToken is invalid"))
}
