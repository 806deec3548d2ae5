//! Reads with a product: the LOA-CFA into a ConfigMap, the router configuration into a Secret, routes
//! into a count.

use std::collections::BTreeMap;
use std::time::Duration;

use directconnect_model::call::hex;
use directconnect_model::decide::Note;
use directconnect_model::identity;
use directconnect_model::managed::{Document, EventReason, Fetch, Managed};
use directconnect_model::reason::Reason;
use directconnect_model::view::Refusal;
use jiff::SignedDuration;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::{Api, Patch, PatchParams, PostParams};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::debug;

use super::gather::Gathered;
use super::store::{self, Trouble, attempt};
use super::{Shared, events};
use crate::aws::read;

/// Label: whose product it is.
pub const IDENTITY_HASH: &str = "directconnect.dev/identity-hash";

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
        && let Err((reason, message)) = free(context, object, &document).await?
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
            let written = write_config_map(context, object, config_map, pdf).await;
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
            let written = write_secret(context, object, secret, text.expose_secret()).await;
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

fn identity_hash<K: Managed>(context: &Shared, object: &K) -> String {
    hex(
        &Sha256::digest(identity::identity(&context.cluster_id, &object.key())),
        32,
    )
}

fn metadata<K: Managed>(context: &Shared, object: &K, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(object.key().namespace),
        labels: Some(BTreeMap::from([(
            IDENTITY_HASH.to_owned(),
            identity_hash(context, object),
        )])),
        owner_references: Some(vec![OwnerReference {
            api_version: "directconnect.dev/v1alpha1".to_owned(),
            kind: K::KIND.to_string(),
            name: object.key().name,
            uid: object.uid().to_owned(),
            controller: None,
            block_owner_deletion: None,
        }]),
        ..ObjectMeta::default()
    }
}

/// True if an existing object may be overwritten: it has our label, and this owner or none.
fn ours<K: Managed>(context: &Shared, object: &K, existing: &ObjectMeta) -> bool {
    let labelled = existing
        .labels
        .as_ref()
        .and_then(|l| l.get(IDENTITY_HASH))
        .is_some_and(|h| *h == identity_hash(context, object));
    let foreign = existing
        .owner_references
        .iter()
        .flatten()
        .any(|o| o.kind != K::KIND.to_string() || o.name != object.key().name);
    labelled && !foreign
}

/// Why a document is not written.
type Withheld = (Reason, String);
type Written = Result<(), Withheld>;

fn taken(document: &Document) -> Withheld {
    let field = match document {
        Document::ConfigMap(_) => "spec.loa.configMapName",
        Document::Secret(_) => "spec.routerConfiguration.secretName",
    };
    let message = format!(
        "{field} names {document}, which this object did not write: choose another name, or remove it"
    );
    (Reason::NameTaken, message)
}

fn refused<K: Managed>(object: &K, document: &Document) -> Withheld {
    let message = format!(
        "{document} may not be written: grant the operator get, create and patch on it in namespace {}",
        object.key().namespace
    );
    (Reason::AccessDenied, message)
}

/// A right that is missing is somebody's to grant.
fn permitted<K: Managed>(
    object: &K,
    fetch: &Fetch,
    written: Result<Written, Trouble>,
) -> Result<Written, Trouble> {
    match (written, fetch.document()) {
        (Err(Trouble::Forbidden(_)), Some(document)) => Ok(Err(refused(object, &document))),
        (written, _) => written,
    }
}

/// Reads what there is under a document's name.
async fn existing<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
) -> Result<ObjectMeta, Trouble> {
    let namespace = object.key().namespace;
    match document {
        Document::ConfigMap(name) => {
            let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
            attempt(api.get(name)).await.map(|o| o.metadata)
        }
        Document::Secret(name) => {
            let api: Api<Secret> = Api::namespaced(context.client.clone(), &namespace);
            attempt(api.get(name)).await.map(|o| o.metadata)
        }
    }
}

/// Whether a document may be written under its name.
async fn free<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
) -> Result<Written, Trouble> {
    match existing(context, object, document).await {
        Ok(metadata) if !ours(context, object, &metadata) => Ok(Err(taken(document))),
        Ok(_) | Err(Trouble::Gone) => Ok(Ok(())),
        Err(Trouble::Forbidden(_)) => Ok(Err(refused(object, document))),
        Err(trouble) => Err(trouble),
    }
}

/// Lets what was written stay when the object goes: its documents lose their owner. What is not there,
/// or may not be touched, holds nothing up.
pub async fn keep<K: Managed>(context: &Shared, object: &K) -> Result<(), Trouble> {
    for document in object.stored().map(K::documents).unwrap_or_default() {
        let metadata = match existing(context, object, &document).await {
            Ok(metadata) => metadata,
            Err(Trouble::Gone | Trouble::Forbidden(_)) => continue,
            Err(trouble) => return Err(trouble),
        };
        let others: Vec<_> = metadata
            .owner_references
            .iter()
            .flatten()
            .filter(|o| o.uid != object.uid())
            .collect();
        if others.len() == metadata.owner_references.iter().flatten().count() {
            continue;
        }
        let patch = Patch::Merge(json!({"metadata": {
            "resourceVersion": metadata.resource_version, "ownerReferences": others,
        }}));
        let namespace = object.key().namespace;
        let params = PatchParams::default();
        let written = match &document {
            Document::ConfigMap(name) => {
                let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
                attempt(api.patch(name, &params, &patch)).await.map(drop)
            }
            Document::Secret(name) => {
                let api: Api<Secret> = Api::namespaced(context.client.clone(), &namespace);
                attempt(api.patch(name, &params, &patch)).await.map(drop)
            }
        };
        match written {
            Ok(()) | Err(Trouble::Gone | Trouble::Forbidden(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

async fn write_config_map<K: Managed>(
    context: &Shared,
    object: &K,
    name: &str,
    pdf: Vec<u8>,
) -> Result<Written, Trouble> {
    let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &object.key().namespace);
    let data = BTreeMap::from([("loa.pdf".to_owned(), ByteString(pdf))]);
    match attempt(api.get(name)).await {
        Ok(existing) => {
            if !ours(context, object, &existing.metadata) {
                return Ok(Err(taken(&Document::ConfigMap(name.to_owned()))));
            }
            let patch = json!({
                "metadata": {"resourceVersion": existing.metadata.resource_version,
                    "ownerReferences": metadata(context, object, name).owner_references},
                "binaryData": data,
            });
            attempt(api.patch(name, &PatchParams::default(), &Patch::Merge(patch))).await?;
        }
        Err(Trouble::Gone) => {
            let new = ConfigMap {
                metadata: metadata(context, object, name),
                binary_data: Some(data),
                ..ConfigMap::default()
            };
            attempt(api.create(&PostParams::default(), &new)).await?;
        }
        Err(trouble) => return Err(trouble),
    }
    Ok(Ok(()))
}

async fn write_secret<K: Managed>(
    context: &Shared,
    object: &K,
    name: &str,
    text: &str,
) -> Result<Written, Trouble> {
    let api: Api<Secret> = Api::namespaced(context.client.clone(), &object.key().namespace);
    let data = BTreeMap::from([(
        "configuration".to_owned(),
        ByteString(text.as_bytes().to_vec()),
    )]);
    match attempt(api.get(name)).await {
        Ok(existing) => {
            if !ours(context, object, &existing.metadata) {
                return Ok(Err(taken(&Document::Secret(name.to_owned()))));
            }
            let patch = json!({
                "metadata": {"resourceVersion": existing.metadata.resource_version,
                    "ownerReferences": metadata(context, object, name).owner_references},
                "data": data,
            });
            attempt(api.patch(name, &PatchParams::default(), &Patch::Merge(patch))).await?;
        }
        Err(Trouble::Gone) => {
            let new = Secret {
                metadata: metadata(context, object, name),
                data: Some(data),
                ..Secret::default()
            };
            attempt(api.create(&PostParams::default(), &new)).await?;
        }
        Err(trouble) => return Err(trouble),
    }
    Ok(Ok(()))
}
