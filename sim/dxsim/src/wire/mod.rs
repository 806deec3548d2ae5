//! AWS's protocols: awsJson1.1 (Direct Connect), query and XML (EC2, STS). [`Call`] is a request
//! that has been read, whatever its protocol.

pub mod credentials;
pub mod json;
pub mod query;

use crate::error::AwsError;
use crate::services::Service;
use bytes::Bytes;
use credentials::Credentials;
use jiff::Timestamp;
use serde_json::Value;

/// The input of a call.
#[derive(Debug, Clone)]
pub enum Input {
    /// awsJson1.1.
    Json(Value),
    /// Query parameters.
    Query(query::Params),
}

/// A request that has been read.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which service.
    pub service: Service,
    /// Which operation.
    pub operation: String,
    /// Region of the credential scope.
    pub region: String,
    /// Access key id.
    pub access_key: String,
    /// Session token.
    pub token: Option<String>,
    /// `X-Amz-Date`.
    pub signed_at: Option<Timestamp>,
    /// The input.
    pub input: Input,
}

/// A request that could not be read, with what is known of it.
pub struct Unreadable {
    /// The service, for the form of the answer.
    pub service: Service,
    /// What to answer.
    pub error: AwsError,
}

impl Call {
    /// Reads a request.
    pub fn read(request: &http::Request<Bytes>) -> Result<Self, Unreadable> {
        let credentials = Credentials::read(request.headers()).map_err(|error| Unreadable {
            service: Service::DirectConnect,
            error,
        })?;
        let Ok(service) = credentials.service.parse::<Service>() else {
            return Err(Unreadable {
                service: Service::DirectConnect,
                error: AwsError::client(
                    "UnknownOperationException",
                    format!(
                        "dxsim does not simulate the service {}",
                        credentials.service
                    ),
                ),
            });
        };
        let (operation, input) = match service {
            Service::DirectConnect => {
                json::read(request).map_err(|error| Unreadable { service, error })?
            }
            Service::Ec2 | Service::Sts => {
                let params = query::Params::parse(request.body());
                let action = params.get("Action").unwrap_or_default().to_owned();
                (action, Input::Query(params))
            }
        };
        Ok(Self {
            service,
            operation,
            region: credentials.region,
            access_key: credentials.access_key,
            token: credentials.token,
            signed_at: credentials.signed_at,
            input,
        })
    }

    /// Whether some value of the request is this text.
    pub fn names(&self, text: &str) -> bool {
        fn within(value: &Value, text: &str) -> bool {
            match value {
                Value::String(own) => own == text,
                Value::Array(list) => list.iter().any(|item| within(item, text)),
                Value::Object(members) => members.values().any(|item| within(item, text)),
                _ => false,
            }
        }
        match &self.input {
            Input::Json(value) => within(value, text),
            Input::Query(params) => params.0.values().any(|value| value == text),
        }
    }

    /// Whether it asks for a later page of a list.
    pub fn later_page(&self) -> bool {
        match &self.input {
            Input::Json(value) => value.get("nextToken").is_some_and(Value::is_string),
            Input::Query(params) => params.get("NextToken").is_some(),
        }
    }

    /// Whether the operation changes anything at AWS.
    pub fn mutating(&self) -> bool {
        self.service != Service::Sts
            && !["Describe", "List", "Get", "Search"]
                .iter()
                .any(|verb| self.operation.starts_with(verb))
    }
}
