//! Wakes objects: from differences in AWS, from changes of what they refer to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use directconnect_model::kind::{Kind, ObjectKey};
use tokio::sync::mpsc;

/// Names (namespace, name) that one controller is to look at.
pub type Queue = mpsc::UnboundedReceiver<ObjectKey>;

type Senders = BTreeMap<(Kind, String), mpsc::UnboundedSender<ObjectKey>>;

/// Routes wakes to the controller of the kind and namespace.
#[derive(Clone, Default)]
pub struct Wakes(Arc<Mutex<Senders>>);

impl Wakes {
    /// The queue of one kind in one namespace (empty for cluster-scoped kinds).
    pub fn queue(&self, kind: Kind, namespace: &str) -> Queue {
        let (sender, queue) = mpsc::unbounded_channel();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((kind, namespace.to_owned()), sender);
        queue
    }

    /// Looks at this object soon.
    pub fn wake(&self, key: &ObjectKey) {
        let senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = senders.get(&(key.kind, key.namespace.clone())) {
            // A closed queue means that the operator stops.
            let _ = sender.send(key.clone());
        }
    }
}
