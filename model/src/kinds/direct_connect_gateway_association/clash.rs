//! What AWS would refuse beside associations that exist.

use crate::api::DirectConnectGatewayAssociation;
use crate::api::status::Actor;
use crate::identity::Presence;
use crate::reason::Reason;
use crate::verdict::Verdict;
use crate::view::View;

use super::{all, presence};

impl DirectConnectGatewayAssociation {
    /// What AWS would refuse beside associations that exist.
    pub(super) fn clash(
        &self,
        view: &View,
        direct_connect_gateway_id: &str,
        gateway_id: &str,
    ) -> Option<Verdict> {
        let transit = self.spec.transit_gateway_id.is_some();
        let field = self.gateway_end().field;
        let here = view.aws.associations(direct_connect_gateway_id);
        if let Some(going) = here
            .iter()
            .find(|a| a.gateway_id == gateway_id && a.association_state == "disassociating")
        {
            return Some(Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!(
                    "AWS is still removing {}, the former association of the same gateways",
                    going.association_id
                ),
                Some("the association is made"),
                false,
            ));
        }
        if !transit
            && let Some(other) = all(view).find(|a| {
                a.gateway_id == gateway_id
                    && a.direct_connect_gateway_id != direct_connect_gateway_id
                    && a.association_state != "disassociated"
            })
        {
            return Some(Verdict::stalled(
                Reason::PrefixClash,
                format!(
                    "{field} leads to {gateway_id}, which association {} joins to Direct Connect gateway {} already, and AWS joins a \
                     virtual private gateway to one Direct Connect gateway only: delete that association, or name that Direct Connect \
                     gateway here",
                    other.association_id, other.direct_connect_gateway_id
                ),
            ));
        }
        let kind = if transit {
            "transitGateway"
        } else {
            "virtualPrivateGateway"
        };
        let live = here
            .iter()
            .filter(|a| presence(&a.association_state) == Presence::Live);
        if let Some(other) = live
            .filter(|a| !a.gateway_type.is_empty())
            .find(|a| a.gateway_type != kind)
        {
            return Some(Verdict::stalled(
                Reason::Invalid,
                format!(
                    "{field} leads to {gateway_id}, and Direct Connect gateway {direct_connect_gateway_id} serves {} ({}) already: AWS \
                     joins one to virtual private gateways or to transit gateways, never to both; use another Direct Connect gateway",
                    other.gateway_id, other.gateway_type
                ),
            ));
        }
        if transit {
            self.overlap(view, direct_connect_gateway_id, gateway_id)
        } else {
            None
        }
    }
}
