//! The product's own functions, asked in the model's words. The only place where they are called.
//!
//! Times are told relative to now, so that questions repeat: answers are kept for each thread.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{PoisonError, RwLock};

use directconnect_model::api::{Connection, VirtualInterface};
use directconnect_model::decide::{self, Action};
use directconnect_model::identity;
use directconnect_model::reason::Reason;
use directconnect_model::view::{Memory, Refusal, View};

use crate::config::Subject;
use crate::subject::{self, Explored};
use crate::time::{self, Time};
use crate::world::{Call, List, Object, Status};

/// What a decision sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sight {
    /// The kind.
    pub subject: Subject,
    /// The object.
    pub object: Object,
    /// What AWS's lists show.
    pub list: Option<List>,
    /// When this process sent an order last.
    pub last_order: Option<Time>,
    /// Calls that AWS accepted, and when.
    pub accepted: Vec<(Call, Time)>,
    /// Calls that AWS refused.
    pub refused: Vec<Call>,
    /// Validity and visibility, in ticks.
    pub windows: (i16, i16),
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing: wait, or done.
    Nothing,
    /// The status is stored.
    Store,
    /// The finalizer is added.
    AddFinalizer,
    /// The finalizer is removed.
    RemoveFinalizer,
    /// AWS is asked.
    Call(Call),
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What to do.
    pub act: Act,
    /// The status that comes with it.
    pub status: Status,
    /// Somebody must change something before it goes on.
    pub stalled: bool,
    /// The object is being deleted and what it stands for stays.
    pub stays: bool,
}

thread_local! {
    static DECISIONS: RefCell<HashMap<Sight, Rc<Decided>>> = RefCell::default();
}

/// Hashes of the calls that were decided: memory knows them by these.
static HASHES: RwLock<BTreeMap<Call, String>> = RwLock::new(BTreeMap::new());

/// What the product decides.
pub fn decide(sight: &Sight) -> Rc<Decided> {
    let known = DECISIONS.with_borrow(|all| all.get(sight).map(Rc::clone));
    known.unwrap_or_else(|| {
        let decided = Rc::new(match sight.subject {
            Subject::Connection => decided::<Connection>(sight),
            Subject::VirtualInterface => decided::<VirtualInterface>(sight),
        });
        DECISIONS.with_borrow_mut(|all| all.insert(sight.clone(), Rc::clone(&decided)));
        decided
    })
}

/// What stands in the way of an order once its intent is stored.
pub fn in_the_way(sight: &Sight) -> bool {
    match sight.subject {
        Subject::Connection => blocked::<Connection>(sight),
        Subject::VirtualInterface => false,
    }
}

/// True once nothing that was signed by `send_by` can take effect or be hidden.
pub fn expired(sight: &Sight, send_by: Time, begun: Time) -> bool {
    let view = view::<Connection>(sight, &subject::object(&sight.object));
    let send_by = decide::stamp(send_by.timestamp());
    decide::expired(&view, &send_by, begun.timestamp())
}

fn view<K: Explored>(sight: &Sight, object: &K) -> View {
    let identity_tag = identity::identity(subject::CLUSTER, &object.key());
    let (validity, visibility) = sight.windows;
    let windows = time::windows(validity, visibility);
    let hashes = HASHES.read().unwrap_or_else(PoisonError::into_inner);
    let accepted = sight
        .accepted
        .iter()
        .map(|(call, at)| {
            let hash = hashes.get(call).expect("it was decided before");
            (hash.clone(), at.timestamp() + windows.visibility)
        })
        .collect();
    let refusal = |call| {
        let hash: &String = hashes.get(call).expect("it was decided before");
        let refusal = Refusal {
            reason: Reason::RefusedByAws,
            message: "it is gone".to_owned(),
            retry_at: Time(1).timestamp(),
            // As often as it is tried.
            times: u32::MAX,
        };
        (hash.clone(), refusal)
    };
    let refused = sight.refused.iter().map(refusal).collect();
    View {
        now: time::now(),
        cluster_id: subject::CLUSTER.to_owned(),
        windows,
        account: Ok(subject::account()),
        aws: subject::snapshot::<K>(sight.list.as_ref(), &identity_tag),
        references: BTreeMap::new(),
        secrets: BTreeMap::new(),
        siblings: subject::siblings(object),
        memory: Memory {
            accepted,
            refused,
            last_order: sight.last_order.map(Time::timestamp),
            ..Memory::default()
        },
        leaving: false,
        elsewhere: vec![],
        unreadable: false,
    }
}

fn decided<K: Explored>(sight: &Sight) -> Decided {
    let object: K = subject::object(&sight.object);
    let view = view(sight, &object);
    let decision = decide::decide(&object, &view);
    let act = match &decision.action {
        Action::Nothing => Act::Nothing,
        Action::Store(_) => Act::Store,
        Action::AddFinalizer => Act::AddFinalizer,
        Action::RemoveFinalizer(_) => Act::RemoveFinalizer,
        Action::Call(step) => {
            let call = subject::call::<K>(&step.call);
            HASHES
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(call, step.call.params_hash());
            Act::Call(call)
        }
        Action::Fetch(_) => unreachable!("nothing is to be fetched"),
    };
    Decided {
        act,
        status: subject::read::<K>(&decision.status),
        stalled: decision.verdict.stalled,
        stays: decide::stays(&object, &view),
    }
}

fn blocked<K: Explored>(sight: &Sight) -> bool {
    let object: K = subject::object(&sight.object);
    let mut view = view(sight, &object);
    // The engine counts over all objects but this one.
    view.siblings = std::sync::Arc::new(vec![]);
    decide::in_the_way(&object, &view, "", None).is_some()
}
