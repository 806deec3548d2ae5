//! Proof of ownership of an association: a tag on one of the gateways that it joins.

use crate::aws::{List, Tags};
use crate::call::Call;
use crate::identity::{self, IDENTITY, IMPORTED};
use crate::view::View;

use super::super::shared;

/// What carries the proof.
pub(super) enum Parent {
    DirectConnectGateway,
    VirtualPrivateGateway,
}

fn key(direct_connect_gateway_id: &str, gateway_id: &str) -> String {
    identity::child_tag(
        "directConnectGatewayAssociation",
        &format!("{direct_connect_gateway_id}/{gateway_id}"),
    )
}

/// Says beside the proof that the association was taken over by `import`, which decides whether it
/// is kept at deletion: this too must survive a loss of status.
fn imported_key(direct_connect_gateway_id: &str, gateway_id: &str) -> String {
    let pair = format!("{direct_connect_gateway_id}/{gateway_id}");
    identity::child_tag("directConnectGatewayAssociation.imported", &pair)
}

fn parents<'v>(
    view: &'v View,
    direct_connect_gateway_id: &str,
    gateway_id: &str,
) -> Vec<(Parent, &'v Tags)> {
    let direct = view.aws.direct_connect_gateway(direct_connect_gateway_id);
    let private = view.aws.vpn_gateway(gateway_id);
    let direct = direct.map(|g| (Parent::DirectConnectGateway, &g.tags));
    direct
        .into_iter()
        .chain(private.map(|g| (Parent::VirtualPrivateGateway, &g.tags)))
        .collect()
}

/// The gateway that new proof is written on: the Direct Connect gateway if it is ours, else the
/// virtual private gateway, ours or not.
pub(super) fn parent(
    view: &View,
    direct_connect_gateway_id: &str,
    gateway_id: &str,
) -> Option<Parent> {
    parents(view, direct_connect_gateway_id, gateway_id)
        .into_iter()
        .find(|(parent, tags)| {
            // Its tags may be listed later than the gateway itself.
            matches!(parent, Parent::VirtualPrivateGateway)
                || shared::is_ours(view, tags)
                || view.owner(direct_connect_gateway_id).is_some()
        })
        .map(|(parent, _)| parent)
}

/// Tags that the proof gives an association.
pub(super) fn tags(view: &View, direct_connect_gateway_id: &str, gateway_id: &str) -> Tags {
    let proof = key(direct_connect_gateway_id, gateway_id);
    let imported = imported_key(direct_connect_gateway_id, gateway_id);
    let mut found = Tags::new();
    for (_, tags) in parents(view, direct_connect_gateway_id, gateway_id) {
        let Some(owner) = tags.get(&proof) else {
            continue;
        };
        if found.contains_key(IDENTITY) {
            continue;
        }
        found.insert(IDENTITY.to_owned(), owner.clone());
        if tags.get(&imported) == Some(owner) {
            found.insert(IMPORTED.to_owned(), "true".to_owned());
        }
    }
    found
}

fn call(
    view: &View,
    parent: &Parent,
    pair: (&str, &str),
    set: Tags,
    remove: Vec<String>,
) -> Vec<Call> {
    let (direct_connect_gateway_id, gateway_id) = pair;
    match parent {
        Parent::DirectConnectGateway => {
            let arn = shared::direct_connect_gateway_arn(view, direct_connect_gateway_id);
            shared::tag_calls(&arn, &List::DirectConnectGateways, set, remove)
        }
        Parent::VirtualPrivateGateway => {
            let resource_id = gateway_id.to_owned();
            let mut calls = vec![];
            if !set.is_empty() {
                calls.push(Call::CreateTags {
                    resource_id: resource_id.clone(),
                    tags: set,
                });
            }
            if !remove.is_empty() {
                calls.push(Call::DeleteTags {
                    resource_id,
                    tag_keys: remove,
                });
            }
            calls
        }
    }
}

/// The call that writes the proof, unless it is there. Other tags than proof an association cannot have.
pub(super) fn write(
    view: &View,
    direct_connect_gateway_id: &str,
    gateway_id: &str,
    set: &Tags,
) -> Vec<Call> {
    let pair = (direct_connect_gateway_id, gateway_id);
    // A list that lags hides the gateway that carries the proof, or shall.
    let hidden = view.aws.direct_connect_gateway(pair.0).is_none();
    if hidden && view.owner(pair.0).is_some() {
        return vec![];
    }
    let actual = tags(view, direct_connect_gateway_id, gateway_id);
    let Some(owner) = set.get(IDENTITY).or_else(|| actual.get(IDENTITY)) else {
        return vec![];
    };
    let mut due = Tags::new();
    if actual.get(IDENTITY) != Some(owner) {
        due.insert(key(pair.0, pair.1), owner.clone());
    }
    if set.contains_key(IMPORTED) && !(due.is_empty() && actual.contains_key(IMPORTED)) {
        due.insert(imported_key(pair.0, pair.1), owner.clone());
    }
    // Proof that is only completed stays where it is.
    let proof = key(pair.0, pair.1);
    let carrier = parents(view, pair.0, pair.1)
        .into_iter()
        .find(|(_, t)| t.contains_key(&proof))
        .map(|(p, _)| p);
    match carrier.or_else(|| parent(view, pair.0, pair.1)) {
        Some(parent) => call(view, &parent, pair, due, vec![]),
        None => vec![],
    }
}

/// Calls that take the proof of this owner off both gateways.
pub(super) fn withdraw(
    view: &View,
    direct_connect_gateway_id: &str,
    gateway_id: &str,
    owner: &str,
) -> Vec<Call> {
    let pair = (direct_connect_gateway_id, gateway_id);
    let keys = [key(pair.0, pair.1), imported_key(pair.0, pair.1)];
    parents(view, pair.0, pair.1)
        .into_iter()
        .flat_map(|(parent, tags)| {
            let there = keys
                .iter()
                .filter(|k| tags.get(*k).is_some_and(|v| v == owner))
                .cloned()
                .collect();
            call(view, &parent, pair, Tags::new(), there)
        })
        .collect()
}
