//! The guard: no step cuts the last healthy path to a gateway without consent.

use std::collections::BTreeSet;

use crate::aws::VirtualInterface;
use crate::managed::Disruption;
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

/// True if the interface carries traffic: it is available and a peer is up.
pub fn healthy(view: &View, vif: &VirtualInterface) -> bool {
    let port_up = view
        .aws
        .connection(&vif.connection_id)
        .is_none_or(|c| c.connection_state == "available");
    port_up
        && vif.virtual_interface_state == "available"
        && vif.bgp_peers.iter().any(|p| p.bgp_status == "up")
}

/// What a step would cut. A path with another object's open disruptive intent counts as down.
pub fn check(view: &View, disruption: &Disruption) -> Finding {
    let threatened: BTreeSet<&str> = view
        .siblings
        .iter()
        .flat_map(|s| s.intents.values().filter_map(|i| i.id.as_deref()))
        .collect();
    let all = view.aws.virtual_interfaces();
    let mut lost = BTreeSet::new();
    let mut any = false;
    for cut in all
        .iter()
        .filter(|v| disruption.cuts.contains(&v.virtual_interface_id))
    {
        if !healthy(view, cut) {
            continue;
        }
        any = true;
        let covered = all.iter().any(|other| {
            !disruption.cuts.contains(&other.virtual_interface_id)
                && !threatened.contains(other.virtual_interface_id.as_str())
                && gateway(other) == gateway(cut)
                && healthy(view, other)
        });
        if !covered {
            lost.insert(gateway(cut));
        }
    }
    match (any, lost.is_empty()) {
        (false, _) => Finding::Nothing,
        (true, true) => Finding::Covered,
        (true, false) => Finding::LastPath(lost),
    }
}
