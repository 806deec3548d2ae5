//! What AWS must look like in the end, whatever was killed when.

use std::collections::BTreeMap;

use directconnect_local::Dxsim;
use serde_json::Value;

use super::cell::{Cell, Example};

/// Tables of the world that hold what the examples make, with the name of the state.
const TABLES: [&str; 4] = [
    "connections",
    "virtualInterfaces",
    "directConnectGateways",
    "vpnGateways",
];

/// Every port was ordered exactly once, and every identity has one live AWS object.
pub fn each_object_is_there_once(dxsim: &Dxsim, cells: &[&Cell]) {
    let ledger = dxsim.ledger().unwrap();
    let world = dxsim.get("world").unwrap();
    let mut orders = 0;
    for cell in cells {
        let ordered = orders_of(cell, &ledger);
        assert_eq!(ordered, cell.ports(), "orders of {cell:?}");
        orders += ordered;
    }
    let live = live_identities(&world);
    let doubles: Vec<_> = live.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(
        doubles.is_empty(),
        "two live objects of one identity: {doubles:#?}"
    );
    // Connection, interface and gateways of a quickstart; both ports and interfaces and the gateway of SecureCart.
    let wanted: usize = cells
        .iter()
        .map(|cell| {
            if cell.example == Example::Quickstart {
                4
            } else {
                5
            }
        })
        .sum();
    assert_eq!(live.len(), wanted, "{live:#?}");
    println!(
        "AWS: {orders} ports ordered for {} cells, {} identities with one live object each",
        cells.len(),
        live.len()
    );
}

/// How many ports were ordered for a cell.
pub fn orders_of(cell: &Cell, ledger: &[Value]) -> usize {
    let orders = ledger.iter().filter(|row| {
        row["account"] == *cell.account
            && row["operation"] == "CreateConnection"
            && row["effect"] == true
    });
    orders.count()
}

/// Ids of live objects by identity tag.
fn live_identities(world: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let tags = world["tags"]["now"].as_object().unwrap();
    for table in TABLES {
        for (id, object) in world[table]["now"].as_object().unwrap() {
            let state = object["state"]
                .as_str()
                .unwrap_or_else(|| panic!("{object}"));
            if ["deleting", "deleted"].contains(&state) {
                continue;
            }
            let of = tags
                .iter()
                .find(|(key, _)| *key == id || key.ends_with(&format!("/{id}")));
            if let Some(identity) =
                of.and_then(|(_, tags)| tags["directconnect.dev/identity"].as_str())
            {
                found
                    .entry(identity.to_owned())
                    .or_default()
                    .push(id.clone());
            }
        }
    }
    found
}
