//! What the steps of one interface share: the proofs and the calls that make and delete peers.

use std::collections::BTreeSet;

use crate::api::VirtualInterface;
use crate::aws::{self, List, Tags};
use crate::call::{Call, NewBgpPeer};
use crate::event::EventReason;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::view::View;

use super::arn;
use super::peers::{self, Peers, delete_slot, live, up};

/// One interface and its peers, as a decision sees them.
pub(super) struct Scene<'a> {
    pub(super) object: &'a VirtualInterface,
    pub(super) view: &'a View,
    pub(super) vif: &'a aws::VirtualInterface,
    pub(super) peers: &'a Peers<'a>,
}

impl Scene<'_> {
    pub(super) fn id(&self) -> &str {
        &self.vif.virtual_interface_id
    }

    /// The step that writes a proof of ownership, unless it is there or on its way to the lists.
    pub(super) fn prove(&self, tag: &str, what: &str) -> Option<Step> {
        let call = Call::TagResource {
            resource_arn: arn(self.view, self.id()),
            list: List::VirtualInterfaces,
            tags: Tags::from([(tag.to_owned(), self.object.identity(self.view))]),
        };
        let awaited = self
            .view
            .awaited(&call.params_hash(), &self.object.lists(self.view));
        (!self.peers.proven(tag) && !awaited).then(|| {
            Step::harmless(
                call,
                EventReason::Tagged,
                format!("write on {} that {what} is ours", self.id()),
            )
        })
    }

    /// The interfaces whose traffic goes with a peer: it is up, and no other of its family.
    pub(super) fn cut_by(&self, peer: &aws::BgpPeer) -> BTreeSet<String> {
        let covered = self.vif.bgp_peers.iter().any(|p| {
            p.bgp_peer_id != peer.bgp_peer_id && p.address_family == peer.address_family && up(p)
        });
        if up(peer) && !covered {
            BTreeSet::from([self.id().to_owned()])
        } else {
            BTreeSet::new()
        }
    }

    pub(super) fn delete(&self, peer: &aws::BgpPeer, why: &str, cuts: BTreeSet<String>) -> Step {
        Step::disruptive(
            &delete_slot(&peer.bgp_peer_id),
            Call::DeleteBgpPeer {
                virtual_interface_id: self.id().to_owned(),
                bgp_peer_id: peer.bgp_peer_id.clone(),
            },
            EventReason::PeerDeleted,
            format!(
                "delete the {} peer {} of {}{why}",
                peer.address_family,
                peer.bgp_peer_id,
                self.id()
            ),
            Reason::ReplacePeer,
            cuts,
        )
        .of_family(&peer.address_family)
    }

    pub(super) fn make(&self, slot: &str, peer: NewBgpPeer, what: &str) -> Step {
        let call = Call::CreateBgpPeer {
            virtual_interface_id: self.id().to_owned(),
            peer,
        };
        Step::child(
            slot,
            call,
            EventReason::PeerCreated,
            format!("make {what} of {}", self.id()),
        )
    }

    /// Proofs of peers that are no more.
    pub(super) fn stale_proofs(&self) -> Option<Step> {
        let mut used: BTreeSet<String> = self
            .peers
            .bound
            .iter()
            .map(|b| peers::proof(b.declared))
            .collect();
        for peer in self.vif.bgp_peers.iter().filter(|p| live(p)) {
            used.extend(peers::proof_by_address(peer));
            used.insert(peers::successor_proof(&peer.bgp_peer_id));
        }
        used.extend(
            self.peers
                .temporary
                .map(|t| peers::temporary_proof(&t.address_family)),
        );
        let stale: Vec<String> = self
            .vif
            .tags
            .keys()
            .filter(|k| {
                k.starts_with(crate::identity::CHILD) && self.peers.proven(k) && !used.contains(*k)
            })
            .cloned()
            .collect();
        (!stale.is_empty()).then(|| self.forget(stale))
    }

    pub(super) fn forget(&self, tags: Vec<String>) -> Step {
        let call = Call::UntagResource {
            resource_arn: arn(self.view, self.id()),
            list: List::VirtualInterfaces,
            tag_keys: tags,
        };
        Step::harmless(
            call,
            EventReason::Untagged,
            format!("remove proofs of deleted BGP peers from {}", self.id()),
        )
    }
}
