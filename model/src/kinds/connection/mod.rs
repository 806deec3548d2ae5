//! Connection: one dedicated port.

mod order;
mod verdict;

use std::collections::BTreeSet;

use crate::api::Connection;
use crate::api::common::ManagedSpec;
use crate::api::connection::ConnectionStatus;
use crate::api::status::{Actor, ManagedStatus};
use crate::aws::{self, List, Tags};
use crate::call::Call;
use crate::difference::Difference;
use crate::event::EventReason;
use crate::fetch::{Document, Fetch};
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
        "deleting" | "deleted" | "rejected" => Presence::Gone,
        _ => Presence::Live,
    }
}

fn arn(view: &View, id: &str) -> String {
    crate::arn::regional(view, &format!("dxcon/{id}"))
}

impl Managed for Connection {
    const KIND: Kind = Kind::Connection;
    const NATURAL: bool = false;
    const PAID: bool = true;
    type Status = ConnectionStatus;

    fn common(&self) -> &ManagedSpec {
        &self.spec.common
    }

    fn stored(&self) -> Option<&ConnectionStatus> {
        self.status.as_ref()
    }

    fn managed(status: &ConnectionStatus) -> &ManagedStatus {
        &status.common
    }

    fn managed_mut(status: &mut ConnectionStatus) -> &mut ManagedStatus {
        &mut status.common
    }

    fn aws_id(status: &ConnectionStatus) -> Option<&str> {
        status.connection_id.as_deref()
    }

    fn set_aws_id(status: &mut ConnectionStatus, id: Option<String>) {
        status.connection_id = id;
    }

    fn references(&self) -> Vec<ObjectKey> {
        vec![]
    }

    fn aws_ids(&self) -> Vec<String> {
        vec![]
    }

    fn bandwidth(&self) -> Option<String> {
        self.spec.dedicated.as_ref().map(|d| d.bandwidth.clone())
    }

    fn lists(&self, view: &View) -> BTreeSet<List> {
        let unordered = self.stored().is_none_or(|s| s.connection_id.is_none());
        let mut lists = BTreeSet::from([List::Connections]);
        // must_encrypt cuts by interfaces: the guard needs to see them.
        if self.spec.encryption_mode.is_some() {
            lists.insert(List::VirtualInterfaces);
        }
        // Dependents and the guard look at interfaces; an order looks at what the location sells.
        if self.metadata.deletion_timestamp.is_some() {
            lists.insert(List::VirtualInterfaces);
        } else if unordered && view.account.is_ok() && !self.common().observe_only() {
            lists.insert(List::Locations);
        }
        lists
    }

    fn invalid(&self, view: &View) -> Option<Blocked> {
        shared::refused_tags(self.common(), view)
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        let concerned = shared::concerned(self, view, only);
        let name = order::name(self);
        view.aws
            .connections()
            .iter()
            .filter(|c| concerned(&c.connection_id, &c.tags))
            .map(|c| Candidate {
                id: c.connection_id.clone(),
                tags: c.tags.clone(),
                presence: presence(&c.connection_state),
                natural: false,
                immutable_differences: shared::printed(&immutable(self, c)),
                owner_account: Some(c.owner_account.clone()).filter(|o| !o.is_empty()),
                alike: self
                    .spec
                    .dedicated
                    .as_ref()
                    .is_some_and(|d| d.location == c.location && d.bandwidth == c.bandwidth),
                same_name: c.connection_name == name,
            })
            .collect()
    }

    fn differences(&self, view: &View, id: &str) -> Vec<Difference> {
        let Some(c) = view.aws.connection(id) else {
            return vec![];
        };
        let mut found = immutable(self, c);
        if let Some(name) = self
            .spec
            .connection_name
            .as_ref()
            .filter(|n| **n != c.connection_name)
        {
            found.push(Difference::new(
                "spec.connectionName",
                name,
                &c.connection_name,
                true,
            ));
        }
        if let Some(mode) = self.spec.encryption_mode {
            let actual = c
                .encryption_mode
                .clone()
                .unwrap_or_else(|| "none".to_owned());
            if mode.to_string() != actual {
                found.push(Difference::new("spec.encryptionMode", mode, actual, true));
            }
        }
        if let Some(mode) = self.spec.billing_mode {
            let actual = c
                .billing_mode
                .clone()
                .unwrap_or_else(|| "PayAsYouGo".to_owned());
            if mode.to_string() != actual {
                found.push(Difference::new("spec.billingMode", mode, actual, true));
            }
        }
        found
    }

    fn create(&self, view: &View) -> Result<Call, Verdict> {
        order::call(self, view)
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(c) = view.aws.connection(id) else {
            return Ok(vec![]);
        };
        if let Some(verdict) = shared::immutable_field(Self::KIND, &immutable(self, c)) {
            return Err(verdict);
        }
        let mut steps = vec![];
        for d in self.differences(view, id) {
            let (call, event) = match d.field.as_str() {
                "spec.connectionName" => (
                    Call::UpdateConnection {
                        connection_id: id.to_owned(),
                        connection_name: Some(d.declared.clone()),
                        encryption_mode: None,
                    },
                    EventReason::Renamed,
                ),
                "spec.encryptionMode" => (
                    Call::UpdateConnection {
                        connection_id: id.to_owned(),
                        connection_name: None,
                        encryption_mode: Some(d.declared.clone()),
                    },
                    EventReason::Updated,
                ),
                _ => (
                    Call::UpdateConnectionsBillingMode {
                        connection_id: id.to_owned(),
                        billing_mode: d.declared.clone(),
                    },
                    EventReason::Updated,
                ),
            };
            let field = d.field.trim_start_matches("spec.").to_owned();
            let does = format!("set {field} of {id} to {}", d.declared);
            // must_encrypt takes the link down while encryption is down (Direct Connect User Guide, "MACsec").
            if d.declared == "must_encrypt" {
                let cuts = shared::interfaces(view, |v| v.connection_id == id)
                    .map(|v| v.virtual_interface_id.clone())
                    .collect();
                steps.push(Step::disruptive(
                    "encryption",
                    call,
                    event,
                    does,
                    Reason::RequireEncryption,
                    cuts,
                ));
            } else {
                steps.push(Step::harmless(call, event, does));
            }
        }
        Ok(steps)
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let carried = shared::interfaces(view, |v| v.connection_id == id);
        let users = shared::virtual_interface_users(carried);
        if let Some(verdict) = shared::still_used(id, &users) {
            return Err(verdict);
        }
        Ok(vec![Step::disruptive(
            "delete",
            Call::DeleteConnection {
                connection_id: id.to_owned(),
            },
            EventReason::Deleted,
            format!("delete port {id}"),
            Reason::DeleteInterface,
            BTreeSet::new(),
        )])
    }

    fn tag(&self, view: &View, id: &str, set: Tags, remove: Vec<String>) -> Vec<Call> {
        shared::tag_calls(&arn(view, id), &List::Connections, set, remove)
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        verdict::verdict(self, view, id)
    }

    fn gone(&self, view: &View, id: &str) -> Option<Verdict> {
        let c = view.aws.connection(id)?;
        (c.connection_state == "rejected").then(|| {
            Verdict::waits(
                Reason::Rejected,
                Actor::You,
                format!("AWS rejected {id}: ask AWS Support why, then delete this object and declare another"),
                None,
                false,
            )
        })
    }

    fn facts(&self, view: &View, id: &str, status: &mut ConnectionStatus) {
        let Some(c) = view.aws.connection(id) else {
            return;
        };
        status.connection_state = Some(c.connection_state.clone());
        status.connection_name = Some(c.connection_name.clone());
        status.location = Some(c.location.clone());
        status.bandwidth = Some(c.bandwidth.clone());
        status.provider_name.clone_from(&c.provider_name);
        status.aws_device_v2.clone_from(&c.aws_device_v2);
        status
            .aws_logical_device_id
            .clone_from(&c.aws_logical_device_id);
        status
            .has_logical_redundancy
            .clone_from(&c.has_logical_redundancy);
        status.jumbo_frame_capable = c.jumbo_frame_capable;
        status.encryption_mode.clone_from(&c.encryption_mode);
        status.mac_sec_capable = c.mac_sec_capable;
        status.billing_mode.clone_from(&c.billing_mode);
        if c.connection_state == "available" {
            status.was_available = Some(true);
        }
    }

    fn fetches(&self, view: &View, id: &str, status: &ConnectionStatus) -> Vec<Fetch> {
        let Some(c) = view.aws.connection(id) else {
            return vec![];
        };
        // The LOA is there once the order was processed (DescribeLoa, Direct Connect API Reference).
        match &self.spec.loa {
            Some(loa)
                if matches!(
                    c.connection_state.as_str(),
                    "pending" | "available" | "down"
                ) && status.loa_config_map.as_deref() != Some(&loa.config_map_name) =>
            {
                vec![Fetch::Loa {
                    connection_id: id.to_owned(),
                    config_map: loa.config_map_name.clone(),
                }]
            }
            _ => vec![],
        }
    }

    fn documents(&self) -> Vec<Document> {
        let written = self.status.as_ref().and_then(|s| s.loa_config_map.as_ref());
        let declared = self.spec.loa.as_ref().map(|loa| &loa.config_map_name);
        shared::documents(written, declared, Document::ConfigMap)
    }
}

fn immutable(object: &Connection, c: &aws::Connection) -> Vec<Difference> {
    let Some(d) = &object.spec.dedicated else {
        return vec![];
    };
    let mut found = vec![];
    if d.location != c.location {
        found.push(Difference::new(
            "spec.dedicated.location",
            &d.location,
            &c.location,
            false,
        ));
    }
    if d.bandwidth != c.bandwidth {
        found.push(Difference::new(
            "spec.dedicated.bandwidth",
            &d.bandwidth,
            &c.bandwidth,
            false,
        ));
    }
    if let Some(provider) = &d.provider_name
        && c.provider_name.as_ref() != Some(provider)
    {
        let actual = c.provider_name.as_deref().unwrap_or("none");
        found.push(Difference::new(
            "spec.dedicated.providerName",
            provider,
            actual,
            false,
        ));
    }
    if d.request_macsec == Some(true) && c.mac_sec_capable == Some(false) {
        found.push(Difference::new(
            "spec.dedicated.requestMACSec",
            true,
            false,
            false,
        ));
    }
    found
}
