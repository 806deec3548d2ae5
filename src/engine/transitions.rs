//! Which events a status is worth that replaces another: one for each transition, none for what stays as it was.

use directconnect_model::decide::Note;
use directconnect_model::event::EventReason;
use directconnect_model::kind::Kind;
use directconnect_model::reason::Reason;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

fn find<'a>(conditions: &'a [Condition], name: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == name)
}

fn same(a: &Condition, b: &Condition) -> bool {
    a.status == b.status && a.reason == b.reason
}

/// What is to be told: of Ready, and then of what it does not say.
pub fn news(kind: Kind, before: &[Condition], after: &[Condition]) -> Vec<Note> {
    let Some(ready) = find(after, "Ready") else {
        return vec![];
    };
    let readiness = readiness(kind, ready, before, after).map(|event| (event, ready));
    let besides = after.iter().filter_map(|now| {
        let event = besides(kind, ready, before, now)?;
        Some((event, now))
    });
    readiness
        .into_iter()
        .chain(besides)
        .map(|(event, c)| Note::new(event, format!("{}: {}", c.reason, c.message)))
        .collect()
}

fn readiness(
    kind: Kind,
    ready: &Condition,
    before: &[Condition],
    after: &[Condition],
) -> Option<EventReason> {
    let stalled = find(after, "Stalled").is_some();
    let told = find(before, "Ready").is_some_and(|was| same(was, ready))
        && find(before, "Stalled").is_some() == stalled;
    let quiet = ready.status == "Unknown"
        || matches!(
            ready.reason.as_str(),
            "Provisioning" | "Updating" | "Deleting"
        );
    if told || quiet {
        return None;
    }
    Some(match ready.reason.as_str() {
        _ if stalled => EventReason::Stalled,
        "Up" if kind == Kind::VirtualInterface => EventReason::BgpUp,
        "Up" if kind == Kind::Connection => EventReason::PortUp,
        _ if ready.status == "True" => EventReason::Ready,
        "BgpDown" => EventReason::BgpDown,
        "PortDown" => EventReason::PortDown,
        _ => EventReason::NotReady,
    })
}

/// What became so that somebody should know of. None where Ready says the same.
fn besides(
    kind: Kind,
    ready: &Condition,
    before: &[Condition],
    now: &Condition,
) -> Option<EventReason> {
    let was = find(before, &now.type_);
    if was.is_some_and(|was| same(was, now)) {
        return None;
    }
    let turned = was.is_some_and(|was| was.status != now.status);
    let reason = now.reason.parse().ok();
    let event = match (now.type_.as_str(), now.status.as_str(), reason) {
        ("Guarded", "True", _) => EventReason::Guarded,
        ("Paused", "True", _) => EventReason::Paused,
        // As long as none ever was up, Ready says what is missing.
        ("BgpEstablished", "False", _) if turned || ready.status == "True" => EventReason::PeerDown,
        ("RoutesExchanged", "False", Some(Reason::NoPrefixes)) => EventReason::NoPrefixes,
        ("Provisioned", "False", Some(Reason::SecretNotReady | Reason::ReferenceNotFound)) => {
            EventReason::NotProvisioned
        }
        // Once for all objects of the account.
        ("Observed", "False", _) if kind == Kind::AwsAccount && (turned || was.is_none()) => {
            EventReason::Unreadable
        }
        ("Observed", "True", _) if kind == Kind::AwsAccount && turned => {
            return Some(EventReason::Readable);
        }
        _ => return None,
    };
    let said = ready.status != "Unknown" && ready.reason == now.reason;
    (!said).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    /// Conditions as `Type=Status/Reason`.
    fn conditions(lines: &[&str]) -> Vec<Condition> {
        let condition = |line: &&str| {
            let (name, rest) = line.split_once('=').expect("a type");
            let (status, reason) = rest.split_once('/').expect("a status");
            Condition {
                type_: name.to_owned(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                message: "text".to_owned(),
                observed_generation: None,
                last_transition_time: Time(jiff::Timestamp::UNIX_EPOCH),
            }
        };
        lines.iter().map(condition).collect()
    }

    fn told(kind: Kind, before: &[&str], after: &[&str]) -> Vec<EventReason> {
        let notes = news(kind, &conditions(before), &conditions(after));
        notes.into_iter().map(|note| note.reason).collect()
    }

    #[test]
    fn an_object_that_comes_to_need_somebody_says_so() {
        let before = ["Ready=False/LookAlike"];
        let after = ["Ready=False/LookAlike", "Stalled=True/LookAlike"];
        assert_eq!(
            told(Kind::Connection, &before, &after),
            [EventReason::Stalled]
        );
        assert_eq!(told(Kind::Connection, &after, &after), []);
    }

    #[test]
    fn what_ready_does_not_say_has_an_event() {
        let up = ["Ready=True/Up", "BgpEstablished=True/BgpUp"];
        for (now, event) in [
            ("Guarded=True/DeleteInterface", EventReason::Guarded),
            ("Paused=True/Paused", EventReason::Paused),
            ("BgpEstablished=False/BgpDown", EventReason::PeerDown),
            ("RoutesExchanged=False/NoPrefixes", EventReason::NoPrefixes),
            (
                "Provisioned=False/SecretNotReady",
                EventReason::NotProvisioned,
            ),
        ] {
            let after = ["Ready=True/Up", now];
            assert_eq!(told(Kind::VirtualInterface, &up, &after), [event], "{now}");
            assert_eq!(told(Kind::VirtualInterface, &after, &after), [], "{now}");
        }
    }

    #[test]
    fn what_ready_says_is_not_said_twice() {
        let up = ["Ready=True/Up", "BgpEstablished=True/BgpUp"];
        let down = ["Ready=False/BgpDown", "BgpEstablished=False/BgpDown"];
        assert_eq!(
            told(Kind::VirtualInterface, &up, &down),
            [EventReason::BgpDown]
        );
        let never = ["Ready=False/Updating", "BgpEstablished=False/BgpDown"];
        assert_eq!(told(Kind::VirtualInterface, &[], &never), []);
    }

    #[test]
    fn an_account_says_once_that_aws_cannot_be_read() {
        let fine = ["Ready=True/Verified", "Observed=True/Observed"];
        let blind = ["Ready=True/Verified", "Observed=False/Throttled"];
        let other = ["Ready=True/Verified", "Observed=False/AwsUnavailable"];
        let kind = Kind::AwsAccount;
        assert_eq!(told(kind, &fine, &blind), [EventReason::Unreadable]);
        assert_eq!(told(kind, &blind, &other), []);
        assert_eq!(told(kind, &other, &fine), [EventReason::Readable]);
        assert_eq!(told(Kind::Connection, &fine, &blind), []);
        let alone = [
            "Ready=Unknown/AwsUnavailable",
            "Observed=False/AwsUnavailable",
        ];
        assert_eq!(told(kind, &fine, &alone), [EventReason::Unreadable]);
    }
}
