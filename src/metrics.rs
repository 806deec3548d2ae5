//! Metrics. All labels are closed sets, but for account and region of the inventory.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::{
    CounterVec, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGaugeVec, Opts, Registry,
};

/// All metrics of the operator; cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: IntCounterVec,
    reconcile_seconds: HistogramVec,
    steps: IntCounterVec,
    aws_requests: IntCounterVec,
    aws_request_seconds: HistogramVec,
    objects: IntGaugeVec,
    inventory_age: GaugeVec,
    open_intents: IntGaugeVec,
    orphans: IntGaugeVec,
    status_writes: CounterVec,
    leader: Gauge,
    doubted: IntCounter,
}

fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let metric = IntCounterVec::new(Opts::new(name, help), labels).expect("names are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("names are unique");
    metric
}

fn gauge(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    let metric = IntGaugeVec::new(Opts::new(name, help), labels).expect("names are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("names are unique");
    metric
}

fn histogram(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(vec![
        0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]);
    let metric = HistogramVec::new(options, labels).expect("names are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("names are unique");
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(Registry::new())
    }
}

impl Metrics {
    /// Registers everything.
    pub fn new(registry: Registry) -> Self {
        let r = &registry;
        let inventory_age = GaugeVec::new(
            Opts::new(
                "directconnect_inventory_age_seconds",
                "Age of the oldest list in use",
            ),
            &["account", "region"],
        )
        .expect("names are valid");
        r.register(Box::new(inventory_age.clone()))
            .expect("names are unique");
        let status_writes = CounterVec::new(
            Opts::new("directconnect_status_writes_total", "Status writes"),
            &["kind"],
        )
        .expect("names are valid");
        r.register(Box::new(status_writes.clone()))
            .expect("names are unique");
        let doubted = IntCounter::new(
            "directconnect_cache_restarts_total",
            "How often all watches began anew because what they showed was not what is stored",
        )
        .expect("names are valid");
        r.register(Box::new(doubted.clone()))
            .expect("names are unique");
        let leader = Gauge::new("directconnect_leader", "1 while this process leads")
            .expect("names are valid");
        r.register(Box::new(leader.clone()))
            .expect("names are unique");
        Self {
            reconciles: counter(
                r,
                "directconnect_reconcile_total",
                "Passes",
                &["kind", "outcome"],
            ),
            reconcile_seconds: histogram(
                r,
                "directconnect_reconcile_seconds",
                "Duration of a pass",
                &["kind"],
            ),
            steps: counter(
                r,
                "directconnect_step_total",
                "Executed steps",
                &["kind", "step", "outcome"],
            ),
            aws_requests: counter(
                r,
                "directconnect_aws_requests_total",
                "AWS requests",
                &["service", "operation", "class"],
            ),
            aws_request_seconds: histogram(
                r,
                "directconnect_aws_request_seconds",
                "Duration of an AWS request",
                &["service", "operation"],
            ),
            objects: gauge(
                r,
                "directconnect_objects",
                "Objects by reason of Ready",
                &["kind", "ready_reason"],
            ),
            open_intents: gauge(r, "directconnect_open_intents", "Open intents", &["kind"]),
            orphans: gauge(
                r,
                "directconnect_orphans",
                "AWS objects of this cluster that nobody claims",
                &["account"],
            ),
            inventory_age,
            status_writes,
            leader,
            doubted,
            registry,
        }
    }

    /// The registry, to be served.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// One pass.
    pub fn reconcile(&self, kind: &str, outcome: &str, took: Duration) {
        self.reconciles.with_label_values(&[kind, outcome]).inc();
        self.reconcile_seconds
            .with_label_values(&[kind])
            .observe(took.as_secs_f64());
    }

    /// One executed step.
    pub fn step(&self, kind: &str, step: &str, outcome: &str) {
        self.steps.with_label_values(&[kind, step, outcome]).inc();
    }

    /// One AWS request.
    pub fn aws_request(&self, service: &str, operation: &str, class: &str, took: Duration) {
        self.aws_requests
            .with_label_values(&[service, operation, class])
            .inc();
        self.aws_request_seconds
            .with_label_values(&[service, operation])
            .observe(took.as_secs_f64());
    }

    /// One status write.
    pub fn status_write(&self, kind: &str) {
        self.status_writes.with_label_values(&[kind]).inc();
    }

    /// Objects of a kind, by reason; replaces what was said before.
    pub fn objects(
        &self,
        kind: &str,
        reasons: &BTreeMap<String, i64>,
        before: &BTreeMap<String, i64>,
        intents: i64,
    ) {
        for (reason, count) in reasons {
            self.objects.with_label_values(&[kind, reason]).set(*count);
        }
        for reason in before.keys().filter(|r| !reasons.contains_key(*r)) {
            // It was set with the counts before.
            let _ = self.objects.remove_label_values(&[kind, reason]);
        }
        self.open_intents.with_label_values(&[kind]).set(intents);
    }

    /// AWS objects that carry this cluster's identity and nobody claims.
    pub fn orphans(&self, account: &str, count: i64) {
        self.orphans.with_label_values(&[account]).set(count);
    }

    /// Age of the oldest list in use.
    pub fn inventory_age(&self, account: &str, region: &str, age: Duration) {
        self.inventory_age
            .with_label_values(&[account, region])
            .set(age.as_secs_f64());
    }

    /// Caches were wrong.
    pub fn doubted(&self) {
        self.doubted.inc();
    }

    /// Whether this process leads. Who does not tells nothing about objects: the leader does.
    pub fn leader(&self, leads: bool) {
        self.leader.set(if leads { 1.0 } else { 0.0 });
        if !leads {
            self.objects.reset();
            self.open_intents.reset();
            self.orphans.reset();
            self.inventory_age.reset();
        }
    }

    /// Everything, in the text format of Prometheus.
    pub fn render(&self) -> String {
        prometheus::TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }
}
