//! What tests do to objects without HTTP: as a user with kubectl would, or behind everybody's back.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    call::{Call, Verb},
    error::ApiError,
    meta,
    resource::ResourceDef,
    server::Server,
    service::run,
    store::{Key, State},
};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn call(verb: Verb, def: Arc<ResourceDef>, namespace: &str, name: &str, body: &Value) -> Call {
    Call {
        verb,
        def,
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        subresource: String::new(),
        parameters: BTreeMap::from([(
            "fieldManager".to_owned(),
            "kubectl-client-side-apply".to_owned(),
        )]),
        content_type: if verb == Verb::Patch {
            "application/merge-patch+json".to_owned()
        } else {
            String::new()
        },
        user_agent: String::new(),
        metadata_only: false,
        client: String::new(),
        user: None,
        body: Bytes::from(if body.is_null() {
            String::new()
        } else {
            body.to_string()
        }),
        json: body.clone(),
    }
}

/// The merge patch that takes what `before` had and `after` has not, and sets what `after` has.
fn apply_patch(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(new)) = (before, after) else {
        return after.clone();
    };
    let mut patch = serde_json::Map::new();
    for (name, value) in new {
        patch.insert(
            name.clone(),
            apply_patch(before.get(name).unwrap_or(&Value::Null), value),
        );
    }
    for name in before.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

/// The objects of a YAML text, those in lists too.
pub fn documents(text: &str) -> Result<Vec<Value>, ApiError> {
    let mut out = Vec::new();
    for document in text
        .split("\n---")
        .map(|part| part.trim_start_matches("---"))
    {
        let value: Value = serde_saphyr::from_str::<Option<Value>>(document)
            .map_err(|e| ApiError::bad_request(format!("YAML: {e}")))?
            .unwrap_or_default();
        if value["kind"] == json!("List") {
            out.extend(Vec::<Value>::deserialize(&value["items"]).unwrap_or_default());
        } else if !value.is_null() {
            out.push(value);
        }
    }
    Ok(out)
}

impl Server {
    /// Runs a call outside of log, faults and stops.
    fn direct(
        &self,
        work: impl FnOnce(&mut State) -> Result<Value, ApiError>,
    ) -> Result<Value, ApiError> {
        let result = work(&mut self.shared.state_now());
        self.shared.publish();
        result
    }

    fn resource(&self, name: &str) -> Result<Arc<ResourceDef>, ApiError> {
        self.shared
            .state()
            .find_resource(name)
            .ok_or_else(ApiError::no_such_resource)
    }

    fn key(&self, resource: &str, namespace: &str, name: &str) -> Option<Key> {
        Some(State::key(&*self.resource(resource).ok()?, namespace, name))
    }

    pub(crate) fn create_namespace(&self, name: &str) {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        // An existing namespace stays as it is.
        let _created = self.create(&body);
    }

    /// Installs a CustomResourceDefinition, or updates its spec; its resources are served at once.
    pub fn install_crd(&self, crd: &Value) -> Result<Value, ApiError> {
        self.apply(crd)
    }

    /// Creates an object (its kind and apiVersion say which).
    pub fn create(&self, object: &Value) -> Result<Value, ApiError> {
        let (def, namespace, _) = self.identify(object)?;
        self.direct(|state| {
            run(state, &call(Verb::Create, def, &namespace, "", object)).map(|done| done.object)
        })
    }

    fn identify(&self, object: &Value) -> Result<(Arc<ResourceDef>, String, String), ApiError> {
        let (version, kind) = (object["apiVersion"].as_str(), object["kind"].as_str());
        let state = self.shared.state();
        let mut defs = state.resources.values();
        let def = defs.find(|def| {
            Some(def.api_version().as_str()) == version && Some(def.kind.as_str()) == kind
        });
        let def = def.cloned().ok_or_else(|| {
            let (version, kind) = (version.unwrap_or_default(), kind.unwrap_or_default());
            ApiError::bad_request(format!(
                "no matches for kind \"{kind}\" in version \"{version}\""
            ))
        })?;
        let namespace = match (def.namespaced, meta::text(object, "namespace")) {
            (false, _) => String::new(),
            (true, "") => "default".to_owned(),
            (true, namespace) => namespace.to_owned(),
        };
        Ok((def, namespace, meta::text(object, "name").to_owned()))
    }

    /// `kubectl apply` of one object: creates it, or patches in what changed since it was last applied.
    pub fn apply(&self, object: &Value) -> Result<Value, ApiError> {
        let (def, namespace, name) = self.identify(object)?;
        let key = State::key(&def, &namespace, &name);
        self.direct(|state| {
            let mut wanted = object.clone();
            meta::normalise(&mut wanted);
            if let Some(map) = wanted.as_object_mut() {
                map.remove("status");
            }
            let text = wanted.to_string();
            wanted["metadata"]["annotations"][LAST_APPLIED] = json!(text);
            let Some(live) = state.live.get(&key).cloned() else {
                return run(state, &call(Verb::Create, def, &namespace, "", &wanted))
                    .map(|done| done.object);
            };
            let before = live["metadata"]["annotations"][LAST_APPLIED]
                .as_str()
                .unwrap_or("{}");
            let before: Value = serde_json::from_str(before).unwrap_or_default();
            let patch = apply_patch(&before, &wanted);
            run(state, &call(Verb::Patch, def, &namespace, &name, &patch)).map(|done| done.object)
        })
    }

    /// `kubectl apply -f`: every document of a YAML text, in order.
    pub fn apply_yaml(&self, text: &str) -> Result<Vec<Value>, ApiError> {
        documents(text)?.iter().map(|one| self.apply(one)).collect()
    }

    /// An object; `resource` is a plural, `plural.group`, kind or short name; `namespace` is empty for cluster scope.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = self.key(resource, namespace, name)?;
        self.shared
            .state()
            .live
            .get(&key)
            .map(|object| (**object).clone())
    }

    /// All objects of a resource, of one namespace or of all.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Value> {
        let Ok(def) = self.resource(resource) else {
            return Vec::new();
        };
        let state = self.shared.state();
        state
            .objects(&def.storage, namespace)
            .map(|(_, object)| (**object).clone())
            .collect()
    }

    /// `kubectl delete --wait=false`.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) -> Result<Value, ApiError> {
        let def = self.resource(resource)?;
        self.direct(|state| {
            run(
                state,
                &call(Verb::Delete, def, namespace, name, &Value::Null),
            )
            .map(|done| done.object)
        })
    }

    /// Merge patch of an object as a user would do it: `{"spec": {…}}`.
    pub fn patch(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Value, ApiError> {
        let def = self.resource(resource)?;
        self.direct(|state| {
            run(state, &call(Verb::Patch, def, namespace, name, patch)).map(|done| done.object)
        })
    }

    /// Merge patch of `metadata`: labels, annotations, finalizers, owner references.
    pub fn patch_metadata(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Value, ApiError> {
        self.patch(resource, namespace, name, &json!({"metadata": patch}))
    }

    /// Merge patch of `status`, as another writer of the status subresource would do it.
    pub fn patch_status(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Value, ApiError> {
        let def = self.resource(resource)?;
        let mut call = call(Verb::Patch, def, namespace, name, &json!({"status": patch}));
        "status".clone_into(&mut call.subresource);
        self.direct(|state| run(state, &call).map(|done| done.object))
    }

    /// Takes the status away, as a backup that restores objects without it does.
    pub fn wipe_status(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Value, ApiError> {
        self.patch_status(resource, namespace, name, &Value::Null)
    }

    /// Takes all finalizers off; a deleting object goes.
    pub fn force_remove_finalizers(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Value, ApiError> {
        self.patch_metadata(resource, namespace, name, &json!({"finalizers": null}))
    }
}
