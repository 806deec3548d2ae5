//! VirtualPrivateGateway: one VPC's door, its attachment, and the route tables that learn from it.
//!
//! An attachment has no tags: that we made it, or took it over because the spec declares it, is
//! proven by a tag on the gateway. Only such an attachment is ever ended. Route propagation carries
//! no proof: what the operator enabled stands in `status.managedRouteTableIds`.

mod attachment;
mod propagation;

use std::collections::BTreeSet;

use crate::api::VirtualPrivateGateway;
use crate::api::common::ManagedSpec;
use crate::api::status::{Actor, ManagedStatus};
use crate::api::virtual_private_gateway::VirtualPrivateGatewayStatus;
use crate::aws::{List, Tags, VpnGateway};
use crate::call::Call;
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
use attachment::{attachment, proof};
use propagation::propagates;

fn presence(state: &str) -> Presence {
    match state {
        "deleting" | "deleted" => Presence::Gone,
        _ => Presence::Live,
    }
}

impl VirtualPrivateGateway {
    fn identity(&self, view: &View) -> String {
        identity::identity(&view.cluster_id, &self.key())
    }

    fn compare(&self, g: &VpnGateway) -> Vec<Difference> {
        let mut found = vec![];
        if let (Some(asn), Some(actual)) = (self.spec.amazon_side_asn, g.amazon_side_asn)
            && asn != actual
        {
            found.push(Difference::new("spec.amazonSideAsn", asn, actual, false));
        }
        found
    }
}

impl Managed for VirtualPrivateGateway {
    const KIND: Kind = Kind::VirtualPrivateGateway;
    const NATURAL: bool = false;
    type Status = VirtualPrivateGatewayStatus;

    fn common(&self) -> &ManagedSpec {
        &self.spec.common
    }

    fn stored(&self) -> Option<&VirtualPrivateGatewayStatus> {
        self.status.as_ref()
    }

    fn managed(status: &VirtualPrivateGatewayStatus) -> &ManagedStatus {
        &status.common
    }

    fn managed_mut(status: &mut VirtualPrivateGatewayStatus) -> &mut ManagedStatus {
        &mut status.common
    }

    fn aws_id(status: &VirtualPrivateGatewayStatus) -> Option<&str> {
        status.vpn_gateway_id.as_deref()
    }

    fn set_aws_id(status: &mut VirtualPrivateGatewayStatus, id: Option<String>) {
        status.vpn_gateway_id = id;
    }

    fn references(&self) -> Vec<ObjectKey> {
        vec![]
    }

    fn aws_ids(&self) -> Vec<String> {
        vec![]
    }

    fn lists(&self, view: &View) -> BTreeSet<List> {
        let mut lists = BTreeSet::from([List::VpnGateways]);
        let status = self.stored();
        let manages_tables = status.is_some_and(|s| !s.managed_route_table_ids.is_empty());
        if self.spec.route_propagation.is_some() || manages_tables {
            lists.insert(List::RouteTables);
        }
        let listed = status
            .and_then(Self::aws_id)
            .and_then(|id| view.aws.vpn_gateway(id));
        let detaching =
            listed.is_some_and(|g| self.must_detach(view, g) || self.must_disable(view, g));
        // What a detachment or the end of a propagation cuts, and what must be gone before a deletion.
        if self.metadata.deletion_timestamp.is_some() || detaching {
            lists.extend([List::VirtualInterfaces, List::DirectConnectGateways]);
            let gateways = view.aws.direct_connect_gateways().iter();
            lists.extend(
                gateways
                    .filter(|g| presence(&g.direct_connect_gateway_state) == Presence::Live)
                    .map(|g| List::Associations(g.direct_connect_gateway_id.clone())),
            );
        }
        lists
    }

    fn invalid(&self, view: &View) -> Option<Blocked> {
        shared::refused_tags(self.common(), view)
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        let concerned = shared::concerned(self, view, only);
        view.aws
            .vpn_gateways()
            .iter()
            .filter(|g| concerned(&g.vpn_gateway_id, &g.tags))
            .map(|g| Candidate {
                id: g.vpn_gateway_id.clone(),
                tags: g.tags.clone(),
                presence: presence(&g.state),
                immutable_differences: shared::printed(&self.compare(g)),
                ..Candidate::default()
            })
            .collect()
    }

    fn differences(&self, view: &View, id: &str) -> Vec<Difference> {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return vec![];
        };
        let mut found = self.compare(g);
        if let Some(vpc) = &self.spec.vpc_id {
            match attachment(g) {
                None => found.push(Difference::new("spec.vpcId", vpc, "none", true)),
                // Another VPC would lose its gateway: nothing that an import does.
                Some(a) if a.vpc_id != *vpc => {
                    found.push(Difference::new("spec.vpcId", vpc, &a.vpc_id, false));
                }
                Some(_) => {}
            }
        }
        if let Some(declared) = self.declared_tables(view, g) {
            let tables = view.aws.route_tables().iter().filter(|t| propagates(t, id));
            let actual: BTreeSet<String> = tables.map(|t| t.route_table_id.clone()).collect();
            if !declared.is_subset(&actual) {
                let print = |set: &BTreeSet<String>| {
                    let ids: Vec<&str> = set.iter().map(String::as_str).collect();
                    if ids.is_empty() {
                        "none".to_owned()
                    } else {
                        ids.join(", ")
                    }
                };
                found.push(Difference::new(
                    "spec.routePropagation",
                    print(&declared),
                    print(&actual),
                    true,
                ));
            }
        }
        found
    }

    fn create(&self, view: &View) -> Result<Call, Verdict> {
        match self.vpc_taken(view, None) {
            Some(refusal) => Err(refusal),
            None => Ok(Call::CreateVpnGateway {
                amazon_side_asn: self.spec.amazon_side_asn,
                // The proof of the attachment that follows comes with the gateway.
                tags: self
                    .spec
                    .vpc_id
                    .iter()
                    .map(|vpc| (proof(vpc), self.identity(view)))
                    .collect(),
            }),
        }
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return Ok(vec![]);
        };
        if let Some(refusal) = shared::immutable_field(Self::KIND, &self.compare(g)) {
            return Err(refusal);
        }
        if g.state != "available" {
            return Ok(vec![]);
        }
        let steps = self.attachment_steps(view, g)?;
        // Route tables can learn only from a gateway that is attached.
        if steps.is_empty() {
            self.propagation_steps(view, g)
        } else {
            Ok(steps)
        }
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return Ok(vec![]);
        };
        let on_it = shared::interfaces(view, |v| v.virtual_gateway_id.as_deref() == Some(id));
        let mut users = shared::virtual_interface_users(on_it);
        let associations = view.aws.associations.values().flat_map(|p| &p.items);
        users.extend(
            associations
                .filter(|a| a.gateway_id == id && a.association_state != "disassociated")
                .map(|a| {
                    let gateway = &a.direct_connect_gateway_id;
                    (
                        format!("its association with {gateway}"),
                        a.association_state == "disassociating",
                    )
                }),
        );
        if let Some(refusal) = shared::still_used(id, &users) {
            return Err(refusal);
        }
        let mut steps = self.disable(view, id, |_| true);
        match attachment(g) {
            None => steps.push(Step::disruptive(
                "delete",
                Call::DeleteVpnGateway {
                    vpn_gateway_id: id.to_owned(),
                },
                EventReason::Deleted,
                format!("delete virtual private gateway {id}"),
                Reason::Detach,
                BTreeSet::new(),
            )),
            Some(a) if !self.attached_by_us(view, g, &a.vpc_id) => {
                return Err(Verdict::waits(
                    Reason::WaitingForDependents,
                    Actor::You,
                    format!(
                        "{id} is attached to {}, which this object did not do and does not undo: detach it at AWS, \
                         or set spec.deletionPolicy to Retain",
                        a.vpc_id
                    ),
                    Some("it is deleted"),
                    false,
                ));
            }
            Some(a) if a.state == "attached" => steps.push(Self::detach(view, id, &a.vpc_id)),
            Some(_) => {}
        }
        Ok(steps)
    }

    fn tag(&self, _view: &View, id: &str, set: Tags, remove: Vec<String>) -> Vec<Call> {
        let mut calls = vec![];
        if !set.is_empty() {
            calls.push(Call::CreateTags {
                resource_id: id.to_owned(),
                tags: set,
            });
        }
        if !remove.is_empty() {
            calls.push(Call::DeleteTags {
                resource_id: id.to_owned(),
                tag_keys: remove,
            });
        }
        calls
    }

    fn at_rest(&self, view: &View, id: &str) -> bool {
        view.aws.vpn_gateway(id).is_none_or(|g| {
            g.vpc_attachments
                .iter()
                .all(|a| matches!(a.state.as_str(), "attached" | "detached"))
        })
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
        };
        let aws =
            |reason, message: String| Verdict::waits(reason, Actor::AWS, message, None, false);
        if g.state != "available" {
            return aws(Reason::Provisioning, format!("{id} is {}", g.state));
        }
        match (&self.spec.vpc_id, attachment(g)) {
            (Some(vpc), None) => Verdict::acting(
                Reason::Provisioning,
                format!("{id} is not attached to {vpc} yet"),
            ),
            (Some(vpc), Some(a)) if a.vpc_id == *vpc => match a.state.as_str() {
                "attached" => Verdict::up(format!("{id} is attached to {vpc}")),
                "detaching" => aws(
                    Reason::Updating,
                    format!("AWS is detaching {id} from {vpc}; it is attached again after that"),
                ),
                state => aws(Reason::Provisioning, format!("{id} is {state} to {vpc}")),
            },
            (_, Some(a)) if a.state == "detaching" => aws(
                Reason::Updating,
                format!("AWS is detaching {id} from {}", a.vpc_id),
            ),
            (Some(vpc), Some(a)) => Verdict::acting(
                Reason::Updating,
                format!("{id} is attached to {} and the spec wants {vpc}", a.vpc_id),
            ),
            (None, Some(a)) => {
                Verdict::up(format!("{id} is available and attached to {}", a.vpc_id))
            }
            (None, None) => Verdict::up(format!("{id} is available and attached to no VPC")),
        }
    }

    fn facts(&self, view: &View, id: &str, status: &mut VirtualPrivateGatewayStatus) {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return;
        };
        status.state = Some(g.state.clone());
        status.amazon_side_asn = g.amazon_side_asn;
        status.attached_vpc_id = attachment(g).map(|a| a.vpc_id.clone());
        status.attachment_state = attachment(g).map(|a| a.state.clone());
        if view.aws.route_tables.is_none() {
            return;
        }
        let tables = view.aws.route_tables().iter().filter(|t| propagates(t, id));
        let actual: BTreeSet<String> = tables.map(|t| t.route_table_id.clone()).collect();
        // What is only watched, or not taken over yet, is not ours to disable later.
        if !self.common().observe_only() && Self::aws_id(status) == Some(id) {
            let declared = self.declared_tables(view, g).unwrap_or_default();
            let before: BTreeSet<&String> = status.managed_route_table_ids.iter().collect();
            let managed = actual
                .iter()
                .filter(|t| declared.contains(*t) || before.contains(t));
            status.managed_route_table_ids = managed.cloned().collect();
        }
        status.propagating_route_table_ids = actual.into_iter().collect();
    }
}
