//! What differs between two readings of one list, and whom that concerns.

use std::collections::{BTreeMap, BTreeSet};

use directconnect_model::aws::{List, Snapshot, Tags};
use directconnect_model::identity;
use directconnect_model::kind::ObjectKey;

/// AWS ids and objects that a difference concerns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    ids: BTreeSet<String>,
    objects: BTreeSet<ObjectKey>,
}

impl Changes {
    /// True if nothing differs.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// True if the object, or an id that it wants to know of, is concerned.
    pub fn concerns(&self, key: &ObjectKey, ids: &BTreeSet<String>) -> bool {
        self.objects.contains(key) || !self.ids.is_disjoint(ids)
    }

    fn add(&mut self, ids: impl IntoIterator<Item = String>, tags: Option<&Tags>) {
        self.ids.extend(ids.into_iter().filter(|i| !i.is_empty()));
        let tag = tags
            .and_then(|t| t.get(identity::IDENTITY))
            .and_then(|t| identity::parse(t));
        if let Some((_, key)) = tag {
            self.objects.insert(key);
        }
    }
}

fn differing<'a, T: PartialEq>(
    before: &'a [T],
    after: &'a [T],
    id: impl Fn(&T) -> &str,
) -> Vec<&'a T> {
    let old: BTreeMap<&str, &T> = before.iter().map(|t| (id(t), t)).collect();
    let new: BTreeMap<&str, &T> = after.iter().map(|t| (id(t), t)).collect();
    let changed = new
        .iter()
        .filter(|(k, t)| old.get(*k) != Some(t))
        .map(|(_, t)| *t);
    let gone = old
        .iter()
        .filter(|(k, _)| !new.contains_key(*k))
        .map(|(_, t)| *t);
    changed.chain(gone).collect()
}

/// Differences of one list.
pub fn between(before: &Snapshot, after: &Snapshot, list: &List) -> Changes {
    let mut changes = Changes::default();
    let some = |o: &Option<String>| o.clone().unwrap_or_default();
    match list {
        List::Connections => {
            for c in differing(before.connections(), after.connections(), |c| {
                &c.connection_id
            }) {
                changes.add([c.connection_id.clone()], Some(&c.tags));
            }
        }
        List::VirtualInterfaces => {
            let both = (before.virtual_interfaces(), after.virtual_interfaces());
            for v in differing(both.0, both.1, |v| &v.virtual_interface_id) {
                let related = [
                    v.virtual_interface_id.clone(),
                    v.connection_id.clone(),
                    some(&v.virtual_gateway_id),
                    some(&v.direct_connect_gateway_id),
                ];
                changes.add(related, Some(&v.tags));
            }
        }
        List::DirectConnectGateways => {
            let both = (
                before.direct_connect_gateways(),
                after.direct_connect_gateways(),
            );
            for g in differing(both.0, both.1, |g| &g.direct_connect_gateway_id) {
                changes.add([g.direct_connect_gateway_id.clone()], Some(&g.tags));
            }
        }
        List::Associations(id) => {
            for a in differing(before.associations(id), after.associations(id), |a| {
                &a.association_id
            }) {
                let related = [
                    a.association_id.clone(),
                    a.gateway_id.clone(),
                    a.direct_connect_gateway_id.clone(),
                ];
                changes.add(related, None);
            }
        }
        List::VpnGateways => {
            for g in differing(before.vpn_gateways(), after.vpn_gateways(), |g| {
                &g.vpn_gateway_id
            }) {
                let vpcs = g.vpc_attachments.iter().map(|a| a.vpc_id.clone());
                changes.add(vpcs.chain([g.vpn_gateway_id.clone()]), Some(&g.tags));
            }
        }
        List::RouteTables => {
            for t in differing(before.route_tables(), after.route_tables(), |t| {
                &t.route_table_id
            }) {
                let vgws = t.propagating_vgws.iter().cloned();
                changes.add(
                    vgws.chain([t.route_table_id.clone(), t.vpc_id.clone()]),
                    None,
                );
            }
        }
        List::Locations => {
            for l in differing(before.locations(), after.locations(), |l| &l.location_code) {
                changes.add([l.location_code.clone()], None);
            }
        }
    }
    changes
}
