//! Faults: which there are, where they apply, and what they do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use directconnect_harness::aws::{Death, Fate};
use directconnect_harness::world::World;
use dxsim::visibility::{Mode, Visibility};
use jiff::SignedDuration;
use kubesim::{FaultKind, When};
use serde_json::{Value, json};
use strum::{Display, EnumString, VariantArray};

use crate::boundary::{AWS, Boundary, KUBERNETES};
use crate::courses::WHILE;
use crate::handles::{Handles, Wishes};

/// Asks about each request of the operator which fault strikes it.
pub fn at_each_request(
    world: &World,
    wishes: &Arc<Wishes>,
    choose: impl Fn(&Boundary) -> Option<Blow> + Send + Sync + 'static,
) {
    let choose = Arc::new(choose);
    let (chosen, now) = (Arc::clone(&choose), Handles::of(world, wishes));
    world.gate.on_request(Some(Arc::new(move |call| {
        now.remember();
        let boundary = Boundary::aws(call);
        match chosen(&boundary)? {
            Blow::Fault(fault) => fault.at_aws(&boundary, &now),
            Blow::Late(by) => Some(Fate::Slow(by)),
        }
    })));
    let now = Handles::of(world, wishes);
    world.kube.on_request(Some(Arc::new(move |record| {
        now.remember();
        match choose(&Boundary::kubernetes(record, &now.kube))? {
            Blow::Fault(fault) => fault.at_kubernetes(&now),
            Blow::Late(by) => Some(now.late(by)),
        }
    })));
}

/// What befalls a request.
pub enum Blow {
    /// Something goes wrong.
    Fault(Fault),
    /// The answer comes later.
    Late(Duration),
}

/// How a run with a fault must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expects {
    /// As without it, and each thing was made and deleted as often.
    Same,
    /// As without it.
    SameEnd,
    /// All promises hold.
    Promises,
}

/// A fault. Each is tried wherever it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantArray)]
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
    /// Answered a second before its limit.
    Slow,
    /// Watches go on and show nothing new.
    WatchesSilent,
    /// Every object is deleted by force and made again.
    Recreated,
    /// etcd is restored to an older state.
    SetBack,
    /// A second process works beside this one, as if it were alone.
    Beside,
    /// The process stands still for longer than a lease lasts; another takes over, and then both work.
    HeldStill,
    /// The user deletes everything.
    Deleted,
    /// The namespace is deleted.
    NamespaceDeleted,
}

/// Lands after the next process's first look.
const SOON: Duration = Duration::from_secs(60);
/// Lands a second before the signature ends.
const LAST: Duration = Duration::from_secs(15 * 60 - 1);
/// An answer that comes just in time: an attempt at AWS has 8 s, one at Kubernetes 10 s.
const JUST_IN_TIME: Duration = Duration::from_secs(7);
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
            Self::Deleted | Self::NamespaceDeleted => Expects::Promises,
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
            Self::WatchesSilent => {
                now.kube.freeze(0);
                now.later(Duration::from_mins(10), |now| now.kube.thaw(0));
            }
            Self::Recreated => now.recreate(),
            Self::SetBack => now.set_back(),
            Self::Beside => now.wishes.beside.store(true, Ordering::Relaxed),
            Self::HeldStill => {
                now.hold.hold();
                now.wishes.beside.store(true, Ordering::Relaxed);
                now.later(Duration::from_mins(2), |now| now.hold.go_on());
            }
            Self::Deleted => now.leave(false),
            Self::NamespaceDeleted => now.leave(true),
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
            Self::Slow => Fate::Slow(JUST_IN_TIME),
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
            Self::Slow => now.late(JUST_IN_TIME),
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
