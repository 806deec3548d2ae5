//! One request, taken apart: verb, resource, names, parameters, body.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::request::Parts;
use serde_json::Value;

use crate::{
    error::ApiError,
    path::Path,
    resource::ResourceDef,
    shape::{self, Seen},
    store::State,
};

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
    /// Name of the service that it came through.
    pub(crate) client: String,
    /// Whom the request acts for, if its rights are to be looked at.
    pub(crate) user: Option<String>,
    pub(crate) body: Bytes,
    /// The body, where it is JSON.
    pub(crate) json: Value,
}

/// What a path asks for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Resource(Box<Call>),
    /// Answered as it is: version and discovery.
    Document(Value),
}

fn header<'a>(parts: &'a Parts, name: &http::header::HeaderName) -> &'a str {
    let value = parts.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

impl Call {
    /// Parses a request against what is served now. `user` is whom the client acts for.
    pub(crate) fn parse(
        state: &State,
        parts: &Parts,
        body: Bytes,
        client: &str,
        user: Option<&str>,
    ) -> Result<Target, ApiError> {
        let target = parts.uri.path();
        let unsupported = || ApiError::unsupported(&format!("{} {target}", parts.method));
        let Some(path) = Path::parse(target) else {
            let segments: Vec<&str> = target.split('/').filter(|s| !s.is_empty()).collect();
            return match crate::discovery::document(state, &segments) {
                Some(document) => Ok(Target::Document(document)),
                None if segments.len() == 3 => Err(ApiError::no_such_resource()),
                None => Err(unsupported()),
            };
        };
        let (content_type, accept) = (
            header(parts, &http::header::CONTENT_TYPE),
            header(parts, &http::header::ACCEPT),
        );
        let json = serde_json::from_slice(&body).unwrap_or_default();
        let shape = shape::of(Seen {
            method: parts.method.as_str(),
            target: parts
                .uri
                .path_and_query()
                .map_or(target, http::uri::PathAndQuery::as_str),
            content_type,
            accept,
            body: &json,
        })
        .ok_or_else(unsupported)?;
        if !shape::covered(&shape) {
            return Err(ApiError::unsupported(&shape));
        }
        let id = (
            path.group.to_owned(),
            path.version.to_owned(),
            path.resource.to_owned(),
        );
        let def = state
            .resources
            .get(&id)
            .cloned()
            .ok_or_else(ApiError::no_such_resource)?;
        let mut parameters = BTreeMap::new();
        for (name, value) in
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        {
            parameters.insert(name.into_owned(), value.into_owned());
        }
        let watch = parameters
            .get("watch")
            .is_some_and(|w| w == "true" || w == "1");
        let verb = match (parts.method.as_str(), path.name.is_empty()) {
            ("GET", true) if watch => Verb::Watch,
            ("GET", true) => Verb::List,
            ("GET", false) => Verb::Get,
            ("POST", false) if path.subresource == "status" => {
                return Err(ApiError::not_supported("create", &def));
            }
            ("POST", true) => Verb::Create,
            ("PUT", false) => Verb::Update,
            ("PATCH", false) => Verb::Patch,
            ("DELETE", false) => Verb::Delete,
            ("DELETE", true) => Verb::DeleteCollection,
            ("PUT" | "PATCH", true) => return Err(ApiError::bad_request("name must be provided")),
            _ => return Err(ApiError::method_not_allowed()),
        };
        match path.subresource {
            "" => {}
            "status" if !def.status => return Err(ApiError::not_found(&def, path.name)),
            "status" if matches!(verb, Verb::Get | Verb::Update | Verb::Patch) => {}
            "status" => return Err(ApiError::not_supported(verb.as_str(), &def)),
            _ => return Err(ApiError::no_such_resource()),
        }
        let namespace = match (def.namespaced, path.namespace) {
            (false, None) => Some(String::new()),
            (true, Some(namespace)) => Some(namespace.to_owned()),
            (true, None) if path.name.is_empty() && !verb.mutates() => None,
            (false, Some(_)) | (true, None) => return Err(ApiError::no_such_resource()),
        };
        if !["json", "*/*"].iter().any(|form| accept.contains(form)) && !accept.is_empty() {
            return Err(ApiError::not_acceptable());
        }
        let impersonated = parts.headers.get("impersonate-user");
        let user = impersonated.and_then(|user| user.to_str().ok()).or(user);
        Ok(Target::Resource(Box::new(Self {
            verb,
            namespace,
            name: path.name.to_owned(),
            subresource: path.subresource.to_owned(),
            parameters,
            content_type: content_type.to_owned(),
            user_agent: header(parts, &http::header::USER_AGENT).to_owned(),
            metadata_only: accept.contains("as=PartialObjectMetadata"),
            client: client.to_owned(),
            user: user.map(str::to_owned),
            body,
            json,
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
