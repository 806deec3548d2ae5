//! CEL rules that several kinds share, as text that the API server evaluates.
//!
//! Transition rules stand at the root of the CRD and bite only once `status` holds an AWS id or an
//! open intent: a typo in an object that was never ordered can still be corrected.
//!
//! `import` is a reserved word of CEL, so rules read `__import__`. The API server takes `self.import`
//! too, but then finds no bounds of the field and estimates the rule as too costly.

use kube::core::{Message, Rule};
use schemars::{Schema, SchemaGenerator, json_schema};

/// Longest CIDR text: an IPv6 address of 39 characters and `/128`.
const CIDR_LENGTH: u32 = 43;

const OBSERVED: &str = "(has(self.managementPolicy) && self.managementPolicy == 'ObserveOnly')";

/// Root: the name enters the identity tag at AWS.
pub(crate) fn name_fits() -> Rule {
    Rule::new("size(self.metadata.name) <= 63")
        .message("metadata.name must have 63 characters or fewer, because it is part of the identity tag at AWS: choose a shorter name")
        .field_path(".metadata.name")
}

/// Root: account and region are fixed once status holds `id` or an intent.
pub(crate) fn account_and_region_immutable(id: &str) -> Rule {
    Rule::new(format!(
        "!({}) || (self.spec.accountRef == oldSelf.spec.accountRef && {})",
        recorded(id),
        unchanged("region")
    ))
    .message("spec.accountRef and spec.region are immutable once the AWS object exists or is being ordered: put the old values back, or declare a second object")
    .field_path(".spec.accountRef")
}

/// Root: an object never changes to another AWS object.
pub(crate) fn import_id_immutable(id: &str) -> Rule {
    Rule::new(format!(
        "!(has(oldSelf.status) && has(oldSelf.status.{id})) || !has(self.spec.__import__) || self.spec.__import__.id == oldSelf.status.{id}"
    ))
    .message(Message::Expression(format!(
        "'spec.import.id is ' + self.spec.__import__.id + ', but this object stands for ' + oldSelf.status.{id} + ' (status.{id}): remove import, or declare a second object'"
    )))
    .field_path(".spec.import.id")
}

/// Root: AWS has no call that changes these fields of an object that exists. What is only
/// observed may be completed, so that an ObserveOnly object can become a managed one.
pub(crate) fn immutable(id: &str, fields: &[&str], remedy: &str) -> Rule {
    let same: Vec<String> = fields.iter().map(|field| unchanged(field)).collect();
    let names: Vec<String> = fields.iter().map(|field| format!("spec.{field}")).collect();
    Rule::new(format!(
        "!({}) || (has(oldSelf.spec.managementPolicy) && oldSelf.spec.managementPolicy == 'ObserveOnly') || ({})",
        recorded(id),
        same.join(" && ")
    ))
    .message(Message::Message(format!(
        "{}: immutable once the AWS object exists or is being ordered, because AWS cannot change it in place: put the old value back, or {remedy}",
        names.join(", ")
    )))
    .field_path(format!(".spec.{}", fields[0]))
}

/// Spec: ObserveOnly needs an object to observe.
pub(crate) fn observe_only_requires_import() -> Rule {
    Rule::new(format!("!{OBSERVED} || has(self.__import__)"))
        .message("managementPolicy ObserveOnly requires spec.import: name the AWS object to watch")
        .field_path(".managementPolicy")
}

/// Spec: `import.id` has the form of this kind's ids, `pattern`.
pub(crate) fn import_id_matches(pattern: &str, example: &str) -> Rule {
    Rule::new(format!(
        "!has(self.__import__) || self.__import__.id.matches('{pattern}')"
    ))
    .message(Message::Expression(format!(
        "'spec.import.id is ' + self.__import__.id + ': it must be an id of this kind, as {example}'"
    )))
    .field_path(".import.id")
}

/// An id of AWS that is a UUID.
pub(crate) const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// Spec: a field that only ObserveOnly may leave out.
pub(crate) fn required(field: &str) -> Rule {
    Rule::new(format!("has(self.{field}) || {OBSERVED}"))
        .message(Message::Message(format!(
            "spec.{field} is required unless managementPolicy is ObserveOnly"
        )))
        .field_path(format!(".{field}"))
}

/// Spec: exactly one of these fields; with ObserveOnly at most one.
pub(crate) fn exactly_one(fields: &[&str]) -> Rule {
    let count = count(fields);
    Rule::new(format!("{count} == 1 || ({OBSERVED} && {count} == 0)"))
        .message(Message::Message(format!(
            "exactly one of {} is required: name an object in this namespace (Ref) or an AWS id (Id)",
            listed(fields)
        )))
        .field_path(format!(".{}", fields[0]))
}

/// Spec, applied where `condition` holds: exactly one of `fields` and none of `forbidden`.
pub(crate) fn exactly_one_where(
    condition: &str,
    fields: &[&str],
    forbidden: &[&str],
    message: &str,
) -> Rule {
    let count_fields = count(fields);
    let none = if forbidden.is_empty() {
        "true".to_owned()
    } else {
        format!("{} == 0", count(forbidden))
    };
    Rule::new(format!(
        "!({condition}) || ({none} && ({count_fields} == 1 || ({OBSERVED} && {count_fields} == 0)))"
    ))
    .message(message)
    .field_path(format!(".{}", fields[0]))
}

/// How many of these fields of `self` are set, as CEL.
pub(crate) fn count(fields: &[&str]) -> String {
    let each: Vec<String> = fields
        .iter()
        .map(|field| format!("has(self.{field})"))
        .collect();
    format!("[{}].filter(x, x).size()", each.join(", "))
}

/// Where Amazon's side of a gateway may lie.
pub(crate) fn amazon_side_asn() -> Rule {
    Rule::new("(self >= 64512 && self <= 65534) || (self >= 4200000000 && self <= 4294967294)")
        .message("amazonSideAsn must be a private ASN: 64512 to 65534, or 4200000000 to 4294967294")
}

/// Schema of a set of network prefixes, IPv4 or IPv6, each without host bits.
pub(crate) fn prefixes(max_items: u32, item_rules: &[(&str, &str)]) -> Schema {
    let mut rules = vec![
        serde_json::json!({
            "rule": "isCIDR(self)",
            "message": "must be a network in CIDR notation, as 10.0.0.0/16 or 2001:db8::/32",
        }),
        serde_json::json!({
            "rule": "!isCIDR(self) || cidr(self) == cidr(self).masked()",
            "message": "has host bits set: write the network's first address, as 10.0.0.0/16 and not 10.0.0.1/16",
        }),
    ];
    rules.extend(
        item_rules
            .iter()
            .map(|(rule, message)| serde_json::json!({"rule": rule, "message": message})),
    );
    json_schema!({
        "type": "array",
        "maxItems": max_items,
        "x-kubernetes-list-type": "set",
        "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": CIDR_LENGTH,
            "x-kubernetes-validations": rules,
        },
    })
}

/// Schema of `allowedPrefixes`: at most 200, as AWS originates to one attachment.
pub(crate) fn allowed_prefixes(_: &mut SchemaGenerator) -> Schema {
    prefixes(200, &[])
}

/// Schema of `routeFilterPrefixes`: at most 1,000; IPv6 of /64 or shorter.
pub(crate) fn route_filter_prefixes(_: &mut SchemaGenerator) -> Schema {
    let mut schema = prefixes(
        1000,
        &[(
            "!isCIDR(self) || cidr(self).ip().family() == 4 || cidr(self).prefixLength() <= 64",
            "an IPv6 prefix must be /64 or shorter",
        )],
    );
    schema.insert("minItems".to_owned(), 1.into());
    schema
}

/// True once status holds the AWS id or an open intent.
fn recorded(id: &str) -> String {
    format!(
        "has(oldSelf.status) && (has(oldSelf.status.{id}) || (has(oldSelf.status.intents) && size(oldSelf.status.intents) > 0))"
    )
}

/// True if a field of the spec has neither come, gone nor changed.
fn unchanged(field: &str) -> String {
    format!(
        "has(self.spec.{field}) == has(oldSelf.spec.{field}) && (!has(self.spec.{field}) || self.spec.{field} == oldSelf.spec.{field})"
    )
}

fn listed(fields: &[&str]) -> String {
    match fields {
        [head @ .., last] if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        _ => fields.join(", "),
    }
}
