//! Create, update and delete: what the registry of the API server does with an object on its way to storage.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    admission::{admit, object_errors, rule_errors},
    builtin,
    call::{Call, Verb},
    error::{ApiError, FieldError},
    managed::{self, Writer},
    meta,
    resource::ResourceDef,
    store::{CRDS, Key, State},
};

/// A request that succeeded: HTTP code and the object (in stored form) or `Status`.
pub(crate) struct Done {
    pub(crate) code: u16,
    pub(crate) object: Value,
}

/// How the new object came about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Put,
    Patch,
    /// Server-side apply: managed fields are in the object already.
    Apply,
}

const NAMESPACE_MISMATCH: &str =
    "the namespace of the provided object does not match the namespace sent on the request";

/// Reads the body of a create or update.
pub(crate) fn decode(call: &Call) -> Result<Value, ApiError> {
    let kind = call
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let object = match kind {
        "" | "application/json" => {
            if call.json.is_null() {
                return Err(ApiError::bad_request("error decoding body"));
            }
            call.json.clone()
        }
        "application/yaml" | "application/apply-patch+yaml" if call.json.is_null() => {
            serde_saphyr::from_slice::<Value>(&call.body)
                .map_err(|e| ApiError::bad_request(format!("error decoding body: {e}")))?
        }
        "application/yaml" | "application/apply-patch+yaml" => call.json.clone(),
        _ => {
            return Err(ApiError::unsupported_media(
                "application/json, application/yaml",
            ));
        }
    };
    let def = &call.def;
    let (kind, version) = (object["kind"].as_str(), object["apiVersion"].as_str());
    if def.custom && kind.is_none() {
        return Err(ApiError::bad_request("Object 'Kind' is missing"));
    }
    if let Some(kind) =
        kind.filter(|kind| def.custom && *kind != def.kind && call.verb != Verb::Patch)
    {
        let error = FieldError::invalid("kind", json!(kind), format!("must be {}", def.kind));
        return Err(ApiError::invalid(
            kind,
            &def.group,
            meta::text(&object, "name"),
            &[error],
        ));
    }
    if kind.is_some_and(|k| k != def.kind) || version.is_some_and(|v| v != def.api_version()) {
        return Err(ApiError::bad_request(format!(
            "the object provided ({}, {}) does not match what the URL expects ({}, {})",
            version.unwrap_or_default(),
            kind.unwrap_or_default(),
            def.api_version(),
            def.kind
        )));
    }
    Ok(object)
}

fn refuse(def: &ResourceDef, name: &str, errors: &[FieldError]) -> Result<(), ApiError> {
    if errors.is_empty() {
        Ok(())
    } else {
        // Events of either group are refused in the words of the core group.
        let group = if def.kind == "Event" { "" } else { &def.group };
        Err(ApiError::invalid(&def.kind, group, name, errors))
    }
}

fn without_metadata(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "metadata")
}

/// The object that a PUT or patch arrives at must be the one in the URL.
pub(crate) fn check_name(call: &Call, object: &Value) -> Result<(), ApiError> {
    let (name, namespace) = (meta::text(object, "name"), meta::text(object, "namespace"));
    let wanted = &call.name;
    if name.is_empty() {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )));
    }
    if name != wanted {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({wanted})"
        )));
    }
    if !["", call.namespace()].contains(&namespace) {
        return Err(ApiError::bad_request(NAMESPACE_MISMATCH));
    }
    Ok(())
}

pub(crate) fn dry_run(call: &Call) -> bool {
    call.parameter("dryRun").is_some()
}

impl State {
    /// Creates from a decoded body.
    pub(crate) fn create(&mut self, call: &Call, mut object: Value) -> Result<Done, ApiError> {
        builtin::to_storage(&call.def, &mut object);
        self.create_stored(call, object, Origin::Put)
    }

    /// Creates from an object in stored form.
    pub(crate) fn create_stored(
        &mut self,
        call: &Call,
        mut object: Value,
        origin: Origin,
    ) -> Result<Done, ApiError> {
        let def = call.def.clone();
        let told = admit(call, &mut object)?;
        self.warnings.extend(told);
        let namespace = call.namespace();
        if !["", namespace].contains(&meta::text(&object, "namespace")) {
            return Err(ApiError::bad_request(NAMESPACE_MISMATCH));
        }
        if def.namespaced {
            meta::set(&mut object, "namespace", json!(namespace));
        }
        let prefix = meta::text(&object, "generateName").to_owned();
        if meta::text(&object, "name").is_empty() && !prefix.is_empty() {
            let name = format!("{prefix}{}", self.name_suffix());
            meta::set(&mut object, "name", json!(name));
        }
        let name = meta::text(&object, "name").to_owned();
        if def.namespaced {
            match self.live.get(&namespace_key(namespace)) {
                None => {
                    let namespaces = self
                        .find_resource("namespaces")
                        .ok_or_else(ApiError::no_such_resource)?;
                    return Err(ApiError::not_found(&namespaces, namespace));
                }
                Some(found) if meta::deleting(found) => {
                    return Err(ApiError::namespace_terminating(&def, &name, namespace));
                }
                Some(_) => {}
            }
        }
        if !meta::text(&object, "resourceVersion").is_empty() {
            return Err(ApiError::new(
                500,
                "",
                "resourceVersion should not be set on objects to be created",
            ));
        }
        if def.custom && def.status {
            object.as_object_mut().map(|map| map.remove("status"));
        }
        let uid = self.new_uid();
        meta::set(&mut object, "uid", json!(uid));
        meta::set(&mut object, "creationTimestamp", json!(self.time()));
        meta::set(&mut object, "deletionTimestamp", Value::Null);
        meta::set(&mut object, "deletionGracePeriodSeconds", Value::Null);
        meta::set(
            &mut object,
            "generation",
            if def.generation {
                json!(1)
            } else {
                Value::Null
            },
        );
        builtin::prepare_create(&def, &mut object, &self.time());
        self.warnings.extend(meta::advice(None, &object));
        let mut errors = meta::validate(&object);
        errors.extend(object_errors(&def, None, &object));
        errors.extend(rule_errors(&def, None, &object, &errors));
        refuse(&def, &name, &errors)?;
        let key = Self::key(&def, namespace, &name);
        if self.live.contains_key(&key) {
            return Err(ApiError::already_exists(&def, &name));
        }
        if origin != Origin::Apply {
            let writer = Writer {
                manager: &call.manager(),
                subresource: "",
                now: &self.time(),
            };
            managed::track_update(None, &mut object, &def, writer);
        }
        if dry_run(call) {
            return Ok(Done { code: 201, object });
        }
        let stored = self.commit(&key, object);
        Ok(Done {
            code: 201,
            object: (*stored).clone(),
        })
    }

    /// PUT on an object or its status.
    pub(crate) fn update(&mut self, call: &Call, mut object: Value) -> Result<Done, ApiError> {
        let def = call.def.clone();
        builtin::to_storage(&def, &mut object);
        check_name(call, &object)?;
        let key = Self::key(&def, call.namespace(), &call.name);
        let Some(old) = self.live.get(&key).cloned() else {
            if def.create_on_update && call.subresource.is_empty() {
                meta::set(&mut object, "resourceVersion", Value::Null);
                return self.create_stored(call, object, Origin::Put);
            }
            return Err(ApiError::not_found(&def, &call.name));
        };
        let (uid, live) = (meta::text(&object, "uid"), meta::text(&old, "uid"));
        if !uid.is_empty() && uid != live {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /registry/{}/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {live}",
                def.storage,
                call.namespace(),
                call.name
            );
            return Err(ApiError::conflict(&def.plural, &def.group, &call.name, why));
        }
        self.finish_update(call, &key, &old, object, Origin::Put)
    }

    /// The common end of PUT and every patch.
    pub(crate) fn finish_update(
        &mut self,
        call: &Call,
        key: &Key,
        old: &Arc<Value>,
        mut new: Value,
        origin: Origin,
    ) -> Result<Done, ApiError> {
        let def = call.def.clone();
        let status = call.subresource == "status";
        let told = admit(call, &mut new)?;
        self.warnings.extend(told);
        let version = meta::text(&new, "resourceVersion").to_owned();
        if version.is_empty() && !def.unconditional_update {
            let error = FieldError::invalid(
                "metadata.resourceVersion",
                0,
                "must be specified for an update",
            );
            return Err(ApiError::invalid(
                &def.plural,
                &def.group,
                &call.name,
                &[error],
            ));
        }
        if !version.is_empty() && version != meta::text(old, "resourceVersion") {
            return Err(ApiError::stale(&def, &call.name));
        }
        prepare_update(&def, old, &mut new, status);
        self.warnings.extend(meta::advice(Some(old), &new));
        let mut errors = meta::validate(&new);
        errors.extend(meta::validate_update(old, &new));
        errors.extend(object_errors(&def, Some(old), &new));
        if status {
            errors.retain(|error| error.field == "status" || error.field.starts_with("status."));
            for error in &mut errors {
                // The status endpoint words its causes as seen from status.
                let seen = error.field.trim_start_matches("status.");
                error.body = error.body.replace(
                    &format!("{} in body", error.field),
                    &format!("{seen} in body"),
                );
            }
        }
        errors.extend(rule_errors(&def, Some(old), &new, &errors));
        refuse(&def, &call.name, &errors)?;
        if origin != Origin::Apply {
            let writer = Writer {
                manager: &call.manager(),
                subresource: &call.subresource,
                now: &self.time(),
            };
            managed::track_update(Some(old), &mut new, &def, writer);
        }
        if new == **old || dry_run(call) {
            return Ok(Done {
                code: 200,
                object: new,
            });
        }
        let keeps = def.kind == "Namespace"
            && new["spec"]["finalizers"]
                .as_array()
                .is_some_and(|f| !f.is_empty());
        if meta::deleting(&new) && meta::finalizers(&new).next().is_none() && !keeps {
            self.remove(key);
            self.settle(key);
            return Ok(Done {
                code: 200,
                object: new,
            });
        }
        let stored = self.commit(key, new);
        Ok(Done {
            code: 200,
            object: (*stored).clone(),
        })
    }

    /// Stores, and lets follow what the controllers of a real cluster would do.
    pub(crate) fn commit(&mut self, key: &Key, object: Value) -> Arc<Value> {
        let stored = self.put(key.clone(), object);
        self.settle(key);
        stored
    }

    /// After a change at `key`: custom resources are (un)served, terminating namespaces and CRDs emptied.
    pub(crate) fn settle(&mut self, key: &Key) {
        if key.resource == CRDS {
            self.reload_crds();
        }
        self.collect_garbage();
        self.empty_terminating();
    }
}

/// Key of a namespace.
pub(crate) fn namespace_key(name: &str) -> Key {
    Key {
        resource: "namespaces".to_owned(),
        namespace: String::new(),
        name: name.to_owned(),
    }
}

/// What the server itself sets on an update: the fields that clients cannot change.
fn prepare_update(def: &ResourceDef, old: &Value, new: &mut Value, status: bool) {
    if status {
        let managed = new["metadata"]["managedFields"].take();
        let wanted = new.as_object_mut().and_then(|map| map.remove("status"));
        *new = old.clone();
        if let Some(map) = new.as_object_mut() {
            match wanted {
                Some(wanted) => drop(map.insert("status".to_owned(), wanted)),
                None => drop(map.remove("status")),
            }
        }
        meta::set(new, "managedFields", managed);
        return;
    }
    if def.status
        && let Some(map) = new.as_object_mut()
    {
        match old.get("status") {
            Some(kept) => drop(map.insert("status".to_owned(), kept.clone())),
            None => drop(map.remove("status")),
        }
    }
    let generation = old["metadata"]["generation"].as_i64();
    let bump = def.generation && !without_metadata(old).eq(without_metadata(new));
    meta::set(
        new,
        "generation",
        generation.map_or(Value::Null, |g| json!(g + i64::from(bump))),
    );
    for field in ["uid", "name", "namespace"] {
        if meta::text(new, field).is_empty() {
            meta::set(new, field, old["metadata"][field].clone());
        }
    }
    meta::set(
        new,
        "creationTimestamp",
        old["metadata"]["creationTimestamp"].clone(),
    );
    meta::set(
        new,
        "resourceVersion",
        old["metadata"]["resourceVersion"].clone(),
    );
    if meta::deleting(old) {
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
            meta::set(new, field, old["metadata"][field].clone());
        }
    }
}
