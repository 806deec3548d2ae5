//! Figures in virtual time: AWS reads of a quiet hour with many objects, and how late a status is.
//!
//! With `--nocapture` they print what docs/benchmarks.md says; `make bench` runs them so.

use std::time::Duration;

use directconnect_model::view::Windows;
use dxsim::world::ConnectionState;
use dxsim::worldfile::Generate;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;

use super::LONG;
use super::quiet::{hour, sessions};
use directconnect_harness::look;
use directconnect_harness::world::{Setup, World};

use crate::objects;

const NAMESPACE: &str = "figures";
/// Items on a page of Direct Connect.
const PAGE: usize = 100;

/// Half ports, half private virtual interfaces; all exist before the operator.
fn generated(objects: u32) -> World {
    let half = objects / 2;
    let generate = Generate {
        connections: half,
        virtual_interfaces: 1,
        account: objects::ACCOUNT_ID.to_owned(),
        region: "us-east-1".to_owned(),
        trust: "999900001111".to_owned(),
    };
    let world = World::new(Setup {
        worlds: vec![objects::OPERATOR_WORLD.to_owned(), generate.yaml().unwrap()],
        namespace: NAMESPACE,
        seed: 1,
        windows: Windows::default(),
        level: LevelFilter::WARN,
    });
    for object in objects::manifests(half, NAMESPACE) {
        world.kube.create(&object).unwrap();
    }
    world
}

/// Lets fast sweeps end (half an hour after the last change) and counts what a quiet hour costs.
async fn quiet_hour(objects: u32) {
    let begun = std::time::Instant::now();
    let mut world = generated(objects);
    let start = Instant::now();
    world.start();
    // Looking at a thousand objects takes real time: not more often than need be.
    let up = |o: &Value| look::is(o, "Ready", "True");
    while !world.managed().iter().all(|o| up(o)) {
        assert!(start.elapsed() < Duration::from_hours(2), "not up");
        world.sleep(Duration::from_secs(10)).await;
    }
    let ready = start.elapsed();
    let (first, real) = (world.calls(), begun.elapsed());
    world.sleep(Duration::from_mins(40)).await;
    let (mut counts, kubernetes) = hour(&mut world).await;
    let sessions = sessions(&mut counts);
    let pages = 2 * (objects as usize / 2).div_ceil(PAGE);
    let others = counts.keys().filter(|name| {
        !["DescribeConnections", "DescribeVirtualInterfaces"].contains(&name.as_str())
    });
    let formula = 60 * pages + 12 * others.count();
    let reads: usize = counts.values().sum();
    println!(
        "{objects} objects: {reads} AWS reads in a quiet hour, formula {formula} ({counts:?}; STS {sessions}); \
         {kubernetes} requests to Kubernetes, none of them a write; all Ready {} s after the start with {first} AWS calls; \
         {:.1} s of real time until then, {:.1} s in all",
        ready.as_secs(),
        real.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
    );
    assert!(reads <= formula, "{reads} > {formula}: {counts:?}");
    world.finish();
}

/// Writing takes longer than the visibility delay: sweeps go on meanwhile, an order does not queue behind tags, and nothing
/// is written twice.
#[tokio::test(start_paused = true)]
async fn a_slow_take_over_writes_everything_once() {
    let mut world = generated(240);
    let slow = json!({"requestRates": {"directConnectPerSecond": 1}, "orders": {"maxPorts": 500}});
    world.edit("AwsAccount", "generated", &slow);
    world.start();
    world.sleep(Duration::from_mins(1)).await;
    world.apply(&format!(
        "apiVersion: directconnect.dev/v1alpha1\nkind: Connection\nmetadata: {{name: late, namespace: {NAMESPACE}}}\n\
         spec: {{accountRef: {{name: generated}}, dedicated: {{location: GEN1, bandwidth: 1Gbps}}}}\n"
    ));
    // AWS may refuse it: ten are at the location already.
    let ordered = |w: &World| {
        let mut writes = w.aws_writes().into_iter();
        writes.any(|r| r.operation == "CreateConnection")
    };
    world
        .until("the order is sent", Duration::from_mins(2), ordered)
        .await;
    let all_ready = |w: &World| {
        let all = w.managed();
        let mut taken_over = all.iter().filter(|o| o["metadata"]["name"] != "late");
        taken_over.all(|o| look::is(o, "Ready", "True"))
    };
    world.until("all is taken over", LONG, all_ready).await;
    world.sleep(Duration::from_mins(10)).await;
    let rows = world.sim.ledger();
    let lists: Vec<_> = rows
        .iter()
        .filter(|r| r.operation == "DescribeVirtualInterfaces")
        .map(|r| r.at)
        .collect();
    let longest = lists.windows(2).map(|w| w[1].duration_since(w[0])).max();
    assert!(
        longest < Some(jiff::SignedDuration::from_secs(75)),
        "{longest:?} between two lists"
    );
    let tagged = world.effects("TagResource");
    // Each port once; each interface once for itself and once for its peer.
    assert_eq!(tagged, 120 + 2 * 120);
    world.finish();
}

#[tokio::test(start_paused = true)]
async fn reads_of_a_quiet_hour_10() {
    quiet_hour(10).await;
}

#[tokio::test(start_paused = true)]
async fn reads_of_a_quiet_hour_100() {
    quiet_hour(100).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes; make bench runs it"]
async fn reads_of_a_quiet_hour_1000() {
    quiet_hour(1000).await;
}

/// What AWS and the status say of a port and of the session on its interface: up or not.
fn seen(world: &World, number: u32) -> [(bool, bool); 2] {
    let (port, vif) = (format!("dxcon-g{number:07}"), format!("dxvif-g{number:07}"));
    let at_aws = world.sim.read(|w| {
        let up = w.virtual_interfaces.get(&vif).unwrap().peers[0].up;
        let state = w.connections.get(&port).unwrap().state;
        [state == ConnectionState::Available, up]
    });
    let port = world.status("Connection", &objects::connection_name(number));
    let vif = world.status("VirtualInterface", &objects::virtual_interface_name(number));
    [
        (at_aws[0], port["connectionState"] == "available"),
        (at_aws[1], vif["bgpPeersUp"] == "1/1"),
    ]
}

/// Cuts or mends the fibre of a port; answers how long after AWS said so the status of port and interface did.
async fn told_after(world: &mut World, number: u32, up: bool) -> [Duration; 2] {
    let action = if up {
        "restoreCrossConnect"
    } else {
        "cutCrossConnect"
    };
    world.act(&json!({"action": action, "connectionId": format!("dxcon-g{number:07}")}));
    let begun = Instant::now();
    let mut changed = [None; 2];
    let mut told = [None; 2];
    while told.iter().any(Option::is_none) {
        assert!(
            begun.elapsed() < Duration::from_mins(10),
            "{number}, up: {up}: {changed:?}, {told:?}"
        );
        for (which, (at_aws, status)) in seen(world, number).into_iter().enumerate() {
            if at_aws == up && changed[which].is_none() {
                changed[which] = Some(Instant::now());
            }
            if status == up && told[which].is_none() {
                told[which] = changed[which].map(|at| at.elapsed());
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.judge();
    told.map(Option::unwrap)
}

#[tokio::test(start_paused = true)]
async fn a_change_at_aws_is_told_in_time() {
    let mut world = generated(20);
    world.start();
    world.until_all_ready(LONG).await;
    let (mut steady, mut converging) = (vec![], vec![]);
    for round in 0..8 {
        // Fast sweeps end half an hour after the last change; each round meets another phase.
        world
            .sleep(LONG + Duration::from_millis(7_300) * round)
            .await;
        steady.extend(told_after(&mut world, round, false).await);
        world
            .sleep(Duration::from_millis(61_300) + Duration::from_millis(900) * round)
            .await;
        converging.extend(told_after(&mut world, round, true).await);
    }
    for (name, goal, samples) in [
        ("steady", 60, &mut steady),
        ("converging", 10, &mut converging),
    ] {
        samples.sort();
        let (median, longest) = (samples[samples.len() / 2], samples[samples.len() - 1]);
        println!(
            "AWS change -> status, {name}: median {:.1} s, longest {:.1} s of {} (goal {goal} s)",
            median.as_secs_f64(),
            longest.as_secs_f64(),
            samples.len()
        );
        // The sweep's own calls and the write come on top of its interval.
        assert!(
            longest <= Duration::from_secs(goal + 1),
            "{name}: {longest:?}"
        );
    }
    world.finish();
}
