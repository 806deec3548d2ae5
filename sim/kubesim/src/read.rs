//! Get and list, pages and old versions included.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    builtin,
    call::Call,
    error::{ApiError, FieldError},
    selector::Selector,
    store::{Key, State},
    write::Done,
};

const CONTINUE_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// A resourceVersion parameter as a number; absent is none. The error is the server's for a get or watch.
pub(crate) fn version_parameter(call: &Call) -> Result<Option<u64>, ApiError> {
    call.parameter("resourceVersion")
        .map(|text| {
            text.parse().map_err(|_| {
                let message = format!(
                    "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
                );
                ApiError::new(500, "", message)
            })
        })
        .transpose()
}

/// `resourceVersionMatch` with a value that does not fit.
pub(crate) fn unknown_match(value: &str, supported: &[&str]) -> FieldError {
    let supported: Vec<String> = supported.iter().map(|one| format!("{one:?}")).collect();
    FieldError::other(
        "FieldValueNotSupported",
        "resourceVersionMatch",
        format!(
            "Unsupported value: {value:?}: supported values: {}",
            supported.join(", ")
        ),
    )
}

pub(crate) fn options_invalid(field: &str, detail: &str) -> ApiError {
    ApiError::invalid(
        "ListOptions",
        "meta.k8s.io",
        "",
        &[FieldError::forbidden(field, detail)],
    )
}

/// How many items a page shall have; 0 for all.
fn limit(call: &Call) -> Result<usize, ApiError> {
    let Some(text) = call.parameter("limit") else {
        return Ok(0);
    };
    let number: i64 = text.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "strconv.ParseInt: parsing {text:?}: invalid syntax"
        ))
    })?;
    // A list from any version comes from the cache, which knows no pages.
    let cached = call.parameter("resourceVersion") == Some("0");
    Ok(if cached {
        0
    } else {
        usize::try_from(number).unwrap_or(0)
    })
}

impl State {
    /// GET of one object.
    pub(crate) fn get(&self, call: &Call) -> Result<Done, ApiError> {
        let key = Self::key(&call.def, call.namespace(), &call.name);
        let version = match version_parameter(call)? {
            None => self.version,
            Some(wanted) => self.fresh_enough(call, wanted)?,
        };
        let object = if version == self.version {
            self.live.get(&key)
        } else {
            self.object_at(&key, version).map(|change| &change.object)
        }
        .ok_or_else(|| ApiError::not_found(&call.def, &call.name))?;
        Ok(Done {
            code: 200,
            object: (**object).clone(),
        })
    }

    /// GET of a collection.
    pub(crate) fn list(&self, call: &Call) -> Result<Done, ApiError> {
        let selector = Selector::parse(
            &call.def,
            call.parameter("labelSelector"),
            call.parameter("fieldSelector"),
        )?;
        if call.parameter("sendInitialEvents").is_some() {
            return Err(options_invalid(
                "sendInitialEvents",
                "sendInitialEvents is forbidden for list",
            ));
        }
        let limit = limit(call)?;
        let (version, start) = self.list_version(call, limit)?;
        let exact = start.is_some() || version != self.version;
        let objects: BTreeMap<Key, Arc<Value>> = if exact {
            self.objects_at(
                &call.def.storage,
                call.namespace.as_deref().filter(|_| call.def.namespaced),
                version,
            )
        } else {
            let namespace = call.namespace.as_deref().filter(|_| call.def.namespaced);
            self.objects(&call.def.storage, namespace)
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        };
        let after = start.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = objects
            .range((after, Bound::Unbounded))
            .filter(|(_, object)| selector.matches(object));
        let mut items = Vec::new();
        let mut last = None;
        for (key, object) in rest.by_ref() {
            let mut item = builtin::from_storage(&call.def, object).into_owned();
            if !call.def.custom
                && let Some(map) = item.as_object_mut()
            {
                map.remove("kind");
                map.remove("apiVersion");
            }
            items.push(item);
            last = Some(key);
            if limit > 0 && items.len() == limit {
                break;
            }
        }
        let remaining = rest.count();
        let mut metadata = json!({"resourceVersion": version.to_string()});
        if call.def.custom {
            metadata["continue"] = json!("");
        }
        if let (true, Some(last)) = (remaining > 0, last) {
            let start = format!("{}/{}", last.namespace, last.name);
            let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": start});
            metadata["continue"] = json!(URL_SAFE_NO_PAD.encode(token.to_string()));
            if selector.is_empty() {
                metadata["remainingItemCount"] = json!(remaining);
            }
        }
        let object = json!({"kind": call.def.list_kind, "apiVersion": call.def.api_version(), "metadata": metadata, "items": items});
        Ok(Done { code: 200, object })
    }

    /// The version of the caller's cache, if it has seen the wanted one.
    pub(crate) fn fresh_enough(&self, call: &Call, wanted: u64) -> Result<u64, ApiError> {
        let view = self.view(self.replicas.of(&call.client));
        if wanted > view {
            return Err(ApiError::too_large_version(wanted, view));
        }
        Ok(view)
    }

    /// At which version a list reads, and after which key it goes on.
    fn list_version(&self, call: &Call, limit: usize) -> Result<(u64, Option<Key>), ApiError> {
        let matching = call.parameter("resourceVersionMatch");
        let wanted = version_parameter(call).map_err(|error| {
            ApiError::bad_request(format!("invalid resource version: {}", error.message))
        })?;
        if wanted.is_none() && matching.is_some() {
            return Err(options_invalid(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if let Some(token) = call.parameter("continue") {
            let why = || ApiError::bad_request("continue key is not valid");
            if wanted.is_some_and(|v| v != 0) {
                return Err(ApiError::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| why())?;
            let token: Value = serde_json::from_slice(&bytes).map_err(|_| why())?;
            let start = token["start"]
                .as_str()
                .and_then(|start| start.split_once('/'))
                .ok_or_else(why)?;
            let version = match token["rv"].as_i64() {
                Some(-1) => self.version,
                Some(version) => u64::try_from(version).map_err(|_| why())?,
                None => return Err(why()),
            };
            let key = Key {
                resource: call.def.storage.clone(),
                namespace: start.0.to_owned(),
                name: start.1.to_owned(),
            };
            if version < self.compacted {
                return Err(ApiError::expired(CONTINUE_EXPIRED));
            }
            return Ok((version, Some(key)));
        }
        let Some(wanted) = wanted else {
            return Ok((self.version, None));
        };
        match matching {
            Some("Exact") if wanted == 0 => Err(options_invalid(
                "resourceVersionMatch",
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            )),
            Some("Exact") => self.exact(wanted),
            // A page limit with a version means exactly that version, for historical reasons.
            None if limit > 0 && wanted > 0 => self.exact(wanted),
            None | Some("NotOlderThan") => Ok((self.fresh_enough(call, wanted)?, None)),
            Some(other) => Err(ApiError::invalid(
                "ListOptions",
                "meta.k8s.io",
                "",
                &[unknown_match(other, &["Exact", "NotOlderThan", ""])],
            )),
        }
    }

    fn exact(&self, wanted: u64) -> Result<(u64, Option<Key>), ApiError> {
        if wanted > self.version {
            return Err(ApiError::too_large_version(wanted, self.version));
        }
        if wanted < self.compacted {
            return Err(ApiError::expired(
                "The resourceVersion for the provided list is too old.",
            ));
        }
        Ok((wanted, None))
    }
}
