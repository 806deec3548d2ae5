//! Faults: what shall go wrong, with which calls, how often; and the calls that are held.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strum::Display;
use tokio::sync::oneshot;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum FaultKind {
    /// `ThrottlingException`; nothing happens.
    Throttle,
    /// 500; nothing happens.
    Http500BeforeEffect,
    /// The call takes effect and is answered 500.
    Http500AfterEffect,
    /// The connection breaks; nothing happens.
    ResetBeforeEffect,
    /// The call takes effect, then the connection breaks.
    ResetAfterEffect,
    /// `delay` passes (real time), then the call goes on.
    DelayBeforeEffect,
    /// The call takes effect and is answered after `delay` (real time).
    DelayAfterEffect,
    /// The call waits for a release, then goes on. Its signature may have expired by then.
    HoldBeforeEffect,
    /// The call takes effect; its answer waits for a release.
    HoldAfterEffect,
    /// The call takes effect; the answer is cut off in the middle.
    MalformedBody,
    /// A later page of a list (a call with a page token) is answered 500.
    PageFault,
}

/// Which calls a fault concerns. What is unset fits any call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Match {
    /// `directconnect`, `ec2` or `sts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Operation; `*` at the end fits anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Any text that stands in the request as a value: an id, an ARN, a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Account of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only from the nth call that fits otherwise (1 is the first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Which calls.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many calls; 0: all from now on. Default 1.
    #[serde(default = "once")]
    pub times: u64,
    /// For delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<SignedDuration>,
}

fn once() -> u64 {
    1
}

impl Fault {
    /// A fault of this kind for the next call of an operation.
    pub fn once(kind: FaultKind, operation: &str) -> Self {
        Self {
            matching: Match {
                operation: Some(operation.to_owned()),
                ..Match::default()
            },
            kind,
            times: 1,
            delay: None,
        }
    }
}

/// A fault that was planned, with what it has done so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Its number.
    pub id: u64,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// Calls that fitted so far.
    pub seen: u64,
    /// Calls that it struck so far.
    pub struck: u64,
}

/// What of a call faults look at.
pub(crate) struct Subject<'c> {
    pub service: &'c str,
    pub operation: &'c str,
    pub account: &'c str,
    pub names: &'c dyn Fn(&str) -> bool,
    pub later_page: bool,
}

impl Planned {
    fn strikes(&mut self, subject: &Subject<'_>) -> bool {
        let matching = &self.fault.matching;
        let is = |wanted: &Option<String>, actual: &str| {
            wanted
                .as_ref()
                .is_none_or(|text| match text.strip_suffix('*') {
                    Some(start) => actual.starts_with(start),
                    None => text == actual,
                })
        };
        let fits = is(&matching.service, subject.service)
            && is(&matching.operation, subject.operation)
            && is(&matching.account, subject.account)
            && matching
                .resource
                .as_ref()
                .is_none_or(|resource| (subject.names)(resource))
            && (self.fault.kind != FaultKind::PageFault || subject.later_page);
        if !fits {
            return false;
        }
        self.seen += 1;
        let strikes = self.seen >= matching.nth.unwrap_or(1)
            && (self.fault.times == 0 || self.struck < self.fault.times);
        self.struck += u64::from(strikes);
        strikes
    }
}

/// A call that waits for its release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Number to release it by.
    pub id: u64,
    /// `before` or `after` its effect.
    pub phase: String,
    /// `directconnect`, `ec2` or `sts`.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Caller's account.
    pub account: String,
    /// Id of the object, once there was an effect.
    pub resource: Option<String>,
    /// Wall time since when.
    pub since: Timestamp,
}

/// How a held call goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Release {
    /// As if nothing had been.
    #[default]
    Continue,
    /// The connection breaks there and then: before the effect, nothing happens.
    Reset,
}

/// All faults and held calls.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    planned: Vec<Planned>,
    held: BTreeMap<u64, (Held, oneshot::Sender<Release>)>,
}

impl Faults {
    pub fn add(&mut self, fault: Fault) -> u64 {
        self.next += 1;
        self.planned.push(Planned {
            id: self.next,
            fault,
            seen: 0,
            struck: 0,
        });
        self.next
    }

    pub fn planned(&self) -> &[Planned] {
        &self.planned
    }

    /// Drops one fault or all.
    pub fn clear(&mut self, id: Option<u64>) {
        self.planned
            .retain(|planned| id.is_some_and(|id| planned.id != id));
    }

    /// The faults that strike this call, in the order in which they were planned.
    pub fn strike(&mut self, subject: &Subject<'_>) -> Vec<Fault> {
        self.planned
            .iter_mut()
            .filter_map(|planned| planned.strikes(subject).then(|| planned.fault.clone()))
            .collect()
    }

    pub fn hold(&mut self, mut held: Held) -> oneshot::Receiver<Release> {
        self.next += 1;
        held.id = self.next;
        let (sender, receiver) = oneshot::channel();
        self.held.insert(self.next, (held, sender));
        receiver
    }

    pub fn held(&self) -> Vec<Held> {
        self.held.values().map(|(held, _)| held.clone()).collect()
    }

    /// Releases one held call or all; tells how many.
    pub fn release(&mut self, id: Option<u64>, how: Release) -> usize {
        let ids: Vec<u64> = self
            .held
            .keys()
            .copied()
            .filter(|held| id.is_none_or(|id| id == *held))
            .collect();
        for id in &ids {
            if let Some((_, sender)) = self.held.remove(id) {
                let _ = sender.send(how);
            }
        }
        ids.len()
    }
}
