//! One representation for states that nobody can tell apart: what cannot matter any more is forgotten, long gaps between
//! times are as short as long gaps can be, tokens and ids are numbered in the order of their appearance.

use crate::aws;
use crate::clause::Clause;
use crate::config::Config;
use crate::time::{AGES, FAR, Time, VISIBILITY, WINDOW};
use crate::world::{Call, Id, Intent, Operator, Order, Phase, Status, Then, Token, What, World};

impl World {
    /// Every time in the state.
    fn each_time(&mut self, f: &mut impl FnMut(&mut Time)) {
        let Self {
            object,
            late,
            ports,
            requests,
            operators,
            saved,
            given_up,
            ..
        } = self;
        for object in object.iter_mut().chain(saved.iter_mut().flatten()) {
            status_times(&mut object.status, f);
        }
        for write in late {
            what_times(&mut write.what, f);
        }
        for port in ports {
            port.created.iter_mut().for_each(&mut *f);
            port.deleted.iter_mut().for_each(&mut *f);
            if let Some((_, at)) = &mut port.before {
                f(at);
            }
        }
        for request in requests {
            f(&mut request.signed);
        }
        for operator in operators {
            operator_times(operator, f);
        }
        given_up.sent.iter_mut().for_each(&mut *f);
        given_up.forced.iter_mut().for_each(&mut *f);
    }

    /// Every token in the state.
    fn each_token(&mut self, f: &mut impl FnMut(&mut Token)) {
        let objects = self.object.iter_mut();
        for object in objects.chain(self.saved.iter_mut().flatten()) {
            status_tokens(&mut object.status, f);
        }
        for write in &mut self.late {
            what_tokens(&mut write.what, f);
        }
        for request in &mut self.requests {
            f(&mut request.token);
        }
        for operator in &mut self.operators {
            if let Phase::Writing(write, _) = &mut operator.phase {
                what_tokens(&mut write.what, f);
            }
            if let Some(order) = operator.phase.order() {
                f(&mut order.token);
            }
        }
    }

    /// Tokens that AWS shows: they matter only while somebody asks for them.
    fn each_shown_token(&mut self, f: &mut impl FnMut(&mut Token)) {
        for port in &mut self.ports {
            f(&mut port.token);
        }
        for list in self.operators.iter_mut().filter_map(|o| o.list.as_mut()) {
            list.items.iter_mut().for_each(|i| f(&mut i.token));
        }
    }

    /// Every AWS id in the state.
    pub fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        for port in &mut self.ports {
            f(&mut port.id);
        }
        let objects = self.object.iter_mut();
        for object in objects.chain(self.saved.iter_mut().flatten()) {
            object.status.id.iter_mut().for_each(&mut *f);
        }
        for write in &mut self.late {
            what_ids(&mut write.what, f);
        }
        for request in &mut self.requests {
            call_id(&mut request.call, f);
        }
        for operator in &mut self.operators {
            if let Some(list) = &mut operator.list {
                list.items.iter_mut().for_each(|i| f(&mut i.id));
            }
            for (_, call, _) in &mut operator.accepted {
                call_id(call, f);
            }
            for (_, call) in &mut operator.refused {
                call_id(call, f);
            }
            phase_ids(&mut operator.phase, f);
        }
    }

    /// See the module.
    pub fn canonical(&mut self, config: &Config) {
        if !config.drops(Clause::Preconditions) && !config.drops(Clause::FinalizerTests) {
            self.late.retain(|w| w.base.current);
        }
        self.forget();
        self.shorten();
        self.renumber();
    }

    /// Drops what nobody can see the effect of any more.
    fn forget(&mut self) {
        // A list that is being read was begun in the past.
        let oldest = self
            .operators
            .iter()
            .filter_map(|o| match o.phase {
                Phase::Listing(begun, _) => Some(begun),
                _ => None,
            })
            .min()
            .unwrap_or(Time::NOW);
        let shown = |at: Time| !at.within(VISIBILITY, oldest);
        self.ports.retain(|p| !p.deleted.is_some_and(shown));
        for port in &mut self.ports {
            port.created.take_if(|at| shown(*at));
            port.before.take_if(|(_, at)| shown(*at));
        }
        let uid = self.object.as_ref().map(|o| o.uid);
        for operator in &mut self.operators {
            let begun = operator.list.as_ref().map(|l| l.begun);
            let shows = |at: Time, ticks| begun.is_some_and(|b| !at.within(ticks, b));
            operator.last_order.take_if(|at| shows(*at, WINDOW));
            operator
                .accepted
                .retain(|(of, _, at)| Some(*of) == uid && !shows(*at, VISIBILITY));
            operator.refused.retain(|(of, _)| Some(*of) == uid);
        }
        let given_up = &mut self.given_up;
        let over = |at: Time| !at.within(WINDOW, Time::NOW);
        given_up.sent.take_if(|at| over(*at));
        given_up
            .forced
            .take_if(|at| over(*at) && given_up.sent.is_none());
        if given_up.sent.is_none() {
            given_up.restarted = false;
        }
    }

    /// Shortens gaps between neighbouring times to what decisions can tell apart.
    fn shorten(&mut self) {
        let mut times = vec![0];
        self.each_time(&mut |t| times.push(t.0));
        times.sort_unstable();
        times.dedup();
        let here = times.iter().position(|t| *t == 0).unwrap_or_default();
        let mut short = times.clone();
        for i in (0..here).rev() {
            let gap = times[i + 1] - times[i];
            short[i] = short[i + 1] - if gap >= AGES { AGES } else { gap.min(FAR) };
        }
        if short != times {
            self.each_time(&mut |t| {
                if let Ok(at) = times.binary_search(&t.0) {
                    t.0 = short[at];
                }
            });
        }
    }

    fn renumber(&mut self) {
        let mut tokens: Vec<Token> = vec![];
        self.each_token(&mut |t| *t = place(&mut tokens, *t));
        self.each_shown_token(&mut |t| {
            // Renamed as their holders were; nobody asks for the others.
            let at = tokens.iter().position(|k| k == t);
            *t = at.map_or(0, from_one);
        });
        let mut ids: Vec<Id> = vec![];
        self.each_id(&mut |id| *id = place(&mut ids, *id));
    }

    /// A token that nobody has.
    pub fn new_token(&mut self) -> Token {
        let mut highest = 0;
        self.each_token(&mut |t| highest = highest.max(*t));
        highest + 1
    }

    /// Time goes on.
    pub fn tick(&mut self, ticks: i16) {
        self.each_time(&mut |t| t.0 -= ticks);
        let Self {
            requests,
            operators,
            ..
        } = self;
        requests.retain(|request| {
            let valid = aws::valid(request.signed);
            if let Some(asker) = request.asker.filter(|_| !valid) {
                operators[asker].phase = Phase::Idle;
            }
            valid
        });
    }
}

/// The place of a number in the order of appearance, from 1.
fn place(known: &mut Vec<u8>, number: u8) -> u8 {
    let at = known.iter().position(|k| *k == number).unwrap_or_else(|| {
        known.push(number);
        known.len() - 1
    });
    from_one(at)
}

fn from_one(at: usize) -> u8 {
    u8::try_from(at + 1).expect("few are alive at a time")
}

fn intents(status: &mut Status) -> impl Iterator<Item = &mut Intent> {
    status.create.iter_mut().chain(status.delete.iter_mut())
}

fn status_times(status: &mut Status, f: &mut impl FnMut(&mut Time)) {
    status.unrecorded_since.iter_mut().for_each(&mut *f);
    status.recorded_at.iter_mut().for_each(&mut *f);
    status.deleted_at.iter_mut().for_each(&mut *f);
    for intent in intents(status) {
        f(&mut intent.send_by);
        intent.not_found_at.iter_mut().for_each(&mut *f);
        intent.earlier.iter_mut().for_each(|(_, at)| f(at));
    }
}

fn status_tokens(status: &mut Status, f: &mut impl FnMut(&mut Token)) {
    for intent in intents(status) {
        f(&mut intent.token);
        intent.earlier.iter_mut().for_each(|(t, _)| f(t));
    }
}

fn what_times(what: &mut What, f: &mut impl FnMut(&mut Time)) {
    if let What::Status(status) = what {
        status_times(status, f);
    }
}

fn what_tokens(what: &mut What, f: &mut impl FnMut(&mut Token)) {
    if let What::Status(status) = what {
        status_tokens(status, f);
    }
}

fn what_ids(what: &mut What, f: &mut impl FnMut(&mut Id)) {
    if let What::Status(status) = what {
        status.id.iter_mut().for_each(f);
    }
}

fn call_id(call: &mut Call, f: &mut impl FnMut(&mut Id)) {
    match call {
        Call::Create => {}
        Call::Delete(id) | Call::Tag { id, .. } | Call::Untag(id) => f(id),
    }
}

fn operator_times(operator: &mut Operator, f: &mut impl FnMut(&mut Time)) {
    if let Some(list) = &mut operator.list {
        f(&mut list.begun);
    }
    operator.last_order.iter_mut().for_each(&mut *f);
    operator.accepted.iter_mut().for_each(|(_, _, at)| f(at));
    match &mut operator.phase {
        Phase::Listing(begun, _) => f(begun),
        Phase::Writing(write, _) => what_times(&mut write.what, f),
        _ => {}
    }
    if let Some(order) = operator.phase.order() {
        f(&mut order.send_by);
    }
}

fn phase_ids(phase: &mut Phase, f: &mut impl FnMut(&mut Id)) {
    if let Phase::Accepted(_, id) | Phase::Writing(_, Then::Outcome(_, id)) = phase {
        id.iter_mut().for_each(&mut *f);
    }
    if let Phase::Writing(write, _) = phase {
        what_ids(&mut write.what, f);
    }
    if let Phase::Listing(_, Some(plan)) | Phase::Looked(plan) = phase {
        plan.call.iter_mut().for_each(|c| call_id(c, f));
    }
    if let Some(Order { call, .. }) = phase.order() {
        call_id(call, f);
    }
}
