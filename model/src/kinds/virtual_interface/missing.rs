//! Peers that AWS does not have yet, and peers of ours that it should not have any more.

use std::collections::BTreeSet;

use crate::api::bgp_peer::AddressFamily;
use crate::aws;
use crate::decide::blocked_verdict;
use crate::reason::Reason;
use crate::verdict::Verdict;

use super::converge::{Next, put_off};
use super::order::new_peer;
use super::peers::{self, Bound, create_slot, of_family};
use super::references::Gateway;
use super::rules;
use super::scene::Scene;

impl Scene<'_> {
    /// Declared peers that AWS does not have.
    pub(super) fn missing(&self, bound: &Bound<'_>) -> Next {
        let declared = bound.declared;
        if bound.actual.is_some() {
            return Next::Nothing;
        }
        let going = self.vif.bgp_peers.iter().any(|p| {
            of_family(p, declared.address_family)
                && p.bgp_peer_state == "deleting"
                && !self.peers.redundant
        });
        if going
            || self
                .peers
                .temporary
                .is_some_and(|t| of_family(t, declared.address_family))
        {
            let gone = format!(
                "waiting for AWS to delete the earlier {} peer of {}",
                declared.address_family,
                self.id()
            );
            return match self.peers.temporary {
                // A temporary peer of this family goes first, once another one holds the interface.
                Some(t) if !going => self
                    .drop_temporary(t)
                    .unwrap_or(Next::Wait(Verdict::acting(Reason::Updating, gone))),
                _ => Next::Wait(Verdict::acting(Reason::Updating, gone)),
            };
        }
        let stale = peers::temporary_proof(&declared.address_family.to_string());
        if self.peers.proven(&stale) {
            return Next::Step(self.forget(vec![stale]));
        }
        let key = match self.object.wanted_key(self.view, declared) {
            Ok(key) => key.map(|(used, _)| used),
            Err(b) => return Next::Problem(put_off(self.object, self.view, self.id(), &b)),
        };
        if let Some(b) = rules::clash(self.view, &Gateway::of(self.vif), self.id(), declared) {
            return Next::Problem(blocked_verdict(&b));
        }
        let what = format!("BGP peer {}", declared.name);
        if let Some(step) = self.prove(&peers::proof(declared), &what) {
            return Next::Step(step);
        }
        // The addresses that it had: the router is configured with them.
        let recorded = self
            .object
            .record_of(&declared.name)
            .filter(|_| declared.address_family == AddressFamily::Ipv4);
        let amazon = declared
            .amazon_address
            .clone()
            .or_else(|| recorded.and_then(|r| r.amazon_address.clone()));
        let customer = declared
            .customer_address
            .clone()
            .or_else(|| recorded.and_then(|r| r.customer_address.clone()));
        let new = new_peer(declared, amazon, customer, key);
        Next::Step(self.make(&create_slot(&declared.name), new, &what))
    }

    /// Deletes the temporary peer once another one holds the interface.
    pub(super) fn drop_temporary(&self, temporary: &aws::BgpPeer) -> Option<Next> {
        let holds = |b: &Bound<'_>| b.actual.is_some_and(|p| p.bgp_peer_state == "available");
        self.peers
            .bound
            .iter()
            .any(holds)
            .then(|| Next::Step(self.delete(temporary, ", which was temporary", BTreeSet::new())))
    }

    /// Peers of ours that the spec does not declare any more.
    pub(super) fn left_over(&self, other: &aws::BgpPeer) -> Next {
        let held = self
            .peers
            .bound
            .iter()
            .any(|b| b.actual.is_some_and(|p| p.bgp_peer_state == "available"));
        if held && self.peers.left_over(self.object, other) {
            Next::Step(self.delete(
                other,
                ", which the spec does not declare any more",
                self.cut_by(other),
            ))
        } else {
            Next::Nothing
        }
    }
}
