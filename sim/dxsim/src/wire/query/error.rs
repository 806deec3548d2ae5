//! Errors as EC2 and STS spell them, and their two XML bodies.

use super::xml::{STS_NAMESPACE, Xml};
use crate::error::AwsError;
use crate::services::Service;

/// A required parameter is absent.
pub fn missing(name: &str) -> AwsError {
    AwsError::client(
        "MissingParameter",
        format!("The request must contain the parameter {name}"),
    )
}

/// A parameter's value is out of order.
pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidParameterValue", message)
}

/// An action that the service does not have, or that this simulator does not have yet.
pub fn not_implemented(service: &str, action: &str) -> AwsError {
    AwsError::client(
        "InvalidAction",
        format!("The action {action} is not implemented by this simulator of {service}."),
    )
}

/// An error in the words of the service that answers it.
pub fn localized(service: Service, error: AwsError) -> AwsError {
    match service {
        Service::DirectConnect => error,
        Service::Ec2 => as_ec2(error),
        Service::Sts => as_sts(error),
    }
}

/// EC2's words for the errors that every service raises before the operation is looked at (EC2
/// API Reference, "Error codes"; the HTTP statuses of expiry and throttling are assumed).
fn as_ec2(error: AwsError) -> AwsError {
    match error.code.as_str() {
        "UnrecognizedClientException" => AwsError::with_status(
            401,
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        "ExpiredTokenException" => AwsError::client("RequestExpired", "Request has expired."),
        "InvalidSignatureException" => AwsError::client("RequestExpired", error.message),
        "ThrottlingException" => {
            AwsError::with_status(503, "RequestLimitExceeded", "Request limit exceeded.")
        }
        "AccessDeniedException" => AwsError::with_status(
            403,
            "UnauthorizedOperation",
            format!(
                "You are not authorized to perform this operation. {}",
                error.message
            ),
        ),
        "InternalFailure" | "DirectConnectServerException" => {
            AwsError::with_status(500, "InternalError", "An internal error has occurred")
        }
        _ => error,
    }
}

/// STS's words for the same errors (STS API Reference, "Common errors").
fn as_sts(error: AwsError) -> AwsError {
    let (status, code) = match error.code.as_str() {
        "UnrecognizedClientException" => (403, "InvalidClientTokenId"),
        "ExpiredTokenException" => (403, "ExpiredToken"),
        "InvalidSignatureException" => (403, "SignatureDoesNotMatch"),
        "ThrottlingException" => (400, "Throttling"),
        "AccessDeniedException" => (403, "AccessDenied"),
        "InternalFailure" | "DirectConnectServerException" => (500, "InternalFailure"),
        _ => return error,
    };
    AwsError::with_status(status, code, error.message)
}

/// The body of an EC2 error.
pub fn ec2_body(error: &AwsError, request_id: &str) -> String {
    let mut xml = Xml::document();
    xml.element("Response", |response| {
        response.element("Errors", |errors| {
            errors.element("Error", |entry| {
                entry.text("Code", &error.code);
                entry.text("Message", &error.message);
            });
        });
        response.text("RequestID", request_id);
    });
    xml.into_string()
}

/// The body of an STS error.
pub fn sts_body(error: &AwsError, request_id: &str) -> String {
    let mut xml = Xml::document();
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    xml.element_in("ErrorResponse", STS_NAMESPACE, |response| {
        response.element("Error", |entry| {
            entry.text("Type", fault);
            entry.text("Code", &error.code);
            entry.text("Message", &error.message);
        });
        response.text("RequestId", request_id);
    });
    xml.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_carry_code_text_and_request_id() {
        let error = AwsError::client("IncorrectState", "a <b>");
        let ec2 = ec2_body(&error, "req-1");
        assert!(ec2.contains("<Code>IncorrectState</Code><Message>a &lt;b&gt;</Message>"));
        assert!(ec2.contains("<RequestID>req-1</RequestID>"));
        let sts = sts_body(&error, "req-2");
        assert!(sts.contains("<Type>Sender</Type>"));
        assert!(sts.contains("<RequestId>req-2</RequestId>"));
    }

    #[test]
    fn each_service_has_its_own_words() {
        let expired = AwsError::client("ExpiredTokenException", "old");
        assert_eq!(as_ec2(expired.clone()).code, "RequestExpired");
        assert_eq!(as_sts(expired).code, "ExpiredToken");
        let throttled = AwsError::client("ThrottlingException", "slow");
        assert_eq!(as_ec2(throttled).status, 503);
    }
}
