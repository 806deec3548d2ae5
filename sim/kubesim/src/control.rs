//! What tests do to the traffic: request log, faults, holds, and stopping at a numbered mutation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use http::Response;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{call::Call, service::SimBody};

/// Which side of the effect something happens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The request has had no effect.
    BeforeEffect,
    /// The request has had its effect; the answer is not out.
    AfterEffect,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 409 Conflict without effect, as if somebody else had written.
    Conflict,
    /// 500 without effect.
    Http500BeforeEffect,
    /// 500 although the request took effect.
    Http500AfterEffect,
    /// The connection breaks without effect.
    ResetBeforeEffect,
    /// The connection breaks although the request took effect.
    ResetAfterEffect,
    /// The request waits until `release_holds`; it lands then, even if its sender has gone.
    Hold(When),
    /// The client's last request: it and all that follow are never answered, until `clear_stop`.
    Stop(When),
    /// As `Stop`, but the request waits until `release_holds`, and lands then.
    HoldAndStop,
    /// Any other error code, with or without effect.
    Answer {
        /// HTTP code.
        code: u16,
        /// With or without effect.
        when: When,
    },
}

/// Which requests a fault hits; what is `None` matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultMatch {
    /// Name of the service (see `Server::service_as`).
    pub client: Option<String>,
    /// RBAC verb: get, list, watch, create, update, patch, delete, deletecollection.
    pub verb: Option<String>,
    /// Plural, or `plural.group`.
    pub resource: Option<String>,
    /// `status`, or empty for the main resource only.
    pub subresource: Option<String>,
    /// `metadata.name` in the URL; for a create, in the body.
    pub name: Option<String>,
    /// Starts with the n-th matching request (from 1).
    pub nth: Option<u32>,
}

/// One request as it came in, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// Name of the service it came through.
    pub client: String,
    /// When.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// RBAC verb; empty if the path names no resource.
    pub verb: String,
    /// `plural.group`.
    pub resource: String,
    /// Empty for the main resource.
    pub subresource: String,
    /// Empty for cluster scope or across namespaces.
    pub namespace: String,
    /// Empty for collections.
    pub name: String,
    /// Of the body.
    pub content_type: String,
    /// Its number among the mutating requests of this client, from 1.
    pub mutation: Option<u64>,
    /// Code of its execution; none if it never took place.
    pub effect: Option<u16>,
    /// Code that the sender was given; none if it got no answer.
    pub code: Option<u16>,
}

/// Asked about every request for a resource before anything happens to it, without any lock held.
pub type Hook = Arc<dyn Fn(&RequestRecord) -> Option<FaultKind> + Send + Sync>;

pub(crate) struct Fault {
    pattern: FaultMatch,
    kind: FaultKind,
    left: u32,
    seen: u32,
}

/// A request that waits for `release_holds`.
pub(crate) struct Held {
    pub(crate) record: usize,
    /// Still to be executed.
    pub(crate) call: Option<Box<Call>>,
    /// Executed already.
    pub(crate) reply: Option<Response<SimBody>>,
    pub(crate) sender: oneshot::Sender<Response<SimBody>>,
}

struct Stop {
    client: String,
    number: u64,
    when: When,
}

/// What shall happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Normal,
    Fault(FaultKind),
    /// Never answered.
    Stopped(When),
}

#[derive(Default)]
pub(crate) struct Control {
    faults: Vec<Fault>,
    pub(crate) held: Vec<Held>,
    pub(crate) records: Vec<RequestRecord>,
    pub(crate) unsupported: Vec<String>,
    /// Users that clients act for.
    pub(crate) users: BTreeMap<String, String>,
    mutations: BTreeMap<String, u64>,
    stop: Option<Stop>,
    frozen: BTreeSet<String>,
    hook: Option<Hook>,
}

fn fits(wanted: Option<&String>, actual: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == actual)
}

impl FaultMatch {
    fn matches(&self, record: &RequestRecord) -> bool {
        let plural = record.resource.split('.').next().unwrap_or_default();
        fits(self.client.as_ref(), &record.client)
            && fits(self.verb.as_ref(), &record.verb)
            && (fits(self.resource.as_ref(), &record.resource)
                || fits(self.resource.as_ref(), plural))
            && fits(self.subresource.as_ref(), &record.subresource)
            && fits(self.name.as_ref(), &record.name)
    }
}

impl Control {
    pub(crate) fn add_fault(&mut self, pattern: FaultMatch, kind: FaultKind, times: u32) {
        self.faults.push(Fault {
            pattern,
            kind,
            left: times,
            seen: 0,
        });
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    pub(crate) fn mutations(&self, client: &str) -> u64 {
        self.mutations.get(client).copied().unwrap_or_default()
    }

    pub(crate) fn stop_at(&mut self, client: &str, number: u64, when: When) {
        self.stop = Some(Stop {
            client: client.to_owned(),
            number,
            when,
        });
    }

    pub(crate) fn clear_stop(&mut self) {
        self.stop = None;
        self.frozen.clear();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        !self.frozen.is_empty()
    }

    pub(crate) fn set_hook(&mut self, hook: Option<Hook>) {
        self.hook = hook;
    }

    /// The hook, for requests of clients that are alive.
    pub(crate) fn hook_for(&self, client: &str) -> Option<Hook> {
        self.hook.clone().filter(|_| !self.frozen.contains(client))
    }

    /// Notes a request and decides what shall happen to it; `forced` is what the hook wants.
    pub(crate) fn admit(
        &mut self,
        mut record: RequestRecord,
        mutates: bool,
        forced: Option<FaultKind>,
    ) -> (usize, Fate) {
        if self.frozen.contains(&record.client) {
            self.records.push(record);
            return (self.records.len() - 1, Fate::Stopped(When::BeforeEffect));
        }
        if mutates {
            let count = self.mutations.entry(record.client.clone()).or_default();
            *count += 1;
            record.mutation = Some(*count);
        }
        let fate = match forced {
            Some(FaultKind::Stop(when)) => {
                self.frozen.insert(record.client.clone());
                Fate::Stopped(when)
            }
            Some(kind) => {
                if kind == FaultKind::HoldAndStop {
                    self.frozen.insert(record.client.clone());
                }
                Fate::Fault(kind)
            }
            None => self.fate(&record),
        };
        self.records.push(record);
        (self.records.len() - 1, fate)
    }

    fn fate(&mut self, record: &RequestRecord) -> Fate {
        if let Some(stop) = &self.stop
            && stop.client == record.client
            && record.mutation == Some(stop.number)
        {
            self.frozen.insert(record.client.clone());
            return Fate::Stopped(stop.when);
        }
        for fault in &mut self.faults {
            if fault.left == 0 || !fault.pattern.matches(record) {
                continue;
            }
            fault.seen += 1;
            if fault.pattern.nth.is_none_or(|nth| fault.seen >= nth) {
                fault.left -= 1;
                if matches!(fault.kind, FaultKind::Stop(_) | FaultKind::HoldAndStop) {
                    self.frozen.insert(record.client.clone());
                }
                if let FaultKind::Stop(when) = fault.kind {
                    return Fate::Stopped(when);
                }
                return Fate::Fault(fault.kind);
            }
        }
        Fate::Normal
    }

    pub(crate) fn effect(&mut self, record: usize, code: u16) {
        if let Some(record) = self.records.get_mut(record) {
            record.effect = Some(code);
        }
    }

    pub(crate) fn answered(&mut self, record: usize, code: u16) {
        if let Some(record) = self.records.get_mut(record) {
            record.code = Some(code);
        }
    }
}
