//! Allowed prefixes: how lists compare, and what changes with them.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::api::DirectConnectGatewayAssociation;
use crate::aws;
use crate::identity::Presence;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::presence;

/// Networks without host bits, sorted, once each; what is no network stays as it is.
pub(super) fn normal<'a>(prefixes: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    prefixes
        .into_iter()
        .map(|p| {
            p.trim()
                .parse::<IpNet>()
                .map_or_else(|_| p.clone(), |n| n.trunc().to_string())
        })
        .collect()
}

fn within(inner: &str, outer: &str) -> bool {
    match (inner.parse::<IpNet>(), outer.parse::<IpNet>()) {
        (Ok(inner), Ok(outer)) => outer.contains(&inner),
        _ => inner == outer,
    }
}

pub(super) fn list(prefixes: &BTreeSet<String>) -> String {
    let texts: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    if texts.is_empty() {
        "empty".to_owned()
    } else {
        texts.join(", ")
    }
}

impl DirectConnectGatewayAssociation {
    /// What must be added and removed, and whether a network is announced no more because of it.
    pub(super) fn prefix_change(
        &self,
        a: &aws::DirectConnectGatewayAssociation,
    ) -> Option<(Vec<String>, Vec<String>, bool)> {
        let declared = normal(self.spec.allowed_prefixes.as_ref()?);
        let actual = normal(&a.allowed_prefixes);
        let add: Vec<String> = declared.difference(&actual).cloned().collect();
        let remove: Vec<String> = actual.difference(&declared).cloned().collect();
        // For a VGW the list is a filter: an empty one lets every VPC CIDR through, a wider entry
        // covers a narrower one. A transit gateway announces exactly the list (Direct Connect User
        // Guide, "Allowed prefixes interactions").
        let narrows = if self.spec.transit_gateway_id.is_some() {
            !remove.is_empty()
        } else if declared.is_empty() {
            false
        } else {
            actual.is_empty()
                || remove
                    .iter()
                    .any(|gone| !declared.iter().any(|kept| within(gone, kept)))
        };
        (!add.is_empty() || !remove.is_empty()).then_some((add, remove, narrows))
    }

    /// Prefixes of two transit gateways on one Direct Connect gateway may not overlap.
    pub(super) fn overlap(
        &self,
        view: &View,
        direct_connect_gateway_id: &str,
        gateway_id: &str,
    ) -> Option<Verdict> {
        let declared = normal(self.spec.allowed_prefixes.as_ref()?);
        let others = view.aws.associations(direct_connect_gateway_id).iter();
        others.filter(|a| a.gateway_id != gateway_id && presence(&a.association_state) == Presence::Live).find_map(|a| {
            let theirs = normal(&a.allowed_prefixes);
            let (ours, theirs) = declared.iter().find_map(|ours| {
                theirs.iter().find(|t| within(ours, t) || within(t, ours)).map(|t| (ours, t))
            })?;
            Some(Verdict::stalled(
                Reason::PrefixClash,
                format!(
                    "spec.allowedPrefixes holds {ours}, which overlaps {theirs} of {} on the same Direct Connect gateway, and AWS \
                     refuses overlapping prefixes of two transit gateways: change one of the two lists",
                    a.gateway_id
                ),
            ))
        })
    }
}
