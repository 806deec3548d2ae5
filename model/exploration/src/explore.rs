//! The world as a transition system for the checker.

use stateright::{Model, Property};

use crate::aws::{self, Shown};
use crate::config::Config;
use crate::engine;
use crate::promise::Promise;
use crate::time::Time;
use crate::user::{self, Restored};
use crate::world::{GivenUp, Operator, Phase, World};
use crate::{ending, kubernetes};

/// What may happen next. Operators and requests are told by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A tick passes.
    Tick,
    /// A user creates the object.
    Create,
    /// A user deletes it.
    Delete,
    /// A user changes `deletionPolicy`.
    Edit,
    /// A user removes the status.
    Wipe,
    /// A user removes our finalizer.
    Force,
    /// etcd is saved.
    Save,
    /// etcd is restored.
    Restore(Restored),
    /// An operator begins to read a list in the background.
    Sweep(usize),
    /// An operator's list is read to its end; it shows this.
    Read(usize, Vec<Shown>),
    /// An operator's pass decides from its caches.
    Pass(usize),
    /// An operator reads the object and decides again.
    Reread(usize),
    /// An operator's Kubernetes write arrives and is answered.
    Write(usize),
    /// An operator's Kubernetes write is not answered, and not applied yet.
    Late(usize),
    /// A late write is applied.
    Arrive(usize),
    /// An operator counts again over a fresh list that shows this.
    Count(usize, Vec<Shown>),
    /// An operator's request passes the fence.
    Send(usize),
    /// AWS carries out a request and answers.
    Land(usize),
    /// AWS carries out a request; the answer is lost.
    LandUnheard(usize),
    /// AWS refuses a request.
    Refuse(usize),
    /// An operator gives up waiting; the request is still on its way.
    GiveUp(usize),
    /// An operator stores what its call did.
    Outcome(usize),
    /// An operator closes the intent of a call that was not carried out.
    Close(usize),
    /// An operator dies and starts again.
    Crash(usize),
}

impl Config {
    /// The state after an event.
    pub fn after(&self, world: &World, event: &Event) -> World {
        let mut next = world.clone();
        self.happen(&mut next, event);
        next.canonical(self);
        judge(&mut next);
        next
    }

    fn happen(&self, world: &mut World, event: &Event) {
        match event {
            Event::Tick => world.tick(1),
            Event::Create => user::create(self, world),
            Event::Delete => user::delete(world),
            Event::Edit => user::edit(world),
            Event::Wipe => user::wipe(world),
            Event::Force => user::force(world),
            Event::Save => user::save(world),
            Event::Restore(how) => user::restore(self, world, *how),
            Event::Sweep(me) => engine::sweep(world, *me),
            Event::Read(me, shown) => engine::read(self, world, *me, shown),
            Event::Pass(me) => engine::pass(self, world, *me),
            Event::Reread(me) => engine::reread(self, world, *me),
            Event::Write(me) => engine::write(self, world, *me),
            Event::Late(me) => {
                world.left.late -= 1;
                engine::late(world, *me);
            }
            Event::Arrive(at) => {
                let write = world.late.remove(*at);
                // Nobody waits for it any more.
                let _ = kubernetes::apply(self, world, &write);
            }
            Event::Count(me, shown) => engine::count(self, world, *me, shown),
            Event::Send(me) => engine::send(self, world, *me),
            Event::Land(at) => engine::answered(self, world, *at, true),
            Event::LandUnheard(at) => {
                world.left.losses -= 1;
                engine::answered(self, world, *at, false);
            }
            Event::Refuse(at) => {
                world.left.refusals -= 1;
                engine::refused(world, *at);
            }
            Event::GiveUp(me) => {
                world.left.losses -= 1;
                give_up(self, world, *me);
            }
            Event::Outcome(me) => engine::outcome(self, world, *me),
            Event::Close(me) => engine::close(self, world, *me),
            Event::Crash(me) => {
                world.left.crashes -= 1;
                user::crash(world, *me);
            }
        }
    }

    /// An operator whose step nobody comes before: others would see no difference if they did. What is read or
    /// answered at once is held right after it instead.
    fn at_once(&self, world: &World) -> Option<usize> {
        world.operators.iter().position(|o| match o.phase {
            Phase::Listing(..) => !self.long_lists,
            Phase::Counting(_) | Phase::Accepted(..) | Phase::Refused(_) => true,
            _ => false,
        })
    }

    /// What operator `me` may do next, faults aside.
    pub fn steps(&self, world: &World, me: usize, events: &mut Vec<Event>) {
        match &world.operators[me].phase {
            Phase::Idle => {
                if world.object.is_some() {
                    events.extend([Event::Sweep(me), Event::Pass(me)]);
                }
            }
            Phase::Listing(begun, _) => events.extend(
                aws::views(self, world, *begun)
                    .into_iter()
                    .map(|shown| Event::Read(me, shown)),
            ),
            Phase::Looked(_) => events.push(Event::Reread(me)),
            Phase::Writing(..) => events.push(Event::Write(me)),
            Phase::Counting(_) => events.extend(
                aws::views(self, world, Time::NOW)
                    .into_iter()
                    .map(|shown| Event::Count(me, shown)),
            ),
            Phase::Ready(_) => events.push(Event::Send(me)),
            Phase::Awaiting(_) => {}
            Phase::Accepted(..) => events.push(Event::Outcome(me)),
            Phase::Refused(_) => events.push(Event::Close(me)),
        }
    }
}

fn give_up(config: &Config, world: &mut World, me: usize) {
    for request in &mut world.requests {
        request.asker.take_if(|asker| *asker == me);
    }
    if let Phase::Awaiting(order) = world.operators[me].phase.clone() {
        world.operators[me].phase = engine::ambiguous(config, order);
    }
}

/// Judges a state.
fn judge(world: &mut World) {
    let unguarded = world.object.as_ref().is_some_and(|o| {
        let owns = o.status.id.is_some() || o.status.create.is_some() || o.status.delete.is_some();
        owns && !o.finalizer && !o.forced
    });
    if unguarded {
        world.broken(Promise::FinalizerWhileOwning);
    }
}

impl Model for Config {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            object: None,
            born: 0,
            late: vec![],
            ports: vec![],
            requests: vec![],
            operators: vec![Operator::started(); self.operators],
            saved: None,
            left: self.budget,
            given_up: GivenUp::default(),
            breach: None,
        }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        if world.breach.is_some() {
            return;
        }
        if let Some(me) = self.at_once(world) {
            self.steps(world, me, events);
            return;
        }
        let left = &world.left;
        events.push(Event::Tick);
        match &world.object {
            None if left.births > 0 => events.push(Event::Create),
            None => {}
            Some(object) => {
                if left.deletes > 0 && !object.deleting {
                    events.push(Event::Delete);
                }
                if left.edits > 0 {
                    events.push(Event::Edit);
                }
                if left.wipes > 0 {
                    events.push(Event::Wipe);
                }
                if left.forces > 0 && object.finalizer && user::within_promise(self, world, true) {
                    events.push(Event::Force);
                }
            }
        }
        if left.restores > 0 && world.saved.is_none() && world.object.is_some() {
            events.push(Event::Save);
        }
        if user::may_restore(self, world) && world.saved.is_some() {
            let ways = [Restored::AsSaved, Restored::HoursLater, Restored::Manifests];
            events.extend(ways.map(Event::Restore));
        }
        for (me, operator) in world.operators.iter().enumerate() {
            self.steps(world, me, events);
            if left.late > 0 && matches!(operator.phase, Phase::Writing(..)) {
                events.push(Event::Late(me));
            }
            if left.losses > 0 && matches!(operator.phase, Phase::Awaiting(_)) {
                events.push(Event::GiveUp(me));
            }
            if left.crashes > 0
                && *operator != Operator::started()
                && user::within_promise(self, world, false)
            {
                events.push(Event::Crash(me));
            }
        }
        events.extend((0..world.late.len()).map(Event::Arrive));
        for (at, request) in world.requests.iter().enumerate() {
            events.push(Event::Land(at));
            if left.losses > 0 && request.asker.is_some() {
                events.push(Event::LandUnheard(at));
            }
            if left.refusals > 0 && request.asker.is_some() {
                events.push(Event::Refuse(at));
            }
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let next = self.after(world, &event);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn kept<const N: usize>() -> fn(&Config, &World) -> bool {
            |_, world| world.breach.is_none_or(|p| p as usize != N)
        }
        vec![
            Property::always("OneForEachIdentity", kept::<0>()),
            Property::always("IntentBeforeCreate", kept::<1>()),
            Property::always("OnlyOurs", kept::<2>()),
            Property::always("Retained", kept::<3>()),
            Property::always("OnceForEachToken", kept::<4>()),
            Property::always("IdsStay", kept::<5>()),
            Property::always("FinalizerWhileOwning", kept::<6>()),
            Property::always("Converges", |config: &Self, world: &World| {
                world.breach.is_some() || ending::converges(config, world)
            }),
        ]
    }
}
