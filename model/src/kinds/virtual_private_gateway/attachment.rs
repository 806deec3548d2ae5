//! The attachment of a gateway to a VPC: what must be attached, detached and proven.

use std::collections::BTreeSet;

use crate::api::VirtualPrivateGateway;
use crate::api::status::Actor;
use crate::aws::{Tags, VpcAttachment, VpnGateway};
use crate::call::Call;
use crate::event::EventReason;
use crate::identity::{self, Presence};
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::View;

use super::super::shared;
use super::presence;

/// Slots of the intents that attach and detach.
const ATTACH: &str = "attachment";
const DETACH: &str = "detachment";

/// The VPC that a gateway is attached to, or is on its way to or from.
pub(super) fn attachment(g: &VpnGateway) -> Option<&VpcAttachment> {
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
pub(super) fn proof(vpc_id: &str) -> String {
    identity::child_tag("vpcAttachment", vpc_id)
}

impl VirtualPrivateGateway {
    pub(super) fn attached_by_us(&self, view: &View, g: &VpnGateway, vpc_id: &str) -> bool {
        g.tags.get(&proof(vpc_id)) == Some(&self.identity(view))
    }

    /// True if the attachment that AWS has is ours and not the declared one.
    pub(super) fn must_detach(&self, view: &View, g: &VpnGateway) -> bool {
        attachment(g).is_some_and(|a| {
            self.spec.vpc_id.as_ref() != Some(&a.vpc_id) && self.attached_by_us(view, g, &a.vpc_id)
        })
    }

    /// Another gateway that is attached to the declared VPC: AWS refuses a second (InvalidVpcState,
    /// Amazon EC2 API Reference, "Error codes").
    pub(super) fn vpc_taken(&self, view: &View, own: Option<&str>) -> Option<Verdict> {
        let vpc = self.spec.vpc_id.as_ref()?;
        let (g, a) = view
            .aws
            .vpn_gateways()
            .iter()
            .filter(|g| {
                Some(g.vpn_gateway_id.as_str()) != own && presence(&g.state) == Presence::Live
            })
            .find_map(|g| attachment(g).filter(|a| a.vpc_id == *vpc).map(|a| (g, a)))?;
        let other = &g.vpn_gateway_id;
        Some(if a.state == "detaching" {
            Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!(
                    "AWS is detaching {other} from {vpc}, and a VPC has one virtual private gateway at most"
                ),
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
    pub(super) fn cut_by_detaching(view: &View, id: &str) -> BTreeSet<String> {
        let direct = shared::interfaces(view, |v| v.virtual_gateway_id.as_deref() == Some(id));
        let mut cuts: BTreeSet<String> = direct.map(|v| v.virtual_interface_id.clone()).collect();
        for (gateway, part) in &view.aws.associations {
            if part
                .items
                .iter()
                .any(|a| a.gateway_id == id && a.association_state != "disassociated")
            {
                cuts.extend(shared::interfaces_through(view, gateway));
            }
        }
        cuts
    }

    pub(super) fn detach(view: &View, id: &str, vpc: &str) -> Step {
        Step::disruptive(
            DETACH,
            Call::DetachVpnGateway {
                vpn_gateway_id: id.to_owned(),
                vpc_id: vpc.to_owned(),
            },
            EventReason::Detached,
            format!("detach {id} from {vpc}"),
            Reason::Detach,
            Self::cut_by_detaching(view, id),
        )
    }

    pub(super) fn attachment_steps(
        &self,
        view: &View,
        g: &VpnGateway,
    ) -> Result<Vec<Step>, Verdict> {
        let id = &g.vpn_gateway_id;
        let mut steps = vec![];
        if let Some(vpc) = &self.spec.vpc_id {
            let actual = attachment(g).filter(|a| a.vpc_id == *vpc);
            if actual.is_none()
                && let Some(refusal) = self.vpc_taken(view, Some(id))
            {
                return Err(refusal);
            }
            if !self.attached_by_us(view, g, vpc) && attachment(g).is_none_or(|a| a.vpc_id == *vpc)
            {
                let tags = Tags::from([(proof(vpc), self.identity(view))]);
                steps.push(Step::harmless(
                    Call::CreateTags {
                        resource_id: id.clone(),
                        tags,
                    },
                    EventReason::Tagged,
                    format!("write the proof of ownership of the attachment to {vpc} on {id}"),
                ));
            }
        }
        match (&self.spec.vpc_id, attachment(g)) {
            (Some(vpc), None) => steps.push(Step::child(
                ATTACH,
                Call::AttachVpnGateway {
                    vpn_gateway_id: id.clone(),
                    vpc_id: vpc.clone(),
                },
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
                Call::DeleteTags {
                    resource_id: id.clone(),
                    tag_keys: stale,
                },
                EventReason::Untagged,
                format!("remove the proof of an attachment that has ended from {id}"),
            ));
        }
        Ok(steps)
    }

    /// Proofs of attachments that neither exist nor are declared.
    pub(super) fn stale_proofs(&self, view: &View, g: &VpnGateway) -> Vec<String> {
        let own = self.identity(view);
        let existing = g
            .vpc_attachments
            .iter()
            .filter(|a| a.state != "detached")
            .map(|a| &a.vpc_id);
        let used: BTreeSet<String> = existing
            .chain(&self.spec.vpc_id)
            .map(|vpc| proof(vpc))
            .collect();
        g.tags
            .iter()
            .filter(|(key, value)| {
                key.starts_with(identity::CHILD) && **value == own && !used.contains(*key)
            })
            .map(|(key, _)| key.clone())
            .collect()
    }
}
