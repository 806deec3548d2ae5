//! Identity policies, in the form in which AWS writes them (IAM User Guide, "IAM JSON policy
//! elements reference"). What this IAM cannot evaluate is refused when the policy is read.

use super::condition::{Condition, Operator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    /// `2012-10-17`.
    #[serde(default)]
    pub version: Option<String>,
    /// A name.
    #[serde(default)]
    pub id: Option<String>,
    /// Its statements.
    #[serde(deserialize_with = "one_or_many")]
    pub statement: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// Its name.
    #[serde(default)]
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Actions that it is about.
    #[serde(default, deserialize_with = "texts")]
    pub action: Vec<String>,
    /// It is about every action but these.
    #[serde(default, deserialize_with = "texts")]
    pub not_action: Vec<String>,
    /// Resources that it is about.
    #[serde(default, deserialize_with = "texts")]
    pub resource: Vec<String>,
    /// It is about every resource but these.
    #[serde(default, deserialize_with = "texts")]
    pub not_resource: Vec<String>,
    /// When it applies.
    #[serde(default, deserialize_with = "conditions")]
    pub condition: Vec<Condition>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allows, unless something denies.
    Allow,
    /// Denies, whatever allows.
    Deny,
}

impl Policy {
    /// Reads a document.
    pub fn read(document: Value) -> Result<Self, String> {
        let policy: Self = serde_json::from_value(document).map_err(|error| error.to_string())?;
        for statement in &policy.statement {
            statement
                .check()
                .map_err(|what| format!("{}: {what}", statement.sid.as_deref().unwrap_or("?")))?;
        }
        Ok(policy)
    }
}

impl Statement {
    fn check(&self) -> Result<(), String> {
        if self.action.is_empty() == self.not_action.is_empty() {
            return Err("one of Action and NotAction is needed".to_owned());
        }
        if self.resource.is_empty() == self.not_resource.is_empty() {
            return Err("one of Resource and NotResource is needed".to_owned());
        }
        let resources = self.resource.iter().chain(&self.not_resource);
        let values = self.condition.iter().flat_map(|c| &c.values);
        if let Some(text) = resources.chain(values).find(|text| text.contains("${")) {
            return Err(format!("policy variables are not simulated: {text}"));
        }
        self.condition.iter().try_for_each(Condition::check)
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Statement>, D::Error> {
    use serde::de::Error;
    list(Value::deserialize(from)?)
        .into_iter()
        .map(|one| serde_json::from_value(one).map_err(D::Error::custom))
        .collect()
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    use serde::de::Error;
    list(Value::deserialize(from)?)
        .into_iter()
        .map(|one| text(one).map_err(D::Error::custom))
        .collect()
}

/// `{operator: {key: value or values}}`, or what this very type writes.
fn conditions<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Condition>, D::Error> {
    use serde::de::Error;
    let value = Value::deserialize(from)?;
    if value.is_array() {
        return serde_json::from_value(value).map_err(D::Error::custom);
    }
    let written: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_value(value).map_err(D::Error::custom)?;
    let mut all = Vec::new();
    for (operator, keys) in written {
        for (key, values) in keys {
            all.push(Condition {
                operator: Operator::try_from(operator.clone()).map_err(D::Error::custom)?,
                key,
                values: list(values)
                    .into_iter()
                    .map(|one| text(one).map_err(D::Error::custom))
                    .collect::<Result<_, _>>()?,
            });
        }
    }
    Ok(all)
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// YAML reads `true` and account ids as what they look like.
fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        other => Err(format!("a text is expected, not {other}")),
    }
}
