//! What is said of a port: whether it carries traffic, and who must act.

use crate::api::Connection;
use crate::api::status::Actor;
use crate::aws;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::{Statement, Truth, Verdict};
use crate::view::View;

/// LOA-CFAs are good for 90 days (Direct Connect User Guide, "Getting started"); warned of 14 days before.
const LOA_DAYS: i64 = 90;
const LOA_WARNING_DAYS: i64 = 14;

/// The verdict, now that no step is left.
pub(super) fn verdict(object: &Connection, view: &View, id: &str) -> Verdict {
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
        "pending" => pending(object, view, c),
        "down" => {
            let was_up = object
                .stored()
                .is_some_and(|s| s.was_available == Some(true));
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

fn pending(object: &Connection, view: &View, c: &aws::Connection) -> Verdict {
    let loa = match object.stored().and_then(|s| s.loa_config_map.as_deref()) {
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

fn device(c: &aws::Connection) -> &str {
    c.aws_device_v2.as_deref().unwrap_or("(not named yet)")
}
