//! Health, metrics, a graceful end.

use std::time::{Duration, Instant};

use directconnect_local::{get, until};

use super::{QUICKSTART, SECURECART, World};
use crate::kubectl::{kubectl, wait_ready};

const METRICS: [&str; 10] = [
    "directconnect_reconcile_total",
    "directconnect_reconcile_seconds",
    "directconnect_step_total",
    "directconnect_aws_requests_total",
    "directconnect_aws_request_seconds",
    "directconnect_objects",
    "directconnect_open_intents",
    "directconnect_inventory_age_seconds",
    "directconnect_status_writes_total",
    "directconnect_leader",
];

pub fn serves_health_and_metrics(world: &World) {
    let url = world.stack.operator.url();
    assert_eq!(get(url, "/healthz").unwrap().status, 200);
    assert_eq!(get(url, "/readyz").unwrap().status, 200);
    let metrics = get(url, "/metrics").unwrap().body;
    for name in METRICS {
        assert!(
            metrics.contains(&format!("# HELP {name} ")),
            "{name} in\n{metrics}"
        );
    }
    let lines = [
        r#"directconnect_objects{kind="Connection",ready_reason="Up"} 3"#,
        r#"directconnect_objects{kind="VirtualInterface",ready_reason="Up"} 3"#,
        r#"directconnect_open_intents{kind="Connection"} 0"#,
        r#"directconnect_step_total{kind="Connection",outcome="accepted",step="CreateConnection"} 2"#,
        r#"directconnect_aws_requests_total{class="ok",operation="CreateConnection",service="directconnect"} 2"#,
        "directconnect_leader 1",
    ];
    // Gauges of objects are set every few seconds.
    let within = Duration::from_secs(20);
    until("metrics", within, Duration::from_millis(500), || {
        let metrics = get(url, "/metrics")?.body;
        Ok(lines
            .iter()
            .all(|line| metrics.contains(line))
            .then_some(()))
    })
    .unwrap_or_else(|_| panic!("{lines:#?} in\n{}", get(url, "/metrics").unwrap().body));
}

/// SIGTERM, as the kubelet sends it; then a new process, which finds everything as it is.
pub fn ends_and_comes_back_without_a_write(world: &mut World) {
    let rows = world.rows();
    let began = Instant::now();
    let status = world
        .stack
        .operator
        .stop()
        .unwrap()
        .expect("it ends by itself within 10 s");
    assert!(status.success(), "{status}");
    println!("SIGTERM: ended after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(10));
    let before = world.recorder.count();
    world.stack.operator.restart().unwrap();
    world.stack.operator.wait_ready().unwrap();
    let cluster = &world.stack.control_plane;
    // It looks at everything again: the VIF lists of both accounts are read.
    for account in [QUICKSTART, SECURECART] {
        directconnect_local::until(
            "the first sweep",
            Duration::from_secs(60),
            Duration::from_millis(200),
            || {
                let ledger = world.stack.dxsim.ledger()?;
                let read = ledger.iter().skip(rows).any(|row| {
                    row["account"] == account && row["operation"] == "DescribeVirtualInterfaces"
                });
                Ok(read.then_some(()))
            },
        )
        .unwrap();
    }
    wait_ready(
        cluster,
        "network",
        "connection/da1-secondary virtualinterface/secondary",
    );
    assert_eq!(world.effects(QUICKSTART, rows), Vec::<String>::new());
    assert_eq!(world.effects(SECURECART, rows), Vec::<String>::new());
    let written = world.recorder.since(before);
    assert!(written.is_empty(), "a restart writes nothing: {written:#?}");
    assert!(!kubectl(cluster, "get directconnect -A").contains("Unknown"));
}
