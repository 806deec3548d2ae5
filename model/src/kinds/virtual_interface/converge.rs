//! Making the AWS object equal the spec: one step at a time, the next once AWS shows the last.

use std::collections::BTreeSet;

use crate::api::VirtualInterface;
use crate::api::status::Actor;
use crate::aws;
use crate::call::Call;
use crate::decide::blocked_verdict;
use crate::difference::Difference;
use crate::event::EventReason;
use crate::identity::Presence;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::{Statement, Truth, Verdict, waiting};
use crate::view::{Blocked, View};

use super::scene::Scene;
use super::{differences, peers, presence};

/// What one part of the spec asks for next.
#[allow(clippy::large_enum_variant, reason = "a handful, short-lived")]
pub(super) enum Next {
    /// It is as declared.
    Nothing,
    /// This step.
    Step(Step),
    /// To wait, with everything that comes after.
    Wait(Verdict),
    /// Something that only others can solve; other parts go on.
    Problem(Verdict),
}

/// The one step that is due; or what it waits for.
pub(super) fn converge(
    object: &VirtualInterface,
    view: &View,
    id: &str,
) -> Result<Vec<Step>, Verdict> {
    let Some(vif) = view.aws.virtual_interface(id) else {
        return Ok(vec![]);
    };
    let fixed = differences::immutable(object, view, vif);
    if !fixed.is_empty() {
        let list: Vec<String> = fixed
            .iter()
            .map(|d| {
                format!(
                    "{} is {}, AWS has {}, and AWS cannot change it in place: set it back, or declare another VirtualInterface",
                    d.field, d.declared, d.actual
                )
            })
            .collect();
        return Err(Verdict::stalled(Reason::ImmutableField, list.join("; ")));
    }
    // One change at a time, while the interface is at rest (seen in Terraform's AWS provider).
    if !matches!(vif.virtual_interface_state.as_str(), "available" | "down") {
        return Ok(vec![]);
    }
    let peers = peers::bind(object, view, vif);
    let scene = Scene {
        object,
        view,
        vif,
        peers: &peers,
    };
    let attributes = differences::attributes(object, vif);
    let (raise, gentle): (Vec<_>, Vec<_>) = attributes
        .into_iter()
        .map(|d| attribute(view, vif, &d))
        .partition(|s| !s.slot.is_empty());

    let mut parts: Vec<Next> = vec![];
    parts.extend(peers.bound.iter().map(|b| scene.missing(b)));
    parts.extend(gentle.into_iter().map(Next::Step));
    parts.extend(peers.bound.iter().map(|b| scene.existing(b)));
    if let Some(temporary) = peers.temporary {
        parts.extend(scene.drop_temporary(temporary));
    }
    parts.extend(peers.others.iter().map(|p| scene.left_over(p)));
    parts.extend(raise.into_iter().map(Next::Step));
    parts.push(relocate(object, view, vif));
    if object.stored().is_none_or(|s| s.common.intents.is_empty()) {
        parts.extend(scene.stale_proofs().map(Next::Step));
    }

    let mut due: Vec<Step> = vec![];
    let mut problem = None;
    for part in parts {
        match part {
            Next::Nothing => {}
            Next::Step(step) => due.push(step),
            Next::Wait(verdict) if due.is_empty() => return Err(verdict),
            Next::Wait(_) => break,
            Next::Problem(verdict) => {
                problem.get_or_insert(verdict);
            }
        }
    }
    // What was begun is settled before anything else goes to the interface.
    let open = |s: &Step| {
        object
            .stored()
            .is_some_and(|st| !s.slot.is_empty() && st.common.intents.contains_key(&s.slot))
    };
    let at = due.iter().position(open).unwrap_or(0);
    match (due.into_iter().nth(at), problem) {
        (Some(step), _) => Ok(vec![step]),
        (None, Some(verdict)) => Err(verdict),
        (None, None) => Ok(vec![]),
    }
}

/// The call that sets one attribute.
fn attribute(view: &View, vif: &aws::VirtualInterface, difference: &Difference) -> Step {
    let id = &vif.virtual_interface_id;
    let mut call = Update::of(id);
    let number = difference.declared.parse().ok();
    let mut event = EventReason::Updated;
    match difference.field.as_str() {
        "spec.virtualInterfaceName" => {
            call.name = Some(difference.declared.clone());
            event = EventReason::Renamed;
        }
        "spec.enableSiteLink" => call.site_link = Some(difference.declared == "true"),
        "spec.prefixPoolAllocatedCountIpv4" => call.ipv4 = number,
        "spec.prefixPoolAllocatedCountIpv6" => call.ipv6 = number,
        _ => {
            call.mtu = number;
            event = EventReason::UpdatedMtu;
        }
    }
    let field = difference.field.trim_start_matches("spec.");
    let does = format!("set {field} of {id} to {}", difference.declared);
    let jumbo = view
        .aws
        .connection(&vif.connection_id)
        .and_then(|c| c.jumbo_frame_capable)
        == Some(true);
    let raises = call.mtu.is_some_and(|m| {
        m > differences::DEFAULT_MTU && m > vif.mtu.unwrap_or(differences::DEFAULT_MTU)
    });
    if raises && !jumbo {
        // The port is reset for up to 30 s, with all that it carries (Direct Connect User Guide,
        // "Set network MTU").
        let cuts = carried(view, &vif.connection_id);
        return Step::disruptive("mtu", call.build(), event, does, Reason::RaiseMtu, cuts);
    }
    Step::harmless(call.build(), event, does)
}

/// UpdateVirtualInterfaceAttributes with one attribute.
struct Update<'a> {
    id: &'a str,
    name: Option<String>,
    mtu: Option<i32>,
    site_link: Option<bool>,
    ipv4: Option<i32>,
    ipv6: Option<i32>,
}

impl<'a> Update<'a> {
    fn of(id: &'a str) -> Self {
        Self {
            id,
            name: None,
            mtu: None,
            site_link: None,
            ipv4: None,
            ipv6: None,
        }
    }

    fn build(self) -> Call {
        Call::UpdateVirtualInterfaceAttributes {
            virtual_interface_id: self.id.to_owned(),
            virtual_interface_name: self.name,
            mtu: self.mtu,
            enable_site_link: self.site_link,
            prefix_pool_allocated_count_ipv4: self.ipv4,
            prefix_pool_allocated_count_ipv6: self.ipv6,
        }
    }
}

/// All interfaces that a port carries.
fn carried(view: &View, connection_id: &str) -> BTreeSet<String> {
    view.aws
        .virtual_interfaces()
        .iter()
        .filter(|v| v.connection_id == connection_id)
        .map(|v| v.virtual_interface_id.clone())
        .collect()
}

/// The move to another connection; and what the spec names must be there.
fn relocate(object: &VirtualInterface, view: &View, vif: &aws::VirtualInterface) -> Next {
    let id = &vif.virtual_interface_id;
    if let Err(b) = object
        .wanted_connection(view)
        .and_then(|_| object.wanted_gateway(view))
    {
        return Next::Problem(put_off(object, view, id, &b));
    }
    if differences::connection(object, view, vif).is_none() {
        return Next::Nothing;
    }
    let target = match object.usable_connection(view) {
        Ok(connection) => &connection.connection_id,
        Err(b) => return Next::Problem(put_off(object, view, id, &b)),
    };
    let taken = view.aws.virtual_interfaces().iter().find(|v| {
        v.connection_id == *target
            && v.vlan == vif.vlan
            && presence(&v.virtual_interface_state) == Presence::Live
    });
    if let Some(taken) = taken {
        let field = if object.spec.connection_ref.is_some() {
            "connectionRef"
        } else {
            "connectionId"
        };
        return Next::Problem(Verdict::stalled(
            Reason::VlanTaken,
            format!(
                "spec.{field}: {id} cannot move to {target}, where {} uses its VLAN {}: a VLAN is used once per connection; set it back, or declare a second VirtualInterface with another VLAN",
                taken.virtual_interface_id, vif.vlan
            ),
        ));
    }
    Next::Step(Step::disruptive(
        "move",
        Call::AssociateVirtualInterface {
            virtual_interface_id: id.clone(),
            connection_id: target.clone(),
        },
        EventReason::Moved,
        format!("move {id} from {} to {target}", vif.connection_id),
        Reason::MoveInterface,
        BTreeSet::from([id.clone()]),
    ))
}

/// Traffic is told as it is; what cannot be done now is told beside it.
pub(super) fn put_off(object: &VirtualInterface, view: &View, id: &str, why: &Blocked) -> Verdict {
    if why.stalled {
        return blocked_verdict(why);
    }
    let mut verdict = object.verdict(view, id);
    let actor = match why.reason {
        Reason::ReferenceNotFound | Reason::SecretNotReady => Actor::You,
        _ => Actor::Operator,
    };
    verdict.provisioned = false;
    verdict.waiting_for.push(waiting(
        why.reason,
        actor,
        &why.message,
        Some("the interface is made equal to the spec"),
    ));
    verdict.with(Statement {
        condition: "Provisioned",
        truth: Truth::False,
        reason: why.reason,
        message: why.message.clone(),
    })
}
