//! VirtualPrivateGateway: one VPC's door, its attachment, and the route tables that learn from it.
//!
//! An attachment has no tags: that we made it, or took it over because the spec declares it, is
//! proven by a tag on the gateway. Only such an attachment is ever ended. Route propagation carries
//! no proof: what the operator enabled stands in `status.managedRouteTableIds`.

use std::collections::BTreeSet;

use crate::api::VirtualPrivateGateway;
use crate::api::common::ManagedSpec;
use crate::api::status::{Actor, ManagedStatus};
use crate::api::virtual_private_gateway::{RoutePropagation, RouteTables, VirtualPrivateGatewayStatus};
use crate::aws::{List, RouteTable, Tags, VpcAttachment, VpnGateway};
use crate::call::Call;
use crate::identity::{self, Candidate, Presence};
use crate::kind::{Kind, ObjectKey};
use crate::managed::{Difference, EventReason, Managed, Step};
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

use super::shared;

/// Slots of the intents that attach and detach.
const ATTACH: &str = "attachment";
const DETACH: &str = "detachment";

fn presence(state: &str) -> Presence {
    match state {
        "deleting" | "deleted" => Presence::Gone,
        _ => Presence::Live,
    }
}

/// The VPC that a gateway is attached to, or is on its way to or from.
fn attachment(g: &VpnGateway) -> Option<&VpcAttachment> {
    let found = |going: bool| {
        g.vpc_attachments.iter().find(|a| match a.state.as_str() {
            "detached" => false,
            "detaching" => going,
            _ => !going,
        })
    };
    found(false).or_else(|| found(true))
}

/// Tag on the gateway that proves its attachment to a VPC to be ours.
fn proof(vpc_id: &str) -> String {
    identity::child_tag("vpcAttachment", vpc_id)
}

fn propagates(table: &RouteTable, id: &str) -> bool {
    table.propagating_vgws.iter().any(|g| g == id)
}

impl VirtualPrivateGateway {
    fn identity(&self, view: &View) -> String {
        identity::identity(&view.cluster_id, &self.key())
    }

    fn attached_by_us(&self, view: &View, g: &VpnGateway, vpc_id: &str) -> bool {
        g.tags.get(&proof(vpc_id)) == Some(&self.identity(view))
    }

    /// True if the attachment that AWS has is ours and not the declared one.
    fn must_detach(&self, view: &View, g: &VpnGateway) -> bool {
        attachment(g).is_some_and(|a| {
            self.spec.vpc_id.as_ref() != Some(&a.vpc_id) && self.attached_by_us(view, g, &a.vpc_id)
        })
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

    /// Another gateway that is attached to the declared VPC: AWS refuses a second (InvalidVpcState,
    /// Amazon EC2 API Reference, "Error codes").
    fn vpc_taken(&self, view: &View, own: Option<&str>) -> Option<Verdict> {
        let vpc = self.spec.vpc_id.as_ref()?;
        let (g, a) = view
            .aws
            .vpn_gateways()
            .iter()
            .filter(|g| Some(g.vpn_gateway_id.as_str()) != own && presence(&g.state) == Presence::Live)
            .find_map(|g| attachment(g).filter(|a| a.vpc_id == *vpc).map(|a| (g, a)))?;
        let other = &g.vpn_gateway_id;
        Some(if a.state == "detaching" {
            Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!("AWS is detaching {other} from {vpc}, and a VPC has one virtual private gateway at most"),
                Some("this gateway is attached"),
                false,
            )
        } else {
            Verdict::stalled(
                Reason::AlreadyExists,
                format!(
                    "spec.vpcId is {vpc}, which has virtual private gateway {other} already, and a VPC has one at most: \
                     take it over with spec.import.id: {other} in a new object, detach it, or choose another VPC"
                ),
            )
        })
    }

    /// Virtual interfaces that lose the VPC when the gateway is detached: AWS ends an association
    /// with a Direct Connect gateway then (Direct Connect User Guide, "Virtual private gateway
    /// associations").
    fn cut_by_detaching(view: &View, id: &str) -> BTreeSet<String> {
        let direct = shared::interfaces(view, |v| v.virtual_gateway_id.as_deref() == Some(id));
        let mut cuts: BTreeSet<String> = direct.map(|v| v.virtual_interface_id.clone()).collect();
        for (gateway, part) in &view.aws.associations {
            if part.items.iter().any(|a| a.gateway_id == id && a.association_state != "disassociated") {
                cuts.extend(shared::interfaces_through(view, gateway));
            }
        }
        cuts
    }

    fn detach(view: &View, id: &str, vpc: &str) -> Step {
        Step::disruptive(
            DETACH,
            Call::DetachVpnGateway { vpn_gateway_id: id.to_owned(), vpc_id: vpc.to_owned() },
            EventReason::Detached,
            format!("detach {id} from {vpc}"),
            Reason::Detach,
            Self::cut_by_detaching(view, id),
        )
    }

    fn attachment_steps(&self, view: &View, g: &VpnGateway) -> Result<Vec<Step>, Verdict> {
        let id = &g.vpn_gateway_id;
        let mut steps = vec![];
        if let Some(vpc) = &self.spec.vpc_id {
            let actual = attachment(g).filter(|a| a.vpc_id == *vpc);
            if actual.is_none() && let Some(refusal) = self.vpc_taken(view, Some(id)) {
                return Err(refusal);
            }
            if !self.attached_by_us(view, g, vpc) && attachment(g).is_none_or(|a| a.vpc_id == *vpc) {
                let tags = Tags::from([(proof(vpc), self.identity(view))]);
                steps.push(Step::harmless(
                    Call::CreateTags { resource_id: id.clone(), tags },
                    EventReason::Tagged,
                    format!("write the proof of ownership of the attachment to {vpc} on {id}"),
                ));
            }
        }
        match (&self.spec.vpc_id, attachment(g)) {
            (Some(vpc), None) => steps.push(Step::child(
                ATTACH,
                Call::AttachVpnGateway { vpn_gateway_id: id.clone(), vpc_id: vpc.clone() },
                EventReason::Attached,
                format!("attach {id} to {vpc}"),
            )),
            (declared, Some(a)) if declared.as_ref() != Some(&a.vpc_id) => {
                if self.attached_by_us(view, g, &a.vpc_id) {
                    if a.state == "attached" {
                        steps.push(Self::detach(view, id, &a.vpc_id));
                    }
                } else if let Some(vpc) = declared
                    && a.state != "detaching"
                {
                    return Err(Verdict::stalled(
                        Reason::AlreadyExists,
                        format!(
                            "spec.vpcId is {vpc}, and {id} is attached to {}, which this object did not do and does not undo: \
                             detach it at AWS, or set spec.vpcId to {0}",
                            a.vpc_id
                        ),
                    ));
                }
            }
            _ => {}
        }
        let stale = self.stale_proofs(view, g);
        if !stale.is_empty() {
            steps.push(Step::harmless(
                Call::DeleteTags { resource_id: id.clone(), tag_keys: stale },
                EventReason::Untagged,
                format!("remove the proof of an attachment that has ended from {id}"),
            ));
        }
        Ok(steps)
    }

    /// Proofs of attachments that neither exist nor are declared.
    fn stale_proofs(&self, view: &View, g: &VpnGateway) -> Vec<String> {
        let own = self.identity(view);
        let existing = g.vpc_attachments.iter().filter(|a| a.state != "detached").map(|a| &a.vpc_id);
        let used: BTreeSet<String> =
            existing.chain(&self.spec.vpc_id).map(|vpc| proof(vpc)).collect();
        g.tags
            .iter()
            .filter(|(key, value)| key.starts_with(identity::CHILD) && **value == own && !used.contains(*key))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Route tables that the spec declares; none where propagation is unmanaged.
    fn declared_tables(&self, view: &View, g: &VpnGateway) -> Option<BTreeSet<String>> {
        let RoutePropagation { route_tables, route_table_ids } = self.spec.route_propagation.as_ref()?;
        Some(match (route_tables, route_table_ids) {
            (Some(RouteTables::All), _) => {
                let vpc = attachment(g).map(|a| a.vpc_id.as_str());
                let tables = view.aws.route_tables().iter().filter(|t| Some(t.vpc_id.as_str()) == vpc);
                tables.map(|t| t.route_table_id.clone()).collect()
            }
            (None, Some(ids)) => ids.iter().cloned().collect(),
            (None, None) => BTreeSet::new(),
        })
    }

    fn propagation_steps(&self, view: &View, g: &VpnGateway) -> Result<Vec<Step>, Verdict> {
        let id = &g.vpn_gateway_id;
        let Some(declared) = self.declared_tables(view, g) else { return Ok(vec![]) };
        let vpc = match attachment(g) {
            Some(a) if a.state == "attached" => &a.vpc_id,
            None if self.spec.vpc_id.is_none() => {
                return Err(Verdict::stalled(
                    Reason::Invalid,
                    format!(
                        "spec.routePropagation is set and {id} is attached to no VPC whose route tables could learn its routes: \
                         set spec.vpcId, or remove spec.routePropagation"
                    ),
                ));
            }
            _ => return Ok(vec![]),
        };
        let mut steps = vec![];
        let mut wrong = vec![];
        for table in &declared {
            match view.aws.route_tables().iter().find(|t| t.route_table_id == *table) {
                None => wrong.push(format!("{table}, which AWS does not list in this account and region")),
                Some(t) if t.vpc_id != *vpc => {
                    wrong.push(format!("{table}, which belongs to {}", t.vpc_id));
                }
                Some(t) if !propagates(t, id) => steps.push(Step::harmless(
                    Call::EnableVgwRoutePropagation { gateway_id: id.clone(), route_table_id: table.clone() },
                    EventReason::PropagationEnabled,
                    format!("let {table} learn the routes of {id}"),
                )),
                Some(_) => {}
            }
        }
        steps.extend(self.disable(view, id, |table| !declared.contains(table)));
        if steps.is_empty() && !wrong.is_empty() {
            return Err(Verdict::stalled(
                Reason::Invalid,
                format!(
                    "spec.routePropagation.routeTableIds names {}; only route tables of {vpc} can learn the routes of {id}: \
                     correct the list",
                    wrong.join(", ")
                ),
            ));
        }
        Ok(steps)
    }

    /// Steps that disable what the operator enabled, of the tables that `ends` picks.
    fn disable(&self, view: &View, id: &str, ends: impl Fn(&str) -> bool) -> Vec<Step> {
        let managed = self.status.iter().flat_map(|s| &s.managed_route_table_ids);
        managed
            .filter(|table| ends(table))
            .filter(|table| view.aws.route_tables().iter().any(|t| t.route_table_id == **table && propagates(t, id)))
            .map(|table| {
                Step::harmless(
                    Call::DisableVgwRoutePropagation { gateway_id: id.to_owned(), route_table_id: table.clone() },
                    EventReason::PropagationDisabled,
                    format!("let {table} learn the routes of {id} no more"),
                )
            })
            .collect()
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
        let listed = status.and_then(Self::aws_id).and_then(|id| view.aws.vpn_gateway(id));
        let detaching = listed.is_some_and(|g| self.must_detach(view, g));
        // What a detachment cuts, and what must be gone before a deletion.
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

    fn candidates(&self, view: &View) -> Vec<Candidate> {
        view.aws
            .vpn_gateways()
            .iter()
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
        let Some(g) = view.aws.vpn_gateway(id) else { return vec![] };
        let mut found = self.compare(g);
        if let Some(vpc) = &self.spec.vpc_id {
            match attachment(g) {
                None => found.push(Difference::new("spec.vpcId", vpc, "none", true)),
                // Another VPC would lose its gateway: nothing that an import does.
                Some(a) if a.vpc_id != *vpc => found.push(Difference::new("spec.vpcId", vpc, &a.vpc_id, false)),
                Some(_) => {}
            }
        }
        if let Some(declared) = self.declared_tables(view, g) {
            let tables = view.aws.route_tables().iter().filter(|t| propagates(t, id));
            let actual: BTreeSet<String> = tables.map(|t| t.route_table_id.clone()).collect();
            if !declared.is_subset(&actual) {
                let print = |set: &BTreeSet<String>| {
                    let ids: Vec<&str> = set.iter().map(String::as_str).collect();
                    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
                };
                found.push(Difference::new("spec.routePropagation", print(&declared), print(&actual), true));
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
                tags: self.spec.vpc_id.iter().map(|vpc| (proof(vpc), self.identity(view))).collect(),
            }),
        }
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(g) = view.aws.vpn_gateway(id) else { return Ok(vec![]) };
        if let Some(refusal) = shared::immutable_field(Self::KIND, &self.compare(g)) {
            return Err(refusal);
        }
        if g.state != "available" {
            return Ok(vec![]);
        }
        let steps = self.attachment_steps(view, g)?;
        // Route tables can learn only from a gateway that is attached.
        if steps.is_empty() { self.propagation_steps(view, g) } else { Ok(steps) }
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(g) = view.aws.vpn_gateway(id) else { return Ok(vec![]) };
        let on_it = shared::interfaces(view, |v| v.virtual_gateway_id.as_deref() == Some(id));
        let mut users = shared::virtual_interface_users(on_it);
        let associations = view.aws.associations.values().flat_map(|p| &p.items);
        users.extend(
            associations.filter(|a| a.gateway_id == id && a.association_state != "disassociated").map(|a| {
                let gateway = &a.direct_connect_gateway_id;
                (format!("its association with {gateway}"), a.association_state == "disassociating")
            }),
        );
        if let Some(refusal) = shared::still_used(id, &users) {
            return Err(refusal);
        }
        let mut steps = self.disable(view, id, |_| true);
        match attachment(g) {
            None => steps.push(Step::disruptive(
                "delete",
                Call::DeleteVpnGateway { vpn_gateway_id: id.to_owned() },
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
            calls.push(Call::CreateTags { resource_id: id.to_owned(), tags: set });
        }
        if !remove.is_empty() {
            calls.push(Call::DeleteTags { resource_id: id.to_owned(), tag_keys: remove });
        }
        calls
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        let Some(g) = view.aws.vpn_gateway(id) else {
            return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
        };
        let aws = |reason, message: String| Verdict::waits(reason, Actor::AWS, message, None, false);
        if g.state != "available" {
            return aws(Reason::Provisioning, format!("{id} is {}", g.state));
        }
        match (&self.spec.vpc_id, attachment(g)) {
            (Some(vpc), None) => Verdict::acting(Reason::Provisioning, format!("{id} is not attached to {vpc} yet")),
            (Some(vpc), Some(a)) if a.vpc_id == *vpc => match a.state.as_str() {
                "attached" => Verdict::up(format!("{id} is attached to {vpc}")),
                "detaching" => aws(Reason::Updating, format!("AWS is detaching {id} from {vpc}; it is attached again after that")),
                state => aws(Reason::Provisioning, format!("{id} is {state} to {vpc}")),
            },
            (_, Some(a)) if a.state == "detaching" => {
                aws(Reason::Updating, format!("AWS is detaching {id} from {}", a.vpc_id))
            }
            (Some(vpc), Some(a)) => Verdict::acting(
                Reason::Updating,
                format!("{id} is attached to {} and the spec wants {vpc}", a.vpc_id),
            ),
            (None, Some(a)) => Verdict::up(format!("{id} is available and attached to {}", a.vpc_id)),
            (None, None) => Verdict::up(format!("{id} is available and attached to no VPC")),
        }
    }

    fn facts(&self, view: &View, id: &str, status: &mut VirtualPrivateGatewayStatus) {
        let Some(g) = view.aws.vpn_gateway(id) else { return };
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
            let managed = actual.iter().filter(|t| declared.contains(*t) || before.contains(t));
            status.managed_route_table_ids = managed.cloned().collect();
        }
        status.propagating_route_table_ids = actual.into_iter().collect();
    }
}
