//! BGP keys from Secrets: whether one is there, and fit to be used. Never a value in a message.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::BgpPeer;
use crate::aws;
use crate::call::SecretUse;
use crate::reason::Reason;
use crate::view::{Blocked, SecretState, View, forbidden};

use super::references::blocked;

/// Length of a BGP key. Source: `authKey`, Direct Connect API Reference.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 6..=80;

impl VirtualInterface {
    /// The key that a peer shall have, as its Secret says; none where the spec names none.
    pub(super) fn wanted_key<'a>(
        &self,
        view: &'a View,
        peer: &BgpPeer,
    ) -> Result<Option<(SecretUse, &'a aws::AuthKey)>, Blocked> {
        let Some(reference) = &peer.auth_key_secret_ref else {
            return Ok(None);
        };
        let (name, key) = (&reference.name, &reference.key);
        let field = format!("spec.bgpPeers[{}].authKeySecretRef", peer.name);
        let namespace = self.metadata.namespace.as_deref().unwrap_or_default();
        let refuse = |message: String| {
            Err(blocked(
                Reason::SecretNotReady,
                format!("{field}: {message}"),
            ))
        };
        match view.secrets.get(&(name.clone(), key.clone())) {
            None => refuse(format!("Secret {name} has not been read yet")),
            Some(SecretState::NoSecret) => refuse(format!(
                "namespace {namespace} has no Secret {name}: make it, with the BGP key under {key}"
            )),
            Some(SecretState::Forbidden) => refuse(forbidden(name, namespace)),
            Some(SecretState::NoKey) => refuse(format!(
                "Secret {name} has no key {key}: add it, with the BGP key as its value"
            )),
            Some(SecretState::Value {
                resource_version,
                value,
                ..
            }) => {
                if let Some(rule) = key_rule(value.expose()) {
                    return refuse(format!("the value of key {key} of Secret {name} {rule}"));
                }
                let used = SecretUse {
                    name: name.clone(),
                    key: key.clone(),
                    resource_version: resource_version.clone(),
                };
                Ok(Some((used, value)))
            }
        }
    }
}

/// The rule that a BGP key breaks, if one; never the key. That spaces and control characters are
/// refused is assumed: routers cannot be given them.
fn key_rule(value: &str) -> Option<&'static str> {
    let length = value.chars().count();
    if value.is_empty() {
        Some("is empty: a BGP key has 6 to 80 characters")
    } else if !value.chars().all(|c| c.is_ascii_graphic()) {
        Some(
            "holds a space, a line break or another character that is not printable ASCII: a BGP key has 6 to 80 printable characters; look for a line break at its end",
        )
    } else if length < *KEY_LENGTH.start() {
        Some("is too short: a BGP key has 6 to 80 characters")
    } else if length > *KEY_LENGTH.end() {
        Some("is too long: a BGP key has 6 to 80 characters")
    } else {
        None
    }
}
