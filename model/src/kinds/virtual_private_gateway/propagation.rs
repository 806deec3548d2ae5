//! Route propagation: which route tables of the VPC learn the gateway's routes.

use std::collections::BTreeSet;

use crate::api::VirtualPrivateGateway;
use crate::api::virtual_private_gateway::{RoutePropagation, RouteTables};
use crate::aws::{RouteTable, VpnGateway};
use crate::call::Call;
use crate::event::EventReason;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::View;

use super::attachment::attachment;

pub(super) fn propagates(table: &RouteTable, id: &str) -> bool {
    table.propagating_vgws.iter().any(|g| g == id)
}

impl VirtualPrivateGateway {
    /// Route tables that the spec declares; none where propagation is unmanaged.
    pub(super) fn declared_tables(&self, view: &View, g: &VpnGateway) -> Option<BTreeSet<String>> {
        let RoutePropagation {
            route_tables,
            route_table_ids,
        } = self.spec.route_propagation.as_ref()?;
        Some(match (route_tables, route_table_ids) {
            (Some(RouteTables::All), _) => {
                let vpc = attachment(g).map(|a| a.vpc_id.as_str());
                let tables = view
                    .aws
                    .route_tables()
                    .iter()
                    .filter(|t| Some(t.vpc_id.as_str()) == vpc);
                tables.map(|t| t.route_table_id.clone()).collect()
            }
            (None, Some(ids)) => ids.iter().cloned().collect(),
            (None, None) => BTreeSet::new(),
        })
    }

    /// True if a table that the operator enabled is declared no more.
    pub(super) fn must_disable(&self, view: &View, g: &VpnGateway) -> bool {
        let Some(declared) = self.declared_tables(view, g) else {
            return false;
        };
        view.aws.route_tables.is_some()
            && self
                .status
                .iter()
                .flat_map(|s| &s.managed_route_table_ids)
                .any(|table| !declared.contains(table))
    }

    pub(super) fn propagation_steps(
        &self,
        view: &View,
        g: &VpnGateway,
    ) -> Result<Vec<Step>, Verdict> {
        let id = &g.vpn_gateway_id;
        let Some(declared) = self.declared_tables(view, g) else {
            return Ok(vec![]);
        };
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
            match view
                .aws
                .route_tables()
                .iter()
                .find(|t| t.route_table_id == *table)
            {
                None => wrong.push(format!(
                    "{table}, which AWS does not list in this account and region"
                )),
                Some(t) if t.vpc_id != *vpc => {
                    wrong.push(format!("{table}, which belongs to {}", t.vpc_id));
                }
                Some(t) if !propagates(t, id) => steps.push(Step::harmless(
                    Call::EnableVgwRoutePropagation {
                        gateway_id: id.clone(),
                        route_table_id: table.clone(),
                    },
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
    pub(super) fn disable(&self, view: &View, id: &str, ends: impl Fn(&str) -> bool) -> Vec<Step> {
        let managed = self.status.iter().flat_map(|s| &s.managed_route_table_ids);
        managed
            .filter(|table| ends(table))
            .filter(|table| {
                view.aws
                    .route_tables()
                    .iter()
                    .any(|t| t.route_table_id == **table && propagates(t, id))
            })
            .map(|table| {
                // It takes the subnets' routes to the site, as a detachment would.
                Step::disruptive(
                    &format!("propagation.{table}"),
                    Call::DisableVgwRoutePropagation {
                        gateway_id: id.to_owned(),
                        route_table_id: table.clone(),
                    },
                    EventReason::PropagationDisabled,
                    format!("let {table} learn the routes of {id} no more"),
                    Reason::Detach,
                    Self::cut_by_detaching(view, id),
                )
            })
            .collect()
    }
}
