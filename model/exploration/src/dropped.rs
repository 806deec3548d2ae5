//! What a dropped clause changes in what a decision sees, or in what comes of it. The product has no switches for this.

use std::rc::Rc;

use crate::clause::Clause;
use crate::config::Config;
use crate::product::{Act, Decided, Sight};
use crate::time::{AGES, MARGIN, Time, VISIBILITY};
use crate::world::{Object, Order, Phase, Version};

/// Alters what a decision sees.
pub fn before(config: &Config, sight: &mut Sight) {
    let Some(clause) = config.dropped else {
        return;
    };
    let status = &mut sight.object.status;
    let items = sight.list.iter_mut().flat_map(|l| &mut l.items);
    match clause {
        Clause::DeletedIsNotFound => items.for_each(|i| i.gone = false),
        Clause::UnrecordedSince => status.unrecorded_since = None,
        Clause::LastOrder => sight.last_order = None,
        Clause::Margin => {
            let earlier = |at: &mut Time| *at = at.plus(-MARGIN);
            status.unrecorded_since.iter_mut().for_each(earlier);
            sight.last_order.iter_mut().for_each(earlier);
        }
        Clause::Validity => sight.windows.0 = 0,
        Clause::Visibility => sight.windows.1 = 0,
        Clause::TokenCompletes => {
            if let Some(open) = &status.create {
                let token = open.token;
                items.for_each(|i| i.token = token);
            }
        }
        Clause::StaleIntent => {
            if let Some(open) = &mut status.create
                && open.send_by.0 <= -AGES
            {
                open.send_by = open.send_by.plus(100);
            }
        }
        Clause::SettleFirst if sight.object.deleting => {
            status.create = None;
            sight.last_order = None;
        }
        Clause::MissingNeedsVisibility if !sight.object.retain => {
            let earlier = |at: &mut Time| *at = at.plus(-VISIBILITY - 1);
            status.recorded_at.iter_mut().for_each(earlier);
        }
        Clause::FinalizerAfterRetain if sight.object.retain => {
            let earlier = |at: &mut Time| *at = at.plus(-VISIBILITY - 1);
            status.recorded_at.iter_mut().for_each(earlier);
        }
        Clause::FinalizerAfterDelete => {
            let earlier = |at: &mut Time| *at = at.plus(-VISIBILITY - 1);
            status.deleted_at.iter_mut().for_each(earlier);
        }
        _ => {}
    }
}

/// Alters what was decided, and puts back what the decision was not shown.
pub fn after(config: &Config, object: &Object, sight: &Sight, decided: Rc<Decided>) -> Rc<Decided> {
    let Some(clause) = config.dropped else {
        return decided;
    };
    let mut altered = (*decided).clone();
    let (stored, seen) = (&object.status, &sight.object.status);
    let status = &mut altered.status;
    // Unless the decision changed it, it stays as it is stored.
    if status.unrecorded_since == seen.unrecorded_since {
        status.unrecorded_since = stored.unrecorded_since;
    }
    if status.recorded_at == seen.recorded_at {
        status.recorded_at = stored.recorded_at;
    }
    if status.deleted_at == seen.deleted_at {
        status.deleted_at = stored.deleted_at;
    }
    if status.create == seen.create {
        status.create.clone_from(&stored.create);
    }
    match clause {
        Clause::FirstSeenFirst
            if altered.act == Act::Store
                && status.first_seen
                && !stored.first_seen
                && !object.finalizer =>
        {
            altered.act = Act::AddFinalizer;
            altered.status = stored.clone();
        }
        // Two look-ups are a tick apart here, as long as a window: with two, the windows would not be missed.
        Clause::TwoLookUps | Clause::Validity | Clause::Visibility | Clause::FirstPageDate
            if altered.act == Act::Store =>
        {
            let intents = [&mut status.create, &mut status.delete];
            for open in intents {
                open.take_if(|i| i.not_found_at.is_some());
            }
        }
        _ => {}
    }
    Rc::new(altered)
}

/// A pass that finds an open create sends it again.
pub fn resend(config: &Config, object: &Object) -> Option<Phase> {
    let open = object.status.create.as_ref()?;
    let due = config.drops(Clause::FoundIsSettled) && Time::NOW <= open.send_by;
    due.then_some({
        Phase::Ready(Order {
            call: crate::world::Call::Create,
            token: open.token,
            send_by: open.send_by,
            base: Version {
                uid: object.uid,
                current: true,
            },
            stored: true,
            excused: false,
        })
    })
}
