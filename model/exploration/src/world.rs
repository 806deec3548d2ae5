//! The modelled world: one Kubernetes object of one name, what AWS has for it, and the operators between them.

use crate::config::Budget;
use crate::promise::Promise;
use crate::time::Time;

/// A create token; also the token of any other intent.
pub type Token = u8;
/// An AWS id.
pub type Id = u8;
/// The uid of an incarnation of the object.
pub type Uid = u8;

/// Everything that there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The object as the API server has it.
    pub object: Option<Object>,
    /// Incarnations so far.
    pub born: Uid,
    /// Kubernetes writes whose writer has given up or died, and that may still be applied.
    pub late: Vec<Write>,
    /// What AWS has, in the order of creation.
    pub ports: Vec<Port>,
    /// Requests on their way to AWS.
    pub requests: Vec<Request>,
    /// The operator's processes.
    pub operators: Vec<Operator>,
    /// An older state of the object that may come back.
    pub saved: Option<Option<Object>>,
    /// What may still go wrong.
    pub left: Budget,
    /// What is known of the schedule that the protocol gives up.
    pub given_up: GivenUp,
    /// The first promise that was broken.
    pub breach: Option<Promise>,
}

/// The Kubernetes object, as far as decisions look at it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// uid.
    pub uid: Uid,
    /// Our finalizer is there.
    pub finalizer: bool,
    /// It has a deletionTimestamp.
    pub deleting: bool,
    /// `deletionPolicy` is Retain, else Delete.
    pub retain: bool,
    /// Somebody removed our finalizer by force and the operator has not put it back.
    pub forced: bool,
    /// Status.
    pub status: Status,
}

/// `status`, as far as decisions look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Status {
    /// `firstSeen` is there.
    pub first_seen: bool,
    /// `unrecordedSince`.
    pub unrecorded_since: Option<Time>,
    /// `accountId` and `region` are there.
    pub placed: bool,
    /// The AWS id.
    pub id: Option<Id>,
    /// `recordedAt`.
    pub recorded_at: Option<Time>,
    /// `seen`.
    pub seen: bool,
    /// `deletedAt`.
    pub deleted_at: Option<Time>,
    /// The intent of the create.
    pub create: Option<Intent>,
    /// The intent of the delete.
    pub delete: Option<Intent>,
}

/// An open intent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Intent {
    /// Token.
    pub token: Token,
    /// `sendBy`.
    pub send_by: Time,
    /// `notFoundAt`.
    pub not_found_at: Option<Time>,
    /// Earlier tokens and their `sendBy`.
    pub earlier: Vec<(Token, Time)>,
}

/// What an AWS object is, as far as decisions look at it: a port, or a virtual interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Port {
    /// AWS id.
    pub id: Id,
    /// Tag `intent`; 0 once nobody asks for it.
    pub token: Token,
    /// Its changing tags.
    pub tags: Tags,
    /// What the tags were before, and until when lists may still show that: when they were written.
    pub before: Option<(Tags, Time)>,
    /// When it was made, while lists may not show it.
    pub created: Option<Time>,
    /// When it was deleted.
    pub deleted: Option<Time>,
}

/// Tags of ours that change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tags {
    /// Tag `uid`.
    pub uid: Uid,
    /// Tag `retained-at` is there.
    pub retained: bool,
}

/// A mutating AWS call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Makes the AWS object.
    Create,
    /// Deletes it.
    Delete(Id),
    /// Writes tags: `uid`, `retained-at`, and with `identity` the identity too.
    Tag {
        /// The AWS object.
        id: Id,
        /// The identity is written.
        identity: bool,
        /// This uid is written.
        uid: Option<Uid>,
        /// `retained-at` is written.
        retained: bool,
    },
    /// Removes `retained-at`.
    Untag(Id),
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// What it asks.
    pub call: Call,
    /// Its token.
    pub token: Token,
    /// uid of the object that it is for.
    pub uid: Uid,
    /// The date of its signature.
    pub signed: Time,
    /// The operator that waits for the answer.
    pub asker: Option<usize>,
}

/// A version of the object that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// uid.
    pub uid: Uid,
    /// Its resourceVersion is still the object's.
    pub current: bool,
}

/// A write to Kubernetes, with the version that it tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    /// The version that it was made from.
    pub base: Version,
    /// What it writes.
    pub what: What,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The whole status.
    Status(Status),
    /// Our finalizer is added.
    AddFinalizer,
    /// Our finalizer is removed.
    RemoveFinalizer,
}

/// One process of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    /// The list that was published last.
    pub list: Option<List>,
    /// When it sent an order last.
    pub last_order: Option<Time>,
    /// Calls that AWS accepted and lists may not show yet, by object, and when.
    pub accepted: Vec<(Uid, Call, Time)>,
    /// Writes of tags that AWS refused because the AWS object is gone, by object.
    pub refused: Vec<(Uid, Call)>,
    /// Where it is in its pass.
    pub phase: Phase,
}

/// A complete list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct List {
    /// `Date` of its first page.
    pub begun: Time,
    /// What it shows.
    pub items: Vec<Item>,
}

/// An AWS object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// AWS id.
    pub id: Id,
    /// Tag `intent`.
    pub token: Token,
    /// Its tags; none if they are not shown yet.
    pub tags: Option<Tags>,
    /// It is shown as deleted.
    pub gone: bool,
}

/// Where an operator is: between any two steps it may be held, or die.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No pass runs.
    Idle,
    /// A list is being read; after it the plan goes on, if there is one.
    Listing(Time, Option<Plan>),
    /// Lists are fresh; the object is read next.
    Looked(Plan),
    /// A Kubernetes write is on its way.
    Writing(Write, Then),
    /// The intent is stored; limits are counted again over a fresh list.
    Counting(Order),
    /// The request may be sent.
    Ready(Order),
    /// The request was sent.
    Awaiting(Order),
    /// AWS accepted; the outcome is to be stored.
    Accepted(Order, Option<Id>),
    /// It is certain that nothing was done; the intent is to be closed.
    Refused(Order),
}

/// An action that the caches suggest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// A call, or none for the removal of the finalizer.
    pub call: Option<Call>,
    /// AWS lists have to be fresh.
    pub anew: bool,
    /// uid of the object.
    pub uid: Uid,
}

/// A call with an intent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// What is asked.
    pub call: Call,
    /// Token.
    pub token: Token,
    /// `sendBy`.
    pub send_by: Time,
    /// The object with the intent.
    pub base: Version,
    /// The intent was stored (nobody but the judges looks at this).
    pub stored: bool,
    /// A user's force took the stored intent or the finalizer away (nobody but the judges looks at this).
    pub excused: bool,
}

/// What follows a Kubernetes write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// The pass decides again.
    Again,
    /// The finalizer is added.
    AddFinalizer,
    /// The intent is stored.
    Order(Order),
    /// The outcome is stored.
    Outcome(Order, Option<Id>),
}

/// What the protocol gives up: a finalizer forced off within one window of a send, when the operator restarted besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GivenUp {
    /// When an order was sent last, for one window.
    pub sent: Option<Time>,
    /// When a finalizer was forced off, for one window and while a send within it counts.
    pub forced: Option<Time>,
    /// A process died since.
    pub restarted: bool,
}

impl World {
    /// AWS objects that live.
    pub fn live(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|p| p.deleted.is_none())
    }

    /// The object changed: what others hold of it is old.
    pub fn touch(&mut self) {
        for operator in &mut self.operators {
            if let Some(base) = operator.phase.base() {
                base.current = false;
            }
        }
        for write in &mut self.late {
            write.base.current = false;
        }
    }

    /// Notes the first promise that is broken.
    pub fn broken(&mut self, promise: Promise) {
        self.breach.get_or_insert(promise);
    }
}

impl Operator {
    /// A process that has just started.
    pub const fn started() -> Self {
        Self {
            list: None,
            last_order: None,
            accepted: vec![],
            refused: vec![],
            phase: Phase::Idle,
        }
    }
}

impl Phase {
    /// The version of the object that is held.
    pub fn base(&mut self) -> Option<&mut Version> {
        match self {
            Self::Writing(write, _) => Some(&mut write.base),
            Self::Counting(o)
            | Self::Ready(o)
            | Self::Awaiting(o)
            | Self::Accepted(o, _)
            | Self::Refused(o) => Some(&mut o.base),
            Self::Idle | Self::Listing(..) | Self::Looked(_) => None,
        }
    }

    /// The order that is being carried out.
    pub fn order(&mut self) -> Option<&mut Order> {
        match self {
            Self::Counting(o)
            | Self::Ready(o)
            | Self::Awaiting(o)
            | Self::Accepted(o, _)
            | Self::Refused(o)
            | Self::Writing(_, Then::Order(o) | Then::Outcome(o, _)) => Some(o),
            _ => None,
        }
    }
}

impl Status {
    /// The open intent of a call.
    pub fn intent(&mut self, call: Call) -> &mut Option<Intent> {
        match call {
            Call::Delete(_) => &mut self.delete,
            _ => &mut self.create,
        }
    }
}
