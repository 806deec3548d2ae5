//! One request, taken apart: verb, resource, names, parameters, body.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::request::Parts;
use serde_json::Value;

use crate::{error::ApiError, resource::ResourceDef, store::State};

/// What a request does, in the words of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }

    pub(crate) fn mutates(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }

    /// Query parameters that this verb knows.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Get => &["resourceVersion", "pretty"],
            Self::List => &[
                "limit",
                "continue",
                "resourceVersion",
                "resourceVersionMatch",
                "labelSelector",
                "fieldSelector",
                "timeoutSeconds",
                "pretty",
                "watch",
                "allowWatchBookmarks",
                "sendInitialEvents",
            ],
            Self::Watch => &[
                "watch",
                "resourceVersion",
                "resourceVersionMatch",
                "labelSelector",
                "fieldSelector",
                "timeoutSeconds",
                "allowWatchBookmarks",
                "sendInitialEvents",
                "pretty",
            ],
            Self::Create | Self::Update => &["dryRun", "fieldManager", "fieldValidation", "pretty"],
            Self::Patch => &[
                "dryRun",
                "fieldManager",
                "fieldValidation",
                "force",
                "pretty",
            ],
            Self::Delete => &[
                "propagationPolicy",
                "gracePeriodSeconds",
                "dryRun",
                "pretty",
            ],
            Self::DeleteCollection => &[
                "propagationPolicy",
                "gracePeriodSeconds",
                "labelSelector",
                "fieldSelector",
                "pretty",
            ],
        }
    }
}

/// A request for a resource.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) def: Arc<ResourceDef>,
    /// Empty for cluster scope; none where a namespaced resource is asked for across namespaces.
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    /// Empty for the main resource.
    pub(crate) subresource: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) content_type: String,
    pub(crate) user_agent: String,
    /// The answer shall hold metadata only.
    pub(crate) metadata_only: bool,
    pub(crate) body: Bytes,
}

/// What a path asks for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Resource(Box<Call>),
    /// Answered as it is: version and discovery.
    Document(Value),
}

fn header(parts: &Parts, name: http::header::HeaderName) -> String {
    parts
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

struct Split<'a> {
    namespace: Option<&'a str>,
    resource: &'a str,
    name: &'a str,
    subresource: &'a str,
}

/// Takes the part of a path after the version apart.
fn split<'a>(rest: &[&'a str]) -> Option<Split<'a>> {
    let tail = |namespace, parts: &[&'a str]| match *parts {
        [resource] => Some(Split {
            namespace,
            resource,
            name: "",
            subresource: "",
        }),
        [resource, name] => Some(Split {
            namespace,
            resource,
            name,
            subresource: "",
        }),
        [resource, name, subresource] => Some(Split {
            namespace,
            resource,
            name,
            subresource,
        }),
        _ => None,
    };
    match *rest {
        ["namespaces", _, "status" | "finalize"] => tail(None, rest),
        ["namespaces", namespace, _, ..] => tail(Some(namespace), &rest[2..]),
        _ => tail(None, rest),
    }
}

impl Call {
    /// Parses a request against what is served now.
    pub(crate) fn parse(state: &State, parts: &Parts, body: Bytes) -> Result<Target, ApiError> {
        let path = parts.uri.path();
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
        let shape = || format!("{} {path}", parts.method);
        let (group, version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => {
                return crate::discovery::document(state, &segments)
                    .map(Target::Document)
                    .ok_or_else(|| ApiError::unsupported(&shape()));
            }
        };
        if rest.is_empty() {
            return crate::discovery::document(state, &segments)
                .map(Target::Document)
                .ok_or_else(ApiError::no_such_resource);
        }
        let split = split(rest).ok_or_else(|| ApiError::unsupported(&shape()))?;
        let id = (
            group.to_owned(),
            version.to_owned(),
            split.resource.to_owned(),
        );
        let Some(def) = state.resources.get(&id).cloned() else {
            // The real server serves many more built-in kinds than this one.
            let built_in = !group.contains('.') || group.ends_with(".k8s.io");
            return Err(if built_in {
                ApiError::unsupported(&shape())
            } else {
                ApiError::no_such_resource()
            });
        };
        let mut parameters = BTreeMap::new();
        for (name, value) in
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        {
            parameters.insert(name.into_owned(), value.into_owned());
        }
        let watch = parameters
            .get("watch")
            .is_some_and(|w| w == "true" || w == "1");
        let verb = match (parts.method.as_str(), split.name.is_empty()) {
            ("GET", true) if watch => Verb::Watch,
            ("GET", true) => Verb::List,
            ("GET", false) if watch => {
                return Err(ApiError::unsupported(&format!("{} with watch", shape())));
            }
            ("GET", false) => Verb::Get,
            ("POST", true) => Verb::Create,
            ("PUT", false) => Verb::Update,
            ("PATCH", false) => Verb::Patch,
            ("DELETE", false) => Verb::Delete,
            ("DELETE", true) => Verb::DeleteCollection,
            _ => return Err(ApiError::method_not_allowed()),
        };
        match split.subresource {
            "" => {}
            "status" if !def.status => return Err(ApiError::no_such_resource()),
            "status" if matches!(verb, Verb::Get | Verb::Update | Verb::Patch) => {}
            "status" => return Err(ApiError::method_not_allowed()),
            _ => return Err(ApiError::unsupported(&shape())),
        }
        if let Some(unknown) = parameters
            .keys()
            .find(|name| !verb.parameters().contains(&name.as_str()))
        {
            return Err(ApiError::unsupported(&format!(
                "{} with parameter {unknown}",
                shape()
            )));
        }
        let namespace = match (def.namespaced, split.namespace) {
            (false, None) => Some(String::new()),
            (false, Some(_)) => return Err(ApiError::no_such_resource()),
            (true, Some(namespace)) => Some(namespace.to_owned()),
            (true, None) if split.name.is_empty() && !verb.mutates() => None,
            (true, None) => return Err(ApiError::method_not_allowed()),
        };
        let accept = header(parts, http::header::ACCEPT);
        let (name, subresource) = (split.name.to_owned(), split.subresource.to_owned());
        Ok(Target::Resource(Box::new(Self {
            verb,
            namespace,
            name,
            subresource,
            parameters,
            content_type: header(parts, http::header::CONTENT_TYPE),
            user_agent: header(parts, http::header::USER_AGENT),
            metadata_only: accept.contains("as=PartialObjectMetadata"),
            body,
            def,
        })))
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The namespace of a call that names one.
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// Who is noted as the writer.
    pub(crate) fn manager(&self) -> String {
        let agent = self
            .user_agent
            .split('/')
            .next()
            .filter(|agent| !agent.is_empty());
        self.parameter("fieldManager")
            .or(agent)
            .unwrap_or("unknown")
            .to_owned()
    }
}
