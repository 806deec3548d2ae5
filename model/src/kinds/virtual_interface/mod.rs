//! VirtualInterface: a private, public or transit virtual interface with its BGP peers.
//!
//! `references` and `secrets` say what the spec names, `rules` what it may not say, `order` how it is
//! made, `differences` what AWS has otherwise, `converge` what comes next. `peers` tells the BGP
//! peers apart, `missing` makes and removes them, `replace` exchanges one, `scene` is what both
//! share. `verdict` (in the `words` of) and `facts` tell people.

mod converge;
mod differences;
mod facts;
mod missing;
mod named;
mod order;
mod peers;
mod references;
mod replace;
mod rules;
mod scene;
mod secrets;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::api::VirtualInterface;
use crate::api::common::{ManagedSpec, SecretKeyReference};
use crate::api::status::{Actor, ManagedStatus};
use crate::api::virtual_interface::VirtualInterfaceStatus;
use crate::aws::{List, Tags};
use crate::call::Call;
use crate::difference::Difference;
use crate::event::EventReason;
use crate::fetch::{Document, Fetch};
use crate::identity::{Candidate, IDENTITY, Presence};
use crate::kind::{Kind, ObjectKey};
use crate::managed::Managed;
use crate::reason::Reason;
use crate::step::Step;
use crate::verdict::Verdict;
use crate::view::{Blocked, View};

use super::shared;

fn presence(state: &str) -> Presence {
    match state {
        "deleting" | "deleted" | "rejected" => Presence::Gone,
        _ => Presence::Live,
    }
}

fn arn(view: &View, id: &str) -> String {
    crate::arn::regional(view, &format!("dxvif/{id}"))
}

impl Managed for VirtualInterface {
    const KIND: Kind = Kind::VirtualInterface;
    const NATURAL: bool = true;
    type Status = VirtualInterfaceStatus;

    fn common(&self) -> &ManagedSpec {
        &self.spec.common
    }

    fn stored(&self) -> Option<&VirtualInterfaceStatus> {
        self.status.as_ref()
    }

    fn managed(status: &VirtualInterfaceStatus) -> &ManagedStatus {
        &status.common
    }

    fn managed_mut(status: &mut VirtualInterfaceStatus) -> &mut ManagedStatus {
        &mut status.common
    }

    fn aws_id(status: &VirtualInterfaceStatus) -> Option<&str> {
        status.virtual_interface_id.as_deref()
    }

    fn set_aws_id(status: &mut VirtualInterfaceStatus, id: Option<String>) {
        status.virtual_interface_id = id;
    }

    fn references(&self) -> Vec<ObjectKey> {
        self.referenced()
    }

    fn aws_ids(&self) -> Vec<String> {
        let spec = &self.spec;
        [
            &spec.connection_id,
            &spec.lag_id,
            &spec.virtual_private_gateway_id,
            &spec.direct_connect_gateway_id,
        ]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
    }

    fn secrets(&self) -> Vec<SecretKeyReference> {
        let all: BTreeSet<_> = self
            .spec
            .bgp_peers
            .iter()
            .filter_map(|p| p.auth_key_secret_ref.clone())
            .collect();
        all.into_iter().collect()
    }

    fn lists(&self, view: &View) -> BTreeSet<List> {
        let mut lists = BTreeSet::from([List::VirtualInterfaces, List::Connections]);
        // An order looks at the gateway: that it exists, and which ASN its Amazon side has.
        let unordered = self
            .stored()
            .is_none_or(|s| s.virtual_interface_id.is_none());
        let wanted = self.metadata.deletion_timestamp.is_none() && !self.common().observe_only();
        if unordered && wanted && view.account.is_ok() {
            let spec = &self.spec;
            if spec.direct_connect_gateway_id.is_some() || spec.direct_connect_gateway_ref.is_some()
            {
                lists.insert(List::DirectConnectGateways);
            }
            if spec.virtual_private_gateway_id.is_some()
                || spec.virtual_private_gateway_ref.is_some()
            {
                lists.insert(List::VpnGateways);
            }
        }
        lists
    }

    fn invalid(&self, view: &View) -> Option<Blocked> {
        rules::invalid(self, view)
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        let concerned = shared::concerned(self, view, only);
        let connection = self.wanted_connection(view).ok();
        view.aws
            .virtual_interfaces()
            .iter()
            .filter(|v| concerned(&v.virtual_interface_id, &v.tags))
            .map(|v| Candidate {
                id: v.virtual_interface_id.clone(),
                tags: v.tags.clone(),
                presence: presence(&v.virtual_interface_state),
                natural: connection.as_deref() == Some(v.connection_id.as_str())
                    && self.spec.vlan == Some(v.vlan),
                immutable_differences: differences::immutable(self, view, v)
                    .into_iter()
                    .map(|d| format!("{} is {}, AWS has {}", d.field, d.declared, d.actual))
                    .collect(),
                owner_account: Some(v.owner_account.clone()).filter(|o| !o.is_empty()),
                alike: false,
                same_name: false,
            })
            .collect()
    }

    fn differences(&self, view: &View, id: &str) -> Vec<Difference> {
        differences::all(self, view, id)
    }

    fn taken(&self, view: &View, id: &str) -> Option<Verdict> {
        let v = view.aws.virtual_interface(id)?;
        let who = match view.owner(id) {
            Some(key) => format!("{key} ({id})"),
            None => format!("{id} ({:?})", v.virtual_interface_name),
        };
        let import = if view.owner(id).is_none() {
            ", or name it in spec.import.id to take it over"
        } else {
            ""
        };
        Some(Verdict::stalled(
            Reason::VlanTaken,
            format!(
                "spec.vlan is {}, which {who} uses on {}: a VLAN is used once per connection; choose another VLAN{import}",
                v.vlan, v.connection_id
            ),
        ))
    }

    fn create(&self, view: &View) -> Result<Call, Verdict> {
        order::create(self, view)
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        converge::converge(self, view, id)
    }

    fn remove(&self, _view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        Ok(vec![Step::disruptive(
            "delete",
            Call::DeleteVirtualInterface {
                virtual_interface_id: id.to_owned(),
            },
            EventReason::Deleted,
            format!("delete virtual interface {id}"),
            Reason::DeleteInterface,
            BTreeSet::from([id.to_owned()]),
        )])
    }

    fn tag(&self, view: &View, id: &str, mut set: Tags, remove: Vec<String>) -> Vec<Call> {
        // Adoption takes every declared peer that exists: the proofs go with the first ownership tag.
        if set.contains_key(IDENTITY)
            && let Some(vif) = view.aws.virtual_interface(id)
        {
            let mine = self.identity(view);
            let bound = peers::bind(self, view, vif).bound;
            set.extend(
                bound
                    .iter()
                    .filter(|b| b.actual.is_some())
                    .map(|b| (peers::proof(b.declared), mine.clone())),
            );
        }
        shared::tag_calls(&arn(view, id), &List::VirtualInterfaces, set, remove)
    }

    fn at_rest(&self, view: &View, id: &str) -> bool {
        view.aws.virtual_interface(id).is_none_or(|v| {
            matches!(
                v.virtual_interface_state.as_str(),
                "available" | "down" | "testing"
            ) && v
                .bgp_peers
                .iter()
                .all(|p| matches!(p.bgp_peer_state.as_str(), "available" | "deleted"))
        })
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        verdict::verdict(self, view, id)
    }

    fn gone(&self, view: &View, id: &str) -> Option<Verdict> {
        let v = view.aws.virtual_interface(id)?;
        (v.virtual_interface_state == "rejected").then(|| {
            Verdict::waits(
                Reason::Rejected,
                Actor::You,
                format!("{id} was rejected: ask AWS Support, or the account that was to accept it, why; then delete this object and declare another"),
                None,
                false,
            )
        })
    }

    fn facts(&self, view: &View, id: &str, status: &mut VirtualInterfaceStatus) {
        facts::write(self, view, id, status);
    }

    fn fetches(&self, view: &View, id: &str, status: &VirtualInterfaceStatus) -> Vec<Fetch> {
        facts::fetches(self, view, id, status)
    }

    fn documents(&self) -> Vec<Document> {
        let status = self.status.as_ref();
        let written = status.and_then(|s| s.router_configuration_secret.as_ref());
        let declared = self.spec.router_configuration.as_ref();
        let declared = declared.map(|r| &r.secret_name);
        shared::documents(written, declared, Document::Secret)
    }
}
