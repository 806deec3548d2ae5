//! The peers that readiness is about, by the names that people know.

use crate::api::VirtualInterface;
use crate::aws;
use crate::view::View;

use super::peers::{self, live, up};

/// A declared peer, or where none is declared one that AWS has; with the name that people know.
pub(super) struct Named<'a> {
    pub(super) name: String,
    pub(super) actual: Option<&'a aws::BgpPeer>,
}

/// The peers that readiness is about.
pub(super) fn named<'a>(
    object: &'a VirtualInterface,
    view: &View,
    vif: &'a aws::VirtualInterface,
) -> Vec<Named<'a>> {
    if object.spec.bgp_peers.is_empty() {
        let mut all: Vec<Named<'_>> = vec![];
        for peer in vif.bgp_peers.iter().filter(|p| live(p)) {
            let count = all
                .iter()
                .filter(|n| {
                    n.actual
                        .is_some_and(|a| a.address_family == peer.address_family)
                })
                .count();
            let name = if count == 0 {
                peer.address_family.clone()
            } else {
                format!("{}-{}", peer.address_family, count + 1)
            };
            all.push(Named {
                name,
                actual: Some(peer),
            });
        }
        return all;
    }
    peers::bind(object, view, vif)
        .bound
        .iter()
        .map(|b| Named {
            name: b.declared.name.clone(),
            actual: b.actual,
        })
        .collect()
}

/// "1/2".
pub(super) fn count(peers: &[Named<'_>]) -> (usize, usize) {
    (
        peers.iter().filter(|n| n.actual.is_some_and(up)).count(),
        peers.len(),
    )
}
