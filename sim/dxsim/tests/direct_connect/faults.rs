//! Faults and held calls.

use crate::support::{Bench, id};
use dxsim::faults::{Fault, FaultKind, Match, Release};
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = "CreateConnection";
const PATIENCE: Duration = Duration::from_secs(30);

fn order() -> Value {
    json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "n"})
}

fn count(bench: &Bench) -> usize {
    bench.sim.read(|world| world.connections.len()) - 2
}

fn outcomes(bench: &Bench) -> Vec<(bool, String)> {
    let rows = bench.sim.ledger();
    rows.into_iter()
        .map(|row| (row.effect, row.outcome))
        .collect()
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let cases = [
        (FaultKind::Throttle, Some(400), 0, "ThrottlingException"),
        (
            FaultKind::Http500BeforeEffect,
            Some(500),
            0,
            "DirectConnectServerException",
        ),
        (
            FaultKind::Http500AfterEffect,
            Some(500),
            1,
            "http500AfterEffect",
        ),
        (FaultKind::ResetBeforeEffect, None, 0, "resetBeforeEffect"),
        (FaultKind::ResetAfterEffect, None, 1, "resetAfterEffect"),
        (FaultKind::MalformedBody, Some(200), 1, "malformedBody"),
    ];
    for (kind, status, effects, outcome) in cases {
        let bench = Bench::new();
        bench.sim.add_fault(Fault::once(kind, CREATE));
        let answer = bench.try_call(CREATE, order()).await;
        match (status, answer) {
            (Some(status), Ok((actual, _))) => assert_eq!(status, actual, "{kind}"),
            (None, Err(reset)) => {
                assert_eq!(reset.before_effect, kind == FaultKind::ResetBeforeEffect);
            }
            (_, other) => panic!("{kind}: {other:?}"),
        }
        assert_eq!(count(&bench), effects, "{kind}");
        assert_eq!(outcomes(&bench), [(effects == 1, outcome.to_owned())]);
        bench.call(CREATE, order()).await;
    }
}

#[tokio::test]
async fn faults_choose_their_calls() {
    let bench = Bench::new();
    bench.sim.add_fault(Fault {
        matching: Match {
            service: Some("directconnect".to_owned()),
            operation: Some("Describe*".to_owned()),
            resource: Some("dxcon-dc2".to_owned()),
            account: Some("111122223333".to_owned()),
            nth: Some(2),
        },
        kind: FaultKind::Throttle,
        times: 2,
        delay: None,
    });
    let mut codes = Vec::new();
    for _ in 0..4 {
        bench.call("DescribeConnections", json!({})).await;
        let named = json!({"connectionId": "dxcon-dc2"});
        let (status, _) = bench.try_call("DescribeConnections", named).await.unwrap();
        codes.push(status);
    }
    assert_eq!(codes, [200, 400, 400, 200]);
    assert_eq!(bench.sim.faults()[0].struck, 2);
    bench.sim.clear_faults(None);
    assert!(bench.sim.faults().is_empty());
}

#[tokio::test]
async fn a_later_page_fails() {
    let bench = Bench::new();
    bench
        .sim
        .add_fault(Fault::once(FaultKind::PageFault, "DescribeConnections"));
    let first = bench
        .call("DescribeConnections", json!({"maxResults": 1}))
        .await;
    let next = json!({"maxResults": 1, "nextToken": first["nextToken"]});
    let (code, _) = bench.refused("DescribeConnections", next.clone()).await;
    assert_eq!(code, "DirectConnectServerException");
    bench.call("DescribeConnections", next).await;
}

#[tokio::test]
async fn a_call_held_before_its_effect_outlives_its_caller() {
    let bench = Bench::new();
    bench
        .sim
        .add_fault(Fault::once(FaultKind::HoldBeforeEffect, CREATE));
    let sim = bench.sim.clone();
    let request = bench.request(CREATE, &order().to_string());
    let caller = tokio::spawn(async move { sim.request(request).await });
    let held = bench.sim.wait_held(PATIENCE).await;
    assert_eq!((held.len(), held[0].phase.as_str()), (1, "before"));
    assert_eq!((count(&bench), bench.sim.ledger().len()), (0, 0));
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(bench.sim.release(None, Release::Continue), 1);
    let rows = bench.sim.ledger_since(0, PATIENCE).await;
    assert!(rows[0].effect);
    assert_eq!(count(&bench), 1);
}

#[tokio::test]
async fn a_call_held_for_too_long_has_an_expired_signature() {
    let bench = Bench::new();
    bench
        .sim
        .add_fault(Fault::once(FaultKind::HoldBeforeEffect, CREATE));
    let call = bench.refused(CREATE, order());
    let release = async {
        bench.sim.wait_held(PATIENCE).await;
        bench.wall_passes(16 * 60);
        bench.sim.release(None, Release::Continue);
    };
    let ((code, _), ()) = tokio::join!(call, release);
    assert_eq!(code, "InvalidSignatureException");
    assert_eq!(count(&bench), 0);
}

#[tokio::test]
async fn a_call_held_after_its_effect_has_happened() {
    let bench = Bench::new();
    bench
        .sim
        .add_fault(Fault::once(FaultKind::HoldAfterEffect, CREATE));
    let call = bench.call(CREATE, order());
    let release = async {
        let held = bench.sim.wait_held(PATIENCE).await;
        assert_eq!((held[0].phase.as_str(), count(&bench)), ("after", 1));
        assert_eq!(bench.sim.release(Some(held[0].id), Release::Continue), 1);
        held[0].resource.clone().unwrap()
    };
    let (answer, resource) = tokio::join!(call, release);
    assert_eq!(id(&answer, "connectionId"), resource);
}

#[tokio::test]
async fn a_held_call_can_be_released_into_a_reset() {
    let bench = Bench::new();
    bench
        .sim
        .add_fault(Fault::once(FaultKind::HoldBeforeEffect, CREATE));
    let call = bench.try_call(CREATE, order());
    let release = async {
        bench.sim.wait_held(PATIENCE).await;
        bench.sim.release(None, Release::Reset);
    };
    let (answer, ()) = tokio::join!(call, release);
    assert!(answer.unwrap_err().before_effect);
    assert_eq!(outcomes(&bench), [(false, "resetBeforeEffect".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn delays_take_their_time() {
    let bench = Bench::new();
    for kind in [FaultKind::DelayBeforeEffect, FaultKind::DelayAfterEffect] {
        bench.sim.add_fault(Fault {
            delay: Some("40s".parse().unwrap()),
            ..Fault::once(kind, CREATE)
        });
    }
    let begin = tokio::time::Instant::now();
    bench.call(CREATE, order()).await;
    assert_eq!(begin.elapsed().as_secs(), 80);
}
