//! What the server serves: built-in kinds and those of installed CustomResourceDefinitions.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use regex::Regex;
use serde_json::{Value, json};

use crate::{cel::Rules, schema};

/// One served resource in one version.
#[derive(Debug)]
pub(crate) struct ResourceDef {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) namespaced: bool,
    /// `/status` is served, and writes to the main resource leave status alone.
    pub(crate) status: bool,
    /// `metadata.generation` counts changes outside of metadata.
    pub(crate) generation: bool,
    /// Comes from a CustomResourceDefinition.
    pub(crate) custom: bool,
    /// A PUT without resourceVersion is accepted.
    pub(crate) unconditional_update: bool,
    /// A PUT to a name that does not exist creates.
    pub(crate) create_on_update: bool,
    /// Name under which objects are stored: versions and aliases share it.
    pub(crate) storage: String,
    /// OpenAPI schema of the whole object, `metadata` included.
    pub(crate) schema: Value,
    /// Every `pattern` of the schema, compiled.
    pub(crate) patterns: BTreeMap<String, Regex>,
    /// Its rules in CEL.
    pub(crate) rules: Rules,
}

impl ResourceDef {
    /// `group/version`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// True for the view of events that `events.k8s.io` serves.
    pub(crate) fn is_new_event(&self) -> bool {
        self.group == "events.k8s.io"
    }
}

/// The metadata part of every schema: which of its lists merge.
fn metadata_schema() -> Value {
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
        "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "ownerReferences": {"type": "array", "items": {"type": "object", "x-kubernetes-map-type": "atomic",
            "x-kubernetes-preserve-unknown-fields": true},
            "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"]},
    }})
}

struct BuiltIn {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    status: bool,
    create_on_update: bool,
}

const BUILT_INS: &[BuiltIn] = &[
    built_in(
        "",
        "v1",
        "namespaces",
        "Namespace",
        &["ns"],
        false,
        true,
        false,
    ),
    built_in("", "v1", "secrets", "Secret", &[], true, false, false),
    built_in(
        "",
        "v1",
        "configmaps",
        "ConfigMap",
        &["cm"],
        true,
        false,
        false,
    ),
    built_in("", "v1", "events", "Event", &["ev"], true, false, true),
    built_in(
        "",
        "v1",
        "serviceaccounts",
        "ServiceAccount",
        &["sa"],
        true,
        false,
        false,
    ),
    built_in(
        "events.k8s.io",
        "v1",
        "events",
        "Event",
        &["ev"],
        true,
        false,
        true,
    ),
    built_in(
        "coordination.k8s.io",
        "v1",
        "leases",
        "Lease",
        &[],
        true,
        false,
        true,
    ),
    rbac("roles", "Role", true),
    rbac("rolebindings", "RoleBinding", true),
    rbac("clusterroles", "ClusterRole", false),
    rbac("clusterrolebindings", "ClusterRoleBinding", false),
    built_in(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
        false,
        true,
        false,
    ),
];

const fn rbac(plural: &'static str, kind: &'static str, namespaced: bool) -> BuiltIn {
    built_in(
        "rbac.authorization.k8s.io",
        "v1",
        plural,
        kind,
        &[],
        namespaced,
        false,
        false,
    )
}

#[expect(clippy::too_many_arguments, reason = "a row of the table above")]
const fn built_in(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    status: bool,
    create_on_update: bool,
) -> BuiltIn {
    BuiltIn {
        group,
        version,
        plural,
        kind,
        short,
        namespaced,
        status,
        create_on_update,
    }
}

/// All built-in resources.
pub(crate) fn built_ins() -> Vec<ResourceDef> {
    BUILT_INS
        .iter()
        .map(|b| ResourceDef {
            group: b.group.to_owned(),
            version: b.version.to_owned(),
            plural: b.plural.to_owned(),
            singular: b.kind.to_lowercase(),
            short_names: b.short.iter().map(|s| (*s).to_owned()).collect(),
            kind: b.kind.to_owned(),
            list_kind: format!("{}List", b.kind),
            namespaced: b.namespaced,
            status: b.status,
            generation: b.kind == "CustomResourceDefinition",
            custom: false,
            unconditional_update: !matches!(b.kind, "CustomResourceDefinition" | "Lease"),
            create_on_update: b.create_on_update,
            storage: if b.plural == "events" || b.group.is_empty() {
                b.plural.to_owned()
            } else {
                format!("{}.{}", b.plural, b.group)
            },
            schema: json!({"type": "object", "properties": {"metadata": metadata_schema()}}),
            patterns: BTreeMap::new(),
            rules: Rules::default(),
        })
        .collect()
}

fn text(value: &Value, field: &str) -> Result<String, String> {
    value[field]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{field} is missing in the CustomResourceDefinition"))
}

/// The resources of one CustomResourceDefinition, one per served version.
pub(crate) type Served = Vec<Arc<ResourceDef>>;

/// What was compiled in this process: a thousand servers with the same definitions compile them once.
static COMPILED: Mutex<BTreeMap<String, Result<Served, String>>> = Mutex::new(BTreeMap::new());
/// Nobody installs that many different ones; a walk over generated ones must not grow for ever.
const COMPILED_LIMIT: usize = 256;

/// The resources, one per served version, that a CustomResourceDefinition declares.
pub(crate) fn from_crd(crd: &Value) -> Result<Served, String> {
    let key = format!("{}{}", crd["metadata"]["name"], crd["spec"]);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = compiled.get(&key) {
        return known.clone();
    }
    if compiled.len() >= COMPILED_LIMIT {
        compiled.clear();
    }
    let fresh = compile(crd);
    compiled.insert(key, fresh.clone());
    fresh
}

fn compile(crd: &Value) -> Result<Served, String> {
    let spec = &crd["spec"];
    let names = &spec["names"];
    let group = text(spec, "group")?;
    let plural = text(names, "plural")?;
    let kind = text(names, "kind")?;
    if crd["metadata"]["name"] != json!(format!("{plural}.{group}")) {
        return Err(format!("metadata.name must be {plural}.{group}"));
    }
    let list = |field: &str| -> Vec<String> {
        let items = names[field]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let mut out = Vec::new();
    for version in spec["versions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
    {
        if version["served"] != json!(true) {
            continue;
        }
        let mut openapi = version["schema"]["openAPIV3Schema"].clone();
        if !openapi.is_object() {
            return Err("spec.versions[].schema.openAPIV3Schema: Required value".to_owned());
        }
        openapi["properties"]["metadata"] = metadata_schema();
        let mut patterns = BTreeMap::new();
        schema::compile_patterns(&openapi, &mut patterns)?;
        let rules = Rules::compile(&openapi)?;
        out.push(Arc::new(ResourceDef {
            group: group.clone(),
            version: text(version, "name")?,
            singular: names["singular"]
                .as_str()
                .map_or_else(|| kind.to_lowercase(), str::to_owned),
            short_names: list("shortNames"),
            list_kind: names["listKind"]
                .as_str()
                .map_or_else(|| format!("{kind}List"), str::to_owned),
            plural: plural.clone(),
            kind: kind.clone(),
            namespaced: spec["scope"] == json!("Namespaced"),
            status: version["subresources"]["status"].is_object(),
            generation: true,
            custom: true,
            unconditional_update: false,
            create_on_update: false,
            storage: format!("{plural}.{group}"),
            schema: openapi,
            patterns,
            rules,
        }));
    }
    if out.is_empty() {
        return Err("no version is served".to_owned());
    }
    Ok(out)
}
