//! Conditions (IAM User Guide, "Condition operators" and "Set operators for multivalued context
//! keys").

use super::pattern::{fits, fits_arn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The one key here that has several values.
const TAG_KEYS: &str = "aws:tagkeys";

/// One key of one operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// How it is compared.
    pub operator: Operator,
    /// Condition key.
    pub key: String,
    /// What it is compared with.
    pub values: Vec<String>,
}

/// An operator, with what its name is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Operator {
    text: String,
    set: Option<Set>,
    test: Test,
    negated: bool,
    if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Bool,
    Null,
}

impl TryFrom<String> for Operator {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (set, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return Err(format!("{text}: no such set operator")),
            None => (None, text.as_str()),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (test, negated) = match name {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringEqualsIgnoreCase" => (Test::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoreCase, true),
            "StringLike" => (Test::Like, false),
            "StringNotLike" => (Test::Like, true),
            // Both behave identically (IAM User Guide).
            "ArnEquals" | "ArnLike" => (Test::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
            "Bool" => (Test::Bool, false),
            "Null" if !if_exists && set.is_none() => (Test::Null, false),
            _ => return Err(format!("the operator {text} is not simulated")),
        };
        Ok(Self {
            text,
            set,
            test,
            negated,
            if_exists,
        })
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> Self {
        operator.text
    }
}

/// What is known of a request: condition keys in small letters (their case does not count) with
/// their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Adds a value of a key.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        let values = self.0.entry(key.to_lowercase()).or_default();
        values.push(value.into());
    }

    fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}

impl Condition {
    /// Whether it can be evaluated.
    pub fn check(&self) -> Result<(), String> {
        let Self {
            operator,
            key,
            values,
        } = self;
        if values.is_empty() {
            return Err(format!("{key}: no value"));
        }
        let single = operator.set.is_none() && operator.test != Test::Null;
        if single && key.to_lowercase() == TAG_KEYS {
            return Err(format!(
                "{key} has several values: ForAllValues or ForAnyValue is needed"
            ));
        }
        let truth = matches!(operator.test, Test::Bool | Test::Null);
        if truth && values.iter().any(|v| v != "true" && v != "false") {
            return Err(format!("{key}: true or false is expected"));
        }
        Ok(())
    }

    /// Whether it holds.
    pub fn holds(&self, context: &Context) -> bool {
        let Operator {
            set,
            test,
            negated,
            if_exists,
            text: _,
        } = &self.operator;
        let found = context.get(&self.key);
        if *test == Test::Null {
            let absent = if found.is_none() { "true" } else { "false" };
            return self.values.iter().any(|value| value == absent);
        }
        let Some(found) = found else {
            // Nothing matches what is absent: a negated comparison holds.
            return *if_exists
                || match set {
                    None => *negated,
                    Some(Set::All) => true,
                    Some(Set::Any) => false,
                };
        };
        // Several values of a policy are alternatives; of a negated operator none may match.
        let one =
            |value: &String| self.values.iter().any(|wanted| test.holds(wanted, value)) != *negated;
        match set {
            None | Some(Set::All) => found.iter().all(one),
            Some(Set::Any) => found.iter().any(one),
        }
    }
}

impl Test {
    fn holds(self, wanted: &str, value: &str) -> bool {
        match self {
            Self::Equals => wanted == value,
            Self::EqualsIgnoreCase | Self::Bool => wanted.eq_ignore_ascii_case(value),
            Self::Like => fits(wanted, value),
            Self::Arn => fits_arn(wanted, value),
            Self::Null => false,
        }
    }
}
