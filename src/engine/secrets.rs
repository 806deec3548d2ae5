//! Keys of Secrets: read by name, at most once a minute, whoever refers to them. There is no right to list or
//! watch Secrets.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directconnect_model::aws::AuthKey;
use directconnect_model::view::SecretState;
use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;
use tokio::time::Instant;

use super::Shared;
use super::store::{Trouble, attempt};

/// How long a read is good for.
const GOOD_FOR: Duration = Duration::from_secs(60);
/// How long it is good for while something is missing: somebody is about to set it right.
const MISSING_FOR: Duration = Duration::from_secs(5);

/// Namespace, Secret and key.
type Place = (String, String, String);

/// What was read last.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<BTreeMap<Place, (Instant, SecretState)>>);

fn good(at: Instant, state: &SecretState) -> bool {
    let time = match state {
        SecretState::Value { .. } => GOOD_FOR,
        _ => MISSING_FOR,
    };
    at.elapsed() < time
}

impl Secrets {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Place, (Instant, SecretState)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self, place: &Place) -> Option<SecretState> {
        self.all()
            .get(place)
            .filter(|(at, state)| good(*at, state))
            .map(|(_, state)| state.clone())
    }

    fn put(&self, place: Place, state: SecretState) {
        let mut all = self.all();
        // What nobody refers to any more is not kept.
        all.retain(|_, (at, state)| good(*at, state));
        all.insert(place, (Instant::now(), state));
    }
}

/// One key of a Secret; what was read not long ago will do, unless it is wanted `anew`.
pub async fn read(
    context: &Shared,
    namespace: &str,
    name: &str,
    key: &str,
    anew: bool,
) -> Result<SecretState, Trouble> {
    let place = (namespace.to_owned(), name.to_owned(), key.to_owned());
    if let Some(state) = context.secrets.recent(&place).filter(|_| !anew) {
        return Ok(state);
    }
    let api: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    let state = match attempt(api.get(name)).await {
        Ok(secret) => state(secret, key),
        Err(Trouble::Gone) => SecretState::NoSecret,
        Err(Trouble::Forbidden(_)) => SecretState::Forbidden,
        Err(trouble) => return Err(trouble),
    };
    context.secrets.put(place, state.clone());
    Ok(state)
}

fn state(secret: Secret, key: &str) -> SecretState {
    let uid = secret.metadata.uid.unwrap_or_default();
    let resource_version = secret.metadata.resource_version.unwrap_or_default();
    let value = secret.data.and_then(|mut data| data.remove(key));
    value
        .and_then(|v| String::from_utf8(v.0).ok())
        .map_or(SecretState::NoKey, |value| SecretState::Value {
            uid,
            resource_version,
            value: AuthKey::new(value.trim_end_matches(['\n', '\r']).to_owned()),
        })
}
