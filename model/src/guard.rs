//! The guard: no step cuts the last healthy path to a gateway without consent.

use std::collections::BTreeSet;

use crate::aws::VirtualInterface;
use crate::step::Disruption;
use crate::view::View;

/// What the guard says of a disruptive step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing healthy is cut.
    Nothing,
    /// What is cut has another healthy path.
    Covered,
    /// The last healthy path to these gateways would go.
    LastPath(BTreeSet<String>),
}

/// The gateway that an interface reaches; a public interface reaches none and protects itself.
fn gateway(vif: &VirtualInterface) -> String {
    vif.direct_connect_gateway_id
        .clone()
        .or_else(|| vif.virtual_gateway_id.clone())
        .unwrap_or_else(|| vif.virtual_interface_id.clone())
}

/// The address families that the interface carries: it is available and a peer of each is up.
fn families<'v>(view: &View, vif: &'v VirtualInterface) -> BTreeSet<&'v str> {
    let port_up = view
        .aws
        .connection(&vif.connection_id)
        .is_none_or(|c| c.connection_state == "available");
    if !port_up || vif.virtual_interface_state != "available" {
        return BTreeSet::new();
    }
    vif.bgp_peers
        .iter()
        .filter(|p| p.bgp_status == "up")
        .map(|p| p.address_family.as_str())
        .collect()
}

/// True if the interface carries traffic.
pub fn healthy(view: &View, vif: &VirtualInterface) -> bool {
    !families(view, vif).is_empty()
}

/// Ids of interfaces and ports that other objects are about to cut.
fn threatened(view: &View) -> BTreeSet<&str> {
    let open = view.siblings.iter().flat_map(|s| s.intents.values());
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for intent in open {
        let Some(id) = intent.id.as_deref() else {
            continue;
        };
        ids.insert(id);
        // A raise of the MTU resets the port with all that it carries.
        if intent.operation == "UpdateVirtualInterfaceAttributes" {
            ids.extend(
                view.aws
                    .virtual_interface(id)
                    .map(|v| v.connection_id.as_str()),
            );
        }
    }
    ids
}

/// What a step would cut. A path with another object's open disruptive intent counts as down. A path of
/// one address family does not stand in for one of the other.
pub fn check(view: &View, disruption: &Disruption) -> Finding {
    let threatened = threatened(view);
    let all = view.aws.virtual_interfaces();
    let mut lost = BTreeSet::new();
    let mut any = false;
    for cut in all
        .iter()
        .filter(|v| disruption.cuts.contains(&v.virtual_interface_id))
    {
        let others: Vec<_> = all
            .iter()
            .filter(|o| {
                !disruption.cuts.contains(&o.virtual_interface_id)
                    && !threatened.contains(o.virtual_interface_id.as_str())
                    && !threatened.contains(o.connection_id.as_str())
                    && gateway(o) == gateway(cut)
            })
            .map(|o| families(view, o))
            .collect();
        let families = families(view, cut)
            .into_iter()
            .filter(|f| disruption.family.as_deref().is_none_or(|only| only == *f));
        for family in families {
            any = true;
            if others.iter().any(|o| o.contains(family)) {
                continue;
            }
            // Where only one family goes, it is named.
            let partly = others.iter().any(|o| !o.is_empty());
            lost.insert(if partly {
                format!("{} ({family})", gateway(cut))
            } else {
                gateway(cut)
            });
        }
    }
    match (any, lost.is_empty()) {
        (false, _) => Finding::Nothing,
        (true, true) => Finding::Covered,
        (true, false) => Finding::LastPath(lost),
    }
}
