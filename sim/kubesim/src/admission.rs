//! What becomes of a decoded object before it is stored: unknown fields, defaults, schema and rules.

use serde_json::{Value, json};

use crate::{
    builtin,
    call::{Call, Verb},
    error::{ApiError, FieldError},
    meta,
    resource::ResourceDef,
    schema,
};

/// Removes the fields that the schema does not know, and names them.
pub(crate) fn unknown_fields(def: &ResourceDef, object: &mut Value) -> Vec<String> {
    let mut unknown: Vec<String> = meta::unknown(object).collect();
    schema::prune(object, &def.schema, "", &mut unknown);
    unknown.sort();
    unknown
}

/// Prunes and defaults a decoded object; strict requests are refused for what was pruned, others are told.
pub(crate) fn admit(call: &Call, object: &mut Value) -> Result<Vec<String>, ApiError> {
    let def = &call.def;
    check_options(call)?;
    if meta::unreadable(object) {
        return Err(ApiError::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {kind}: metadata cannot be read",
            def.version,
            kind = def.kind
        )));
    }
    let mut told = Vec::new();
    if def.custom {
        let unknown = unknown_fields(def, object);
        told.extend(
            unknown
                .iter()
                .map(|field| format!("unknown field {field:?}")),
        );
    }
    meta::normalise(object);
    object["apiVersion"] = json!(def.api_version());
    object["kind"] = json!(def.kind);
    if !def.custom {
        builtin::prepare(def, object);
        builtin::decode_errors(def, object)?;
        return Ok(told);
    }
    match call.parameter("fieldValidation") {
        Some("Strict") if !told.is_empty() => return Err(strict(call, &told.join(", "))),
        Some("Ignore") => told.clear(),
        _ => {}
    }
    schema::default(object, &def.schema);
    Ok(told)
}

/// What a strict request is refused with.
fn strict(call: &Call, fields: &str) -> ApiError {
    let kind = &call.def.kind;
    if call.verb == Verb::Patch {
        let error =
            FieldError::invalid("patch", "\"\"", format!("strict decoding error: {fields}"));
        return ApiError::invalid(kind, &call.def.group, &call.name, &[error]);
    }
    ApiError::bad_request(format!(
        "{kind} in version {:?} cannot be handled as a {kind}: strict decoding error: {fields}",
        call.def.version
    ))
}

/// Refuses options of a write that have another value than they may.
fn check_options(call: &Call) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, body: String| {
        errors.push(FieldError::other("FieldValueNotSupported", field, body));
    };
    if let Some(other) = call.parameter("dryRun").filter(|value| *value != "All") {
        refuse(
            "dryRun",
            format!("Unsupported value: [{other:?}]: supported values: \"All\""),
        );
    }
    let known = ["Strict", "Warn", "Ignore"];
    if let Some(other) = call
        .parameter("fieldValidation")
        .filter(|value| !known.contains(value))
    {
        let supported = r#""", "Ignore", "Strict", "Warn""#;
        refuse(
            "fieldValidation",
            format!("Unsupported value: {other:?}: supported values: {supported}"),
        );
    }
    if let Some(long) = call
        .parameter("fieldManager")
        .filter(|name| name.len() > 128)
    {
        errors.push(FieldError::other(
            "FieldValueTooLong",
            "fieldManager",
            format!("Too long: may not be more than 128 bytes ({})", long.len()),
        ));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let kind = match call.verb {
        Verb::Create => "CreateOptions",
        Verb::Update => "UpdateOptions",
        _ => "PatchOptions",
    };
    Err(ApiError::invalid(kind, "meta.k8s.io", "", &errors))
}

pub(crate) fn object_errors(
    def: &ResourceDef,
    old: Option<&Value>,
    new: &Value,
) -> Vec<FieldError> {
    let mut errors = schema::validate(new, &def.schema, &def.patterns);
    if let (Some(old), false) = (old, errors.is_empty()) {
        // Ratcheting: what was wrong before and is unchanged stays tolerated.
        let before = schema::validate(old, &def.schema, &def.patterns);
        errors.retain(|error| !before.contains(error));
    }
    errors.extend(builtin::validate(def, old, new));
    errors
}

/// What the rules in CEL object to, or that they were not asked.
pub(crate) fn rule_errors(
    def: &ResourceDef,
    old: Option<&Value>,
    new: &Value,
    found: &[FieldError],
) -> Vec<FieldError> {
    // Rules cannot be asked about values of the wrong type or size.
    const BLOCKING: [&str; 5] = [
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    ];
    if !def.rules.any() {
        return Vec::new();
    }
    if found.iter().any(|error| BLOCKING.contains(&error.reason)) {
        let detail = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        return vec![FieldError::invalid("<nil>", "null", detail)];
    }
    def.rules.judge(new, old)
}
