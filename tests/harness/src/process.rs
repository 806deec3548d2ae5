//! Several operators on one world: each a process with its own ways to Kubernetes and AWS, and its own clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use directconnect_model::api::aws_account::Endpoints;
use directconnect_operator::kubernetes;
use directconnect_operator::leader::{Candidate, lease_name};
use directconnect_operator::metrics::Metrics;
use directconnect_operator::operator::{Deps, Operator, Settings};
use directconnect_operator::planted::Planted;
use directconnect_operator::spawn::Spawner;
use serde_json::Value;
use tokio::time::Instant;

use crate::aws::Gate;
use crate::link::{Hold, Link};
use crate::world::{CLUSTER, SYSTEM, World, credentials};

/// How a process is run.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Whether it stands for election.
    pub election: bool,
    /// Its shard, and the accounts that it serves.
    pub shard: Option<(&'static str, Vec<&'static str>)>,
    /// What its clock is ahead of the world's, in seconds.
    pub ahead: i64,
    /// Namespaces that it manages; empty: the world's.
    pub namespaces: Vec<&'static str>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            election: true,
            shard: None,
            ahead: 0,
            namespaces: vec![],
        }
    }
}

/// A running operator; dropping it is a crash.
pub struct Process {
    /// Its pod's name.
    pub name: String,
    /// Its way to Kubernetes.
    pub link: Link,
    /// Holds it still.
    pub hold: Hold,
    /// What it serves at /metrics.
    pub metrics: Metrics,
    gate: Gate,
    operator: Option<Operator>,
}

impl World {
    /// Starts a process of this name: its pod's. One that is started again under its name is the same pod's.
    pub fn launch(&mut self, name: &str, manner: &Manner) -> Process {
        let Manner {
            election,
            shard,
            ahead,
            namespaces,
        } = manner.clone();
        self.attended = true;
        self.starts += 1;
        let (gate, hold) = (self.gate.named(name), Hold::default());
        let link = Link::new(self.kube.service_as(name));
        let metrics = Metrics::default();
        let deps = Deps {
            client: kube::Client::new(kubernetes::limited(link.clone()), "default"),
            http: gate.client(),
            http_unpooled: gate.client(),
            credentials: credentials(),
            wall: self.clock_of(&Arc::new(AtomicI64::new(ahead))),
            seed: self.seed * 1_000 + self.starts,
            metrics: metrics.clone(),
            spawner: Spawner::wrapping(hold.wrap()),
            planted: Planted::default(),
        };
        let candidate = Candidate {
            identity: name.to_owned(),
            lease: lease_name(CLUSTER, shard.as_ref().map(|(name, _)| *name)),
        };
        let namespaces = if namespaces.is_empty() {
            vec![self.namespace.clone()]
        } else {
            namespaces.into_iter().map(str::to_owned).collect()
        };
        let accounts = shard.into_iter().flat_map(|(_, accounts)| accounts);
        let settings = Settings {
            cluster_id: CLUSTER.to_owned(),
            namespace: SYSTEM.to_owned(),
            namespaces,
            endpoints: Endpoints::default(),
            windows: self.windows,
            election: election.then_some(candidate),
            accounts: accounts.map(str::to_owned).collect::<BTreeSet<_>>(),
        };
        Process {
            name: name.to_owned(),
            link,
            hold,
            metrics,
            gate,
            operator: Some(Operator::build(deps, settings)),
        }
    }

    /// The lease of a shard, or of the whole installation.
    pub fn lease(&self, shard: Option<&str>) -> Value {
        let name = lease_name(CLUSTER, shard);
        self.kube.get("Lease", SYSTEM, &name).unwrap_or_default()
    }

    /// Who holds it; empty if nobody does.
    pub fn holder(&self, shard: Option<&str>) -> String {
        let lease = self.lease(shard);
        let holder = lease["spec"]["holderIdentity"].as_str();
        holder.unwrap_or_default().to_owned()
    }
}

impl Process {
    /// Ends every task at once.
    pub fn crash(&mut self) {
        self.operator.take().expect("it runs").crash();
    }

    /// SIGTERM, and what follows, to the end.
    pub async fn stop(&mut self) {
        self.operator.take().expect("it runs").stop().await;
    }

    /// When it called AWS, and what.
    pub fn calls(&self) -> Vec<(Instant, String)> {
        self.gate.calls_of(&self.name)
    }

    /// Its calls since then.
    pub fn calls_since(&self, since: Instant) -> Vec<(Instant, String)> {
        let mut calls = self.calls();
        calls.retain(|(at, _)| *at >= since);
        calls
    }

    /// Value of a metric without labels.
    pub fn metric(&self, name: &str) -> String {
        let text = self.metrics.render();
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(&format!("{name} ")));
        line.unwrap_or_default().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its tasks hold each other: they would run on beside the next world's.
        if let Some(operator) = self.operator.take() {
            operator.crash();
        }
    }
}
