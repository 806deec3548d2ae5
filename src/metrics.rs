//! Metrics. All labels are closed sets, but for account (the name of an AwsAccount) and region.

use std::time::Duration;

use directconnect_model::kind::Kind;
use jiff::{SignedDuration, Timestamp};
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts,
    Registry,
};
use strum::IntoEnumIterator;

use crate::engine::tally::Tally;

/// All metrics of the operator; cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: IntCounterVec,
    reconcile_seconds: HistogramVec,
    steps: IntCounterVec,
    guard_bypassed: IntCounterVec,
    aws_requests: IntCounterVec,
    aws_request_seconds: HistogramVec,
    objects: IntGaugeVec,
    conditions: IntGaugeVec,
    open_intents: IntGaugeVec,
    oldest_intent: GaugeVec,
    orphans: IntGaugeVec,
    retained: IntGaugeVec,
    inventory_age: GaugeVec,
    status_writes: IntCounterVec,
    events_lost: IntCounter,
    watch_errors: IntCounterVec,
    cache_restarts: IntCounter,
    clock_offset: Gauge,
    leader: Gauge,
}

/// Registers a metric of any type.
fn register<M>(registry: &Registry, metric: prometheus::Result<M>) -> M
where
    M: prometheus::core::Collector + Clone + 'static,
{
    let metric = metric.expect("names are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("names are unique");
    metric
}

fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauge(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(registry, IntGaugeVec::new(Opts::new(name, help), labels))
}

fn seconds(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    register(registry, GaugeVec::new(Opts::new(name, help), labels))
}

fn histogram(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(vec![
        0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]);
    register(registry, HistogramVec::new(options, labels))
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
        let metrics = Self {
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
            guard_bypassed: counter(
                r,
                "directconnect_guard_bypassed_total",
                "Steps that cut the last healthy path and were done because the guard only warns",
                &["kind"],
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
            conditions: gauge(
                r,
                "directconnect_conditions",
                "Objects with a condition that somebody should know of",
                &["kind", "condition", "reason"],
            ),
            open_intents: gauge(r, "directconnect_open_intents", "Open intents", &["kind"]),
            oldest_intent: seconds(
                r,
                "directconnect_oldest_intent_age_seconds",
                "Age of the oldest open intent",
                &["kind"],
            ),
            orphans: gauge(
                r,
                "directconnect_orphans",
                "AWS objects of this cluster that nobody claims",
                &["account"],
            ),
            retained: gauge(
                r,
                "directconnect_retained",
                "AWS objects of this cluster that are kept without an owner",
                &["account"],
            ),
            inventory_age: seconds(
                r,
                "directconnect_inventory_age_seconds",
                "Age of the oldest list in use",
                &["account", "region"],
            ),
            status_writes: counter(
                r,
                "directconnect_status_writes_total",
                "Status writes",
                &["kind"],
            ),
            events_lost: register(
                r,
                IntCounter::new(
                    "directconnect_events_lost_total",
                    "Events that could not be written",
                ),
            ),
            watch_errors: counter(
                r,
                "directconnect_watch_errors_total",
                "Watches and lists of Kubernetes that failed",
                &["kind"],
            ),
            cache_restarts: register(
                r,
                IntCounter::new(
                    "directconnect_cache_restarts_total",
                    "How often all watches began anew because what they showed was not what is stored",
                ),
            ),
            clock_offset: register(
                r,
                Gauge::new(
                    "directconnect_clock_offset_seconds",
                    "AWS's clock minus this machine's",
                ),
            ),
            leader: register(
                r,
                Gauge::new("directconnect_leader", "1 while this process leads"),
            ),
            registry,
        };
        // A counter that appears with its first count has not increased, as Prometheus sees it.
        for kind in Kind::iter() {
            metrics
                .reconciles
                .with_label_values(&[kind.into(), "panic"]);
        }
        metrics
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

    /// A step that the guard let pass with a warning.
    pub fn guard_bypassed(&self, kind: &str) {
        self.guard_bypassed.with_label_values(&[kind]).inc();
    }

    /// An event could not be written.
    pub fn event_lost(&self) {
        self.events_lost.inc();
    }

    /// A watch, or the list that it begins with, failed.
    pub fn watch_error(&self, kind: &str) {
        self.watch_errors.with_label_values(&[kind]).inc();
    }

    /// Objects of a kind; replaces what was said before.
    pub fn tally(&self, kind: &str, tally: &Tally, before: &Tally, now: Timestamp) {
        // What is removed was set with the counts before, or reset since.
        for reason in before.ready.keys() {
            if !tally.ready.contains_key(reason) {
                let _ = self.objects.remove_label_values(&[kind, reason]);
            }
        }
        for (condition, reason) in before.conditions.keys() {
            if !tally.conditions.contains_key(&(*condition, *reason)) {
                let labels = [kind, condition, reason];
                let _ = self.conditions.remove_label_values(&labels);
            }
        }
        for (reason, count) in &tally.ready {
            self.objects.with_label_values(&[kind, reason]).set(*count);
        }
        for ((condition, reason), count) in &tally.conditions {
            self.conditions
                .with_label_values(&[kind, condition, reason])
                .set(*count);
        }
        self.open_intents
            .with_label_values(&[kind])
            .set(tally.intents);
        let age = tally
            .oldest
            .map_or(SignedDuration::ZERO, |at| now.duration_since(at));
        self.oldest_intent
            .with_label_values(&[kind])
            .set(age.as_secs_f64().max(0.0));
    }

    /// AWS objects that carry this cluster's identity and have no owner: those that nobody claims, and
    /// those that are kept on purpose.
    pub fn unclaimed(&self, account: &str, orphans: i64, retained: i64) {
        self.orphans.with_label_values(&[account]).set(orphans);
        self.retained.with_label_values(&[account]).set(retained);
    }

    /// The AwsAccount is gone.
    pub fn forget(&self, account: &str) {
        // Nothing was said of an account that was never used.
        let _ = self.orphans.remove_label_values(&[account]);
        let _ = self.retained.remove_label_values(&[account]);
    }

    /// Age of the oldest list in use; none if none is.
    pub fn inventory_age(&self, account: &str, region: &str, age: Option<Duration>) {
        let labels = [account, region];
        if let Some(age) = age {
            self.inventory_age
                .with_label_values(&labels)
                .set(age.as_secs_f64());
        } else {
            // It may be that nothing was said yet.
            let _ = self.inventory_age.remove_label_values(&labels);
        }
    }

    /// Caches were wrong.
    pub fn doubted(&self) {
        self.cache_restarts.inc();
    }

    /// AWS's clock minus this machine's.
    pub fn clock_offset(&self, offset: SignedDuration) {
        self.clock_offset.set(offset.as_secs_f64());
    }

    /// Whether this process leads.
    pub fn leader(&self, leads: bool) {
        self.leader.set(if leads { 1.0 } else { 0.0 });
        if !leads {
            self.silence();
        }
    }

    /// Who does not lead tells nothing about objects: the leader does.
    pub fn silence(&self) {
        self.objects.reset();
        self.conditions.reset();
        self.open_intents.reset();
        self.oldest_intent.reset();
        self.orphans.reset();
        self.retained.reset();
        self.inventory_age.reset();
    }

    /// Everything, in the text format of Prometheus.
    pub fn render(&self) -> String {
        prometheus::TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }
}
