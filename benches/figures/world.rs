//! A control plane, a generated AWS and the operator, and following its objects.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use directconnect_local::{DxsimOptions, Scratch, Stack, StackOptions, Watch};
use dxsim::worldfile::Generate;
use serde_json::{Value, json};

use crate::objects;

/// The namespace of all objects.
pub const NAMESPACE: &str = "figures";

/// Everything that runs.
pub struct World {
    /// Control plane, simulator, operator; dropped before its files.
    pub stack: Stack,
    /// Its files.
    pub scratch: Scratch,
    /// Ports; as many virtual interfaces.
    pub number: u32,
}

impl World {
    /// Starts everything around an AWS with this many objects, half of them ports. Nothing is declared yet.
    pub fn start(objects: u32) -> Self {
        let number = objects / 2;
        let scratch = Scratch::new().unwrap();
        let generate = Generate {
            connections: number,
            virtual_interfaces: 1,
            account: objects::ACCOUNT_ID.to_owned(),
            region: "us-east-1".to_owned(),
            trust: "999900001111".to_owned(),
        };
        let files = [
            ("operator.yaml", objects::OPERATOR_WORLD.to_owned()),
            ("generated.yaml", generate.yaml().unwrap()),
        ];
        let worlds = files.map(|(name, text)| {
            let path = scratch.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        });
        let options = StackOptions {
            dxsim: DxsimOptions {
                worlds: worlds.to_vec(),
                time_scale: 1,
                seed: 1,
                args: vec![],
            },
            namespaces: vec![NAMESPACE.to_owned()],
            settle: None,
            values: json!({}),
            env: BTreeMap::new(),
        };
        let stack = Stack::start(scratch.path(), &options, &mut |_| {}).unwrap();
        Self {
            stack,
            scratch,
            number,
        }
    }

    /// Declares all objects. `rate`: requests a second to Direct Connect, if not the default.
    pub fn declare(&self, rate: Option<i32>, change: impl Fn(&mut Value)) {
        let mut items = objects::manifests(self.number, NAMESPACE);
        if let Some(rate) = rate {
            items[0]["spec"]["requestRates"] = json!({"directConnectPerSecond": rate});
        }
        items.iter_mut().skip(2).for_each(change);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let args = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        self.stack
            .control_plane
            .kubectl_with_input(&args, &list.to_string())
            .unwrap();
    }

    /// Waits until it holds for every port and virtual interface; answers when it did.
    pub fn until_all(&self, limit: Duration, holds: impl Fn(&Value) -> bool) -> Instant {
        let kinds = ["connections", "virtualinterfaces"].map(str::to_owned);
        let watch = Watch::start(&self.stack.control_plane, &kinds).unwrap();
        let end = Instant::now() + limit;
        let mut open: BTreeMap<String, Value> = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < 2 * self.number as usize || !open.is_empty() {
            assert!(
                Instant::now() < end,
                "{} of {} objects, the first: {:#}",
                open.len(),
                seen.len(),
                open.values().next().unwrap_or(&Value::Null)
            );
            if let Some(change) = watch.next(Duration::from_secs(1)).unwrap() {
                let name = change.object["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default();
                let name = format!("{}/{name}", change.resource);
                seen.insert(name.clone());
                if holds(&change.object) {
                    open.remove(&name);
                } else {
                    open.insert(name, change.object);
                }
            }
        }
        Instant::now()
    }
}

/// True if the object is Ready and Provisioned in its present generation.
pub fn settled(object: &Value) -> bool {
    let is = |name: &str| {
        object["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|c| c["type"] == name && c["status"] == "True")
    };
    is("Ready")
        && is("Provisioned")
        && object["status"]["observedGeneration"] == object["metadata"]["generation"]
}

/// Resident memory of a process as Linux counts it, now and at most, in MiB.
pub fn memory(pid: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Processor time that a process has used, in seconds.
pub fn processor_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // Linux counts in hundredths of a second (USER_HZ).
    ticks / 100.0
}
