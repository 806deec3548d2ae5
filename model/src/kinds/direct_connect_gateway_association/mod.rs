//! DirectConnectGatewayAssociation: a Direct Connect gateway joined to a VGW or a transit gateway.
//!
//! An association has no tags. That it is ours is proven by a tag on the Direct Connect gateway if
//! that is ours, else on the virtual private gateway; candidates carry what these tags prove.

mod clash;
mod ends;
mod prefixes;
mod proof;

use std::collections::BTreeSet;

use crate::api::DirectConnectGatewayAssociation;
use crate::api::common::ManagedSpec;
use crate::api::direct_connect_gateway_association::DirectConnectGatewayAssociationStatus;
use crate::api::status::{Actor, ManagedStatus};
use crate::aws::{self, List, Tags};
use crate::call::Call;
use crate::decide::SELF;
use crate::difference::Difference;
use crate::event::EventReason;
use crate::identity::{self, Candidate, Presence};
use crate::kind::{Kind, ObjectKey};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

use super::shared;
use prefixes::{list, normal};

fn presence(state: &str) -> Presence {
    match state {
        "disassociating" | "disassociated" => Presence::Gone,
        _ => Presence::Live,
    }
}

fn find<'v>(view: &'v View, id: &str) -> Option<&'v aws::DirectConnectGatewayAssociation> {
    all(view).find(|a| a.association_id == id)
}

fn all(view: &View) -> impl Iterator<Item = &aws::DirectConnectGatewayAssociation> {
    view.aws.associations.values().flat_map(|p| &p.items)
}

impl DirectConnectGatewayAssociation {
    fn recorded(&self) -> bool {
        self.stored().is_some_and(|s| s.association_id.is_some())
    }

    fn owned_elsewhere(&self, view: &View) -> Option<&str> {
        let owner = self.spec.gateway_owner_account_id.as_deref()?;
        view.account()
            .is_none_or(|a| a.account_id != owner)
            .then_some(owner)
    }

    fn candidate(&self, view: &View, a: &aws::DirectConnectGatewayAssociation) -> Candidate {
        let natural = self.gateway_pair(view)
            == Some((a.direct_connect_gateway_id.clone(), a.gateway_id.clone()));
        let mut tags = proof::tags(view, &a.direct_connect_gateway_id, &a.gateway_id);
        let own = identity::identity(&view.cluster_id, &self.key());
        // AWS keeps the pair unique: what appears under our open intent is what it made.
        if natural
            && tags.get(identity::IDENTITY).is_none_or(|t| *t == own)
            && let Some(intent) = self.stored().and_then(|s| s.common.intents.get(SELF))
        {
            tags.insert(identity::INTENT.to_owned(), intent.token.clone());
        }
        Candidate {
            id: a.association_id.clone(),
            tags,
            presence: presence(&a.association_state),
            natural,
            immutable_differences: shared::printed(&self.compare(view, a)),
            owner_account: Some(a.direct_connect_gateway_owner_account.clone())
                .filter(|o| !o.is_empty()),
            ..Candidate::default()
        }
    }

    fn compare(&self, view: &View, a: &aws::DirectConnectGatewayAssociation) -> Vec<Difference> {
        let mut found = vec![];
        let ends = [
            (
                self.direct_connect_gateway_end().resolve(view),
                &a.direct_connect_gateway_id,
            ),
            (self.gateway_end().resolve(view), &a.gateway_id),
        ];
        let fields = [
            self.direct_connect_gateway_end().field,
            self.gateway_end().field,
        ];
        for ((declared, actual), field) in ends.iter().zip(fields) {
            if let Some(declared) = declared.as_ref().filter(|d| d != actual) {
                found.push(Difference::new(field, declared, actual, false));
            }
        }
        if let Some(declared) = &self.spec.allowed_prefixes {
            let (declared, actual) = (normal(declared), normal(&a.allowed_prefixes));
            if declared != actual {
                found.push(Difference::new(
                    "spec.allowedPrefixes",
                    list(&declared),
                    list(&actual),
                    true,
                ));
            }
        }
        found
    }
}

impl Managed for DirectConnectGatewayAssociation {
    const KIND: Kind = Kind::DirectConnectGatewayAssociation;
    const NATURAL: bool = true;
    const REPAIRED_WHEN_LOST: bool = true;
    type Status = DirectConnectGatewayAssociationStatus;

    fn common(&self) -> &ManagedSpec {
        &self.spec.common
    }

    fn stored(&self) -> Option<&DirectConnectGatewayAssociationStatus> {
        self.status.as_ref()
    }

    fn managed(status: &DirectConnectGatewayAssociationStatus) -> &ManagedStatus {
        &status.common
    }

    fn managed_mut(status: &mut DirectConnectGatewayAssociationStatus) -> &mut ManagedStatus {
        &mut status.common
    }

    fn aws_id(status: &DirectConnectGatewayAssociationStatus) -> Option<&str> {
        status.association_id.as_deref()
    }

    fn set_aws_id(status: &mut DirectConnectGatewayAssociationStatus, id: Option<String>) {
        if id.is_none() {
            status.direct_connect_gateway_id = None;
            status.gateway_id = None;
        }
        status.association_id = id;
    }

    fn references(&self) -> Vec<ObjectKey> {
        [self.direct_connect_gateway_end(), self.gateway_end()]
            .into_iter()
            .filter_map(|e| e.reference)
            .collect()
    }

    fn aws_ids(&self) -> Vec<String> {
        [self.direct_connect_gateway_end(), self.gateway_end()]
            .into_iter()
            .filter_map(|e| e.id)
            .collect()
    }

    fn lists(&self, view: &View) -> BTreeSet<List> {
        let mut lists = BTreeSet::from([List::DirectConnectGateways]);
        if self.spec.virtual_private_gateway_ref.is_some()
            || self.spec.virtual_private_gateway_id.is_some()
        {
            lists.insert(List::VpnGateways);
        }
        let gone = |state: &str| matches!(state, "deleting" | "deleted");
        let gateways = view
            .aws
            .direct_connect_gateways()
            .iter()
            .filter(|g| !gone(&g.direct_connect_gateway_state));
        let mut listed = gateways.map(|g| &g.direct_connect_gateway_id);
        match self.direct_connect_gateway(view) {
            // Associations of a gateway that is gone cannot be asked for.
            Some(id) if view.aws.direct_connect_gateways.is_none() || listed.any(|l| *l == id) => {
                lists.insert(List::Associations(id));
            }
            Some(_) => {}
            // What was lost, or is only watched, may be on any gateway.
            None => lists.extend(listed.cloned().map(List::Associations)),
        }
        let recorded = self
            .stored()
            .and_then(Self::aws_id)
            .and_then(|id| find(view, id));
        let narrows = recorded
            .and_then(|a| self.prefix_change(a))
            .is_some_and(|c| c.2);
        if self.metadata.deletion_timestamp.is_some() || narrows {
            lists.insert(List::VirtualInterfaces);
        }
        lists
    }

    fn invalid(&self, view: &View) -> Option<Blocked> {
        if let Some(owner) = self.owned_elsewhere(view) {
            return Some(Blocked {
                reason: Reason::NotSupportedYet,
                message: format!(
                    "spec.gatewayOwnerAccountId is {owner}: gateways of another account are not supported yet. Join them by hand and \
                     watch the association with managementPolicy: ObserveOnly and import, or leave the field out for a gateway of this account"
                ),
                stalled: true,
            });
        }
        if let Some(blocked) = shared::refused_tags(self.common(), view) {
            return Some(blocked);
        }
        // Before anything is recorded both ends must be known, or nothing could be looked up.
        if self.recorded() {
            return None;
        }
        [self.direct_connect_gateway_end(), self.gateway_end()]
            .iter()
            .find_map(|e| e.known(view).err())
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        all(view)
            .filter(|a| only.is_none_or(|id| a.association_id == id))
            .map(|a| self.candidate(view, a))
            .collect()
    }

    fn differences(&self, view: &View, id: &str) -> Vec<Difference> {
        find(view, id).map_or_else(Vec::new, |a| self.compare(view, a))
    }

    fn create(&self, view: &View) -> Result<Call, Verdict> {
        let (direct_connect_gateway_id, gateway_id) = self.ready_pair(view)?;
        if let Some(refusal) = self.clash(view, &direct_connect_gateway_id, &gateway_id) {
            return Err(refusal);
        }
        let allowed_prefixes: Vec<String> = normal(self.spec.allowed_prefixes.iter().flatten())
            .into_iter()
            .collect();
        if self.spec.transit_gateway_id.is_some() && allowed_prefixes.is_empty() {
            return Err(Verdict::stalled(
                Reason::Invalid,
                "spec.allowedPrefixes is empty and spec.transitGatewayId is set: AWS announces exactly the prefixes listed; list at least one",
            ));
        }
        if proof::parent(view, &direct_connect_gateway_id, &gateway_id).is_none() {
            return Err(Verdict::stalled(
                Reason::NotSupportedYet,
                format!(
                    "Direct Connect gateway {direct_connect_gateway_id} is not managed by this cluster and {gateway_id} cannot carry the \
                     proof of ownership: import the Direct Connect gateway as a DirectConnectGateway and refer to that"
                ),
            ));
        }
        Ok(Call::CreateDirectConnectGatewayAssociation {
            direct_connect_gateway_id,
            gateway_id,
            allowed_prefixes,
        })
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(a) = find(view, id) else {
            return Ok(vec![]);
        };
        if let Some(refusal) = shared::immutable_field(Self::KIND, &self.compare(view, a)) {
            return Err(refusal);
        }
        if a.association_state != "associated" {
            return Ok(vec![]);
        }
        let Some((add, remove, narrows)) = self.prefix_change(a) else {
            return Ok(vec![]);
        };
        if self.spec.transit_gateway_id.is_some()
            && let Some(refusal) = self.overlap(view, &a.direct_connect_gateway_id, &a.gateway_id)
        {
            return Err(refusal);
        }
        let words = [("add", &add), ("remove", &remove)];
        let words: Vec<String> = words
            .iter()
            .filter(|w| !w.1.is_empty())
            .map(|(verb, list)| format!("{verb} {}", list.join(", ")))
            .collect();
        let does = format!("{} in the allowed prefixes of {id}", words.join(" and "));
        let call = Call::UpdateDirectConnectGatewayAssociation {
            association_id: id.to_owned(),
            direct_connect_gateway_id: a.direct_connect_gateway_id.clone(),
            add,
            remove,
        };
        let event = EventReason::PrefixesUpdated;
        Ok(vec![if narrows {
            let cuts = shared::interfaces_through(view, &a.direct_connect_gateway_id);
            Step::disruptive(
                "prefixes",
                call,
                event,
                does,
                Reason::DeleteAssociation,
                cuts,
            )
        } else {
            Step::harmless(call, event, does)
        }])
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(a) = find(view, id) else {
            return Ok(vec![]);
        };
        // Before it is associated nothing flows through it.
        let cuts = if a.association_state == "associating" {
            BTreeSet::new()
        } else {
            shared::interfaces_through(view, &a.direct_connect_gateway_id)
        };
        Ok(vec![Step::disruptive(
            "delete",
            Call::DeleteDirectConnectGatewayAssociation {
                association_id: id.to_owned(),
                direct_connect_gateway_id: a.direct_connect_gateway_id.clone(),
            },
            EventReason::Deleted,
            format!(
                "end association {id} of {} with {}",
                a.direct_connect_gateway_id, a.gateway_id
            ),
            Reason::DeleteAssociation,
            cuts,
        )])
    }

    fn tag(&self, view: &View, id: &str, set: Tags, remove: Vec<String>) -> Vec<Call> {
        let pair = match find(view, id) {
            Some(a) => Some((a.direct_connect_gateway_id.clone(), a.gateway_id.clone())),
            None => self.gateway_pair(view),
        };
        let Some((direct_connect_gateway_id, gateway_id)) = pair else {
            return vec![];
        };
        let mut calls = proof::write(view, &direct_connect_gateway_id, &gateway_id, &set);
        if remove.iter().any(|key| key == identity::IDENTITY) {
            let own = identity::identity(&view.cluster_id, &self.key());
            calls.extend(proof::withdraw(
                view,
                &direct_connect_gateway_id,
                &gateway_id,
                &own,
            ));
        }
        calls
    }

    fn leftovers(&self, view: &View, _id: &str) -> Vec<Call> {
        let Some((direct_connect_gateway_id, gateway_id)) = self.gateway_pair(view) else {
            return vec![];
        };
        let own = identity::identity(&view.cluster_id, &self.key());
        proof::withdraw(view, &direct_connect_gateway_id, &gateway_id, &own)
    }

    fn at_rest(&self, view: &View, id: &str) -> bool {
        view.aws
            .associations
            .values()
            .flat_map(|part| &part.items)
            .filter(|a| a.association_id == id)
            .all(|a| a.association_state == "associated")
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        let Some(a) = find(view, id) else {
            return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
        };
        let ends = format!("{} with {}", a.direct_connect_gateway_id, a.gateway_id);
        let said = a.state_change_error.as_deref().filter(|e| !e.is_empty());
        match (a.association_state.as_str(), said) {
            ("associated", _) => Verdict::up(format!("AWS has associated {ends}")),
            (state, Some(error)) => Verdict::stalled(
                Reason::RefusedByAws,
                format!(
                    "association {id} is {state} and AWS says: {error}. Correct what AWS names; then delete this object and make it again"
                ),
            ),
            ("updating", None) => Verdict::waits(
                Reason::Updating,
                Actor::AWS,
                format!("AWS is changing the allowed prefixes of {ends}, which takes minutes"),
                Some("routers learn the new prefixes"),
                false,
            ),
            (state, None) => Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!("AWS is associating {ends} ({state}), which takes minutes"),
                Some("routes are exchanged"),
                false,
            ),
        }
    }

    fn facts(&self, view: &View, id: &str, status: &mut DirectConnectGatewayAssociationStatus) {
        let Some(a) = find(view, id) else { return };
        status.association_state = Some(a.association_state.clone());
        status.direct_connect_gateway_id = Some(a.direct_connect_gateway_id.clone());
        status.gateway_id = Some(a.gateway_id.clone());
        status.allowed_prefixes = normal(&a.allowed_prefixes).into_iter().collect();
        status.state_change_error = a.state_change_error.clone().filter(|e| !e.is_empty());
    }
}

impl DirectConnectGatewayAssociation {
    /// The gateway that the spec or the recorded association names.
    fn direct_connect_gateway(&self, view: &View) -> Option<String> {
        let recorded = self.stored().filter(|s| s.association_id.is_some());
        recorded
            .and_then(|s| s.direct_connect_gateway_id.clone())
            .or_else(|| self.direct_connect_gateway_end().resolve(view))
    }

    /// Both ends, recorded or declared.
    fn gateway_pair(&self, view: &View) -> Option<ends::Pair> {
        let recorded = self.stored().filter(|s| s.association_id.is_some());
        let gateway = recorded.and_then(|s| s.gateway_id.clone());
        Some((
            self.direct_connect_gateway(view)?,
            gateway.or_else(|| self.gateway_end().resolve(view))?,
        ))
    }
}
