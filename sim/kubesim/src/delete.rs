//! DELETE: preconditions, finalizers, and the kinds that linger until they are empty.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    call::Call,
    error::{ApiError, FieldError},
    garbage::Policy,
    meta,
    resource::ResourceDef,
    store::{Key, State},
    write::{Done, dry_run},
};

impl State {
    /// DELETE of one object.
    pub(crate) fn delete(&mut self, call: &Call) -> Result<Done, ApiError> {
        let def = call.def.clone();
        let key = Self::key(&def, call.namespace(), &call.name);
        let old = self
            .live
            .get(&key)
            .cloned()
            .ok_or_else(|| ApiError::not_found(&def, &call.name))?;
        if !call.body.is_empty() && call.json.is_null() {
            return Err(ApiError::bad_request("error decoding body"));
        }
        let options = &call.json;
        for (field, name, hint) in [
            (
                "uid",
                "UID",
                ". The object might have been deleted and then recreated",
            ),
            (
                "resourceVersion",
                "ResourceVersion",
                ". The object might have been modified",
            ),
        ] {
            let live = meta::text(&old, field);
            if let Some(wanted) = options["preconditions"][field].as_str()
                && wanted != live
            {
                let why = format!(
                    "the {name} in the precondition ({wanted}) does not match the {name} in record ({live}){hint}"
                );
                return Err(ApiError::conflict(&def.kind, &def.group, &call.name, why));
            }
        }
        let dry = dry_run(call) || options["dryRun"].is_array();
        let wanted = call
            .parameter("propagationPolicy")
            .or(options["propagationPolicy"].as_str());
        let policy = Policy::parse(wanted).ok_or_else(|| {
            let text = wanted.unwrap_or_default();
            let error = FieldError::other(
                "FieldValueNotSupported",
                "propagationPolicy",
                format!("Unsupported value: {text:?}: supported values: \"Background\", \"Foreground\", \"Orphan\", \"nil\""),
            );
            ApiError::invalid("DeleteOptions", "meta.k8s.io", "", &[error])
        })?;
        Ok(self.delete_key(&def, &key, &old, dry, policy))
    }

    /// Deletes what lies at a key, or marks it as being deleted.
    pub(crate) fn delete_key(
        &mut self,
        def: &ResourceDef,
        key: &Key,
        old: &Arc<Value>,
        dry: bool,
        policy: Policy,
    ) -> Done {
        let mut object = (**old).clone();
        if let Some(finalizer) = policy.finalizer()
            && !meta::finalizers(old).any(|other| other == finalizer)
        {
            let mut all: Vec<&str> = meta::finalizers(old).collect();
            all.push(finalizer);
            meta::set(&mut object, "finalizers", json!(all));
        }
        let lingers = match def.kind.as_str() {
            "Namespace" => true,
            "CustomResourceDefinition" if def.group == "apiextensions.k8s.io" => {
                if !meta::deleting(old) {
                    meta::set(
                        &mut object,
                        "finalizers",
                        json!(["customresourcecleanup.apiextensions.k8s.io"]),
                    );
                }
                true
            }
            _ => meta::finalizers(&object).next().is_some(),
        };
        if !lingers {
            if !dry {
                self.remove(key);
                self.settle(key);
            }
            return Done {
                code: 200,
                object: success(def, key, old),
            };
        }
        if meta::deleting(old) {
            return Done { code: 200, object };
        }
        meta::set(&mut object, "deletionTimestamp", json!(self.time()));
        if def.kind == "Namespace" {
            object["status"]["phase"] = json!("Terminating");
        } else {
            meta::set(&mut object, "deletionGracePeriodSeconds", json!(0));
        }
        if let Some(generation) = object["metadata"]["generation"].as_i64() {
            meta::set(&mut object, "generation", json!(generation + 1));
        }
        if dry {
            return Done { code: 200, object };
        }
        if policy != Policy::Background {
            self.garbage.wait_for(key);
        }
        let stored = self.commit(key, object);
        Done {
            code: 200,
            object: (*stored).clone(),
        }
    }
}

/// The answer to a delete that took effect at once.
fn success(def: &ResourceDef, key: &Key, old: &Value) -> Value {
    let mut details = json!({"name": key.name, "kind": def.plural, "uid": old["metadata"]["uid"]});
    if !def.group.is_empty() {
        details["group"] = json!(def.group);
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
