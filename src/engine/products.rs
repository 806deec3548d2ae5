//! Reads with a product: the LOA-CFA into a ConfigMap, the router configuration into a Secret, routes
//! into a count.

use std::time::Duration;

use directconnect_model::decide::Note;
use directconnect_model::event::EventReason;
use directconnect_model::fetch::{Document, Fetch};
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::view::Refusal;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::json;
use tracing::debug;

use super::documents::{self, Written};
use super::gather::Gathered;
use super::store::{self, Trouble};
use super::{Shared, events};
use crate::aws::read;

/// Pause before a product is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// What came of it.
pub enum Fetched<K> {
    /// Done; the object as stored.
    Done(Box<K>),
    /// Not now.
    Later(Duration),
}

/// Does one fetch and records it.
pub async fn fetch<K>(
    context: &Shared,
    object: &K,
    gathered: &Gathered,
    fetch: &Fetch,
) -> Result<Fetched<K>, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let Some(clients) = &gathered.clients else {
        return Ok(Fetched::Later(Duration::from_secs(30)));
    };
    let key = object.key();
    if let Some(document) = fetch.document()
        && let Err((reason, message)) = documents::free(context, object, &document).await?
    {
        return withhold(context, object, document, reason, message).await;
    }
    let result = match fetch {
        Fetch::Loa {
            connection_id,
            config_map,
        } => {
            let pdf = match read::loa(clients, connection_id).await {
                Ok(pdf) => pdf,
                Err(error) => return Ok(later(object, &error.to_string())),
            };
            let document = Document::ConfigMap(config_map.clone());
            let written = documents::write(context, object, &document, "loa.pdf", pdf).await;
            match permitted(object, fetch, written)? {
                Ok(()) => {
                    let note = Note::new(
                        EventReason::LoaStored,
                        format!("the LOA-CFA of {connection_id} is in ConfigMap {config_map}"),
                    );
                    Ok((json!({"loaConfigMap": config_map}), Some(note)))
                }
                Err(withheld) => Err(withheld),
            }
        }
        Fetch::RouterConfiguration {
            virtual_interface_id,
            router_type_identifier,
            secret,
            fingerprint,
        } => {
            let text = match read::router_configuration(
                clients,
                virtual_interface_id,
                router_type_identifier.as_deref(),
            )
            .await
            {
                Ok(text) => text,
                Err(error) => return Ok(later(object, &error.to_string())),
            };
            let document = Document::Secret(secret.clone());
            let text = text.expose_secret().as_bytes().to_vec();
            let written = documents::write(context, object, &document, "configuration", text).await;
            match permitted(object, fetch, written)? {
                Ok(()) => {
                    let note = Note::new(
                        EventReason::RouterConfigurationStored,
                        format!(
                            "the router configuration of {virtual_interface_id} is in Secret {secret}"
                        ),
                    );
                    Ok((
                        json!({"routerConfigurationSecret": secret, "routerConfigurationFingerprint": fingerprint}),
                        Some(note),
                    ))
                }
                Err(withheld) => Err(withheld),
            }
        }
        Fetch::Routes {
            virtual_interface_id,
        } => {
            let (accepted, advertised) = match read::routes(clients, virtual_interface_id).await {
                Ok(counts) => counts,
                Err(error) => return Ok(later(object, &error.to_string())),
            };
            let now = context.clock.now();
            context.memories.with(object.uid(), |m| {
                m.memory.routes = Some((accepted, advertised, now));
            });
            // The next decision puts it into the status if it says something new.
            Ok((json!({}), None))
        }
    };
    match result {
        Ok((fields, note)) => {
            let mut value = serde_json::to_value(object.stored())
                .map_err(|_| Trouble::Kubernetes("a status could not be read".to_owned()))?;
            if let (Some(status), Some(fields)) = (value.as_object_mut(), fields.as_object()) {
                status.extend(fields.clone());
            }
            let status: K::Status = serde_json::from_value(value)
                .map_err(|_| Trouble::Kubernetes("a status could not be built".to_owned()))?;
            let written = store::status(context, object, &status).await?;
            if let Some(document) = fetch.document() {
                context
                    .memories
                    .with(object.uid(), |m| m.memory.withheld.remove(&document));
            }
            if let Some(note) = note {
                events::emit(context, &key, object.uid(), &note).await;
            }
            Ok(Fetched::Done(Box::new(written)))
        }
        Err((reason, message)) => match fetch.document() {
            Some(document) => withhold(context, object, document, reason, message).await,
            None => Ok(Fetched::Later(TRY_AGAIN)),
        },
    }
}

/// Remembers why a document is not written; the next decision says it. An event, once.
async fn withhold<K>(
    context: &Shared,
    object: &K,
    document: Document,
    reason: Reason,
    message: String,
) -> Result<Fetched<K>, Trouble>
where
    K: Managed,
{
    let retry_at = context.clock.now() + SignedDuration::try_from(TRY_AGAIN).unwrap_or_default();
    let refusal = Refusal {
        reason,
        message: message.clone(),
        retry_at,
        times: 1,
    };
    let before = context.memories.with(object.uid(), |m| {
        m.memory.withheld.insert(document, refusal)
    });
    if before.is_none_or(|b| b.message != message) {
        let note = Note::new(EventReason::Failed, message);
        events::emit(context, &object.key(), object.uid(), &note).await;
    }
    Ok(Fetched::Done(Box::new(object.clone())))
}

fn later<K: Managed>(object: &K, why: &str) -> Fetched<K> {
    debug!(
        name = object.key().name,
        why, "a read with a product is tried again"
    );
    Fetched::Later(TRY_AGAIN)
}

/// A right that is missing is somebody's to grant.
fn permitted<K: Managed>(
    object: &K,
    fetch: &Fetch,
    written: Result<Written, Trouble>,
) -> Result<Written, Trouble> {
    match (written, fetch.document()) {
        (Err(Trouble::Forbidden(_)), Some(document)) => {
            Ok(Err(documents::refused(object, &document)))
        }
        (written, _) => written,
    }
}
