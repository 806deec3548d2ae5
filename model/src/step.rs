//! One step of a plan: a call, how careful to be with it, and what it does in words.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::call::Call;
use crate::event::EventReason;
use crate::reason::Reason;

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Slot of the intent; empty for the kind's own AWS object.
    pub slot: String,
    /// What is asked of AWS.
    pub call: Call,
    /// How careful to be.
    pub care: Care,
    /// What the step does, for people: "raise the MTU of dxvif-… to 8500".
    pub does: String,
    /// Reason of the event once it is done.
    pub event: EventReason,
    /// Consent that the step uses up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// What the guard lets pass because the account says so: said once the step is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bypassed: Option<String>,
}

/// How careful a step must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Care {
    /// May be repeated, cuts nothing.
    Harmless,
    /// Makes the kind's own AWS object.
    Create,
    /// Makes something that AWS keeps unique on an object of ours.
    CreateChild,
    /// Cuts traffic, as this reason of `Guarded` says; or deletes.
    Disruptive(Disruption),
}

/// What a disruptive step cuts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disruption {
    /// Reason of `Guarded`.
    pub reason: Reason,
    /// The virtual interfaces whose traffic it cuts.
    pub cuts: BTreeSet<String>,
    /// The only address family that is cut; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What consent must fit beside the call itself, as the resourceVersion of a Secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub details: String,
}

impl Step {
    /// A harmless step.
    pub fn harmless(call: Call, event: EventReason, does: impl Into<String>) -> Self {
        Self {
            slot: String::new(),
            call,
            care: Care::Harmless,
            does: does.into(),
            event,
            consent: None,
            bypassed: None,
        }
    }

    /// A step that makes something that AWS keeps unique, tracked in a slot.
    pub fn child(slot: &str, call: Call, event: EventReason, does: impl Into<String>) -> Self {
        Self {
            slot: slot.to_owned(),
            care: Care::CreateChild,
            ..Self::harmless(call, event, does)
        }
    }

    /// A disruptive step, tracked in a slot.
    pub fn disruptive(
        slot: &str,
        call: Call,
        event: EventReason,
        does: impl Into<String>,
        reason: Reason,
        cuts: BTreeSet<String>,
    ) -> Self {
        Self {
            slot: slot.to_owned(),
            care: Care::Disruptive(Disruption {
                reason,
                cuts,
                family: None,
                details: String::new(),
            }),
            ..Self::harmless(call, event, does)
        }
    }

    /// The step cuts one address family only. Without effect on a harmless step.
    #[must_use]
    pub fn of_family(mut self, family: &str) -> Self {
        if let Care::Disruptive(disruption) = &mut self.care {
            disruption.family = Some(family.to_owned());
        }
        self
    }

    /// Consent to the step fits these details only. Without effect on a harmless step.
    #[must_use]
    pub fn fitting(mut self, details: String) -> Self {
        if let Care::Disruptive(disruption) = &mut self.care {
            disruption.details = details;
        }
        self
    }
}
