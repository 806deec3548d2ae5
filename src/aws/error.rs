//! What errors mean: one closed table, by code and by fragments of messages.
//!
//! Direct Connect puts not-found, in-use and quota into the message of one exception
//! (DirectConnectClientException); each pattern below says whether it is documented or assumed.
//! What is not in the table is never taken for a definite rejection.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use directconnect_model::reason::Reason;

use super::Service;
use super::probe::{LEADS_NO_MORE, Probe, TOO_LATE};

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// It never left this process.
    NotSent,
    /// Its turn came too late: it never left this process, and nothing is wrong.
    Late,
    /// AWS understood and refused: nothing was done.
    Rejected,
    /// AWS refused because something is in the way that a look-up tells.
    Conflict,
    /// The object is not there.
    NotFound,
    /// Rights are missing.
    AccessDenied,
    /// Too many requests; nothing was done.
    Throttled,
    /// AWS failed, or the answer was lost: anything may have been done.
    Unavailable,
    /// The answer cannot be understood: anything may have been done.
    Protocol,
    /// Credentials cannot be had.
    Credentials,
}

/// An error of one AWS call. Its text holds AWS's words, never ids of requests or keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct ApiError {
    /// Kind of error.
    pub class: Class,
    /// Operation.
    pub operation: String,
    /// Code, as AWS names it.
    pub code: String,
    /// Words.
    pub message: String,
}

/// A write that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub error: ApiError,
    /// Nothing was done at AWS, for certain.
    pub definite: bool,
}

impl Failure {
    /// A write that this process did not send.
    pub fn not_sent(message: &str) -> Self {
        Self {
            error: ApiError {
                class: Class::NotSent,
                operation: String::new(),
                code: "NotSent".to_owned(),
                message: message.to_owned(),
            },
            definite: true,
        }
    }
}

impl ApiError {
    /// An answer that breaks the protocol.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self {
            class: Class::Protocol,
            operation: String::new(),
            code: "Protocol".to_owned(),
            message: message.into(),
        }
    }

    /// A list that a process which does not lead is not going to read.
    pub fn not_read() -> Self {
        Self {
            class: Class::Late,
            operation: String::new(),
            code: "NotRead".to_owned(),
            message: "this process does not lead any more".to_owned(),
        }
    }

    /// The reason that conditions give for it.
    pub fn reason(&self) -> Reason {
        match self.class {
            Class::AccessDenied | Class::Credentials => Reason::AccessDenied,
            Class::Throttled => Reason::Throttled,
            Class::Rejected | Class::Conflict | Class::NotFound => Reason::RefusedByAws,
            Class::NotSent | Class::Late | Class::Unavailable | Class::Protocol => {
                Reason::AwsUnavailable
            }
        }
    }
}

/// Codes that mean "too many requests" (aws-smithy and EC2's "Request throttling for the Amazon EC2 API").
const THROTTLES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "BandwidthLimitExceeded",
];
/// Codes that mean missing rights or unusable credentials (IAM User Guide; EC2 "Error codes").
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthFailure",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "NotAuthorized",
    "OptInRequired",
    "Blocked",
    "PendingVerification",
];
/// Codes of definite rejections (Direct Connect and EC2 API References).
const REJECTIONS: &[&str] = &[
    "DuplicateTagKeysException",
    "TooManyTagsException",
    "LimitExceededException",
    "ValidationException",
    "SerializationException",
    "UnknownOperationException",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "MissingParameter",
    "VpnGatewayLimitExceeded",
    "VpnGatewayAttachmentLimitExceeded",
    "TagLimitExceeded",
    "UnsupportedOperation",
    "InvalidAction",
];
/// Codes that a look-up explains: the state is not what the caller thinks.
const CONFLICTS: &[&str] = &[
    "IncorrectState",
    "InvalidVpnGatewayState",
    "InvalidVpcState",
    "DependencyViolation",
    "ResourceAlreadyAssociated",
    "InvalidVpnGatewayAttachment.NotFound",
];

/// Fragments of DirectConnectClientException messages; the second column says where they are from.
const MESSAGES: &[(&str, Class)] = &[
    ("Could not find", Class::NotFound), // documented by clients of the API
    ("does not exist", Class::NotFound), // documented by clients of the API
    ("limit", Class::Rejected),          // assumed: quotas
    ("maximum", Class::Rejected),        // assumed: quotas
    ("already", Class::Conflict),        // assumed: "is already in use", "already associated"
    ("in use", Class::Conflict),         // assumed
    ("last BGP Peer", Class::Conflict),  // documented by clients of the API
    ("transitioning state", Class::Conflict), // documented by clients of the API
    ("not in a", Class::Conflict),       // assumed: "is not in a state …"
];

/// Judges an error of the SDK.
pub(super) fn judge<E>(
    service: Service,
    operation: &str,
    error: &SdkError<E, HttpResponse>,
    probe: &Probe,
) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let make = |class, code: &str, message: String| ApiError {
        class,
        operation: operation.to_owned(),
        code: code.to_owned(),
        message,
    };
    if let Some(why) = probe.refused() {
        let class = if why == TOO_LATE || why == LEADS_NO_MORE {
            Class::Late
        } else {
            Class::NotSent
        };
        return Failure {
            error: make(class, "NotSent", why.to_owned()),
            definite: !probe.transmitted(),
        };
    }
    match error {
        SdkError::ServiceError(context) => {
            let service_error = context.err();
            let code = service_error.code().unwrap_or("Unknown").to_owned();
            let message = clean(&probe.scrub(service_error.message().unwrap_or("no message")));
            let status = probe.status().unwrap_or_default();
            let class = classify(service, &code, &message, status);
            let definite = matches!(
                class,
                Class::Rejected | Class::AccessDenied | Class::Throttled | Class::NotFound
            );
            Failure {
                error: make(class, &code, message),
                definite,
            }
        }
        SdkError::DispatchFailure(failure) if failure.is_user() && !probe.transmitted() => {
            Failure {
                error: make(
                    Class::NotSent,
                    "NotSent",
                    "the request could not be built".to_owned(),
                ),
                definite: true,
            }
        }
        // A failed connect was never sent; creates use a client without idle connections, so that
        // no half-closed one can swallow a request.
        SdkError::DispatchFailure(failure) => {
            let connect = failure
                .as_connector_error()
                .is_some_and(|e| e.connection_metadata().is_none() && is_connect(e));
            let credentials = !probe.transmitted();
            let (class, message) = if credentials {
                (
                    Class::Credentials,
                    "credentials cannot be had, or the request cannot be signed",
                )
            } else {
                (
                    Class::Unavailable,
                    "AWS cannot be reached, or the answer was lost",
                )
            };
            Failure {
                error: make(class, "Dispatch", message.to_owned()),
                definite: credentials || connect,
            }
        }
        SdkError::TimeoutError(_) => Failure {
            error: make(
                Class::Unavailable,
                "Timeout",
                "AWS did not answer in time".to_owned(),
            ),
            definite: !probe.transmitted(),
        },
        SdkError::ConstructionFailure(_) => Failure {
            error: make(
                Class::NotSent,
                "Construction",
                "the request could not be built".to_owned(),
            ),
            definite: !probe.transmitted(),
        },
        _ => Failure {
            error: make(
                Class::Protocol,
                "Response",
                "AWS's answer cannot be understood".to_owned(),
            ),
            definite: false,
        },
    }
}

fn is_connect(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> bool {
    // hyper's connect errors are `ConnectError` and carry no connection; told by the source's text.
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(e) = source {
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        source = e.source();
    }
    false
}

fn classify(service: Service, code: &str, message: &str, status: u16) -> Class {
    if THROTTLES.contains(&code) || status == 429 {
        return Class::Throttled;
    }
    if DENIALS.contains(&code) {
        return Class::AccessDenied;
    }
    // Retry later, no quota: documented by clients of the API.
    if message.contains("maximum number of mutating objects") {
        return Class::Throttled;
    }
    if status >= 500 || status == 0 {
        return Class::Unavailable;
    }
    if CONFLICTS.contains(&code) {
        return Class::Conflict;
    }
    if code.ends_with(".NotFound") {
        return Class::NotFound;
    }
    if REJECTIONS.contains(&code) {
        return Class::Rejected;
    }
    if service == Service::DirectConnect && code == "DirectConnectClientException" {
        let message = message.to_lowercase();
        return MESSAGES
            .iter()
            .find(|(fragment, _)| message.contains(&fragment.to_lowercase()))
            .map_or(Class::Rejected, |(_, class)| *class);
    }
    // An unknown 4xx is AWS's own word that it did not do it, but not in the closed table.
    Class::Conflict
}

/// AWS's words without what differs between two answers: ids of requests would make every status new.
fn clean(message: &str) -> String {
    let mut words = vec![];
    let mut skip = false;
    for word in message.split_whitespace() {
        let lower = word.to_lowercase();
        if skip {
            skip = false;
            continue;
        }
        if lower.starts_with("requestid")
            || lower.starts_with("request-id")
            || lower == "(requestid:"
        {
            skip = word.ends_with(':');
            continue;
        }
        words.push(word);
    }
    let text = words.join(" ");
    match text.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_do_not_stay_in_messages() {
        assert_eq!(
            clean("it failed RequestID: 1234-5678 today"),
            "it failed today"
        );
    }

    #[test]
    fn unknown_codes_are_not_definite_rejections() {
        assert_eq!(
            classify(Service::Ec2, "SomethingNew", "", 400),
            Class::Conflict
        );
        assert_eq!(
            classify(
                Service::DirectConnect,
                "DirectConnectServerException",
                "",
                500
            ),
            Class::Unavailable
        );
        assert_eq!(
            classify(
                Service::DirectConnect,
                "DirectConnectClientException",
                "VLAN 101 is already in use",
                400
            ),
            Class::Conflict
        );
    }

    #[test]
    fn a_quota_is_a_rejection_whatever_else_is_said() {
        for message in [
            "You have already reached the limit of virtual interfaces",
            "Maximum number of connections exceeded",
        ] {
            assert_eq!(
                classify(
                    Service::DirectConnect,
                    "DirectConnectClientException",
                    message,
                    400
                ),
                Class::Rejected
            );
        }
    }
}
