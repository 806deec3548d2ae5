//! Errors as the Kubernetes API server words them: `Status` objects with code, reason, message and details.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::resource::ResourceDef;

/// The words with which the API server refuses a stale resourceVersion.
pub(crate) const OPTIMISTIC_LOCK: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// A refusal: what the HTTP answer and its `Status` body say.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message} ({code} {reason})")]
pub struct ApiError {
    /// HTTP status code.
    pub code: u16,
    /// `Status.reason`; empty where the server gives none.
    pub reason: String,
    /// `Status.message`.
    pub message: String,
    /// `Status.details`.
    pub details: Option<Value>,
}

/// One cause of an `Invalid` error: a field and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldError {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) body: String,
}

impl FieldError {
    /// `field: Invalid value: <value>: <detail>`.
    pub(crate) fn invalid(
        field: impl Into<String>,
        value: impl fmt::Display,
        detail: impl fmt::Display,
    ) -> Self {
        Self {
            reason: "FieldValueInvalid",
            field: field.into(),
            body: format!("Invalid value: {value}: {detail}"),
        }
    }

    /// `field: Required value: <detail>`.
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let body = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self {
            reason: "FieldValueRequired",
            field: field.into(),
            body,
        }
    }

    /// `field: Forbidden: <detail>`.
    pub(crate) fn forbidden(field: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self {
            reason: "FieldValueForbidden",
            field: field.into(),
            body: format!("Forbidden: {detail}"),
        }
    }

    /// A cause with a reason and text of its own.
    pub(crate) fn other(reason: &'static str, field: impl Into<String>, body: String) -> Self {
        Self {
            reason,
            field: field.into(),
            body,
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

fn details(name: &str, group: &str, kind: &str) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            map.insert(key.to_owned(), json!(value));
        }
    }
    map
}

impl ApiError {
    /// An error without details.
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message: message.into(),
            details: None,
        }
    }

    fn with(mut self, details: Map<String, Value>) -> Self {
        self.details = Some(Value::Object(details));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The object does not exist.
    pub(crate) fn not_found(def: &ResourceDef, name: &str) -> Self {
        Self::new(
            404,
            "NotFound",
            format!(
                "{} \"{name}\" not found",
                qualified(&def.plural, &def.group)
            ),
        )
        .with(details(name, &def.group, &def.plural))
    }

    /// The resource itself is not served.
    pub(crate) fn no_such_resource() -> Self {
        Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
        .with(Map::new())
    }

    pub(crate) fn already_exists(def: &ResourceDef, name: &str) -> Self {
        Self::new(
            409,
            "AlreadyExists",
            format!(
                "{} \"{name}\" already exists",
                qualified(&def.plural, &def.group)
            ),
        )
        .with(details(name, &def.group, &def.plural))
    }

    /// `resource` is the plural for most conflicts, the kind for delete preconditions.
    pub(crate) fn conflict(
        resource: &str,
        group: &str,
        name: &str,
        why: impl fmt::Display,
    ) -> Self {
        Self::new(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on {} \"{name}\": {why}",
                qualified(resource, group)
            ),
        )
        .with(details(name, group, resource))
    }

    /// A stale resourceVersion.
    pub(crate) fn stale(def: &ResourceDef, name: &str) -> Self {
        Self::conflict(&def.plural, &def.group, name, OPTIMISTIC_LOCK)
    }

    pub(crate) fn invalid(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> Self {
        let text = match errors {
            [one] => one.to_string(),
            many => {
                let all: Vec<String> = many.iter().map(ToString::to_string).collect();
                format!("[{}]", all.join(", "))
            }
        };
        let causes: Vec<Value> = errors
            .iter()
            .map(|e| json!({"reason": e.reason, "message": e.body, "field": e.field}))
            .collect();
        let mut map = details(name, group, kind);
        map.insert("causes".to_owned(), Value::Array(causes));
        Self::new(
            422,
            "Invalid",
            format!("{} \"{name}\" is invalid: {text}", qualified(kind, group)),
        )
        .with(map)
    }

    /// A JSON patch whose operations do not apply, a failed `test` among them.
    pub(crate) fn patch_rejected() -> Self {
        Self::new(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
        )
        .with(Map::new())
    }

    pub(crate) fn namespace_terminating(def: &ResourceDef, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut map = details(name, &def.group, &def.plural);
        map.insert(
            "causes".to_owned(),
            json!([{"reason": "NamespaceTerminating", "field": "metadata.namespace",
                "message": format!("namespace {namespace} is being terminated")}]),
        );
        Self::new(
            403,
            "Forbidden",
            format!(
                "{} \"{name}\" is forbidden: {why}",
                qualified(&def.plural, &def.group)
            ),
        )
        .with(map)
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// A list or streaming list from a resourceVersion that does not exist yet.
    pub(crate) fn too_large_version(wanted: u64, current: u64) -> Self {
        let mut map = Map::new();
        map.insert(
            "causes".to_owned(),
            json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]),
        );
        map.insert("retryAfterSeconds".to_owned(), json!(1));
        Self::new(
            504,
            "Timeout",
            format!("Timeout: Too large resource version: {wanted}, current: {current}"),
        )
        .with(map)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
        .with(Map::new())
    }

    /// A verb that a subresource has not.
    pub(crate) fn not_supported(verb: &str, def: &ResourceDef) -> Self {
        let kind = qualified(&def.plural, &def.group);
        let message = format!("{verb} is not supported on resources of kind \"{kind}\"");
        Self::new(405, "MethodNotAllowed", message).with(details("", &def.group, &def.plural))
    }

    pub(crate) fn not_acceptable() -> Self {
        Self::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json, application/yaml",
        )
        .with(Map::new())
    }

    /// The body is in a form that is not read.
    pub(crate) fn unsupported_media(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A user who has no right to do this.
    pub(crate) fn forbidden(def: &ResourceDef, name: &str, why: &str) -> Self {
        let object = if name.is_empty() {
            String::new()
        } else {
            format!(" \"{name}\"")
        };
        let message = format!(
            "{}{object} is forbidden: {why}",
            qualified(&def.plural, &def.group)
        );
        Self::new(403, "Forbidden", message).with(details(name, &def.group, &def.plural))
    }

    /// A request shape that the simulator does not know.
    pub(crate) fn unsupported(shape: &str) -> Self {
        Self::new(
            501,
            "NotImplemented",
            format!("kubesim does not know this request shape: {shape}"),
        )
    }

    /// An injected answer.
    pub(crate) fn injected(code: u16) -> Self {
        let (reason, message) = match code {
            403 => ("Forbidden", "forbidden: injected fault"),
            404 => (
                "NotFound",
                "the server could not find the requested resource",
            ),
            409 => ("Conflict", OPTIMISTIC_LOCK),
            410 => (
                "Expired",
                "The resourceVersion for the provided list is too old.",
            ),
            422 => (
                "Invalid",
                "the server rejected our request due to an error in our request",
            ),
            429 => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later",
            ),
            503 => (
                "ServiceUnavailable",
                "the server is currently unable to handle the request",
            ),
            504 => (
                "Timeout",
                "the server was unable to return a response in the time allotted, but may still be processing the request",
            ),
            _ => ("InternalError", "Internal error occurred: injected fault"),
        };
        Self::new(code, reason, message).with(Map::new())
    }

    /// The `Status` object that goes over the wire.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}
