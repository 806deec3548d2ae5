//! Errors of the Query protocol and their two XML bodies, EC2's and STS's.

use super::xml::Xml;

/// What a Query service answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// The AWS error code.
    pub code: String,
    /// The sentence beside it.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl QueryError {
    /// An error that the caller made: HTTP 400.
    pub fn client(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
        }
    }

    /// The same error under another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The body is no form.
    pub fn malformed() -> Self {
        Self::client(
            "MalformedQueryString",
            "The query string contains a syntax error.",
        )
    }

    /// A required parameter is absent.
    pub fn missing(name: &str) -> Self {
        Self::client(
            "MissingParameter",
            format!("The request must contain the parameter {name}"),
        )
    }

    /// An action that the service does not have, or that this simulator does not have yet.
    pub fn not_implemented(service: &str, action: &str) -> Self {
        Self::client(
            "InvalidAction",
            format!("The action {action} is not implemented by this simulator of {service}."),
        )
    }
}

/// The body of an EC2 error.
pub fn ec2_error_body(error: &QueryError, request_id: &str) -> String {
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
pub fn sts_error_body(error: &QueryError, request_id: &str) -> String {
    let mut xml = Xml::document();
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    xml.element_in("ErrorResponse", super::xml::STS_NAMESPACE, |response| {
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
        let error = QueryError::client("IncorrectState", "a <b>");
        let ec2 = ec2_error_body(&error, "req-1");
        assert!(ec2.contains("<Code>IncorrectState</Code><Message>a &lt;b&gt;</Message>"));
        assert!(ec2.contains("<RequestID>req-1</RequestID>"));
        let sts = sts_error_body(&error.with_status(403), "req-2");
        assert!(sts.contains("<Type>Sender</Type>"));
        assert!(sts.contains("<RequestId>req-2</RequestId>"));
    }
}
