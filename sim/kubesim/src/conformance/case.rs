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
    /// Method and path: `widgets/…`, `core/<resource>/…` and `dx/<resource>/…` are in the runner's namespace, `/…` is absolute.
    #[serde(rename = "do")]
    pub(crate) request: String,
    /// Content type of the body.
    #[serde(default, rename = "type")]
    pub(crate) form: Form,
    /// `Accept`, if not plain JSON.
    pub(crate) accept: Option<String>,
    /// Whom to act for; the administrator if absent.
    #[serde(rename = "as")]
    pub(crate) user: Option<String>,
    pub(crate) body: Option<Value>,
    /// A body as it is, where it is no JSON.
    pub(crate) raw: Option<String>,
    /// Sent again and again until the answer is as wanted: what controllers do takes time.
    #[serde(default)]
    pub(crate) until: bool,
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
    Yaml,
    Text,
}

impl Form {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Merge => "application/merge-patch+json",
            Self::JsonPatch => "application/json-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Apply => "application/apply-patch+yaml",
            Self::Yaml => "application/yaml",
            Self::Text => "text/plain",
        }
    }
}

/// What an answer must look like. Keys of maps are JSON pointers.
#[derive(Clone, Debug, Default, Deserialize)]
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
    /// Exactly these causes, field and message, in any order.
    pub(crate) causes: Option<Vec<(String, String)>>,
    /// Exactly these warnings.
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
    /// Exactly these events of a watch, bookmarks left out: `TYPE name`.
    pub(crate) events: Option<Vec<String>>,
}

const FILES: &[&str] = &[
    include_str!("../../cases/objects.yaml"),
    include_str!("../../cases/patches.yaml"),
    include_str!("../../cases/reading.yaml"),
    include_str!("../../cases/builtins.yaml"),
    include_str!("../../cases/edges.yaml"),
    include_str!("../../cases/lists.yaml"),
    include_str!("../../cases/watches.yaml"),
    include_str!("../../cases/apply.yaml"),
    include_str!("../../cases/schema.yaml"),
    include_str!("../../cases/names.yaml"),
    include_str!("../../cases/errors.yaml"),
    include_str!("../../cases/deletion.yaml"),
    include_str!("../../cases/rights.yaml"),
    include_str!("../../cases/kinds.yaml"),
    include_str!("../../cases/operator.yaml"),
];

/// A case that this server answers otherwise than a real one.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Name of the case.
    pub case: String,
    /// A part of what the runner says about it.
    pub says: String,
    /// Why it may be so.
    pub reason: String,
}

/// The differences that are allowed.
pub(crate) fn differences() -> Vec<Difference> {
    serde_saphyr::from_str(include_str!("../../cases/differences.yaml"))
        .expect("a unit test reads the same file")
}

/// Reads all files.
pub(crate) fn all() -> Vec<Case> {
    let parse = |text: &&str| {
        serde_saphyr::from_str::<Vec<Case>>(text).expect("a unit test reads the same files")
    };
    let mut cases: Vec<Case> = FILES.iter().flat_map(parse).collect();
    cases.extend(super::fixture::cases());
    cases
}
