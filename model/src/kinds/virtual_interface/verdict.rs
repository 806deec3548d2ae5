//! What is said of an interface: whether it carries traffic, and who must act.

use crate::api::VirtualInterface;
use crate::api::status::Actor;
use crate::aws;
use crate::managed::Managed;
use crate::reason::Reason;
use crate::verdict::{Statement, Truth, Verdict, waiting};
use crate::view::View;

use super::differences;
use super::facts;
use super::named::{Named, count, named};
use super::peers::up;
use super::words::{elsewhere, fell, never_up};

/// The verdict, now that no step is left.
pub(super) fn verdict(object: &VirtualInterface, view: &View, id: &str) -> Verdict {
    let Some(vif) = view.aws.virtual_interface(id) else {
        return Verdict::unknown(Reason::FirstLook, "not looked at AWS yet");
    };
    let peers = named(object, view, vif);
    let mut verdict = state(object, view, vif, &peers);
    verdict.provisioned = differences::all(object, view, id).is_empty();
    let established = established(&verdict, &peers);
    let exchanged = exchanged(object, view, vif, &peers, verdict.reason);
    if let Some(statement) = exchanged
        .as_ref()
        .filter(|s| s.reason == Reason::NoPrefixes)
    {
        let entry = waiting(
            Reason::NoPrefixes,
            Actor::You,
            &statement.message,
            Some("AWS routes to your network"),
        );
        verdict.waiting_for.push(entry);
    }
    verdict.statements.push(established);
    verdict.statements.extend(exchanged);
    verdict
}

fn state(
    object: &VirtualInterface,
    view: &View,
    vif: &aws::VirtualInterface,
    peers: &[Named<'_>],
) -> Verdict {
    let id = &vif.virtual_interface_id;
    let waits =
        |reason, actor, message: String, then| Verdict::waits(reason, actor, message, then, false);
    match vif.virtual_interface_state.as_str() {
        "confirming" => {
            return waits(
                Reason::AwaitingAcceptance,
                Actor::Account,
                format!("{id} waits for account {} to accept it", vif.owner_account),
                Some("AWS makes the interface"),
            );
        }
        "verifying" => {
            return waits(
                Reason::AwaitingVerification,
                Actor::AWS,
                format!(
                    "AWS verifies that the prefixes and the ASN of {id} are yours, for up to 72 hours; it may ask by e-mail for a letter of authorization"
                ),
                Some("the BGP session can come up"),
            );
        }
        "pending" => {
            return waits(
                Reason::Provisioning,
                Actor::AWS,
                format!("AWS makes {id}, in minutes as a rule"),
                Some("the BGP session can come up"),
            );
        }
        "testing" => {
            return waits(
                Reason::FailoverTest,
                Actor::AWS,
                format!(
                    "a BGP failover test holds the sessions of {id} down{}",
                    elsewhere(view, vif)
                ),
                Some("the sessions come up again when the test ends or is stopped"),
            );
        }
        "deleting" | "deleted" => {
            return waits(
                Reason::Deleting,
                Actor::AWS,
                format!("{id} is in state {}", vif.virtual_interface_state),
                None,
            );
        }
        _ => {}
    }
    if let Some(verdict) = port(object, view, vif) {
        return verdict;
    }
    let (n, m) = count(peers);
    if n > 0 {
        return Verdict::up(format!(
            "{n}/{m} BGP peers are up, VLAN {} on {}",
            vif.vlan,
            facts::carrier(object, view, &vif.connection_id)
        ));
    }
    let was_up = object.stored().is_some_and(|s| s.was_up == Some(true))
        && peers.iter().any(|p| p.actual.is_some());
    if was_up {
        fell(view, vif, peers)
    } else {
        never_up(object, vif, peers)
    }
}

/// The port below is not available.
fn port(object: &VirtualInterface, view: &View, vif: &aws::VirtualInterface) -> Option<Verdict> {
    let connection = view.aws.connection(&vif.connection_id)?;
    if connection.connection_state == "available" {
        return None;
    }
    let carrier = facts::carrier(object, view, &vif.connection_id);
    if connection.connection_state == "down" {
        return Some(Verdict::waits(
            Reason::PortDown,
            Actor::Provider,
            format!(
                "connection {carrier} ({}) at {} is down: ask the provider for light on the cross-connect{}",
                connection.connection_id,
                connection.location,
                elsewhere(view, vif)
            ),
            Some("the BGP sessions come up by themselves"),
            false,
        ));
    }
    let reason = object
        .connection()
        .and_then(|key| view.references.get(&key))
        .filter(|r| r.aws_id.as_deref() == Some(&connection.connection_id) && !r.reason.is_empty())
        .map_or_else(
            || format!("AWS has it in state {}", connection.connection_state),
            |r| r.reason.clone(),
        );
    Some(Verdict::waits(
        Reason::WaitingForReference,
        Actor::Operator,
        format!("connection/{carrier} is not ready: {reason}"),
        Some("the BGP sessions can come up"),
        false,
    ))
}

fn established(verdict: &Verdict, peers: &[Named<'_>]) -> Statement {
    let (n, m) = count(peers);
    let down: Vec<&str> = peers
        .iter()
        .filter(|p| !p.actual.is_some_and(up))
        .map(|p| p.name.as_str())
        .collect();
    let (truth, reason, rest) = if down.is_empty() && m > 0 {
        (Truth::True, Reason::BgpUp, String::new())
    } else {
        let reason = if n > 0 {
            Reason::BgpDown
        } else {
            verdict.reason
        };
        (Truth::False, reason, format!("; down: {}", down.join(", ")))
    };
    Statement {
        condition: "BgpEstablished",
        truth,
        reason,
        message: format!("{n}/{m} peers up{rest}"),
    }
}

/// Said once routes were read; as of when stands in status.
fn exchanged(
    object: &VirtualInterface,
    view: &View,
    vif: &aws::VirtualInterface,
    peers: &[Named<'_>],
    reason: Reason,
) -> Option<Statement> {
    let stored = object
        .stored()
        .and_then(|s| s.routes.as_ref())
        .map(|r| (i64::from(r.accepted), i64::from(r.advertised)));
    let read = view.memory.routes.map(|(accepted, advertised, _)| {
        (
            facts::number(accepted).into(),
            facts::number(advertised).into(),
        )
    });
    let (accepted, advertised) = read.or(stored)?;
    let say = |truth, reason, message| {
        Some(Statement {
            condition: "RoutesExchanged",
            truth,
            reason,
            message,
        })
    };
    if count(peers).0 == 0 {
        return say(Truth::False, reason, "no BGP session is up".to_owned());
    }
    if accepted == 0 {
        let message = format!(
            "AWS accepts no route from your router on {}: announce your prefixes there, and check that AWS does not filter them",
            vif.virtual_interface_id
        );
        return say(Truth::False, Reason::NoPrefixes, message);
    }
    say(
        Truth::True,
        Reason::RoutesExchanged,
        format!("AWS accepts {accepted} routes from your router and announces {advertised}"),
    )
}
