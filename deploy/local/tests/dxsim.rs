//! The simulator as a process: the worlds of the examples, its control interface, its end.
#![allow(clippy::unwrap_used, clippy::panic)]

use directconnect_local::{Dxsim, DxsimOptions, Scratch, accounts, get, world_file};
use serde_json::json;

#[test]
fn the_worlds_of_the_examples_are_served() {
    let scratch = Scratch::new().unwrap();
    let worlds = ["quickstart", "securecart"].map(world_file).to_vec();
    let accounts = accounts(&worlds).unwrap();
    assert_eq!(accounts.len(), 3, "{accounts:?}");
    assert!(
        accounts
            .iter()
            .all(|account| !account.access_keys.is_empty())
    );

    let options = DxsimOptions {
        worlds,
        time_scale: 60,
        seed: 1,
        args: ["--visibility", "2s", "--signature-validity", "10s"]
            .map(str::to_owned)
            .to_vec(),
    };
    let mut dxsim = Dxsim::start(scratch.path(), &options).unwrap();
    assert!(dxsim.ledger().unwrap().is_empty());
    assert!(dxsim.get("world").unwrap().is_object());
    let action = json!({"action": "configureRouter", "router": "onprem-router"});
    dxsim.post("actions", &action).unwrap();
    let refused = dxsim
        .post("actions", &json!({"action": "nothing"}))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("400"), "{refused}");

    let status = dxsim
        .process()
        .stop(std::time::Duration::from_secs(5))
        .unwrap();
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    assert!(get(dxsim.url(), "/_sim/world").is_err());
}
