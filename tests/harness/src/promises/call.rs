//! A request to AWS as a promise looks at it.

use bytes::Bytes;
use serde_json::Value;

/// A write that is about to reach AWS.
pub struct Call {
    /// Operation.
    pub operation: String,
    /// Signing name of the service.
    pub service: String,
    /// Region of the credential scope.
    pub region: String,
    /// Access key of the credential scope.
    pub access_key: String,
    body: Body,
}

enum Body {
    Json(Value),
    Form(Vec<(String, String)>),
}

impl Call {
    /// Reads a signed request.
    pub fn of(operation: String, request: &http::Request<Bytes>) -> Self {
        let authorization = request
            .headers()
            .get("authorization")
            .and_then(|h| h.to_str().ok())
            .unwrap_or_default();
        let scope: Vec<&str> = authorization
            .split_once("Credential=")
            .and_then(|(_, rest)| rest.split(',').next())
            .unwrap_or_default()
            .split('/')
            .collect();
        let part = |at: usize| scope.get(at).copied().unwrap_or_default().to_owned();
        let body = match serde_json::from_slice(request.body()) {
            Ok(json) => Body::Json(json),
            Err(_) => Body::Form(
                form_urlencoded::parse(request.body())
                    .map(|(k, v)| (k.into_owned(), v.into_owned()))
                    .collect(),
            ),
        };
        Self {
            operation,
            access_key: part(0),
            region: part(2),
            service: part(3),
            body,
        }
    }

    /// A parameter at the top.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        match &self.body {
            Body::Json(json) => json[name].as_str(),
            Body::Form(all) => all
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str()),
        }
    }

    /// A number at the top.
    pub fn number(&self, name: &str) -> Option<i64> {
        match &self.body {
            Body::Json(json) => json[name].as_i64(),
            Body::Form(_) => self.parameter(name)?.parse().ok(),
        }
    }

    /// The tags that the request carries, wherever they stand in it.
    pub fn tags(&self) -> Vec<(String, String)> {
        match &self.body {
            Body::Json(json) => {
                let mut found = vec![];
                tags(json, &mut found);
                found
            }
            Body::Form(all) => all
                .iter()
                .filter_map(|(key, tag)| {
                    let value = format!("{}.Value", key.strip_suffix(".Key")?);
                    let value = all.iter().find(|(k, _)| *k == value);
                    Some((tag.clone(), value.map_or(String::new(), |v| v.1.clone())))
                })
                .collect(),
        }
    }

    /// One of them.
    pub fn tag(&self, key: &str) -> Option<String> {
        self.tags().into_iter().find(|(k, _)| k == key).map(|t| t.1)
    }

    /// Keys of tags that are to go.
    pub fn tag_keys(&self) -> Vec<String> {
        match &self.body {
            Body::Json(json) => {
                let keys = json["tagKeys"].as_array().into_iter().flatten();
                keys.filter_map(|k| k.as_str().map(str::to_owned)).collect()
            }
            Body::Form(_) => self.tags().into_iter().map(|(key, _)| key).collect(),
        }
    }

    /// The id of the existing object that is deleted, changed or tagged.
    pub fn target(&self) -> Option<&str> {
        let names: &[&str] = match self.operation.as_str() {
            "TagResource" | "UntagResource" => &["resourceArn"],
            "CreateTags" | "DeleteTags" => &["ResourceId.1"],
            "DeleteDirectConnectGatewayAssociation" | "UpdateDirectConnectGatewayAssociation" => {
                &["associationId"]
            }
            "EnableVgwRoutePropagation" | "DisableVgwRoutePropagation" => &["GatewayId"],
            operation if operation.starts_with("Create") && operation != "CreateBGPPeer" => &[],
            _ => &[
                "virtualInterfaceId",
                "connectionId",
                "directConnectGatewayId",
                "VpnGatewayId",
            ],
        };
        let found = names.iter().find_map(|name| self.parameter(name))?;
        found.rsplit('/').next()
    }
}

fn tags(json: &Value, found: &mut Vec<(String, String)>) {
    match json {
        Value::Object(members) => {
            if let (Some(key), Some(value)) = (json["key"].as_str(), json["value"].as_str()) {
                found.push((key.to_owned(), value.to_owned()));
            }
            members.values().for_each(|v| tags(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| tags(v, found)),
        _ => {}
    }
}
