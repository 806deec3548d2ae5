//! Reads with a product: the LOA-CFA into a ConfigMap, the router configuration into a Secret, routes
//! into a count.

use std::collections::BTreeMap;
use std::time::Duration;

use directconnect_model::call::hex;
use directconnect_model::decide::Note;
use directconnect_model::identity;
use directconnect_model::managed::{EventReason, Fetch, Managed};
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
    let result = match fetch {
        Fetch::Loa {
            connection_id,
            config_map,
        } => {
            let pdf = match read::loa(clients, connection_id).await {
                Ok(pdf) => pdf,
                Err(error) => return Ok(later(object, &error.to_string())),
            };
            match write_config_map(context, object, config_map, pdf).await? {
                Ok(()) => {
                    let note = Note::new(
                        EventReason::LoaStored,
                        format!("the LOA-CFA of {connection_id} is in ConfigMap {config_map}"),
                    );
                    Ok((json!({"loaConfigMap": config_map}), Some(note)))
                }
                Err(taken) => Err(taken),
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
            match write_secret(context, object, secret, text.expose_secret()).await? {
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
                Err(taken) => Err(taken),
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
            if let Some(note) = note {
                events::emit(context, &key, object.uid(), &note).await;
            }
            Ok(Fetched::Done(Box::new(written)))
        }
        Err(taken) => {
            let note = Note::new(EventReason::Failed, taken.clone());
            let news = {
                let mut said = context
                    .said
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                said.insert(format!("{}/{}", object.uid(), "product"), taken.clone())
                    .as_ref()
                    != Some(&taken)
            };
            if news {
                events::emit(context, &key, object.uid(), &note).await;
            }
            Ok(Fetched::Later(TRY_AGAIN))
        }
    }
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

type Written = Result<(), String>;

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
                return Ok(Err(format!(
                    "spec.loa.configMapName is {name}, a ConfigMap that this object did not write: choose another name, or remove it"
                )));
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
                return Ok(Err(format!(
                    "spec.routerConfiguration.secretName is {name}, a Secret that this object did not write: choose another name, or remove it"
                )));
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
