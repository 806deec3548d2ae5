//! The harness: one operator, one Kubernetes, one AWS, one clock.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::view::Windows;
use directconnect_operator::clock::WallClock;
use directconnect_operator::kubernetes;
use directconnect_operator::metrics::Metrics;
use directconnect_operator::operator::{Deps, Operator, Settings};
use directconnect_operator::planted::Planted;
use directconnect_operator::spawn::Spawner;
use dxsim::Sim;
use dxsim::control::Action;
use dxsim::ledger::Row;
use jiff::Timestamp;
use kubesim::{Server, SimService};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::aws::Gate;
use crate::link::Hold;
use crate::logs::Logs;
use crate::promises::budgets::Budgets;
use crate::promises::truth::{self, Readiness};
use crate::promises::{ends, versions};
use crate::{look, oracles};

/// Name of this installation.
pub const CLUSTER: &str = "test-cluster";
/// Namespace of the operator.
pub const SYSTEM: &str = "directconnect-system";
/// Orders are processed within minutes, so that tests need not sweep through virtual days.
pub const SOON: &str = "settings:\n  approval: 2m\n  crossConnect: 3m\n";

/// How a world is made.
pub struct Setup<'a> {
    /// World files.
    pub worlds: Vec<String>,
    /// Namespace that `object`, `status` and so on mean.
    pub namespace: &'a str,
    /// Seed of everything.
    pub seed: u64,
    /// Windows of the create protocol.
    pub windows: Windows,
    /// What is logged.
    pub level: LevelFilter,
}

/// A running world.
pub struct World {
    /// Kubernetes.
    pub kube: Server,
    /// AWS.
    pub sim: Sim,
    /// The operator's way to AWS.
    pub gate: Gate,
    /// What it logs.
    pub logs: Logs,
    /// Where the objects are.
    pub namespace: String,
    /// Of everything.
    pub seed: u64,
    pub(crate) windows: Windows,
    metrics: Metrics,
    pub(crate) wall: WallClock,
    /// Seconds that the operator's own clock is ahead of everybody else's.
    pub skew: Arc<AtomicI64>,
    operator: Option<Operator>,
    /// A second one, that acts as if it were alone.
    beside: Option<Operator>,
    /// Holds the first still.
    pub hold: Hold,
    /// A bug of the operator, for tests that must find it.
    pub planted: Planted,
    /// The operator is cut off from Kubernetes for a while: it can tell nothing.
    pub cut_off: Arc<AtomicBool>,
    /// A failure is told by who drives this world.
    pub quiet: bool,
    /// Processes run, beside `operator`.
    pub(crate) attended: bool,
    pub(crate) starts: u64,
    tasks_before: usize,
    judged: usize,
    ledger_judged: u64,
    readiness: Readiness,
    budgets: Budgets,
    _guard: DefaultGuard,
}

/// What the operator calls AWS with.
pub fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(
        "AKIADXSIMOPERATOR",
        "not-verified",
        None,
        None,
        "test",
    ))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where the objects of an example live.
pub fn namespace(example: &str) -> &'static str {
    match example {
        "quickstart" => "quickstart",
        _ => "network",
    }
}

/// A file of the source tree.
pub fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The manifests of an example, in order.
pub fn example(name: &str) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(root().join("examples").join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|p| std::fs::read_to_string(p).unwrap())
        .collect()
}

impl World {
    /// The world of an example, nothing applied, nothing started.
    pub fn of(example: &str, settings: &str) -> Self {
        let yaml = file(&format!("sim/dxsim/worlds/{example}.yaml"));
        Self::seeded(example, format!("{settings}{yaml}"), 1)
    }

    /// The world of an example with a world file of its own, nothing applied, nothing started.
    pub fn seeded(example: &str, yaml: String, seed: u64) -> Self {
        Self::new(Setup {
            worlds: vec![yaml],
            namespace: namespace(example),
            seed,
            windows: Windows::default(),
            level: LevelFilter::TRACE,
        })
    }

    /// A world, nothing applied, nothing started.
    pub fn new(setup: Setup<'_>) -> Self {
        let Setup {
            worlds,
            namespace,
            seed,
            windows,
            level,
        } = setup;
        let (logs, guard) = Logs::start(level);
        let base: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
        let (base, origin) = (SystemTime::from(base), Instant::now());
        let wall: WallClock = Arc::new(move || base + origin.elapsed());
        let clock = Arc::clone(&wall);
        let kube = Server::with_seed(
            Arc::new(move || Timestamp::try_from(clock()).unwrap()),
            seed,
        );
        for crd in directconnect_model::api::crds() {
            kube.install_crd(&serde_json::to_value(&crd).unwrap())
                .unwrap();
        }
        for name in [namespace, SYSTEM] {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            kube.create(&body).unwrap();
        }
        let mut builder = Sim::builder()
            .seed(seed)
            .cluster_id(CLUSTER)
            .wall_clock(Arc::clone(&wall));
        for world in &worlds {
            builder = builder.world_yaml(world);
        }
        let sim = builder.build().unwrap_or_else(|e| panic!("world: {e}"));
        Self {
            gate: Gate::new(sim.clone(), kube.clone()),
            kube,
            sim,
            logs,
            namespace: namespace.to_owned(),
            seed,
            windows,
            metrics: Metrics::default(),
            wall,
            skew: Arc::default(),
            operator: None,
            beside: None,
            hold: Hold::default(),
            planted: Planted::default(),
            cut_off: Arc::default(),
            quiet: false,
            attended: false,
            starts: 0,
            tasks_before: 0,
            judged: 0,
            ledger_judged: 0,
            readiness: Readiness::default(),
            budgets: Budgets::default(),
            _guard: guard,
        }
    }

    /// The quickstart, up.
    pub async fn quickstart() -> Self {
        let mut world = Self::of("quickstart", SOON);
        world.come_up("quickstart", "onprem-router").await;
        world
    }

    /// The quickstart, up, with an AWS that refuses the operator's role nothing.
    pub async fn quickstart_without_policy() -> Self {
        let yaml = file("sim/dxsim/worlds/quickstart.yaml").replace(", policies: [operator]", "");
        let mut world = Self::seeded("quickstart", format!("{SOON}{yaml}"), 1);
        world.come_up("quickstart", "onprem-router").await;
        world
    }

    async fn come_up(&mut self, example: &str, router: &str) {
        self.apply_example(example);
        self.act(&json!({"action": "configureRouter", "router": router}));
        self.start();
        self.until_all_ready(Duration::from_hours(1)).await;
    }

    /// SecureCart, up: what existed adopted, the second port and interface ordered.
    pub async fn securecart() -> Self {
        let mut world = Self::of("securecart", SOON);
        world.come_up("securecart", "hq-router-2").await;
        world
    }

    /// Starts an operator, as a new process.
    pub fn start(&mut self) {
        assert!(self.operator.is_none(), "it runs already");
        self.tasks_before = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        self.kube.clear_stop();
        self.gate.clear_stop();
        // Counters are a process's own.
        self.metrics = Metrics::default();
        let (service, metrics) = (self.kube.service(), self.metrics.clone());
        let spawner = Spawner::wrapping(self.hold.wrap());
        self.operator = Some(self.build(service, metrics, spawner));
    }

    /// Starts a second operator beside the first. Neither knows of the other.
    pub fn start_beside(&mut self) {
        if self.beside.is_none() {
            let service = self.kube.service_as("beside");
            self.beside = Some(self.build(service, Metrics::default(), Spawner::default()));
        }
    }

    fn build(&mut self, service: SimService, metrics: Metrics, spawner: Spawner) -> Operator {
        let deps = Deps {
            client: kube::Client::new(kubernetes::limited(service), "default"),
            http: self.gate.client(),
            http_unpooled: self.gate.client(),
            credentials: credentials(),
            wall: self.clock_of(&self.skew),
            seed: self.seed * 1_000 + self.starts,
            metrics,
            spawner,
            planted: self.planted,
        };
        self.starts += 1;
        let settings = Settings {
            cluster_id: CLUSTER.to_owned(),
            namespace: SYSTEM.to_owned(),
            namespaces: vec![self.namespace.clone()],
            endpoints: Endpoints::default(),
            windows: self.windows,
            election: None,
            accounts: BTreeSet::new(),
        };
        Operator::build(deps, settings)
    }

    /// Wall time of a machine whose clock is ahead by so many seconds.
    pub(crate) fn clock_of(&self, ahead: &Arc<AtomicI64>) -> WallClock {
        let (wall, ahead) = (Arc::clone(&self.wall), Arc::clone(ahead));
        Arc::new(move || {
            let ahead = ahead.load(Ordering::Relaxed);
            let by = Duration::from_secs(ahead.unsigned_abs());
            if ahead < 0 { wall() - by } else { wall() + by }
        })
    }

    /// What the running operator serves at /metrics.
    pub fn metrics(&self) -> String {
        self.metrics.render()
    }

    /// True once a planned stop was reached.
    pub fn is_stopped(&self) -> bool {
        self.kube.is_stopped() || self.gate.is_stopped()
    }

    /// Waits until a planned stop is reached; false if it is not within the limit.
    pub async fn stopped(&self, limit: Duration) -> bool {
        let reached = async {
            tokio::select! {
                () = self.kube.stopped() => {}
                () = self.gate.stopped() => {}
            }
        };
        tokio::time::timeout(limit, reached).await.is_ok()
    }

    /// Kills the operator; no task of it is left alive.
    pub async fn crash(&mut self) {
        let operator = self.operator.take().expect("it runs");
        operator.crash();
        // What held it still does not hold the next one.
        self.hold = Hold::default();
        if self.beside.is_some() {
            return;
        }
        let metrics = tokio::runtime::Handle::current().metrics();
        let mut alive = 0;
        for _ in 0..200 {
            tokio::task::yield_now().await;
            // What the world works on belongs to the world: two tasks for each call.
            alive = metrics
                .num_alive_tasks()
                .saturating_sub(2 * self.gate.under_way());
            if alive <= self.tasks_before {
                return;
            }
        }
        panic!("{} tasks outlive the crash", alive - self.tasks_before);
    }

    /// Asks the operator to stop, and waits for it.
    pub async fn stop(&mut self) {
        self.operator.take().expect("it runs").stop().await;
    }

    /// `kubectl apply -f -`.
    pub fn apply(&self, yaml: &str) {
        if let Err(error) = self.kube.apply_yaml(yaml) {
            panic!("apply: {error:?}\n{yaml}");
        }
    }

    /// Applies every manifest of an example.
    pub fn apply_example(&self, name: &str) {
        for manifest in example(name) {
            self.apply(&manifest);
        }
    }

    /// Applies those objects of an example that are wanted.
    pub fn apply_those(&self, name: &str, wanted: fn(&Value) -> bool) {
        for manifest in example(name) {
            for object in kubesim::documents(&manifest).unwrap() {
                if wanted(&object) {
                    self.kube.apply(&object).unwrap();
                }
            }
        }
    }

    fn of_kind(&self, kind: &str) -> &str {
        if kind == "AwsAccount" || kind == "Namespace" {
            ""
        } else {
            &self.namespace
        }
    }

    /// A stored object; null if there is none.
    pub fn object(&self, kind: &str, name: &str) -> Value {
        self.kube
            .get(kind, self.of_kind(kind), name)
            .unwrap_or_default()
    }

    /// Its status.
    pub fn status(&self, kind: &str, name: &str) -> Value {
        self.object(kind, name)["status"].clone()
    }

    /// `kubectl delete --wait=false`.
    pub fn delete(&self, kind: &str, name: &str) {
        self.kube.delete(kind, self.of_kind(kind), name).unwrap();
    }

    /// Merge patch of the spec.
    pub fn edit(&self, kind: &str, name: &str, spec: &Value) {
        self.kube
            .patch(kind, self.of_kind(kind), name, &json!({ "spec": spec }))
            .unwrap();
    }

    /// Sets an annotation of ours; null removes it.
    pub fn annotate(&self, kind: &str, name: &str, annotation: &str, value: &Value) {
        let key = format!("directconnect.dev/{annotation}");
        self.kube
            .patch_metadata(
                kind,
                self.of_kind(kind),
                name,
                &json!({"annotations": {key: value}}),
            )
            .unwrap();
    }

    /// Gives the consent that the object's conditions ask for.
    pub fn consent(&self, kind: &str, name: &str) -> String {
        let object = self.object(kind, name);
        let code = look::consent_code(&object["status"].to_string())
            .unwrap_or_else(|| panic!("no consent is asked for: {}", look::line(&object)));
        self.annotate(kind, name, "consent", &json!(code));
        code
    }

    /// Something happens in the world that no AWS call does.
    pub fn act(&self, action: &Value) {
        let action: Action = serde_json::from_value(action.clone()).unwrap();
        self.sim.action(&action).unwrap();
    }

    /// Plans a fault.
    pub fn fault(&self, fault: &Value) -> u64 {
        self.sim
            .add_fault(serde_json::from_value(fault.clone()).unwrap())
    }

    /// Every object of ours.
    pub fn managed(&self) -> Vec<Arc<Value>> {
        self.kube
            .objects_of(|key| key.resource.ends_with(".directconnect.dev"))
    }

    /// Number of rows in the ledger.
    pub fn calls(&self) -> usize {
        self.sim.ledger().len()
    }

    /// Writes after the ledger's first `seen` rows.
    pub fn writes_since(&self, seen: usize) -> Vec<String> {
        let rows = self.sim.ledger();
        rows[seen..]
            .iter()
            .filter(|r| r.mutating)
            .map(|r| r.operation.clone())
            .collect()
    }

    /// Rows of the ledger that are writes.
    pub fn aws_writes(&self) -> Vec<Row> {
        self.sim
            .ledger()
            .into_iter()
            .filter(|row| row.mutating)
            .collect()
    }

    /// Writes of one operation that took effect.
    pub fn effects(&self, operation: &str) -> usize {
        self.sim
            .ledger()
            .iter()
            .filter(|row| row.operation == operation && row.effect)
            .count()
    }

    /// Ports that were ordered.
    pub fn orders(&self) -> usize {
        self.effects("CreateConnection")
    }

    /// Events of ours: reason, object, note.
    pub fn events(&self) -> Vec<(String, String, String)> {
        let objects = self.kube.objects();
        let events = objects.values().filter(|o| o["kind"] == "Event");
        events
            .map(|e| {
                let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                (
                    text(&e["reason"]),
                    text(&e["involvedObject"]["name"]),
                    text(&e["message"]),
                )
            })
            .collect()
    }

    /// True if an event with this reason was written on this object.
    pub fn told(&self, reason: &str, name: &str) -> bool {
        self.events()
            .iter()
            .any(|(r, n, _)| r == reason && n == name)
    }

    /// Judges everything that was stored or called since the last time.
    pub fn judge(&mut self) {
        let news = self.kube.history_since(self.judged);
        self.judged += news.len();
        let mut breaches = vec![];
        for change in &news {
            oracles::version(change, &self.gate);
            breaches.extend(versions::judge(change));
        }
        if !self.is_restless() {
            breaches.extend(self.budgets.versions(&news));
        }
        let writes = self.gate.mutations();
        if writes != self.ledger_judged || !news.is_empty() {
            self.ledger_judged = writes;
            breaches.extend(self.gate.breaches());
            breaches.extend(self.sim.read(truth::identities));
        }
        let tells = !self.cut_off.load(Ordering::Relaxed);
        if tells && (self.operator.is_some() || self.attended) {
            let (now, objects) = (self.kube.now(), self.kube.objects());
            let readiness = &mut self.readiness;
            breaches.extend(self.sim.read(|world| readiness.judge(now, &objects, world)));
        } else {
            self.readiness.forget();
        }
        let breaches: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    }

    /// True if statuses change for ever: two that both act tell in turn what each knows, and what lists show in turn is told in turn.
    pub fn is_restless(&self) -> bool {
        let lag = self.sim.read(|aws| aws.settings.visibility.max);
        self.attended || self.beside.is_some() || !lag.is_zero()
    }

    /// Judges what is left, once everything rests.
    pub fn judge_ends(&self) {
        let mut breaches = self.sim.read(truth::identities);
        breaches.extend(self.sim.read(|world| ends::judge(&self.kube, world)));
        let breaches: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    }

    /// The last judgement: logs too.
    pub fn finish(&mut self) {
        self.judge();
        let breaches = self.budgets.calls(&self.sim.ledger());
        assert!(breaches.is_empty(), "{}", breaches[0]);
        let logs = self.logs.text();
        oracles::no_canary("the log", &logs);
        self.sim.read(|world| {
            for session in world.sessions.values() {
                assert!(
                    !logs.contains(&session.token.0),
                    "the log holds a session token"
                );
            }
        });
        assert_eq!(
            self.kube.unsupported(),
            Vec::<String>::new(),
            "kubesim lacks a request shape"
        );
    }

    /// All objects in words.
    pub fn describe(&self) -> String {
        let lines: Vec<String> = self.managed().iter().map(|o| look::line(o)).collect();
        lines.join("\n")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Its tasks hold each other: they would run on beside the next world's.
        for operator in [self.operator.take(), self.beside.take()]
            .into_iter()
            .flatten()
        {
            operator.crash();
        }
        if std::thread::panicking() && !self.quiet {
            println!("seed {}\n--- log\n{}", self.seed, self.logs.tail(80));
            for row in self.aws_writes().iter().rev().take(30).rev() {
                println!(
                    "{} {} {} effect={} {:?}",
                    row.at, row.operation, row.outcome, row.effect, row.resource
                );
            }
        }
    }
}
