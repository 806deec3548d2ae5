//! A cell: one example with an account, a namespace and AWS objects of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use directconnect_local::{ControlPlane, Scratch, paths, world_file};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::writes::Phase;
use crate::kubectl::{condition, documents, kubectl};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Example {
    Quickstart,
    SecureCart,
}

#[derive(Debug, Clone)]
pub struct Cell {
    pub example: Example,
    /// Unique.
    number: usize,
    /// AWS account.
    pub account: String,
    /// Kubernetes namespace, and name of its AwsAccount.
    pub namespace: String,
}

impl Cell {
    pub fn new(example: Example, number: usize) -> Self {
        Self {
            example,
            number,
            account: format!("5000000{number:05}"),
            namespace: format!("cell-{number}"),
        }
    }

    /// How many ports of its own it orders.
    #[allow(clippy::unused_self, reason = "an example with more will say so")]
    pub fn ports(&self) -> usize {
        1
    }

    /// Objects that the example declares, the account aside.
    #[allow(clippy::unused_self, reason = "an example with more will say so")]
    fn objects(&self) -> usize {
        5
    }

    /// The example's text with everything that must be the cell's own.
    fn own(&self, text: &str) -> String {
        let Self {
            number,
            account,
            namespace,
            ..
        } = self;
        let (names, prefixes): (&[(&str, &str)], &[&str]) = match self.example {
            Example::Quickstart => (
                &[("444455556666", account), ("quickstart", namespace)],
                &["-0444444"],
            ),
            Example::SecureCart => (
                &[
                    ("111122223333", account),
                    ("securecart", namespace),
                    ("network", namespace),
                ],
                &["-0111111", "-0121212", "-0222222"],
            ),
        };
        let mut text = text.to_owned();
        for (from, to) in names {
            text = text.replace(from, to);
        }
        for prefix in prefixes {
            // An EC2 id: seventeen digits, of which the third to fifth are made the cell's.
            text = text.replace(
                prefix,
                &format!("{}{number:03}{}", &prefix[..3], &prefix[6..]),
            );
        }
        for id in ["sc0dc201", "sc0vif01", "sc0peer1"] {
            text = text.replace(id, &format!("{id}{number:03}"));
        }
        for key in ["AKIADXSIMQUICKSTART", "AKIADXSIMSECURECART"] {
            text = text.replace(key, &format!("{key}{number}"));
        }
        for router in ["onprem-router", "hq-router-1", "hq-router-2"] {
            text = text.replace(router, &format!("{router}-cell-{number}"));
        }
        text
    }

    /// Begins a phase.
    pub fn act(&self, cluster: &ControlPlane, phase: Phase) {
        if phase == Phase::Delete {
            let kinds = "virtualinterfaces,connections,directconnectgatewayassociations,directconnectgateways,virtualprivategateways";
            let namespace = &self.namespace;
            let line = format!("delete -n {namespace} --wait=false --all {kinds}");
            kubectl(cluster, &line);
            return;
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": self.manifests()});
        cluster
            .kubectl_with_input(&["apply", "-f", "-"], &list.to_string())
            .unwrap();
    }

    /// The manifests, the guard off: nobody is there to consent.
    pub fn manifests(&self) -> Vec<Value> {
        let folder = match self.example {
            Example::Quickstart => "examples/quickstart",
            Example::SecureCart => "examples/securecart",
        };
        let mut files: Vec<PathBuf> = std::fs::read_dir(paths::checkout().join(folder))
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        let mut all = Vec::new();
        for file in files {
            for document in documents(&file) {
                let mut document: Value =
                    serde_json::from_str(&self.own(&document.to_string())).unwrap();
                if document["kind"] == "AwsAccount" {
                    document["spec"]["guard"] = json!("Off");
                }
                all.push(document);
            }
        }
        all
    }

    /// The world file, routers configured as soon as there is something to talk to.
    fn world(&self) -> Value {
        let file = world_file(match self.example {
            Example::Quickstart => "quickstart",
            Example::SecureCart => "securecart",
        });
        let mut world: Value =
            serde_json::from_str(&self.own(&documents(&file)[0].to_string())).unwrap();
        for router in world["routers"].as_array_mut().unwrap() {
            for session in router["sessions"].as_array_mut().unwrap() {
                if session["configured"] != true {
                    session["configureAfter"] = json!("1s");
                }
                // A key that the examples' Secret holds and the world does not: any key fits.
                if self.example == Example::Quickstart {
                    session.as_object_mut().unwrap().remove("authKey");
                }
            }
        }
        world
    }

    /// Whether the phase has reached its end.
    pub fn is_done(&self, newest: &BTreeMap<String, Value>, phase: Phase) -> bool {
        let prefix = format!("{}/", self.namespace);
        let mine: Vec<&Value> = newest
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(_, object)| object)
            .collect();
        match phase {
            Phase::Delete => mine.is_empty(),
            Phase::Apply | Phase::Again => {
                mine.len() == self.objects()
                    && mine.iter().all(|object| {
                        condition(object, "Ready")["status"] == "True"
                            && object["metadata"]["deletionTimestamp"].is_null()
                            && object["status"]["intents"]
                                .as_object()
                                .is_none_or(serde_json::Map::is_empty)
                    })
            }
        }
    }
}

/// The world: AWS acts at once, cells beside each other.
pub fn worlds(scratch: &Scratch, cells: &[&Cell]) -> Vec<PathBuf> {
    let write = |name: &str, world: &Value| {
        let path = Path::new(scratch.path()).join(format!("{name}.yaml"));
        std::fs::write(&path, world.to_string()).unwrap();
        path
    };
    let mut files = Vec::new();
    for cell in cells {
        files.push(write(&cell.namespace, &cell.world()));
    }
    // Orders take a second instead of days, and half a second what else takes minutes: a process that did not ask for it itself
    // looks for it every five minutes only.
    files.push(write(
        "settings",
        &json!({"settings": {"approval": "1m", "crossConnect": "1m", "associate": "30s"}}),
    ));
    files
}
