//! The two gateways that an association joins: who they are, and whether they are ready for it.

use crate::api::DirectConnectGatewayAssociation;
use crate::api::status::Actor;
use crate::kind::{Kind, ObjectKey};
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::{Blocked, Referenced, View};

use super::super::shared;

/// Ids of a Direct Connect gateway and of the gateway that it is joined to.
pub(super) type Pair = (String, String);

/// One of the two gateways, as the spec names it.
pub(super) struct End {
    /// Field of the spec.
    pub field: &'static str,
    /// The object that stands for it.
    pub reference: Option<ObjectKey>,
    /// Its AWS id, where the spec gives that.
    pub id: Option<String>,
}

impl End {
    /// AWS id, if it is known.
    pub fn resolve(&self, view: &View) -> Option<String> {
        match &self.reference {
            Some(key) => view.references.get(key)?.aws_id.clone(),
            None => self.id.clone(),
        }
    }

    /// The object that is referred to; none where the spec gives an id.
    fn object<'v>(&self, view: &'v View) -> Result<Option<(&ObjectKey, &'v Referenced)>, Blocked> {
        let Some(key) = &self.reference else {
            return Ok(None);
        };
        match view.references.get(key) {
            Some(object) => Ok(Some((key, object))),
            None => Err(Blocked {
                reason: Reason::ReferenceNotFound,
                message: format!(
                    "{} names {}, and namespace {} has no {} of that name: create it, or correct the name",
                    self.field, key.name, key.namespace, key.kind
                ),
                stalled: false,
            }),
        }
    }

    /// The AWS id; or why it is not known.
    pub fn known(&self, view: &View) -> Result<String, Blocked> {
        match self.object(view)? {
            Some((key, object)) => object.aws_id.clone().ok_or_else(|| not_ready(key, object)),
            None => self.id.clone().ok_or_else(|| Blocked {
                reason: Reason::Invalid,
                message: format!("{} is missing: name a gateway", self.field),
                stalled: true,
            }),
        }
    }

    /// The AWS id of a gateway that is there to stay and has become what its object declares.
    fn ready<'v>(&self, view: &'v View) -> Result<(String, Option<&'v Referenced>), Verdict> {
        let id = self.known(view).map_err(shared::blocked)?;
        let Some((key, object)) = self.object(view).map_err(shared::blocked)? else {
            return Ok((id, None));
        };
        if object.deleting {
            return Err(waits(format!("{key} is being deleted")));
        }
        let own = view.account().map(|a| a.account_id.as_str());
        if let Some(theirs) = object.account_id.as_deref()
            && own.is_some_and(|own| own != theirs)
        {
            return Err(Verdict::stalled(
                Reason::NotSupportedYet,
                format!(
                    "{} names {key} of account {theirs}, and this object acts in account {}: joining gateways of two accounts is \
                     not supported yet; refer to a gateway of the same account",
                    self.field,
                    own.unwrap_or_default()
                ),
            ));
        }
        if !object.provisioned {
            return Err(shared::blocked(not_ready(key, object)));
        }
        Ok((id, Some(object)))
    }
}

fn not_ready(key: &ObjectKey, object: &Referenced) -> Blocked {
    let reason = if object.reason.is_empty() {
        "FirstLook"
    } else {
        &object.reason
    };
    Blocked {
        reason: Reason::WaitingForReference,
        message: format!("{key} is not ready: {reason}"),
        stalled: false,
    }
}

fn waits(message: String) -> Verdict {
    Verdict::waits(
        Reason::WaitingForReference,
        Actor::Operator,
        message,
        Some("the association is made"),
        false,
    )
}

fn not_found(message: String) -> Verdict {
    Verdict::waits(
        Reason::ReferenceNotFound,
        Actor::You,
        message,
        Some("the association is made"),
        false,
    )
}

impl DirectConnectGatewayAssociation {
    fn end(&self, field: &'static str, kind: Kind, name: Option<&str>, id: Option<&String>) -> End {
        let namespace = self.metadata.namespace.as_deref().unwrap_or_default();
        End {
            field,
            reference: name.map(|n| ObjectKey::new(kind, namespace, n)),
            id: id.cloned(),
        }
    }

    /// The Direct Connect gateway.
    pub(super) fn direct_connect_gateway_end(&self) -> End {
        let kind = Kind::DirectConnectGateway;
        if let Some(r) = &self.spec.direct_connect_gateway_ref {
            return self.end("spec.directConnectGatewayRef", kind, Some(&r.name), None);
        }
        let id = self.spec.direct_connect_gateway_id.as_ref();
        self.end("spec.directConnectGatewayId", kind, None, id)
    }

    /// The virtual private or transit gateway.
    pub(super) fn gateway_end(&self) -> End {
        let kind = Kind::VirtualPrivateGateway;
        let spec = &self.spec;
        match (&spec.virtual_private_gateway_ref, &spec.transit_gateway_id) {
            (Some(r), _) => self.end("spec.virtualPrivateGatewayRef", kind, Some(&r.name), None),
            (None, Some(id)) => self.end("spec.transitGatewayId", kind, None, Some(id)),
            (None, None) => self.end(
                "spec.virtualPrivateGatewayId",
                kind,
                None,
                spec.virtual_private_gateway_id.as_ref(),
            ),
        }
    }

    /// Both gateways, if they can be joined now.
    pub(super) fn ready_pair(&self, view: &View) -> Result<Pair, Verdict> {
        let end = self.direct_connect_gateway_end();
        let (direct, object) = end.ready(view)?;
        match view.aws.direct_connect_gateway(&direct) {
            Some(g) => match g.direct_connect_gateway_state.as_str() {
                "available" => {}
                state => return Err(waits(format!("Direct Connect gateway {direct} is {state}"))),
            },
            None if object.is_some() => {
                return Err(waits(format!(
                    "AWS does not list Direct Connect gateway {direct} yet"
                )));
            }
            None => {
                return Err(not_found(format!(
                    "{} is {direct}, and AWS lists no such Direct Connect gateway in this account: correct the id or accountRef",
                    end.field
                )));
            }
        }
        let end = self.gateway_end();
        let (gateway, object) = end.ready(view)?;
        if self.spec.transit_gateway_id.is_none() {
            attached(view, &end, &gateway, object)?;
        }
        Ok((direct, gateway))
    }
}

/// A virtual private gateway must be attached to a VPC (Direct Connect User Guide, "Virtual private
/// gateway associations").
fn attached(view: &View, end: &End, id: &str, object: Option<&Referenced>) -> Result<(), Verdict> {
    let region = view.account().map_or("", |a| a.region.as_str());
    let Some(g) = view.aws.vpn_gateway(id) else {
        return match (object, &end.reference) {
            (Some(o), Some(key)) if o.region.as_deref().is_none_or(|r| r == region) => {
                Err(waits(format!("AWS does not list {id} of {key} yet")))
            }
            // A gateway of another region: its object says whether it is attached as declared.
            (Some(_), _) => Ok(()),
            (None, _) => Err(not_found(format!(
                "{} is {id}, and AWS lists no such virtual private gateway in this account and region {region}: correct the id, \
                 or set spec.region to the gateway's region",
                end.field
            ))),
        };
    };
    if matches!(g.state.as_str(), "deleting" | "deleted") {
        return Err(not_found(format!(
            "{} leads to {id}, which is {} at AWS: name another gateway",
            end.field, g.state
        )));
    }
    let states: Vec<&str> = g.vpc_attachments.iter().map(|a| a.state.as_str()).collect();
    if states.contains(&"attached") {
        return Ok(());
    }
    if states.contains(&"attaching") {
        return Err(waits(format!("{id} is being attached to its VPC")));
    }
    Err(Verdict::waits(
        Reason::WaitingForReference,
        Actor::You,
        format!(
            "{} leads to {id}, which is attached to no VPC, and AWS associates only gateways that are: attach it \
             (spec.vpcId of its VirtualPrivateGateway)",
            end.field
        ),
        Some("the association is made"),
        false,
    ))
}
