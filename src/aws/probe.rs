//! What is seen and enforced on the wire: an interceptor on every single call.
//!
//! For a write it is the fence of the create protocol: the last point before transmission, after
//! credentials and signing, where a call is refused if it is too late, was sent before, or if this
//! process is no longer the leader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use directconnect_model::aws::AuthKey;
use jiff::Timestamp;

use crate::leader::Leads;

/// Tokens that this process has handed to the network, and until when they may be signed. A token is
/// sent once; one that may not be signed any more need not be remembered.
#[derive(Clone, Debug, Default)]
pub struct Transmitted(Arc<Mutex<BTreeMap<String, Timestamp>>>);

impl Transmitted {
    /// True if the token was never sent; from now on it counts as sent. `now` is not later than
    /// `send_by`: the fence has seen to it.
    fn take(&self, token: &str, send_by: Timestamp, now: Timestamp) -> bool {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, until| *until >= now);
        sent.insert(token.to_owned(), send_by).is_none()
    }
}

/// Conditions under which a write may leave this process.
#[derive(Clone, Debug)]
pub struct Fence {
    /// Token of this one call.
    pub token: String,
    /// Latest date that the signature may carry.
    pub send_by: Timestamp,
    /// What was sent.
    pub transmitted: Transmitted,
    /// True while this process leads.
    pub leads: Leads,
    /// The key that the request carries: AWS's words may repeat it, ours do not.
    pub secret: Option<AuthKey>,
}

#[derive(Debug, Default)]
struct Seen {
    refused: Option<&'static str>,
    transmitted: bool,
    date: Option<Timestamp>,
    request_id: Option<String>,
    status: Option<u16>,
}

/// Why a fence refuses a request whose turn came after `sendBy`.
pub(super) const TOO_LATE: &str = "it would be sent too late";
/// Why a fence refuses a request of a process that another has replaced.
pub(super) const LEADS_NO_MORE: &str = "this process does not lead any more";

/// The interceptor of one call.
#[derive(Clone, Debug)]
pub struct Probe {
    fence: Option<Fence>,
    seen: Arc<Mutex<Seen>>,
}

impl Probe {
    pub(super) fn new(fence: Option<Fence>) -> Self {
        Self {
            fence,
            seen: Arc::default(),
        }
    }

    fn seen<T>(&self, read: impl FnOnce(&mut Seen) -> T) -> T {
        read(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A message without the key that the request carried.
    pub(super) fn scrub(&self, message: &str) -> String {
        match self.fence.as_ref().and_then(|f| f.secret.as_ref()) {
            Some(key) if !key.expose().is_empty() => message.replace(key.expose(), "…"),
            _ => message.to_owned(),
        }
    }

    /// Why the fence refused, if it did.
    pub(super) fn refused(&self) -> Option<&'static str> {
        self.seen(|s| s.refused)
    }

    /// True if the request was handed to the connector.
    pub(super) fn transmitted(&self) -> bool {
        self.seen(|s| s.transmitted)
    }

    /// `Date` of the answer.
    pub(super) fn date(&self) -> Option<Timestamp> {
        self.seen(|s| s.date)
    }

    /// Id that AWS gave the request. For logs only.
    pub(super) fn request_id(&self) -> Option<String> {
        self.seen(|s| s.request_id.clone())
    }

    /// HTTP status of the answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.seen(|s| s.status)
    }
}

/// `20261122T100000Z`, the date of a signature (AWS Signature Version 4).
fn signed_date(header: &str) -> Option<Timestamp> {
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", header)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp())
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "Probe"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(fence) = &self.fence {
            let signed = context
                .request()
                .headers()
                .get("x-amz-date")
                .and_then(signed_date);
            let refusal = match signed {
                None => Some("the request carries no signature date"),
                Some(at) if at > fence.send_by => Some(TOO_LATE),
                Some(_) if !fence.leads.holds() => Some(LEADS_NO_MORE),
                Some(at) if !fence.transmitted.take(&fence.token, fence.send_by, at) => {
                    Some("its token was sent before")
                }
                Some(_) => None,
            };
            if let Some(why) = refusal {
                self.seen(|s| s.refused = Some(why));
                return Err(why.into());
            }
        }
        self.seen(|s| s.transmitted = true);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let headers = response.headers();
        let date = headers
            .get("date")
            .and_then(|d| jiff::fmt::rfc2822::parse(d).ok())
            .map(|z| z.timestamp());
        let id = headers
            .get("x-amzn-requestid")
            .or_else(|| headers.get("x-amz-request-id"));
        let id = id.map(str::to_owned);
        let status = response.status().as_u16();
        self.seen(|s| {
            s.date = date;
            s.request_id = id;
            s.status = Some(status);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_once_and_forgotten_when_it_may_not_be_signed_any_more() {
        let sent = Transmitted::default();
        let at = |seconds| Timestamp::from_second(seconds).expect("small");
        assert!(sent.take("a", at(30), at(1)));
        assert!(!sent.take("a", at(30), at(30)));
        for token in 0..1_000 {
            assert!(sent.take(&token.to_string(), at(100 + token), at(100 + token)));
        }
        let kept = sent.0.lock().expect("nobody panicked").len();
        assert!(kept <= 2, "{kept} tokens are kept");
    }
}
