//! PATCH in its four forms: JSON patch, merge patch, strategic merge (as merge), server-side apply.

use serde_json::Value;

use crate::{
    admission, builtin,
    call::Call,
    error::{ApiError, FieldError},
    jsonpatch,
    managed::{self, Writer},
    meta,
    store::State,
    write::{self, Done, Origin},
};

const PLAIN: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];
const CUSTOM_FORMS: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor";

fn options_invalid(error: FieldError) -> ApiError {
    ApiError::invalid("PatchOptions", "meta.k8s.io", "", &[error])
}

impl State {
    /// PATCH on an object or its status.
    pub(crate) fn patch(&mut self, call: &Call) -> Result<Done, ApiError> {
        let form = call
            .content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        if form == "application/apply-patch+yaml" {
            return self.apply(call);
        }
        if call.parameter("force").is_some() {
            return Err(options_invalid(FieldError::forbidden(
                "force",
                "may not be specified for non-apply patch",
            )));
        }
        let def = &call.def;
        let key = Self::key(def, call.namespace(), &call.name);
        let old = self
            .live
            .get(&key)
            .cloned()
            .ok_or_else(|| ApiError::not_found(def, &call.name))?;
        let mut new = builtin::from_storage(def, &old).into_owned();
        if !PLAIN.contains(&form) {
            return Err(if def.custom {
                ApiError::unsupported_media(CUSTOM_FORMS)
            } else {
                ApiError::new(415, "UnsupportedMediaType", "415: Unsupported Media Type")
            });
        }
        if call.json.is_null() {
            return Err(ApiError::bad_request("error decoding patch"));
        }
        let body = &call.json;
        match form {
            "application/json-patch+json" => {
                if !jsonpatch::well_formed(body) {
                    return Err(ApiError::bad_request(
                        "error decoding patch: not a list of operations",
                    ));
                }
                jsonpatch::apply(&mut new, body).map_err(|_| ApiError::patch_rejected())?;
            }
            "application/strategic-merge-patch+json" if def.custom => {
                return Err(ApiError::unsupported_media(CUSTOM_FORMS));
            }
            _ => {
                if !body.is_object() {
                    return Err(ApiError::bad_request(
                        "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
                    ));
                }
                json_patch::merge(&mut new, body);
            }
        }
        if !new.is_object() {
            return Err(ApiError::patch_rejected());
        }
        write::check_name(call, &new)?;
        builtin::to_storage(def, &mut new);
        self.finish_update(call, &key, &old, new, Origin::Patch)
    }

    /// Server-side apply.
    fn apply(&mut self, call: &Call) -> Result<Done, ApiError> {
        let def = call.def.clone();
        if call.parameter("fieldManager").is_none() {
            return Err(options_invalid(FieldError::required(
                "fieldManager",
                "is required for apply patch",
            )));
        }
        let mut applied = write::decode(call)?;
        if applied["kind"].is_null() || applied["apiVersion"].is_null() {
            return Err(ApiError::bad_request(
                "invalid object type: apiVersion and kind must be set",
            ));
        }
        if applied["metadata"]["managedFields"].is_array() {
            return Err(ApiError::bad_request("metadata.managedFields must be nil"));
        }
        if def.custom
            && let Some(field) = admission::unknown_fields(&def, &mut applied.clone()).first()
        {
            let message = format!(
                "failed to create typed patch object ({}/{}; {}, Kind={}): .{field}: field not declared in schema",
                meta::text(&applied, "namespace"),
                meta::text(&applied, "name"),
                def.api_version(),
                def.kind
            );
            return Err(ApiError::new(500, "", message));
        }
        builtin::to_storage(&def, &mut applied);
        let key = Self::key(&def, call.namespace(), &call.name);
        let old = self.live.get(&key).cloned();
        let now = self.time();
        let manager = call.manager();
        let writer = Writer {
            manager: &manager,
            subresource: &call.subresource,
            now: &now,
        };
        let force = call.parameter("force") == Some("true");
        let Some(old) = old else {
            if !call.subresource.is_empty() {
                return Err(ApiError::not_found(&def, &call.name));
            }
            let uid = meta::text(&applied, "uid");
            if !uid.is_empty() {
                let why = format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
                return Err(ApiError::conflict(&def.plural, &def.group, &call.name, why));
            }
            let mut object = managed::apply(None, &applied, &def, writer, force)?;
            write::check_name(call, &object)?;
            meta::set(&mut object, "resourceVersion", Value::Null);
            return self.create_stored(call, object, Origin::Apply);
        };
        let merged = managed::apply(Some(&old), &applied, &def, writer, force)?;
        write::check_name(call, &merged)?;
        self.finish_update(call, &key, &old, merged, Origin::Apply)
    }
}
