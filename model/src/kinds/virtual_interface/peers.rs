//! Which BGP peer at AWS is which declared one, and which are ours.
//!
//! AWS gives peers no tags. A tag on the interface, written before a peer is made, proves that the
//! peer is ours; its natural key is the family with the customer's address, or with the declared
//! name where AWS assigns the addresses.

use crate::api::VirtualInterface;
use crate::api::bgp_peer::{AddressFamily, BgpPeer, BgpPeerStatus};
use crate::aws;
use crate::identity::{self, IDENTITY};
use crate::managed::Managed;
use crate::net;
use crate::view::View;

use super::rules::redundant;

/// Type of the proof tags' children.
const TYPE: &str = "bgpPeer";

/// A declared peer and what AWS has of it.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    /// As the spec has it.
    pub(super) declared: &'a BgpPeer,
    /// As AWS has it.
    pub(super) actual: Option<&'a aws::BgpPeer>,
    /// It is proved to be ours.
    pub(super) ours: bool,
}

/// All live peers of an interface, told apart.
#[derive(Debug)]
pub(super) struct Peers<'a> {
    /// One for each declared peer, in the order of the spec.
    pub(super) bound: Vec<Bound<'a>>,
    /// Holds the interface while its only peer is replaced.
    pub(super) temporary: Option<&'a aws::BgpPeer>,
    /// Neither declared nor temporary.
    pub(super) others: Vec<&'a aws::BgpPeer>,
    /// The connection takes two peers of one family.
    pub(super) redundant: bool,
    mine: String,
    tags: &'a aws::Tags,
}

/// True unless AWS is deleting the peer or has deleted it.
pub(super) fn live(peer: &aws::BgpPeer) -> bool {
    !matches!(peer.bgp_peer_state.as_str(), "deleting" | "deleted")
}

/// True if AWS says that the session is up.
pub(super) fn up(peer: &aws::BgpPeer) -> bool {
    live(peer) && peer.bgp_status == "up"
}

/// True if the peer at AWS has this family.
pub(super) fn of_family(peer: &aws::BgpPeer, family: AddressFamily) -> bool {
    peer.address_family == family.to_string()
}

/// Proof tag of a declared peer.
pub(super) fn proof(declared: &BgpPeer) -> String {
    let own = declared
        .customer_address
        .as_ref()
        .map_or_else(|| declared.name.clone(), |a| net::host(a));
    identity::child_tag(TYPE, &format!("{}/{own}", declared.address_family))
}

/// Proof tag of what AWS has, where its addresses were declared.
pub(super) fn proof_by_address(actual: &aws::BgpPeer) -> Option<String> {
    let address = net::host(actual.customer_address.as_deref()?);
    Some(identity::child_tag(
        TYPE,
        &format!("{}/{address}", actual.address_family),
    ))
}

/// Proof tag of a temporary peer of this family.
pub(super) fn temporary_proof(family: &str) -> String {
    identity::child_tag(TYPE, &format!("{family}/temporary"))
}

/// Proof tag of the peer that follows another one.
pub(super) fn successor_proof(bgp_peer_id: &str) -> String {
    identity::child_tag(TYPE, &format!("after/{bgp_peer_id}"))
}

impl VirtualInterface {
    /// What status says of the peers.
    pub(super) fn recorded(&self) -> &[BgpPeerStatus] {
        self.stored().map_or(&[], |s| s.bgp_peers.as_slice())
    }

    fn records(&self, bgp_peer_id: &str) -> bool {
        self.recorded()
            .iter()
            .any(|r| r.bgp_peer_id.as_deref() == Some(bgp_peer_id))
    }

    /// Status of a declared peer.
    pub(super) fn record_of(&self, name: &str) -> Option<&BgpPeerStatus> {
        self.recorded().iter().find(|r| r.name == name)
    }

    /// True if AWS says another key than the Secret. A Secret that is not ready tells nothing, nor
    /// does an answer without a key.
    pub(super) fn key_differs(
        &self,
        view: &View,
        declared: &BgpPeer,
        actual: &aws::BgpPeer,
    ) -> bool {
        match (self.wanted_key(view, declared), &actual.auth_key) {
            (Ok(Some((_, wanted))), Some(has)) => wanted != has,
            _ => false,
        }
    }

    /// True if the addresses are declared and AWS has others.
    pub(super) fn addresses_differ(declared: &BgpPeer, actual: &aws::BgpPeer) -> bool {
        let other = |wanted: &Option<String>, has: &Option<String>| {
            wanted
                .as_ref()
                .is_some_and(|w| !has.as_ref().is_some_and(|h| net::same_address(w, h)))
        };
        other(&declared.amazon_address, &actual.amazon_address)
            || other(&declared.customer_address, &actual.customer_address)
    }
}

impl<'a> Peers<'a> {
    /// True if the interface carries this proof of ours.
    pub(super) fn proven(&self, tag: &str) -> bool {
        self.tags.get(tag) == Some(&self.mine)
    }

    /// The peer that is to follow `old`.
    pub(super) fn successor(&self, old: &aws::BgpPeer) -> Option<&'a aws::BgpPeer> {
        let proven = self.proven(&successor_proof(&old.bgp_peer_id));
        self.others
            .iter()
            .find(|p| proven && p.address_family == old.address_family)
            .copied()
    }

    /// True if a peer that is neither declared nor temporary is ours: it left the spec, or was to
    /// follow a peer that stays.
    pub(super) fn left_over(&self, object: &VirtualInterface, other: &aws::BgpPeer) -> bool {
        object.records(&other.bgp_peer_id)
            || proof_by_address(other).is_some_and(|tag| self.proven(&tag))
            || self.bound.iter().filter_map(|b| b.actual).any(|old| {
                old.address_family == other.address_family
                    && self.proven(&successor_proof(&old.bgp_peer_id))
            })
    }
}

/// Tells the peers of an interface apart. A peer keeps the name under which status recorded it;
/// else its addresses decide, else its family.
pub(super) fn bind<'a>(
    object: &'a VirtualInterface,
    view: &View,
    vif: &'a aws::VirtualInterface,
) -> Peers<'a> {
    let mine = object.identity(view);
    let redundant = redundant(view.aws.connection(&vif.connection_id));
    let proven = |tag: &str| vif.tags.get(tag) == Some(&mine);
    let taking_over = vif.tags.get(IDENTITY) != Some(&mine) || object.common().observe_only();
    let declared = &object.spec.bgp_peers;

    let mut free: Vec<&aws::BgpPeer> = vif.bgp_peers.iter().filter(|p| live(p)).collect();
    let temporary = free
        .iter()
        .position(|p| {
            proven(&temporary_proof(&p.address_family)) && !object.records(&p.bgp_peer_id)
        })
        .map(|at| free.remove(at));

    let mut actual: Vec<Option<&aws::BgpPeer>> = vec![None; declared.len()];
    let mut take = |at: usize,
                    actual: &mut Vec<Option<&'a aws::BgpPeer>>,
                    fits: &dyn Fn(&aws::BgpPeer) -> bool| {
        if actual[at].is_none()
            && let Some(found) = free
                .iter()
                .position(|p| of_family(p, declared[at].address_family) && fits(p))
        {
            actual[at] = Some(free.remove(found));
        }
    };
    for (at, peer) in declared.iter().enumerate() {
        if let Some(id) = object
            .record_of(&peer.name)
            .and_then(|r| r.bgp_peer_id.as_deref())
        {
            take(at, &mut actual, &|p| p.bgp_peer_id == id);
        }
    }
    for (at, peer) in declared.iter().enumerate() {
        if peer.customer_address.is_some() {
            take(at, &mut actual, &|p| {
                !VirtualInterface::addresses_differ(peer, p)
            });
        }
    }
    // Where AWS takes one peer of a family, the family tells; where two, declared addresses must.
    for (at, peer) in declared.iter().enumerate() {
        if !redundant || peer.customer_address.is_none() {
            take(at, &mut actual, &|p| {
                p.asn == peer.asn && !object.key_differs(view, peer, p)
            });
        }
    }
    for (at, peer) in declared.iter().enumerate() {
        if !redundant || peer.customer_address.is_none() {
            take(at, &mut actual, &|_| true);
        }
    }

    let open = |peer: &BgpPeer| {
        object
            .stored()
            .is_some_and(|s| s.common.intents.contains_key(&create_slot(&peer.name)))
    };
    let bound = declared
        .iter()
        .zip(actual)
        .map(|(declared, actual)| {
            let ours = actual.is_some_and(|p| {
                taking_over
                    || object.records(&p.bgp_peer_id)
                    || proven(&proof(declared))
                    || open(declared)
            });
            // A second peer of the family that is somebody else's leaves room for ours.
            let actual = actual.filter(|_| ours || !redundant);
            Bound {
                declared,
                actual,
                ours,
            }
        })
        .collect::<Vec<_>>();
    let others = vif
        .bgp_peers
        .iter()
        .filter(|p| live(p) && temporary.is_none_or(|t| t.bgp_peer_id != p.bgp_peer_id))
        .filter(|p| {
            !bound
                .iter()
                .any(|b| b.actual.is_some_and(|a| a.bgp_peer_id == p.bgp_peer_id))
        })
        .collect();
    Peers {
        bound,
        temporary,
        others,
        redundant,
        mine,
        tags: &vif.tags,
    }
}

/// Slot of the intent that makes a declared peer.
pub(super) fn create_slot(name: &str) -> String {
    format!("peer.{name}")
}

/// Slot of the intent that deletes a peer.
pub(super) fn delete_slot(bgp_peer_id: &str) -> String {
    format!("delete-peer.{bgp_peer_id}")
}

/// Slot of the intent that makes a temporary peer.
pub(super) const TEMPORARY_SLOT: &str = "temporary-peer";
