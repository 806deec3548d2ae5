//! What the operator writes for people: ConfigMaps and Secrets that it owns, and never those of others.

use std::collections::BTreeMap;
use std::fmt::Debug;

use directconnect_model::call::hex;
use directconnect_model::fetch::Document;
use directconnect_model::identity;
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use k8s_openapi::ByteString;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Shared;
use super::store::{Trouble, attempt};

/// Label: whose product it is.
pub const IDENTITY_HASH: &str = "directconnect.dev/identity-hash";

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
pub type Withheld = (Reason, String);
/// Whether a document was, or may be, written.
pub type Written = Result<(), Withheld>;

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

/// The operator has no right to write it.
pub fn refused<K: Managed>(object: &K, document: &Document) -> Withheld {
    let message = format!(
        "{document} may not be written: grant the operator get, create and patch on it in namespace {}",
        object.key().namespace
    );
    (Reason::AccessDenied, message)
}

/// Reads what there is under a document's name.
async fn existing<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
) -> Result<ObjectMeta, Trouble> {
    match document {
        Document::ConfigMap(name) => {
            let api: Api<ConfigMap> = api(context, object);
            attempt(api.get(name)).await.map(|o| o.metadata)
        }
        Document::Secret(name) => {
            let api: Api<Secret> = api(context, object);
            attempt(api.get(name)).await.map(|o| o.metadata)
        }
    }
}

/// Whether a document may be written under its name.
pub async fn free<K: Managed>(
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
    for document in object.documents() {
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
        let body = json!({"metadata": {
            "resourceVersion": metadata.resource_version, "ownerReferences": others,
        }});
        match patch(context, object, &document, body).await {
            Ok(()) | Err(Trouble::Gone | Trouble::Forbidden(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// Writes one entry of a document, if its name is free or the document ours.
pub async fn write<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
    entry: &str,
    content: Vec<u8>,
) -> Result<Written, Trouble> {
    let before = match existing(context, object, document).await {
        Ok(before) => Some(before),
        Err(Trouble::Gone) => None,
        Err(trouble) => return Err(trouble),
    };
    if before.as_ref().is_some_and(|b| !ours(context, object, b)) {
        return Ok(Err(taken(document)));
    }
    let (name, field) = match document {
        Document::ConfigMap(name) => (name, "binaryData"),
        Document::Secret(name) => (name, "data"),
    };
    let data = BTreeMap::from([(entry, ByteString(content))]);
    let new = metadata(context, object, name);
    match before {
        Some(before) => {
            let body = json!({
                "metadata": {
                    "resourceVersion": before.resource_version,
                    "ownerReferences": new.owner_references,
                },
                field: data,
            });
            patch(context, object, document, body).await?;
        }
        None => {
            create(
                context,
                object,
                document,
                json!({"metadata": new, field: data}),
            )
            .await?;
        }
    }
    Ok(Ok(()))
}

async fn patch<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
    body: Value,
) -> Result<(), Trouble> {
    let params = PatchParams::default();
    let body = Patch::Merge(body);
    match document {
        Document::ConfigMap(name) => {
            let api: Api<ConfigMap> = api(context, object);
            attempt(api.patch(name, &params, &body)).await.map(drop)
        }
        Document::Secret(name) => {
            let api: Api<Secret> = api(context, object);
            attempt(api.patch(name, &params, &body)).await.map(drop)
        }
    }
}

async fn create<K: Managed>(
    context: &Shared,
    object: &K,
    document: &Document,
    body: Value,
) -> Result<(), Trouble> {
    match document {
        Document::ConfigMap(_) => create_as(&api::<K, ConfigMap>(context, object), body).await,
        Document::Secret(_) => create_as(&api::<K, Secret>(context, object), body).await,
    }
}

async fn create_as<R>(api: &Api<R>, body: Value) -> Result<(), Trouble>
where
    R: Clone + Debug + Serialize + DeserializeOwned,
{
    // The error would quote the value.
    let new: R = serde_json::from_value(body)
        .map_err(|_| Trouble::Kubernetes("a document could not be built".to_owned()))?;
    attempt(api.create(&PostParams::default(), &new))
        .await
        .map(drop)
}

fn api<K, R>(context: &Shared, object: &K) -> Api<R>
where
    K: Managed,
    R: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(context.client.clone(), &object.key().namespace)
}
