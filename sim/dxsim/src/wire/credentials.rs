//! The shape of a SigV4 request: who signed, for which region and service, when. The signature
//! itself is not verified: the simulator knows no secrets.

use crate::error::AwsError;
use http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What the headers of a signed request say.
pub struct Credentials {
    pub access_key: String,
    pub region: String,
    pub service: String,
    pub token: Option<String>,
    pub signed_at: Option<Timestamp>,
}

impl Credentials {
    /// Reads `Authorization`, `X-Amz-Date` and `X-Amz-Security-Token`.
    pub fn read(headers: &HeaderMap) -> Result<Self, AwsError> {
        let authorization = text(headers, "authorization").ok_or_else(|| {
            AwsError::with_status(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        })?;
        let scope = authorization
            .strip_prefix("AWS4-HMAC-SHA256")
            .and_then(|rest| rest.split_once("Credential="))
            .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default())
            .ok_or_else(incomplete)?;
        let parts: Vec<&str> = scope.split('/').collect();
        let [access_key, _date, region, service, "aws4_request"] = parts[..] else {
            return Err(incomplete());
        };
        Ok(Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            token: text(headers, "x-amz-security-token").map(str::to_owned),
            signed_at: text(headers, "x-amz-date").and_then(amz_date),
        })
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn incomplete() -> AwsError {
    AwsError::with_status(
        403,
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter in the form key/date/region/service/aws4_request.",
    )
}

/// `20261122T101500Z`.
fn amz_date(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The same form, for error texts.
pub fn amz_format(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
