//! Exchanging a BGP peer that AWS cannot change: another key, ASN or address means another peer.
//!
//! AWS deletes no last peer and takes one peer of each family (two with logical redundancy). Every
//! step follows from what is observed alone, so that a crash anywhere changes nothing:
//! - with logical redundancy and other addresses: make the second, wait until it is up, delete the first;
//! - else: hold the interface by a temporary peer of the other family where no other peer does,
//!   delete the old one, make the new one with the same addresses, delete the temporary one. (That AWS
//!   takes this sequence is assumed.)
//!
//! The guard is asked about the deletion before anything begins.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::{AddressFamily, BgpPeer};
use crate::api::status::Actor;
use crate::aws;
use crate::call::NewBgpPeer;
use crate::decide::{blocked_verdict, held};
use crate::difference::Difference;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;

use super::converge::{Next, put_off};
use super::differences::{self, beside, replaceable};
use super::order::new_peer;
use super::peers::{self, Bound, create_slot, live, up};
use super::references::{Gateway, blocked, stalled};
use super::rules;
use super::scene::Scene;

impl Scene<'_> {
    /// A declared peer that exists: it must be ours, its Secret readable, and nothing otherwise.
    pub(super) fn existing(&self, bound: &Bound<'_>) -> Next {
        let (declared, Some(old)) = (bound.declared, bound.actual) else {
            return Next::Nothing;
        };
        if !bound.ours {
            let message = format!(
                "spec.bgpPeers[{}]: {} already has an {} peer ({}) that this object did not make, and AWS takes one of each family: \
                 remove that peer at AWS, or remove this one from the spec",
                declared.name,
                self.id(),
                declared.address_family,
                old.bgp_peer_id
            );
            return Next::Problem(blocked_verdict(&stalled(Reason::AlreadyExists, message)));
        }
        let differences =
            differences::peer(self.object, self.view, self.peers, declared, Some(old));
        if differences.is_empty() {
            return match self.object.wanted_key(self.view, declared) {
                Err(b) => Next::Problem(put_off(self.object, self.view, self.id(), &b)),
                Ok(_) => self
                    .prove(
                        &peers::proof(declared),
                        &format!("BGP peer {}", declared.name),
                    )
                    .map_or(Next::Nothing, Next::Step),
            };
        }
        let moves = VirtualInterface::addresses_differ(declared, old);
        if !replaceable(self.object, self.peers, declared, moves) {
            return Next::Problem(self.stuck(declared, &differences));
        }
        let key = match self.object.wanted_key(self.view, declared) {
            Ok(key) => key.map(|(used, _)| used),
            Err(b) => return Next::Problem(put_off(self.object, self.view, self.id(), &b)),
        };
        if moves
            && let Some(b) = rules::clash(self.view, &Gateway::of(self.vif), self.id(), declared)
        {
            return Next::Problem(blocked_verdict(&b));
        }
        let version = key
            .as_ref()
            .map_or_else(String::new, |k| k.resource_version.clone());
        let deletion = self
            .delete(
                old,
                &format!(", to replace it ({})", changed(&differences)),
                self.cut_by(old),
            )
            .fitting(version);
        if beside(self.object, self.peers, declared, moves) {
            let new = new_peer(
                declared,
                declared.amazon_address.clone(),
                declared.customer_address.clone(),
                key,
            );
            return self.second(declared, old, new, deletion);
        }
        if held(self.object, self.view, &deletion) {
            return Next::Step(deletion);
        }
        if let Some(step) = self.prove(
            &peers::proof(declared),
            &format!("BGP peer {}", declared.name),
        ) {
            return Next::Step(step);
        }
        self.hold_interface(declared, old)
            .unwrap_or(Next::Step(deletion))
    }

    /// Makes the second peer, waits until it is up, deletes the first.
    fn second(
        &self,
        declared: &BgpPeer,
        old: &aws::BgpPeer,
        new: NewBgpPeer,
        deletion: Step,
    ) -> Next {
        let Some(second) = self.peers.successor(old) else {
            let family = self
                .peers
                .others
                .iter()
                .find(|p| p.address_family == old.address_family);
            if let Some(foreign) = family {
                let message = format!(
                    "spec.bgpPeers[{}] is to be replaced, and {} has a second {} peer ({}) that this object did not make: remove that peer at AWS",
                    declared.name,
                    self.id(),
                    old.address_family,
                    foreign.bgp_peer_id
                );
                return Next::Problem(blocked_verdict(&stalled(Reason::AlreadyExists, message)));
            }
            let what = format!("a second BGP peer {}", declared.name);
            let proofs = [
                peers::proof(declared),
                peers::successor_proof(&old.bgp_peer_id),
            ];
            return match proofs.iter().find_map(|tag| self.prove(tag, &what)) {
                Some(step) => Next::Step(step),
                None => Next::Step(self.make(&create_slot(&declared.name), new, &what)),
            };
        };
        if !up(second) && up(old) {
            let b = blocked(
                Reason::RouterNotConfigured,
                format!(
                    "a second BGP peer {} of {} waits for your router: configure {} with neighbour {}, ASN {} and the key of its Secret; the first peer is deleted once the second is up",
                    declared.name,
                    self.id(),
                    second.customer_address.as_deref().unwrap_or("its address"),
                    second
                        .amazon_address
                        .as_deref()
                        .unwrap_or("(Amazon's address)"),
                    declared.asn
                ),
            );
            let mut verdict = put_off(self.object, self.view, self.id(), &b);
            if let Some(entry) = verdict.waiting_for.last_mut() {
                entry.actor = Actor::You;
            }
            return Next::Wait(verdict);
        }
        if second.bgp_peer_state != "available" {
            return Next::Wait(Verdict::acting(
                Reason::Updating,
                format!(
                    "waiting for AWS to make the second BGP peer {} of {}",
                    declared.name,
                    self.id()
                ),
            ));
        }
        Next::Step(deletion)
    }

    /// Sees to it that another peer holds the interface; none once one does.
    fn hold_interface(&self, declared: &BgpPeer, old: &aws::BgpPeer) -> Option<Next> {
        let others: Vec<_> = self
            .vif
            .bgp_peers
            .iter()
            .filter(|p| live(p) && p.bgp_peer_id != old.bgp_peer_id)
            .collect();
        if others.iter().any(|p| p.bgp_peer_state == "available") {
            return None;
        }
        let waits = |what: String| Some(Next::Wait(Verdict::acting(Reason::Updating, what)));
        if let Some(other) = others.first() {
            return waits(format!(
                "waiting for the {} peer of {} that holds it while BGP peer {} is replaced",
                other.address_family,
                self.id(),
                declared.name
            ));
        }
        let family = AddressFamily::Ipv6.to_string();
        if self
            .vif
            .bgp_peers
            .iter()
            .any(|p| p.address_family == family && p.bgp_peer_state == "deleting")
        {
            return waits(format!(
                "waiting for AWS to delete the earlier {family} peer of {}",
                self.id()
            ));
        }
        if let Some(step) = self.prove(&peers::temporary_proof(&family), "a temporary BGP peer") {
            return Some(Next::Step(step));
        }
        let new = NewBgpPeer {
            address_family: family,
            asn: declared.asn,
            ..NewBgpPeer::default()
        };
        let what = format!("a temporary BGP peer, while {} is replaced,", declared.name);
        Some(Next::Step(self.make(peers::TEMPORARY_SLOT, new, &what)))
    }

    fn stuck(&self, declared: &BgpPeer, differences: &[Difference]) -> Verdict {
        let why = if declared.address_family == AddressFamily::Ipv6 {
            "AWS assigns the addresses of an IPv6 peer, so that another peer would have other addresses"
        } else {
            "AWS verifies a public peer again, for up to 72 hours"
        };
        let only_key = differences
            .iter()
            .all(|d| d.field.ends_with(".authKeySecretRef"));
        if only_key {
            return Verdict::stalled(
                Reason::KeyRotationBlocked,
                format!(
                    "spec.bgpPeers[{}].authKeySecretRef: the key of the Secret differs from the key at AWS, AWS cannot change it in place, and {why}: \
                     declare a second VirtualInterface with the new key and delete {} once it is Ready, or put the old key back",
                    declared.name,
                    self.id()
                ),
            );
        }
        let list: Vec<String> = differences
            .iter()
            .map(|d| format!("{} is {}, AWS has {}", d.field, d.declared, d.actual))
            .collect();
        Verdict::stalled(
            Reason::ImmutableField,
            format!(
                "{}: AWS cannot change a peer in place, and {why}: set it back, or declare a second VirtualInterface",
                list.join("; ")
            ),
        )
    }
}

/// "key, asn".
fn changed(differences: &[Difference]) -> String {
    let names: Vec<&str> = differences
        .iter()
        .map(|d| match d.field.rsplit('.').next().unwrap_or_default() {
            "authKeySecretRef" => "another key",
            "asn" => "another ASN",
            "amazonAddress" => "another Amazon address",
            _ => "another customer address",
        })
        .collect();
    names.join(", ")
}
