//! The form of a conformance case, and the files that hold them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A named sequence of requests with what is expected of each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique, in words.
    pub name: String,
    pub(crate) steps: Vec<Step>,
}

/// One request. `$name` in texts stands for a saved value, `$n` for a name of the case's own, `$ns` for the namespace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Method and path: `widgets/…` and `core/<resource>/…` are in the runner's namespace, `/…` is absolute.
    #[serde(rename = "do")]
    pub(crate) request: String,
    /// Content type of the body.
    #[serde(default, rename = "type")]
    pub(crate) form: Form,
    /// `Accept`, if not plain JSON.
    pub(crate) accept: Option<String>,
    pub(crate) body: Option<Value>,
    pub(crate) want: Want,
    /// Values of the answer to keep: name and JSON pointer.
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    #[default]
    Json,
    Merge,
    JsonPatch,
    Strategic,
    Apply,
}

impl Form {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Merge => "application/merge-patch+json",
            Self::JsonPatch => "application/json-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Apply => "application/apply-patch+yaml",
        }
    }
}

/// What an answer must look like. Keys of maps are JSON pointers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Want {
    pub(crate) code: u16,
    pub(crate) reason: Option<String>,
    /// A part of the message.
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Value>,
    /// Present, and not this value.
    #[serde(default)]
    pub(crate) differs: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) present: Vec<String>,
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    /// Exactly these events of a watch, bookmarks left out: `TYPE name`.
    pub(crate) events: Option<Vec<String>>,
}

const FILES: &[&str] = &[
    include_str!("../../cases/objects.yaml"),
    include_str!("../../cases/patches.yaml"),
    include_str!("../../cases/reading.yaml"),
    include_str!("../../cases/builtins.yaml"),
    include_str!("../../cases/edges.yaml"),
];

/// Reads all files.
pub(crate) fn all() -> Vec<Case> {
    let parse = |text: &&str| {
        serde_saphyr::from_str::<Vec<Case>>(text).expect("a unit test reads the same files")
    };
    FILES.iter().flat_map(parse).collect()
}
