//! What will happen in the world by itself, and when. Requests first let everything happen that is due.

use super::World;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happens at its time. Each checks whether it still applies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Event {
    /// AWS has processed the order: requested → pending, the LOA is out.
    ConnectionApproved(String),
    /// The cross-connect is built.
    CrossConnectBuilt(String),
    /// deleting → deleted.
    ConnectionDeleted(String),
    /// A deleted connection is no longer listed.
    ConnectionForgotten(String),
    /// A port that was resetting works again.
    PortReset(String),
    /// verifying → pending.
    VirtualInterfaceVerified(String),
    /// pending → down or available.
    VirtualInterfaceProvisioned(String),
    VirtualInterfaceDeleted(String),
    VirtualInterfaceForgotten(String),
    /// (virtual interface, peer)
    BgpPeerVerified(String, String),
    BgpPeerProvisioned(String, String),
    BgpPeerDeleted(String, String),
    DirectConnectGatewayAvailable(String),
    DirectConnectGatewayDeleted(String),
    AssociationAssociated(String),
    AssociationUpdated(String),
    AssociationDisassociated(String),
    /// Keyed by the virtual interface.
    AttachmentAttached(String),
    AttachmentDetached(String),
    VpnGatewayAvailable(String),
    VpnGatewayAttached(String),
    VpnGatewayDetached(String),
    VpnGatewayDeleted(String),
    VpnGatewayForgotten(String),
    /// (router, index of its session)
    RouterConfigured(String, usize),
    /// Only lets the network settle again: a BGP timer has run out.
    NetworkTimer(String),
}

/// Events in order of time, then of scheduling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agenda {
    next: u64,
    /// Serialised as a list, because JSON keys are text.
    #[serde(with = "entries")]
    due: BTreeMap<(Timestamp, u64), Event>,
}

impl Agenda {
    fn pop(&mut self, until: Timestamp) -> Option<(Timestamp, Event)> {
        let entry = self.due.first_entry()?;
        let at = entry.key().0;
        (at <= until).then(|| (at, entry.remove()))
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|key| key.0)
    }
}

impl World {
    /// Lets an event happen `after` some time from `at`.
    pub fn schedule(&mut self, at: Timestamp, after: SignedDuration, event: Event) {
        let due = at.checked_add(after).unwrap_or(Timestamp::MAX);
        let number = self.agenda.next;
        self.agenda.next += 1;
        self.agenda.due.insert((due, number), event);
    }

    /// Lets everything happen that is due at `now`. Time never goes back.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((at, event)) = self.agenda.pop(now) {
            self.now = self.now.max(at);
            crate::services::happen(self, at, &event);
            self.settle(at);
        }
        self.now = self.now.max(now);
        self.forget_past();
    }

    /// Lets what depends on a change follow it: port and interface states, BGP, routes.
    /// Runs after every event and every call that had an effect.
    pub fn settle(&mut self, at: Timestamp) {
        crate::services::directconnect::settle(self, at);
        crate::network::settle(self, at);
    }
}

/// The agenda as a list of [time, number, event].
mod entries {
    use super::{BTreeMap, Deserialize, Event, Serialize, Timestamp};
    use serde::{Deserializer, Serializer};

    type Due = BTreeMap<(Timestamp, u64), Event>;

    pub fn serialize<S: Serializer>(due: &Due, serializer: S) -> Result<S::Ok, S::Error> {
        due.iter()
            .map(|((at, number), event)| (at, number, event))
            .collect::<Vec<_>>()
            .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Due, D::Error> {
        let list = Vec::<(Timestamp, u64, Event)>::deserialize(deserializer)?;
        Ok(list
            .into_iter()
            .map(|(at, number, event)| ((at, number), event))
            .collect())
    }
}
