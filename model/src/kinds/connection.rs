//! Connection: one dedicated port.

use std::collections::BTreeSet;

use crate::api::Connection;
use crate::api::common::ManagedSpec;
use crate::api::connection::ConnectionStatus;
use crate::api::status::{Actor, ManagedStatus};
use crate::aws::{self, List, Tags};
use crate::call::Call;
use crate::identity::{Candidate, Presence};
use crate::kind::{Kind, ObjectKey};
use crate::managed::{Difference, Document, EventReason, Fetch, Managed, Step};
use crate::reason::Reason;
use crate::tags;
use crate::verdict::{Statement, Truth, Verdict};
use crate::view::{Blocked, View};

/// LOA-CFAs are good for 90 days (Direct Connect User Guide, "Getting started"); warned of 14 days before.
const LOA_DAYS: i64 = 90;
const LOA_WARNING_DAYS: i64 = 14;

impl Connection {
    /// Name at AWS that an order gets.
    fn ordered_name(&self) -> String {
        self.spec
            .connection_name
            .clone()
            .or_else(|| self.metadata.name.clone())
            .unwrap_or_default()
    }
}

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
        let account = view.account()?;
        let message = tags::refused(&tags::declared(self.common(), account))?;
        Some(Blocked {
            reason: Reason::Invalid,
            message: format!("spec.tags or the account's defaultTags: {message}; rename it"),
            stalled: true,
        })
    }

    fn candidates(&self, view: &View, only: Option<&str>) -> Vec<Candidate> {
        let name = self.ordered_name();
        view.aws
            .connections()
            .iter()
            .filter(|c| only.is_none_or(|id| c.connection_id == id))
            .map(|c| Candidate {
                id: c.connection_id.clone(),
                tags: c.tags.clone(),
                presence: presence(&c.connection_state),
                natural: false,
                immutable_differences: immutable(self, c)
                    .into_iter()
                    .map(|d| format!("{} is {}, AWS has {}", d.field, d.declared, d.actual))
                    .collect(),
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
        let Some(dedicated) = &self.spec.dedicated else {
            return Err(Verdict::stalled(
                Reason::Invalid,
                "spec.dedicated is missing: say location and bandwidth",
            ));
        };
        let region = view.account().map_or("", |a| a.region.as_str());
        let locations = view.aws.locations();
        let Some(location) = locations
            .iter()
            .find(|l| l.location_code == dedicated.location)
        else {
            let known: Vec<&str> = locations.iter().map(|l| l.location_code.as_str()).collect();
            return Err(Verdict::stalled(
                Reason::LocationUnknown,
                format!(
                    "spec.dedicated.location is {}, which AWS does not offer in region {region}: choose one of {}, or set spec.region",
                    dedicated.location,
                    known.join(", ")
                ),
            ));
        };
        if !location
            .available_port_speeds
            .iter()
            .any(|s| same_speed(s, &dedicated.bandwidth))
        {
            return Err(Verdict::stalled(
                Reason::BandwidthNotOffered,
                format!(
                    "spec.dedicated.bandwidth is {}, which {} does not sell: choose one of {}",
                    dedicated.bandwidth,
                    dedicated.location,
                    location.available_port_speeds.join(", ")
                ),
            ));
        }
        if let Some(provider) = &dedicated.provider_name
            && !location.available_providers.is_empty()
            && !location.available_providers.contains(provider)
        {
            return Err(Verdict::stalled(
                Reason::Invalid,
                format!(
                    "spec.dedicated.providerName is {provider:?}, which AWS does not list at {}: choose one of {}, or leave it out",
                    dedicated.location,
                    location.available_providers.join(", ")
                ),
            ));
        }
        if dedicated.request_macsec == Some(true)
            && !location
                .available_mac_sec_port_speeds
                .iter()
                .any(|s| same_speed(s, &dedicated.bandwidth))
        {
            return Err(Verdict::stalled(
                Reason::BandwidthNotOffered,
                format!(
                    "spec.dedicated.requestMACSec is true, and {} sells no {} port with MACsec: leave it out, or choose another location",
                    dedicated.location, dedicated.bandwidth
                ),
            ));
        }
        Ok(Call::CreateConnection {
            location: dedicated.location.clone(),
            bandwidth: dedicated.bandwidth.clone(),
            connection_name: self.ordered_name(),
            provider_name: dedicated.provider_name.clone(),
            request_macsec: dedicated.request_macsec,
            billing_mode: self.spec.billing_mode.map(|m| m.to_string()),
            tags: Tags::new(),
        })
    }

    fn converge(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let Some(c) = view.aws.connection(id) else {
            return Ok(vec![]);
        };
        let fixed = immutable(self, c);
        if !fixed.is_empty() {
            let list: Vec<String> = fixed
                .iter()
                .map(|d| {
                    format!(
                        "{} is {}, AWS has {}, and AWS cannot change it in place: set it back, or declare another Connection",
                        d.field, d.declared, d.actual
                    )
                })
                .collect();
            return Err(Verdict::stalled(Reason::ImmutableField, list.join("; ")));
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
                let cuts = interfaces(view, id);
                steps.push(Step::disruptive(
                    "encryption",
                    call,
                    event,
                    does,
                    Reason::RaiseMtu,
                    cuts,
                ));
            } else {
                steps.push(Step::harmless(call, event, does));
            }
        }
        Ok(steps)
    }

    fn remove(&self, view: &View, id: &str) -> Result<Vec<Step>, Verdict> {
        let used: Vec<String> = view
            .aws
            .virtual_interfaces()
            .iter()
            .filter(|v| {
                v.connection_id == id
                    && !matches!(v.virtual_interface_state.as_str(), "deleted" | "rejected")
            })
            .map(|v| v.virtual_interface_id.clone())
            .collect();
        if !used.is_empty() {
            return Err(Verdict::waits(
                Reason::WaitingForDependents,
                Actor::You,
                format!(
                    "{id} still carries virtual interfaces at AWS ({}): delete them first",
                    used.join(", ")
                ),
                Some("it is deleted"),
                false,
            ));
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
        tag_calls(&arn(view, id), &List::Connections, set, remove)
    }

    fn verdict(&self, view: &View, id: &str) -> Verdict {
        let Some(c) = view.aws.connection(id) else {
            return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
        };
        let place = format!("{} at {}", c.connection_id, c.location);
        match c.connection_state.as_str() {
            "available" => Verdict::up(format!("{place} is available")),
            "ordering" => Verdict::waits(
                Reason::AwaitingAcceptance,
                Actor::Account,
                format!("{place} is a hosted connection that its owner must accept"),
                None,
                true,
            ),
            "requested" => Verdict::waits(
                Reason::AwaitingLoa,
                Actor::AWS,
                format!(
                    "{place} is ordered; AWS issues the LOA-CFA within 72 hours as a rule. AWS may ask questions by e-mail, and drops the order after 7 days without an answer"
                ),
                Some("the LOA-CFA is stored and your provider can build the cross-connect"),
                true,
            ),
            "pending" => self.pending(view, c),
            "down" => {
                let was_up = self.stored().is_some_and(|s| s.was_available == Some(true));
                let message = if was_up {
                    format!(
                        "{place} was up and is down: ask the provider for light on the cross-connect to {}, and look at AWS Health",
                        device(c)
                    )
                } else {
                    format!(
                        "{place} has no light: ask the provider to check the cross-connect to {}",
                        device(c)
                    )
                };
                Verdict::waits(
                    Reason::PortDown,
                    Actor::Provider,
                    message,
                    Some("traffic returns by itself"),
                    true,
                )
            }
            state => Verdict::waits(
                Reason::Provisioning,
                Actor::AWS,
                format!("{place} is in state {state}"),
                None,
                true,
            ),
        }
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

    fn documents(status: &ConnectionStatus) -> Vec<Document> {
        let written = status.loa_config_map.iter().cloned();
        written.map(Document::ConfigMap).collect()
    }
}

impl Connection {
    fn pending(&self, view: &View, c: &aws::Connection) -> Verdict {
        let loa = match self.stored().and_then(|s| s.loa_config_map.as_deref()) {
            Some(name) => format!("The LOA-CFA is in ConfigMap {name}"),
            None => "The LOA-CFA is issued (spec.loa stores it in a ConfigMap)".to_owned(),
        };
        let issued = c
            .loa_issue_time
            .and_then(|t| jiff::Timestamp::from_second(t).ok());
        let deadline = issued.map(|t| t + jiff::SignedDuration::from_hours(24 * LOA_DAYS));
        let expiring = deadline.is_some_and(|d| {
            d.duration_since(view.now) < jiff::SignedDuration::from_hours(24 * LOA_WARNING_DAYS)
        });
        let reason = if expiring {
            Reason::LoaExpiring
        } else {
            Reason::AwaitingCrossConnect
        };
        let provider = c.provider_name.as_deref().unwrap_or("your provider");
        let mut verdict = Verdict::waits(
            reason,
            Actor::Provider,
            format!(
                "{loa}: hand it to {provider}, who builds the cross-connect at {} to AWS device {}",
                c.location,
                device(c)
            ),
            Some("the port comes up"),
            true,
        );
        if let (Some(deadline), Some(entry)) = (deadline, verdict.waiting_for.first_mut()) {
            entry.deadline = Some(crate::decide::stamp(deadline));
        }
        verdict.with(Statement {
            condition: "LoaIssued",
            truth: Truth::True,
            reason: Reason::AwaitingCrossConnect,
            message: loa,
        })
    }
}

fn device(c: &aws::Connection) -> &str {
    c.aws_device_v2.as_deref().unwrap_or("(not named yet)")
}

/// Speeds are written `1Gbps` in orders and `1G` or `1Gbps` in DescribeLocations.
fn same_speed(offered: &str, wanted: &str) -> bool {
    offered == wanted || wanted.strip_suffix("bps") == Some(offered)
}

fn interfaces(view: &View, connection_id: &str) -> BTreeSet<String> {
    view.aws
        .virtual_interfaces()
        .iter()
        .filter(|v| v.connection_id == connection_id)
        .map(|v| v.virtual_interface_id.clone())
        .collect()
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

/// Tag calls on a Direct Connect object.
pub(super) fn tag_calls(arn: &str, list: &List, set: Tags, remove: Vec<String>) -> Vec<Call> {
    let mut calls = vec![];
    if !set.is_empty() {
        calls.push(Call::TagResource {
            resource_arn: arn.to_owned(),
            list: list.clone(),
            tags: set,
        });
    }
    if !remove.is_empty() {
        calls.push(Call::UntagResource {
            resource_arn: arn.to_owned(),
            list: list.clone(),
            tag_keys: remove,
        });
    }
    calls
}
