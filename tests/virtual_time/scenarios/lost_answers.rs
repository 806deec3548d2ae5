//! The answer of a create is lost after its effect, or before it: exactly one effect in the end.

use std::time::Duration;

use serde_json::json;

use super::LONG;
use directconnect_harness::look;
use directconnect_harness::world::{SOON, World};

/// Operation, and the object that sends it.
const CREATES: &[(&str, &str, &str)] = &[
    ("CreateConnection", "Connection", "dc2"),
    ("CreateDirectConnectGateway", "DirectConnectGateway", "hub"),
    ("CreateVpnGateway", "VirtualPrivateGateway", "vpc"),
    (
        "CreateDirectConnectGatewayAssociation",
        "DirectConnectGatewayAssociation",
        "hub-vpc",
    ),
    ("CreatePrivateVirtualInterface", "VirtualInterface", "hq"),
    ("AttachVpnGateway", "VirtualPrivateGateway", "vpc"),
];

fn quickstart() -> World {
    let world = World::of("quickstart", SOON);
    world.apply_example("quickstart");
    world.act(&json!({"action": "configureRouter", "router": "onprem-router"}));
    world
}

/// An event that says that something became so is not told again while it is so.
fn told_once(world: &World) {
    let mut told = std::collections::BTreeSet::new();
    for event in world.events() {
        if ["BgpUp", "PortUp", "Ready"].contains(&event.0.as_str()) {
            assert!(told.insert(event.clone()), "twice: {event:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_the_effect() {
    for kind in ["resetAfterEffect", "http500AfterEffect", "malformedBody"] {
        for (operation, ..) in CREATES {
            println!("{operation} {kind}");
            let mut world = quickstart();
            world.fault(&json!({"match": {"operation": operation}, "kind": kind}));
            world.start();
            world.until_all_ready(3 * LONG).await;
            world.sleep(Duration::from_mins(25)).await;
            for (operation, ..) in CREATES {
                assert_eq!(world.effects(operation), 1, "{operation}");
            }
            world.finish();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_lost_before_the_effect() {
    for kind in ["resetBeforeEffect", "http500BeforeEffect"] {
        for (operation, ..) in CREATES {
            println!("{operation} {kind}");
            let mut world = quickstart();
            world.fault(&json!({"match": {"operation": operation}, "kind": kind}));
            world.start();
            world.until_all_ready(3 * LONG).await;
            world.sleep(Duration::from_mins(40)).await;
            for (operation, ..) in CREATES {
                assert_eq!(world.effects(operation), 1, "{operation}");
            }
            // What was sent can do nothing any more: nothing is left open, and nothing is told twice.
            for object in world.managed() {
                let intents = &object["status"]["intents"];
                assert!(
                    intents.as_object().is_none_or(serde_json::Map::is_empty),
                    "{intents}"
                );
            }
            told_once(&world);
            world.finish();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_within_the_window() {
    for (operation, kind, name) in &CREATES[..3] {
        println!("{operation}");
        let mut world = quickstart();
        world.fault(&json!({"match": {"operation": operation}, "kind": "resetBeforeEffect"}));
        world.start();
        world.until_reason(kind, name, "SettlingCreate", LONG).await;
        let send_by: jiff::Timestamp = world.status(kind, name)["intents"]["self"]["sendBy"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        world
            .until("sent again", LONG, |w| {
                w.aws_writes()
                    .iter()
                    .filter(|r| r.operation == *operation)
                    .count()
                    == 2
            })
            .await;
        let again = world
            .aws_writes()
            .iter()
            .rfind(|r| r.operation == *operation)
            .unwrap()
            .at;
        let after = again.duration_since(send_by);
        println!("{operation} again {after:#} after sendBy");
        assert!(after >= jiff::SignedDuration::from_mins(20), "{after:#}");
        assert!(world.told("NotCreated", name));
        world.until_all_ready(LONG).await;
        world.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_lands_minutes_later_is_found() {
    for (operation, kind, name) in CREATES {
        println!("{operation}");
        let mut world = quickstart();
        world.fault(&json!({"match": {"operation": operation}, "kind": "holdBeforeEffect"}));
        world.start();
        world
            .until("held", LONG, |w| !w.sim.held().is_empty())
            .await;
        world.sleep(Duration::from_mins(14)).await;
        let object = world.object(kind, name);
        let natural = matches!(
            *operation,
            "CreateDirectConnectGatewayAssociation"
                | "CreatePrivateVirtualInterface"
                | "AttachVpnGateway"
        );
        if !natural {
            assert_eq!(
                look::reason(&object),
                "SettlingCreate",
                "{}",
                look::line(&object)
            );
        }
        world.sim.release(None, dxsim::faults::Release::Continue);
        world.until_all_ready(3 * LONG).await;
        world.sleep(Duration::from_mins(25)).await;
        for (operation, ..) in CREATES {
            // A natural call may be sent again meanwhile; attaching twice to one VPC is one attachment.
            let most = if *operation == "AttachVpnGateway" {
                2
            } else {
                1
            };
            assert!(
                (1..=most).contains(&world.effects(operation)),
                "{operation}"
            );
        }
        world.finish();
    }
}
