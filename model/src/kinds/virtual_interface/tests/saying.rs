//! What is said in each state, and the reads that are due.

use jiff::SignedDuration;
use serde_json::json;

use super::world::{CANARY, World, key};
use crate::api::status::Actor;
use crate::decide::Action;
use crate::kind::Kind;
use crate::reason::Reason;
use crate::verdict::Truth;
use crate::view::Sibling;

#[test]
fn each_state_says_who_must_act() {
    for (state, reason, actor) in [
        ("confirming", Reason::AwaitingAcceptance, Actor::Account),
        ("verifying", Reason::AwaitingVerification, Actor::AWS),
        ("pending", Reason::Provisioning, Actor::AWS),
        ("testing", Reason::FailoverTest, Actor::AWS),
    ] {
        let mut world = World::up(json!({}));
        world.vif().virtual_interface_state = state.into();
        let verdict = world.decide().verdict;
        assert_eq!((verdict.ready, verdict.reason), (Truth::False, reason));
        assert_eq!(
            verdict.waiting_for.first().map(|w| w.actor),
            Some(actor),
            "{state}"
        );
        assert!(!verdict.stalled && !verdict.message.is_empty());
    }
}

#[test]
fn an_interface_that_never_was_up_tells_how_to_configure_the_router() {
    let mut world = World::new(
        json!({"routerConfiguration": {"routerTypeIdentifier": "CiscoSystemsInc-Nexus9KSeriesSwitches-NXOS93", "secretName": "router"}}),
    );
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::RouterNotConfigured);
    let message = &decision.verdict.message;
    for word in [
        "VLAN 101",
        "175.45.176.1/30",
        "175.45.176.2/30",
        "65000",
        "64512",
        "Secret router",
        "authKey of Secret bgp",
    ] {
        assert!(message.contains(word), "{word} in {message}");
    }
    assert_eq!(
        world
            .log
            .iter()
            .filter(|l| *l == "DescribeRouterConfiguration")
            .count(),
        1,
        "{:?}",
        world.log
    );
    // Written again only when AWS's text changes.
    world.router = Some(CANARY.into());
    world.settle();
    assert_eq!(
        world
            .log
            .iter()
            .filter(|l| *l == "DescribeRouterConfiguration")
            .count(),
        1
    );
    world.vif().mtu = Some(8500);
    world.settle();
    assert_eq!(
        world
            .log
            .iter()
            .filter(|l| *l == "DescribeRouterConfiguration")
            .count(),
        2
    );
}

#[test]
fn a_session_that_fell_names_the_paths_that_are_left() {
    let mut world = World::up(json!({}));
    world.router = None;
    let decision = world.settle();
    assert_eq!(
        (decision.verdict.reason, decision.verdict.provisioned),
        (Reason::BgpDown, true)
    );
    assert!(
        decision
            .verdict
            .message
            .ends_with("no other virtual interface to gateway vgw-1 is up"),
        "{}",
        decision.verdict.message
    );
    world.cover();
    let sibling = |kind, name: &str, id: &str| Sibling {
        key: key(kind, name),
        uid: name.into(),
        aws_id: Some(id.into()),
        observe_only: false,
        deleting: false,
        account_id: None,
        intents: std::collections::BTreeMap::new(),
        references: vec![],
        ids: vec![],
        bandwidth: None,
    };
    world.siblings = vec![
        sibling(Kind::Connection, "da1-secondary", "dxcon-2"),
        sibling(Kind::VirtualInterface, "secondary", "dxvif-other"),
    ];
    let decision = world.settle();
    assert!(
        decision
            .verdict
            .message
            .ends_with("traffic continues on da1-secondary (secondary)"),
        "{}",
        decision.verdict.message
    );
    assert_eq!(
        World::statement(&decision, "BgpEstablished"),
        "False BgpDown: 0/1 peers up; down: v4"
    );
    assert_eq!(
        World::statement(&decision, "RoutesExchanged"),
        "False BgpDown: no BGP session is up"
    );
}

#[test]
fn a_port_that_is_down_is_named_first() {
    let mut world = World::up(json!({}));
    world.connections[0].connection_state = "down".into();
    let verdict = world.decide().verdict;
    assert_eq!(
        (verdict.ready, verdict.reason),
        (Truth::False, Reason::PortDown)
    );
    assert_eq!(verdict.waiting_for[0].actor, Actor::Provider);
    assert!(
        verdict
            .message
            .contains("connection dc2 (dxcon-1) at EqDC2"),
        "{}",
        verdict.message
    );
    world.connections[0].connection_state = "pending".into();
    let mut port = super::world::referenced(Some("dxcon-1"), "AwaitingCrossConnect");
    port.uid = "c".into();
    world.references.insert(key(Kind::Connection, "dc2"), port);
    let verdict = world.decide().verdict;
    assert_eq!(
        verdict.message,
        "connection/dc2 is not ready: AwaitingCrossConnect"
    );
}

#[test]
fn a_rejected_interface_is_gone_for_good() {
    let mut world = World::up(json!({}));
    world.vif().virtual_interface_state = "rejected".into();
    let decision = world.settle();
    assert_eq!(decision.verdict.reason, Reason::Rejected);
}

#[test]
fn routes_are_read_on_transitions_and_none_is_said() {
    let mut world = World::up(json!({}));
    let first = world.status().routes.expect("read once it was up");
    assert_eq!((first.accepted, first.advertised), (3, 2));
    let decision = world.settle();
    assert!(
        World::statement(&decision, "RoutesExchanged")
            .starts_with("True RoutesExchanged: AWS accepts 3")
    );
    assert_eq!(
        world.status().routes,
        Some(first.clone()),
        "a quiet world is not read again"
    );

    world.annotate("reconcile-requested-at", &world.now.to_string());
    world.settle();
    assert_ne!(world.status().routes, Some(first), "read on request");

    world.memory.routes = Some((0, 2, world.now));
    let decision = world.pass();
    assert!(World::statement(&decision, "RoutesExchanged").starts_with("False NoPrefixes"));
    assert_eq!(
        (
            decision.verdict.ready,
            decision.verdict.waiting_for.last().map(|w| w.reason)
        ),
        (Truth::True, Some(Reason::NoPrefixes))
    );
}

#[test]
fn a_router_that_announces_nothing_is_asked_ever_less() {
    let mut world = World::up(json!({}));
    world.annotate("reconcile-requested-at", &world.now.to_string());
    let mut reads = vec![];
    for minute in 0..24 * 60 {
        world.memory.routes = world.memory.routes.map(|(_, _, at)| (0, 2, at));
        if matches!(world.pass().action, Action::Fetch(_)) {
            reads.push(minute);
        }
        world.now += SignedDuration::from_mins(1);
    }
    assert!((5..=15).contains(&reads.len()), "{reads:?}");
    assert!(reads.iter().any(|minute| *minute > 6 * 60), "{reads:?}");
}

#[test]
fn a_request_from_a_clock_that_is_ahead_causes_no_storm() {
    let mut world = World::up(json!({}));
    world.annotate("reconcile-requested-at", "2030-01-01T00:00:00Z");
    let reads = (0..60)
        .filter(|_| matches!(world.pass().action, Action::Fetch(_)))
        .count();
    assert!((1..=3).contains(&reads), "{reads} reads in two minutes");
}
