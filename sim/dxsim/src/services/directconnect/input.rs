//! Reading inputs as the real front end does: types and required members first, then values.

use crate::error::AwsError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads an input structure. Unknown members are tolerated.
pub fn read<T: DeserializeOwned>(input: &Value) -> Result<T, AwsError> {
    T::deserialize(input).map_err(|error| {
        let text = error.to_string();
        let absent = text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'));
        match absent {
            Some((name, _)) => missing(name),
            None => AwsError::client("SerializationException", text),
        }
    })
}

/// The front end's error for a required member that is absent.
pub fn missing(name: &str) -> AwsError {
    AwsError::client(
        "ValidationException",
        format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

/// Direct Connect's one error for everything that is wrong with a request.
pub fn refused(message: impl Into<String>) -> AwsError {
    AwsError::client("DirectConnectClientException", message)
}

/// Whether a name is acceptable: not empty and at most 100 characters (limit of connections and
/// gateways assumed to be that of virtual interfaces).
pub fn check_name(member: &str, name: &str) -> Result<(), AwsError> {
    if name.trim().is_empty() {
        return Err(refused(format!("{member} must not be empty")));
    }
    if name.chars().count() > 100 {
        return Err(refused(format!(
            "{member} must have at most 100 characters"
        )));
    }
    Ok(())
}

/// A tag of an input.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct TagInput {
    /// Key.
    pub key: String,
    /// Value; absent is empty.
    #[serde(default)]
    pub value: String,
}

/// Checks tags that shall be added to `existing` ones.
pub fn check_tags(tags: &[TagInput], existing: &crate::world::Tags) -> Result<(), AwsError> {
    let mut keys = BTreeSet::new();
    for tag in tags {
        if !keys.insert(tag.key.as_str()) {
            return Err(AwsError::client(
                "DuplicateTagKeysException",
                "A tag key was specified more than once.",
            ));
        }
        check_tag_text("key", &tag.key, 1, 128)?;
        check_tag_text("value", &tag.value, 0, 256)?;
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refused(
                "Tag keys starting with 'aws:' are reserved for system use",
            ));
        }
    }
    let new = keys
        .iter()
        .filter(|key| !existing.contains_key(**key))
        .count();
    if existing.len() + new > 50 {
        return Err(AwsError::client(
            "TooManyTagsException",
            "You have reached the limit on the number of tags that can be assigned.",
        ));
    }
    Ok(())
}

fn check_tag_text(what: &str, text: &str, min: usize, max: usize) -> Result<(), AwsError> {
    let length = text.chars().count();
    let allowed = |character: char| {
        character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
    };
    if length >= min && length <= max && text.chars().all(allowed) {
        return Ok(());
    }
    Err(AwsError::client(
        "ValidationException",
        format!(
            "1 validation error detected: Value at 'tags.{what}' failed to satisfy constraint: {min} to {max} characters of [\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]"
        ),
    ))
}

/// Tags as the world keeps them.
pub fn tags_of(tags: &[TagInput]) -> crate::world::Tags {
    tags.iter()
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}
