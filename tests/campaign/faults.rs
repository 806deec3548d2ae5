//! Faults: which there are, where they apply, and what they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use directconnect_harness::aws::{Death, Fate, Gate, mutates};
use directconnect_harness::look;
use directconnect_harness::promises::call::Call;
use directconnect_harness::world::World;
use dxsim::Sim;
use dxsim::visibility::{Mode, Visibility};
use jiff::SignedDuration;
use kubesim::{FaultKind, FaultMatch, RequestRecord, Server, When};
use serde_json::{Value, json};
use strum::{Display, VariantArray};

use crate::courses::WHILE;

const AWS: &str = "aws";
const KUBERNETES: &str = "kubernetes";

/// Asks about each request of the operator which fault strikes it.
pub fn at_each_request(
    world: &World,
    choose: impl Fn(&Boundary) -> Option<Fault> + Send + Sync + 'static,
) {
    let choose = Arc::new(choose);
    let (chosen, now) = (Arc::clone(&choose), Handles::of(world));
    world.gate.on_request(Some(Arc::new(move |call| {
        let boundary = Boundary::aws(call);
        chosen(&boundary)?.at_aws(&boundary, &now)
    })));
    let now = Handles::of(world);
    world.kube.on_request(Some(Arc::new(move |record| {
        choose(&Boundary::kubernetes(record))?.at_kubernetes(&now)
    })));
}

/// A request of the operator, before it has had an effect.
pub struct Boundary {
    service: &'static str,
    what: String,
    /// It changes something.
    pub writes: bool,
    watches: bool,
}

impl Boundary {
    /// A call to AWS: its operation, and what kind of object it concerns.
    pub fn aws(call: &Call) -> Self {
        let target = call.target().unwrap_or_default();
        // Ids of gateways and associations say nothing of their kind.
        let kind = target.split('-').next().unwrap_or_default();
        let kind = Some(kind).filter(|k| ["dxcon", "dxvif", "vgw"].contains(k));
        let kind = kind.unwrap_or_default();
        Self {
            service: AWS,
            what: format!("{} {kind}", call.operation).trim().to_owned(),
            writes: mutates(&call.operation),
            watches: false,
        }
    }

    /// A request to Kubernetes: its verb and object.
    pub fn kubernetes(record: &RequestRecord) -> Self {
        let name = if record.resource.starts_with("events") {
            ""
        } else {
            &record.name
        };
        let resource = record.resource.split('.').next().unwrap_or_default();
        let part = if record.subresource.is_empty() {
            ""
        } else {
            " status"
        };
        Self {
            service: KUBERNETES,
            what: format!("{} {resource}{part} {name}", record.verb)
                .trim()
                .to_owned(),
            writes: record.mutation.is_some()
                || ["create", "update", "patch", "delete"].contains(&record.verb.as_str()),
            watches: record.verb == "watch",
        }
    }

    /// What is the same in each occurrence of the boundary.
    pub fn signature(&self) -> String {
        format!("{} {}", self.service, self.what)
    }
}

/// What can be done to a world from within a request.
#[derive(Clone)]
pub struct Handles {
    kube: Server,
    sim: Sim,
    gate: Gate,
    skew: Arc<AtomicI64>,
    namespace: String,
}

impl Handles {
    /// Those of this world.
    pub fn of(world: &World) -> Self {
        Self {
            kube: world.kube.clone(),
            sim: world.sim.clone(),
            gate: world.gate.clone(),
            skew: Arc::clone(&world.skew),
            namespace: world.namespace.clone(),
        }
    }

    fn managed(&self) -> Vec<Value> {
        let objects = self.kube.objects();
        let ours = objects.values().filter(|o| {
            o["apiVersion"] == "directconnect.dev/v1alpha1" && o["kind"] != "AwsAccount"
        });
        ours.map(|o| (**o).clone()).collect()
    }

    /// All objects in words, and the last writes at AWS.
    pub fn describe(&self) -> String {
        let lines: Vec<String> = self.managed().iter().map(look::line).collect();
        let rows = self.sim.ledger();
        let writes = rows.iter().filter(|r| r.mutating).map(|row| {
            format!(
                "{} {} {} effect={} {:?}",
                row.at, row.operation, row.outcome, row.effect, row.resource
            )
        });
        format!(
            "{}\n{}",
            lines.join("\n"),
            writes.collect::<Vec<_>>().join("\n")
        )
    }

    fn annotate(&self, annotation: &str, value: &Value) {
        for object in self.managed() {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let key = format!("directconnect.dev/{annotation}");
            let patch = json!({"annotations": {key: value}});
            let _ = self.kube.patch_metadata(
                &text(&object["kind"]),
                &self.namespace,
                &text(&object["metadata"]["name"]),
                &patch,
            );
        }
    }

    fn wipe(&self) {
        for object in self.managed() {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
            let _ = self.kube.wipe_status(&kind, &self.namespace, &name);
        }
    }

    /// Every request of the operator is answered like this for a while.
    fn for_a_while(&self, kind: FaultKind) {
        let pattern = FaultMatch {
            client: Some(kubesim::DEFAULT_CLIENT.to_owned()),
            ..FaultMatch::default()
        };
        self.kube.add_fault(pattern, kind, u32::MAX);
        self.later(Duration::from_mins(5), |now| now.kube.clear_faults());
    }

    fn later(&self, after: Duration, does: fn(&Self)) {
        let now = self.clone();
        // It belongs to the world, as calls under way do.
        let under_way = self.gate.begin();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            does(&now);
            drop(under_way);
        });
    }
}

/// How a run with a fault must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// As without it, and each thing was made and deleted as often.
    Same,
    /// As without it.
    SameEnd,
    /// All promises hold.
    Promises,
}

/// A fault. Each is tried wherever it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Fault {
    CrashBefore,
    CrashAfter,
    /// The process dies, and the request lands after the next one's first look.
    CrashThenLands,
    /// …a second before its signature ends.
    CrashThenLandsLast,
    /// …when it is too late.
    CrashThenLate,
    LostBefore,
    LostAfter,
    /// The answer is lost, and the request lands a minute later.
    LostThenLands,
    /// …a second before its signature ends.
    LostThenLandsLast,
    /// …when it is too late.
    LostThenLate,
    HangsBefore,
    HangsAfter,
    /// No answer, and the request lands after the attempt's limit.
    HangsThenLands,
    Throttled,
    Http500Before,
    Http500After,
    Http503,
    Malformed,
    LaterPage,
    Denied,
    Expired,
    Conflict,
    NotFound,
    Refused,
    OtherAccount,
    KubernetesConflict,
    Kubernetes403,
    Kubernetes410,
    Kubernetes422,
    Kubernetes429,
    Kubernetes504After,
    WatchesCut,
    ApiServerDown,
    RightsRevoked,
    Paused,
    StatusWiped,
    ListsLag,
    ClockAhead,
    ClockBehind,
}

/// Lands after the next process's first look.
const SOON: Duration = Duration::from_secs(60);
/// Lands a second before the signature ends.
const LAST: Duration = Duration::from_secs(15 * 60 - 1);
/// Comes too late.
const LATE: Duration = Duration::from_secs(16 * 60);

impl Fault {
    /// True if it can befall the side that the request goes to.
    fn concerns(self, service: &str) -> bool {
        match self {
            Self::CrashThenLandsLast
            | Self::CrashThenLate
            | Self::LostThenLands
            | Self::LostThenLandsLast
            | Self::LostThenLate
            | Self::Throttled
            | Self::Http503
            | Self::Malformed
            | Self::LaterPage
            | Self::Denied
            | Self::Expired
            | Self::Conflict
            | Self::NotFound
            | Self::Refused
            | Self::OtherAccount => service == AWS,
            Self::KubernetesConflict
            | Self::Kubernetes403
            | Self::Kubernetes410
            | Self::Kubernetes422
            | Self::Kubernetes429
            | Self::Kubernetes504After => service == KUBERNETES,
            _ => true,
        }
    }

    /// True if it makes sense there.
    pub fn applies(self, boundary: &Boundary) -> bool {
        let makes_sense = match self {
            // What reads has no effect: before and after are one.
            Self::CrashAfter
            | Self::CrashThenLands
            | Self::CrashThenLandsLast
            | Self::CrashThenLate
            | Self::LostAfter
            | Self::LostThenLands
            | Self::LostThenLandsLast
            | Self::LostThenLate
            | Self::HangsAfter
            | Self::HangsThenLands
            | Self::Http500After
            | Self::Kubernetes504After
            | Self::Conflict
            | Self::Refused
            | Self::KubernetesConflict
            | Self::Kubernetes422 => boundary.writes,
            Self::NotFound => boundary.writes && !boundary.what.starts_with("Create"),
            Self::LaterPage => !boundary.writes && boundary.what.starts_with("Describe"),
            Self::OtherAccount => boundary.what == "GetCallerIdentity",
            Self::Kubernetes410 => boundary.watches,
            _ => true,
        };
        makes_sense && self.concerns(boundary.service)
    }

    /// How a run with it must end.
    pub fn expects(self) -> Expects {
        match self {
            // A delete whose effect a list hides may be sent again: it names the id that is gone.
            Self::ListsLag => Expects::SameEnd,
            _ => Expects::Same,
        }
    }

    /// Does what both sides have in common.
    fn around(self, now: &Handles) -> bool {
        match self {
            Self::WatchesCut => {
                now.kube.compact();
                now.kube.cut_watches();
            }
            Self::ApiServerDown => now.for_a_while(FaultKind::ResetBeforeEffect),
            Self::RightsRevoked => now.for_a_while(FaultKind::Answer {
                code: 403,
                when: When::BeforeEffect,
            }),
            Self::Paused => {
                now.annotate("paused", &json!("true"));
                now.later(WHILE, |now| now.annotate("paused", &Value::Null));
            }
            Self::StatusWiped => now.wipe(),
            Self::ListsLag => now.sim.set_visibility(Visibility {
                max: SignedDuration::from_mins(5),
                mode: Mode::Random,
            }),
            Self::ClockAhead => now.skew.store(600, Ordering::Relaxed),
            Self::ClockBehind => now.skew.store(-600, Ordering::Relaxed),
            _ => return false,
        }
        true
    }

    /// Strikes a call to AWS.
    fn at_aws(self, boundary: &Boundary, now: &Handles) -> Option<Fate> {
        use dxsim::faults::FaultKind as Simulated;
        if self.around(now) {
            return None;
        }
        let refuse = |status, code| Fate::Refuse { status, code };
        let other = |direct_connect, ec2| {
            if boundary.what.contains("Vpn")
                || boundary.what.contains("Vgw")
                || boundary.what.contains("RouteTable")
            {
                ec2
            } else {
                direct_connect
            }
        };
        Some(match self {
            Self::CrashBefore => Fate::Die(Death::BeforeEffect),
            Self::CrashAfter => Fate::Die(Death::AfterEffect),
            Self::CrashThenLands => Fate::Die(Death::Later(SOON)),
            Self::CrashThenLandsLast => Fate::Die(Death::Later(LAST)),
            Self::CrashThenLate => Fate::Die(Death::Later(LATE)),
            Self::LostBefore => Fate::Lose(None),
            Self::LostAfter => Fate::Lose(Some(Duration::ZERO)),
            Self::LostThenLands => Fate::Lose(Some(SOON)),
            Self::LostThenLandsLast => Fate::Lose(Some(LAST)),
            Self::LostThenLate => Fate::Lose(Some(LATE)),
            Self::HangsBefore => Fate::Hang(None),
            Self::HangsAfter => Fate::Hang(Some(Duration::ZERO)),
            Self::HangsThenLands => Fate::Hang(Some(SOON)),
            Self::Throttled => Fate::Simulated(Simulated::Throttle),
            Self::Http500Before => Fate::Simulated(Simulated::Http500BeforeEffect),
            Self::Http500After => Fate::Simulated(Simulated::Http500AfterEffect),
            Self::Malformed => Fate::Simulated(Simulated::MalformedBody),
            Self::LaterPage => Fate::Simulated(Simulated::PageFault),
            Self::Http503 => refuse(503, "ServiceUnavailable"),
            Self::Denied => refuse(403, other("AccessDeniedException", "UnauthorizedOperation")),
            Self::Expired => refuse(400, other("ExpiredTokenException", "RequestExpired")),
            Self::Conflict => refuse(400, other("DirectConnectClientException", "IncorrectState")),
            Self::NotFound => refuse(
                400,
                other(
                    "DirectConnectClientException",
                    "InvalidVpnGatewayID.NotFound",
                ),
            ),
            Self::Refused => refuse(400, other("ValidationException", "InvalidParameterValue")),
            Self::OtherAccount => Fate::OtherAccount,
            _ => return None,
        })
    }

    /// Strikes a request to Kubernetes.
    fn at_kubernetes(self, now: &Handles) -> Option<FaultKind> {
        if self.around(now) {
            return None;
        }
        let answer = |code, when| FaultKind::Answer { code, when };
        Some(match self {
            Self::CrashBefore => FaultKind::Stop(When::BeforeEffect),
            Self::CrashAfter => FaultKind::Stop(When::AfterEffect),
            Self::LostBefore => FaultKind::ResetBeforeEffect,
            Self::LostAfter => FaultKind::ResetAfterEffect,
            Self::HangsBefore => FaultKind::Hold(When::BeforeEffect),
            Self::HangsAfter => FaultKind::Hold(When::AfterEffect),
            Self::HangsThenLands => {
                now.later(Duration::from_secs(25), |now| {
                    now.kube.release_holds();
                });
                FaultKind::Hold(When::BeforeEffect)
            }
            Self::CrashThenLands => {
                now.later(SOON, |now| {
                    now.kube.release_holds();
                });
                FaultKind::HoldAndStop
            }
            Self::Http500Before => FaultKind::Http500BeforeEffect,
            Self::Http500After => FaultKind::Http500AfterEffect,
            Self::KubernetesConflict => FaultKind::Conflict,
            Self::Kubernetes403 => answer(403, When::BeforeEffect),
            Self::Kubernetes410 => answer(410, When::BeforeEffect),
            Self::Kubernetes422 => answer(422, When::BeforeEffect),
            Self::Kubernetes429 => answer(429, When::BeforeEffect),
            Self::Kubernetes504After => answer(504, When::AfterEffect),
            _ => return None,
        })
    }
}
