//! Writes to Kubernetes. Each carries uid and resourceVersion; what is ambiguous is settled by a GET.

use std::time::Duration;

use directconnect_model::decide::FINALIZER;
use directconnect_model::managed::Managed;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Shared;
use crate::planted::Bug;

/// Time limit of one attempt.
pub const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);

/// A write that did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The object is not the one that the write was meant for any more.
    #[error("the object changed meanwhile")]
    Conflict,
    /// The object is gone.
    #[error("the object is gone")]
    Gone,
    /// Another process leads now.
    #[error("this process does not lead")]
    Standby,
    /// AWS could not be read anew.
    #[error("AWS could not be read anew")]
    Aws,
    /// Kubernetes refuses the operator: a right is missing.
    #[error("Kubernetes: {0}")]
    Forbidden(String),
    /// Kubernetes did not answer, or failed.
    #[error("Kubernetes: {0}")]
    Kubernetes(String),
}

impl Trouble {
    /// What became of a pass that it ended, for the metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::Standby => "standby",
            Self::Aws | Self::Forbidden(_) | Self::Kubernetes(_) => "trouble",
        }
    }
}

/// Runs one Kubernetes request under a time limit.
pub async fn attempt<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T, Trouble> {
    match tokio::time::timeout(ATTEMPT_LIMIT, request).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(kube::Error::Api(status))) => Err(match status.code {
            404 => Trouble::Gone,
            // A failed JSON patch test is 422 without a cause, or with the words of the patch library.
            409 => Trouble::Conflict,
            403 => Trouble::Forbidden(status.message.clone()),
            422 if status.message.contains("test")
                || status.details.as_ref().is_none_or(|d| d.causes.is_empty()) =>
            {
                Trouble::Conflict
            }
            code => Trouble::Kubernetes(format!("{code} {}: {}", status.reason, status.message)),
        }),
        Ok(Err(error)) => Err(Trouble::Kubernetes(brief(&error))),
        Err(_) => Err(Trouble::Kubernetes("no answer in time".to_owned())),
    }
}

/// An error without anything that a body may have held.
fn brief(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        kube::Error::SerdeError(_) => "an answer could not be read".to_owned(),
        other => {
            let text = other.to_string();
            text.chars().take(200).collect()
        }
    }
}

/// The typed API of the object's namespace.
pub fn api<K>(context: &Shared, namespace: &str) -> Api<K>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    Api::namespaced(context.client.clone(), namespace)
}

fn tests<K: Managed>(object: &K) -> Vec<Value> {
    vec![
        json!({"op": "test", "path": "/metadata/uid", "value": object.uid()}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": object.meta().resource_version}),
    ]
}

fn json_patch(operations: Vec<Value>) -> Result<Patch<()>, Trouble> {
    serde_json::from_value(Value::Array(operations))
        .map(Patch::Json)
        .map_err(|_| Trouble::Kubernetes("a patch could not be built".to_owned()))
}

/// Stores a status, if it differs from what the object holds. Answers the object as stored.
pub async fn status<K>(context: &Shared, object: &K, status: &K::Status) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let status = context.planted.status(object, status, context.clock.now());
    let status = status.as_ref();
    if object.stored() == Some(status) {
        return Ok(object.clone());
    }
    let value = serde_json::to_value(status)
        .map_err(|_| Trouble::Kubernetes("a status could not be written".to_owned()))?;
    let mut operations = tests(object);
    operations.push(json!({"op": "add", "path": "/status", "value": value}));
    let patch = json_patch(operations)?;
    let key = object.key();
    let api: Api<K> = api(context, &key.namespace);
    let written = match attempt(api.patch_status(&key.name, &PatchParams::default(), &patch)).await
    {
        Ok(written) => written,
        Err(Trouble::Kubernetes(why)) => {
            // Anything may have happened: a GET tells.
            let now = attempt(api.get(&key.name)).await?;
            if now.uid() == object.uid() && now.stored() == Some(status) {
                now
            } else {
                return Err(Trouble::Kubernetes(why));
            }
        }
        Err(trouble) => return Err(trouble),
    };
    context.metrics.status_write(K::KIND.into());
    remember(context, object, &written);
    Ok(written)
}

fn remember<K: Managed>(context: &Shared, before: &K, after: &K) {
    let version = |o: &K| o.meta().resource_version.clone().unwrap_or_default();
    if version(before) != version(after) {
        let replaced = Some((version(before), Instant::now()));
        let memories = &context.memories;
        memories.with(before.uid(), |m| m.replaced = replaced);
    }
}

/// Adds our finalizer.
pub async fn add_finalizer<K>(context: &Shared, object: &K) -> Result<K, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let mut operations = tests(object);
    if object.meta().finalizers.as_ref().is_none_or(Vec::is_empty) {
        operations.push(json!({"op": "add", "path": "/metadata/finalizers", "value": [FINALIZER]}));
    } else {
        operations.push(json!({"op": "add", "path": "/metadata/finalizers/-", "value": FINALIZER}));
    }
    if context.planted.is(Bug::SpecWritten) {
        operations.push(json!({"op": "add", "path": "/spec/tags", "value": {"late": "default"}}));
    }
    let key = object.key();
    let api: Api<K> = api(context, &key.namespace);
    let patch = json_patch(operations)?;
    let written = attempt(api.patch(&key.name, &PatchParams::default(), &patch)).await?;
    remember(context, object, &written);
    Ok(written)
}

/// Removes our finalizer: one patch that tests uid, resourceVersion, deletion and position.
pub async fn remove_finalizer<K>(context: &Shared, object: &K) -> Result<(), Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let Some(at) = object
        .meta()
        .finalizers
        .iter()
        .flatten()
        .position(|f| f == FINALIZER)
    else {
        return Ok(());
    };
    let mut operations = tests(object);
    if let Some(deleted) = &object.meta().deletion_timestamp {
        operations
            .push(json!({"op": "test", "path": "/metadata/deletionTimestamp", "value": deleted}));
    }
    let path = format!("/metadata/finalizers/{at}");
    operations.push(json!({"op": "test", "path": path, "value": FINALIZER}));
    if context.planted.is(Bug::FinalizersOfOthersRemoved) {
        operations.push(json!({"op": "replace", "path": "/metadata/finalizers", "value": []}));
    } else {
        operations.push(json!({"op": "remove", "path": path}));
    }
    let key = object.key();
    let api: Api<K> = api(context, &key.namespace);
    let patch = json_patch(operations)?;
    match attempt(api.patch(&key.name, &PatchParams::default(), &patch)).await {
        Ok(_) | Err(Trouble::Gone) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}
