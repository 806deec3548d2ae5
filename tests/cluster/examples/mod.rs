//! Both examples on one control plane, from nothing to up, looked at from all sides, and left again. One test, because each part needs what
//! the part before it made, and a world takes half a minute to start.

mod leaving;
mod looking;
mod operations;
mod quickstart;
mod secrets;
mod securecart;

use std::collections::BTreeMap;

use directconnect_local::{DxsimOptions, Scratch, Settle, Stack, StackOptions, world_file};
use serde_json::{Value, json};

use crate::recorder::{self, Recorder};

/// As fast as the demo.
const TIME_SCALE: u32 = 60;

/// Account of the quickstart.
const QUICKSTART: &str = "444455556666";
/// Account of SecureCart.
const SECURECART: &str = "111122223333";

/// What the parts work with.
struct World {
    stack: Stack,
    recorder: Recorder,
    /// Holds the files.
    _scratch: Scratch,
}

#[test]
fn both_examples_come_up_stay_up_and_leave_everything_at_aws() {
    let _alone = crate::api::alone();
    let mut world = start();
    quickstart::comes_up(&world);
    securecart::is_adopted_and_grows(&world);
    looking::says_something_useful(&world);
    operations::serves_health_and_metrics(&world);
    looking::is_quiet_when_nothing_happens(&world);
    operations::ends_and_comes_back_without_a_write(&mut world);
    secrets::appear_nowhere(&mut world);
    leaving::a_namespace_goes_and_aws_keeps_everything(&world);
    leaving::the_charts_go_and_aws_keeps_everything(&mut world);
    world.recorder.assert_oracle_is_content();
}

fn start() -> World {
    let scratch = recorder::scratch();
    let options = StackOptions {
        dxsim: DxsimOptions {
            worlds: ["quickstart", "securecart"].map(world_file).to_vec(),
            time_scale: TIME_SCALE,
            seed: 1,
            args: Vec::new(),
        },
        settle: Some(Settle {
            validity_seconds: 10,
            visibility_seconds: 2,
        }),
        namespaces: ["quickstart", "network"].map(str::to_owned).to_vec(),
        values: json!({"logFormat": "json", "logFilter": "trace"}),
        env: environment(),
    };
    let stack = Stack::start(scratch.path(), &options, &mut |line| println!("{line}")).unwrap();
    let recorder = Recorder::start(&stack.control_plane);
    World {
        stack,
        recorder,
        _scratch: scratch,
    }
}

/// What a shell may have set: endpoints that lead nowhere, which must not matter, and a secret key that must not show.
fn environment() -> BTreeMap<String, String> {
    let nowhere = "http://127.0.0.1:9";
    [
        ("AWS_ENDPOINT_URL", nowhere),
        ("AWS_ENDPOINT_URL_DIRECT_CONNECT", nowhere),
        ("AWS_ENDPOINT_URL_EC2", nowhere),
        ("AWS_ENDPOINT_URL_STS", nowhere),
        ("AWS_SECRET_ACCESS_KEY", secrets::SECRET_ACCESS_KEY),
        ("RUST_LOG", "trace"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

impl World {
    fn action(&self, action: &Value) {
        self.stack.dxsim.post("actions", action).unwrap();
    }

    /// Writes at AWS that had an effect, in an account, after the first `since` rows of the ledger.
    fn effects(&self, account: &str, since: usize) -> Vec<String> {
        let ledger = self.stack.dxsim.ledger().unwrap();
        let rows = ledger.iter().skip(since).filter(|row| {
            row["account"] == account && row["mutating"] == true && row["effect"] == true
        });
        rows.filter_map(|row| row["operation"].as_str().map(str::to_owned))
            .collect()
    }

    /// How many rows the ledger has.
    fn rows(&self) -> usize {
        self.stack.dxsim.ledger().unwrap().len()
    }

    /// An AWS id out of an object's status.
    fn id(&self, namespace: &str, object: &str, field: &str) -> String {
        let found = crate::kubectl::json(
            &self.stack.control_plane,
            &format!("get -n {namespace} {object}"),
        );
        found["status"][field]
            .as_str()
            .unwrap_or_else(|| panic!("{object} has no status.{field}"))
            .to_owned()
    }
}
