//! The operator, step by step. Between two steps anything may happen: others act, time goes on, the process dies.
//!
//! Each function stands for what the engine does between two of its waits:
//!
//! | step | engine |
//! |---|---|
//! | [`sweep`], [`read`] without a plan | `inventory::region::Region::read`: a list is read in the background and published |
//! | [`pass`] | `pass::pass`: `gather(From::Caches)`, `decide`, and the submission of what it suggests; a cache that lags is a write that waits |
//! | [`pass`] → `Listing`, [`read`] with a plan | `pass::anew`: `gather(From::Anew)`, lists begun from now on |
//! | [`reread`] | `pass::anew`: `api.get`, `gather(From::KubernetesAnew)`, `decide` again, `same_call` |
//! | [`reread`] of a call with an intent | `execute::call` up to `store::status` of the intent |
//! | [`write`](fn@write) | `store::status`, `store::add_finalizer`, `store::remove_finalizer`: the write arrives and is answered |
//! | [`late`] | the same, when the time limit ends first and the GET that follows does not show the write |
//! | [`count`] | `recheck::in_the_way`: fresh lists, `decide::in_the_way` |
//! | [`send`] | `aws::send::send` through the fence of `aws::probe`; `Context::ordered` before it |
//! | [`answered`] | `execute::accepted` and `execute::failed` |
//! | [`outcome`] | `execute::outcome`: GET after a conflict, token tested, id stored alone |
//! | [`close`] | `execute::close_intent` |

use std::rc::Rc;

use crate::aws::{self, Answer, Shown};
use crate::clause::Clause;
use crate::config::{Config, Subject};
use crate::kubernetes;
use crate::product::{self, Act, Decided, Sight};
use crate::promise::Promise;
use crate::time::{SEND_WITHIN, Time, VALIDITY, VISIBILITY};
use crate::world::{
    Call, Id, Intent, Item, List, Object, Order, Phase, Plan, Request, Status, Then, Version, What,
    World, Write,
};

/// What operator `me` sees of this object, with what dropped clauses take away from it.
fn sight(config: &Config, world: &World, me: usize, object: &Object) -> Sight {
    let operator = &world.operators[me];
    let mut sight = Sight {
        subject: config.subject,
        object: object.clone(),
        list: operator.list.clone(),
        last_order: operator.last_order,
        accepted: operator
            .accepted
            .iter()
            .filter(|(uid, _, _)| *uid == object.uid)
            .map(|(_, call, at)| (*call, *at))
            .collect(),
        refused: operator
            .refused
            .iter()
            .filter(|(uid, _)| *uid == object.uid)
            .map(|(_, call)| *call)
            .collect(),
        windows: (VALIDITY, VISIBILITY),
    };
    crate::dropped::before(config, &mut sight);
    sight
}

fn decide(config: &Config, world: &World, me: usize, object: &Object) -> Rc<Decided> {
    let sight = sight(config, world, me, object);
    let decided = product::decide(&sight);
    crate::dropped::after(config, object, &sight, decided)
}

fn version(object: &Object) -> Version {
    Version {
        uid: object.uid,
        current: true,
    }
}

/// Writes the status if it differs.
fn store(world: &mut World, me: usize, object: &Object, status: &Status, then: Then) {
    let base = version(object);
    world.operators[me].phase = if object.status != *status {
        let what = What::Status(status.clone());
        Phase::Writing(Write { base, what }, then)
    } else if then == Then::AddFinalizer {
        let what = What::AddFinalizer;
        Phase::Writing(Write { base, what }, Then::Again)
    } else {
        Phase::Idle
    };
}

/// A list is begun in the background.
pub fn sweep(world: &mut World, me: usize) {
    world.operators[me].phase = Phase::Listing(Time::NOW, None);
}

/// A list was read to its end.
pub fn read(config: &Config, world: &mut World, me: usize, shown: &[Shown]) {
    let items = aws::items(world, shown);
    let Phase::Listing(begun, plan) = &world.operators[me].phase else {
        return;
    };
    let (begun, plan) = (*begun, plan.clone());
    publish(config, world, me, begun, items);
    world.operators[me].phase = plan.map_or(Phase::Idle, Phase::Looked);
}

fn publish(config: &Config, world: &mut World, me: usize, begun: Time, items: Vec<Item>) {
    let begun = if config.drops(Clause::FirstPageDate) {
        Time::NOW
    } else {
        begun
    };
    world.operators[me].list = Some(List { begun, items });
}

/// A pass begins: the caches suggest something.
pub fn pass(config: &Config, world: &mut World, me: usize) {
    let Some(object) = world.object.clone() else {
        return;
    };
    if let Some(phase) = crate::dropped::resend(config, &object) {
        world.operators[me].phase = phase;
        return;
    }
    let decided = decide(config, world, me, &object);
    let call = match decided.act {
        Act::Nothing | Act::Store => {
            store(world, me, &object, &decided.status, Then::Again);
            return;
        }
        Act::AddFinalizer => {
            store(world, me, &object, &decided.status, Then::AddFinalizer);
            return;
        }
        Act::RemoveFinalizer => None,
        Act::Call(call) => Some(call),
    };
    let untouched = object.status.id.is_none() && !object.status.placed;
    let free = decided.stays || untouched;
    let anew = match call {
        Some(Call::Tag { .. } | Call::Untag(_)) => false,
        None => !free,
        Some(_) => !config.drops(Clause::FreshLists),
    };
    let plan = Plan {
        call,
        anew,
        uid: object.uid,
    };
    world.operators[me].phase = if anew {
        Phase::Listing(Time::NOW, Some(plan))
    } else {
        Phase::Looked(plan)
    };
}

/// The object is read, uncached, and it is decided again.
pub fn reread(config: &Config, world: &mut World, me: usize) {
    let Phase::Looked(plan) = world.operators[me].phase.clone() else {
        return;
    };
    world.operators[me].phase = Phase::Idle;
    let Some(object) = world.object.clone().filter(|o| o.uid == plan.uid) else {
        return;
    };
    let decided = decide(config, world, me, &object);
    let careful = |call| matches!(call, Call::Create | Call::Delete(_));
    let gentler = plan.anew
        && match decided.act {
            Act::Call(call) => !careful(call),
            Act::RemoveFinalizer => true,
            _ => false,
        };
    let same = match decided.act {
        Act::Call(call) => plan.call == Some(call),
        Act::RemoveFinalizer => plan.call.is_none(),
        _ => false,
    };
    let act = if config.drops(Clause::FreshObject) {
        plan.call.map_or(Act::RemoveFinalizer, Act::Call)
    } else if gentler || same {
        decided.act
    } else {
        if matches!(decided.act, Act::Nothing | Act::Store) {
            store(world, me, &object, &decided.status, Then::Again);
        }
        return;
    };
    match act {
        Act::Call(call) if careful(call) => intend(config, world, me, &object, &decided, call),
        Act::Call(call) => tag(config, world, me, &object, call),
        _ => {
            let write = Write {
                base: version(&object),
                what: What::RemoveFinalizer,
            };
            world.operators[me].phase = Phase::Writing(write, Then::Again);
        }
    }
}

/// Tags are written at once: they spend nothing and may be repeated.
fn tag(config: &Config, world: &mut World, me: usize, object: &Object, call: Call) {
    let request = Request {
        call,
        token: 0,
        uid: object.uid,
        signed: Time::NOW,
        asker: None,
    };
    let answer = aws::perform(config, world, &request);
    let operator = &mut world.operators[me];
    if matches!(answer, Answer::Done(_)) {
        operator.accepted.retain(|(_, known, _)| *known != call);
        operator.accepted.push((object.uid, call, Time::NOW));
        operator.accepted.sort_unstable();
    } else if !operator.refused.contains(&(object.uid, call)) {
        operator.refused.push((object.uid, call));
    }
}

/// The intent is written.
fn intend(
    config: &Config,
    world: &mut World,
    me: usize,
    object: &Object,
    decided: &Decided,
    call: Call,
) {
    let sight = sight(config, world, me, object);
    let looked_at = sight.list.as_ref().map_or(Time::NOW, |l| l.begun);
    let begun = if config.drops(Clause::SendByFromLookUp) || config.drops(Clause::FreshLists) {
        Time::NOW
    } else {
        looked_at
    };
    let token = world.new_token();
    let mut status = decided.status.clone();
    let slot = status.intent(call);
    let mut earlier = slot.as_ref().map_or_else(Vec::new, |open| {
        let mut earlier = open.earlier.clone();
        earlier.retain(|(_, at)| !product::expired(&sight, *at, looked_at));
        earlier.push((open.token, open.send_by));
        earlier
    });
    if config.drops(Clause::EarlierTokens) {
        earlier.clear();
    }
    let order = Order {
        call,
        token,
        send_by: begun.plus(SEND_WITHIN),
        base: version(object),
        stored: false,
        excused: false,
    };
    let unwritten = match call {
        Call::Delete(_) => config.drops(Clause::DeleteIntent),
        _ => config.drops(Clause::IntentFirst),
    };
    if unwritten {
        world.operators[me].phase = Phase::Ready(order);
        return;
    }
    *slot = Some(Intent {
        token,
        send_by: order.send_by,
        not_found_at: None,
        earlier,
    });
    let write = Write {
        base: order.base,
        what: What::Status(status),
    };
    world.operators[me].phase = Phase::Writing(write, Then::Order(order));
}

/// A Kubernetes write arrives and is answered.
pub fn write(config: &Config, world: &mut World, me: usize) {
    let Phase::Writing(write, then) = world.operators[me].phase.clone() else {
        return;
    };
    world.operators[me].phase = Phase::Idle;
    let result = kubernetes::apply(config, world, &write);
    let base = Version {
        current: true,
        ..write.base
    };
    world.operators[me].phase = match (result, then) {
        (Ok(()), Then::AddFinalizer) => {
            let what = What::AddFinalizer;
            Phase::Writing(Write { base, what }, Then::Again)
        }
        (Ok(()), Then::Order(order)) => {
            let order = Order {
                base,
                stored: true,
                ..order
            };
            let paid = config.subject == Subject::Connection && order.call == Call::Create;
            if paid && !config.drops(Clause::CountAfterIntent) {
                Phase::Counting(order)
            } else {
                Phase::Ready(order)
            }
        }
        // Tried again from the object as it is now.
        (Err(_), Then::Outcome(order, id)) => Phase::Accepted(order, id),
        _ => Phase::Idle,
    };
}

/// The answer to a Kubernetes write is lost, and the write with it, for now: the pass ends.
pub fn late(world: &mut World, me: usize) {
    let phase = std::mem::replace(&mut world.operators[me].phase, Phase::Idle);
    if let Phase::Writing(write, _) = phase {
        world.late.push(write);
    }
}

/// Limits and ports without owner are looked at again, over fresh lists.
pub fn count(config: &Config, world: &mut World, me: usize, shown: &[Shown]) {
    let Phase::Counting(order) = world.operators[me].phase.clone() else {
        return;
    };
    let items = aws::items(world, shown);
    publish(config, world, me, Time::NOW, items);
    let Some(object) = world.object.clone().filter(|o| o.uid == order.base.uid) else {
        // What would be counted is judged by the object that was read before.
        world.operators[me].phase = Phase::Ready(order);
        return;
    };
    let blocked = product::in_the_way(&sight(config, world, me, &object));
    world.operators[me].phase = if blocked {
        Phase::Refused(order)
    } else {
        Phase::Ready(order)
    };
}

/// The request passes the fence, or does not.
pub fn send(config: &Config, world: &mut World, me: usize) {
    let Phase::Ready(order) = world.operators[me].phase.clone() else {
        return;
    };
    if order.call == Call::Create && config.subject == Subject::Connection {
        world.operators[me].last_order = Some(Time::NOW);
    }
    if order.send_by < Time::NOW && !config.drops(Clause::Fence) {
        world.operators[me].phase = Phase::Refused(order);
        return;
    }
    judge(config, world, &order);
    if order.call == Call::Create {
        world.given_up.sent = Some(Time::NOW);
    }
    let request = Request {
        call: order.call,
        token: order.token,
        uid: order.base.uid,
        signed: Time::NOW,
        asker: Some(me),
    };
    if config.drops(Clause::SendOnce) {
        world.requests.push(Request {
            asker: None,
            ..request.clone()
        });
    }
    world.requests.push(request);
    world.operators[me].phase = Phase::Awaiting(order);
}

/// Judges a request as it leaves.
fn judge(config: &Config, world: &mut World, order: &Order) {
    let object = world.object.as_mut();
    let object = object.filter(|o| o.uid == order.base.uid);
    let stored = object.map(|o| {
        let intent = o.status.intent(order.call).as_ref();
        let named = intent.is_some_and(|i| i.token == order.token);
        (named && o.finalizer, o.status.id, o.deleting && !o.retain)
    });
    let (intent, id, deletes) = stored.unwrap_or_default();
    let literal = config.drops(Clause::IntentFirst) || config.drops(Clause::DeleteIntent);
    if !literal && (!order.stored || !intent && !order.excused) {
        world.broken(Promise::IntentBeforeCreate);
    }
    if let Call::Delete(target) = order.call
        && !order.excused
    {
        if id != Some(target) {
            world.broken(Promise::OnlyOurs);
        }
        // An edit after the intent was stored is too late for what is sent within `sendBy`.
        if !order.stored && !deletes {
            world.broken(Promise::Retained);
        }
    }
    let sent = world.requests.iter().any(|r| r.token == order.token)
        || world.ports.iter().any(|p| p.token == order.token);
    if sent {
        world.broken(Promise::OnceForEachToken);
    }
}

/// AWS did something with a request; its operator hears of it or not.
pub fn answered(config: &Config, world: &mut World, at: usize, heard: bool) {
    let request = world.requests.remove(at);
    let answer = aws::perform(config, world, &request);
    let Some(asker) = request.asker else {
        return;
    };
    let Phase::Awaiting(order) = world.operators[asker].phase.clone() else {
        return;
    };
    world.operators[asker].phase = match answer {
        _ if !heard => ambiguous(config, order),
        Answer::Done(id) => {
            if matches!(order.call, Call::Delete(_)) {
                let uid = order.base.uid;
                let accepted = &mut world.operators[asker].accepted;
                accepted.push((uid, order.call, Time::NOW));
            }
            Phase::Accepted(order, id)
        }
        Answer::Refused => Phase::Refused(order),
        Answer::Conflict => ambiguous(config, order),
    };
}

/// Nobody knows what a request did.
pub fn ambiguous(config: &Config, order: Order) -> Phase {
    if config.drops(Clause::AmbiguousStays) {
        Phase::Refused(order)
    } else {
        Phase::Idle
    }
}

/// AWS refuses a request, certainly without effect.
pub fn refused(world: &mut World, at: usize) {
    let request = world.requests.remove(at);
    if let Some(asker) = request.asker
        && let Phase::Awaiting(order) = world.operators[asker].phase.clone()
    {
        world.operators[asker].phase = Phase::Refused(order);
    }
}

/// What an accepted call did is stored.
pub fn outcome(config: &Config, world: &mut World, me: usize) {
    let Phase::Accepted(order, id) = world.operators[me].phase.clone() else {
        return;
    };
    world.operators[me].phase = Phase::Idle;
    let Some(object) = world.object.clone().filter(|o| o.uid == order.base.uid) else {
        return;
    };
    let mut status = object.status.clone();
    let unwritten = match order.call {
        Call::Delete(_) => config.drops(Clause::DeleteIntent),
        _ => config.drops(Clause::IntentFirst),
    };
    let slot = status.intent(order.call);
    let own = slot.as_ref().is_some_and(|i| i.token == order.token);
    if !own && !unwritten && !config.drops(Clause::CompletionTestsToken) {
        return;
    }
    // Earlier tokens may still take effect: look-ups close them.
    slot.take_if(|i| i.earlier.is_empty());
    done(config, &mut status, order.call, id);
    store(world, me, &object, &status, Then::Outcome(order, id));
}

fn done(config: &Config, status: &mut Status, call: Call, id: Option<Id>) {
    if matches!(call, Call::Delete(_)) {
        status.deleted_at = Some(Time::NOW);
        return;
    }
    if config.drops(Clause::IdAtOnce) {
        return;
    }
    if status.id.is_none() || config.drops(Clause::IdStays) {
        status.id = id;
        status.recorded_at = Some(Time::NOW);
        status.seen = false;
        status.deleted_at = None;
        status.unrecorded_since = None;
    }
}

/// An intent whose call was certainly not carried out is closed.
pub fn close(config: &Config, world: &mut World, me: usize) {
    let Phase::Refused(order) = world.operators[me].phase.clone() else {
        return;
    };
    world.operators[me].phase = Phase::Idle;
    if order.call == Call::Create {
        world.operators[me].last_order = None;
    }
    // The write tests the version that holds the intent.
    let tested = order.base.current || config.drops(Clause::Preconditions);
    let Some(object) = world.object.clone().filter(|_| tested) else {
        return;
    };
    let mut status = object.status.clone();
    let slot = status.intent(order.call);
    if let Some(open) = slot {
        match open.earlier.pop() {
            None => *slot = None,
            Some((token, send_by)) => {
                open.token = token;
                open.send_by = send_by;
            }
        }
    }
    store(world, me, &object, &status, Then::Again);
}
