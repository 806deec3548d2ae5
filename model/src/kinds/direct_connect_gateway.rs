//! DirectConnectGateway: the global gateway between virtual interfaces and VPCs.

use std::collections::BTreeSet;

use crate::api::DirectConnectGateway;
use crate::api::common::ManagedSpec;
use crate::api::direct_connect_gateway::DirectConnectGatewayStatus;
use crate::api::status::{Actor, ManagedStatus};
use crate::aws::{self, List, Tags};
use crate::call::Call;
use crate::difference::Difference;
use crate::event::EventReason;
use crate::identity::{Candidate, Presence};
use crate::kind::{Kind, ObjectKey};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

use super::shared;

fn presence(state: &str) -> Presence {
    match state {
        "deleting" | "deleted" => Presence::Gone,
        _ => Presence::Live,
    }
}

impl DirectConnectGateway {
    /// Name at AWS that an order gets.
    fn ordered_name(&self) -> String {
        let declared = self.spec.direct_connect_gateway_name.as_ref();
        declared
            .or(self.metadata.name.as_ref())
            .cloned()
            .unwrap_or_default()
    }

    fn compare(&self, g: &aws::DirectConnectGateway) -> Vec<Difference> {
        let mut found = vec![];
        if let Some(asn) = self
            .spec
            .amazon_side_asn
            .filter(|a| *a != g.amazon_side_asn)
        {
            found.push(Difference::new(
                "spec.amazonSideAsn",
                asn,
                g.amazon_side_asn,
                false,
            ));
        }
        let name = self.spec.direct_connect_gateway_name.as_ref();
        if let Some(name) = name.filter(|n| **n != g.direct_connect_gateway_name) {
            let actual = &g.direct_connect_gateway_name;
            found.push(Difference::new(
                "spec.directConnectGatewayName",
                name,
                actual,
                true,
            ));
        }
        found
    }
}

impl Managed for DirectConnectGateway {
    const KIND: Kind = Kind::DirectConnectGateway;
    const NATURAL: bool = false;
    type Status = DirectConnectGatewayStatus;

    fn common(&self) -> &ManagedSpec {
        &self.spec.common
    }

    fn stored(&self) -> Option<&DirectConnectGatewayStatus> {
        self.status.as_ref()
    }

    fn managed(status: &DirectConnectGatewayStatus) -> &ManagedStatus {
        &status.common
    }

    fn managed_mut(status: &mut DirectConnectGatewayStatus) -> &mut ManagedStatus {
        &mut status.common
    }

    fn aws_id(status: &DirectConnectGatewayStatus) -> Option<&str> {
        status.direct_connect_gateway_id.as_deref()
    }

    fn set_aws_id(status: &mut DirectConnectGatewayStatus, id: Option<String>) {
        status.direct_connect_gateway_id = id;
    }

    fn references(&self) -> Vec<ObjectKey> {
        vec![]
    }

    fn aws_ids(&self) -> Vec<String> {
        vec![]
    }

    fn lists(&self, view: &View) -> BTreeSet<List> {
        let mut lists = BTreeSet::from([List::DirectConnectGateways]);
        if self.metadata.deletion_timestamp.is_some() {
            lists.insert(List::VirtualInterfaces);
            // Associations of a gateway that is gone need not be asked for.
            let id = self.stored().and_then(Self::aws_id);
            let unread = view.aws.direct_connect_gateways.is_none();
            if let Some(id) = id.filter(|id| unread || live(view, id)) {
                lists.insert(List::Associations(id.to_owned()));
            }
        }
        lists
    }

    fn invalid(&self, view: &View) -> Option<Blocked> {
        shared::refused_tags(self.common(), view)
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        let concerned = shared::concerned(self, view, only);
        let name = self.ordered_name();
        view.aws
            .direct_connect_gateways()
            .iter()
            .filter(|g| concerned(&g.direct_connect_gateway_id, &g.tags))
            .map(|g| Candidate {
                id: g.direct_connect_gateway_id.clone(),
                tags: g.tags.clone(),
                presence: presence(&g.direct_connect_gateway_state),
                immutable_differences: shared::printed(&self.compare(g)),
                owner_account: Some(g.owner_account.clone()).filter(|o| !o.is_empty()),
                same_name: g.direct_connect_gateway_name == name,
                ..Candidate::default()
            })
            .collect()
    }

    fn differences(&self, view: &View, id: &str) -> Vec<Difference> {
        view.aws
            .direct_connect_gateway(id)
            .map_or_else(Vec::new, |g| self.compare(g))
    }

    fn create(&self, _view: &View) -> Result<Call, Verdict> {
        Ok(Call::CreateDirectConnectGateway {
            direct_connect_gateway_name: self.ordered_name(),
            amazon_side_asn: self.spec.amazon_side_asn,
            tags: Tags::new(),
        })
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(g) = view.aws.direct_connect_gateway(id) else {
            return Ok(vec![]);
        };
        let differences = self.compare(g);
        if let Some(refusal) = shared::immutable_field(Self::KIND, &differences) {
            return Err(refusal);
        }
        if g.direct_connect_gateway_state != "available" {
            return Ok(vec![]);
        }
        Ok(differences
            .into_iter()
            .map(|d| {
                let does = format!("rename {id} to {}", d.declared);
                let call = Call::UpdateDirectConnectGateway {
                    direct_connect_gateway_id: id.to_owned(),
                    new_direct_connect_gateway_name: d.declared,
                };
                Step::harmless(call, EventReason::Renamed, does)
            })
            .collect())
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let associations = view.aws.associations(id).iter();
        let mut users: Vec<shared::User> = associations
            .filter(|a| a.association_state != "disassociated")
            .map(|a| {
                (
                    format!("its association with {}", a.gateway_id),
                    a.association_state == "disassociating",
                )
            })
            .collect();
        users.extend(shared::virtual_interface_users(shared::interfaces(
            view,
            |v| v.direct_connect_gateway_id.as_deref() == Some(id),
        )));
        if let Some(refusal) = shared::still_used(id, &users) {
            return Err(refusal);
        }
        Ok(vec![Step::disruptive(
            "delete",
            Call::DeleteDirectConnectGateway {
                direct_connect_gateway_id: id.to_owned(),
            },
            EventReason::Deleted,
            format!("delete Direct Connect gateway {id}"),
            Reason::DeleteAssociation,
            BTreeSet::new(),
        )])
    }

    fn tag(&self, view: &View, id: &str, set: Tags, remove: Vec<String>) -> Vec<Call> {
        let arn = shared::direct_connect_gateway_arn(view, id);
        shared::tag_calls(&arn, &List::DirectConnectGateways, set, remove)
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        let Some(g) = view.aws.direct_connect_gateway(id) else {
            return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
        };
        let said = g.state_change_error.as_deref().filter(|e| !e.is_empty());
        match (g.direct_connect_gateway_state.as_str(), said) {
            ("available", None) => Verdict::up(format!("{id} is available")),
            ("available", Some(error)) => Verdict::up(format!(
                "{id} is available; AWS says of its last change of state: {error}"
            )),
            (state, Some(error)) => Verdict::stalled(
                Reason::RefusedByAws,
                format!(
                    "{id} is {state} and AWS says: {error}. Correct what AWS names, or delete this object and declare another"
                ),
            ),
            (state, None) => Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!("{id} is {state}; AWS makes it available within seconds as a rule"),
                None,
                false,
            ),
        }
    }

    fn facts(&self, view: &View, id: &str, status: &mut DirectConnectGatewayStatus) {
        let Some(g) = view.aws.direct_connect_gateway(id) else {
            return;
        };
        status.direct_connect_gateway_state = Some(g.direct_connect_gateway_state.clone());
        status.direct_connect_gateway_name = Some(g.direct_connect_gateway_name.clone());
        status.amazon_side_asn = Some(g.amazon_side_asn);
        status.owner_account = Some(g.owner_account.clone()).filter(|o| !o.is_empty());
        status.state_change_error = g.state_change_error.clone().filter(|e| !e.is_empty());
    }
}

fn live(view: &View, id: &str) -> bool {
    let listed = view.aws.direct_connect_gateway(id);
    listed.is_some_and(|g| presence(&g.direct_connect_gateway_state) == Presence::Live)
}
