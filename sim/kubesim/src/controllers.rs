//! What the controllers of a real cluster do at once here: emptying namespaces and CRDs that are terminating.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    garbage::Policy,
    meta,
    resource::ResourceDef,
    store::{CRDS, Key, State},
};

impl State {
    /// Deletes the content of everything that terminates; what is empty goes.
    pub(crate) fn empty_terminating(&mut self) {
        for (key, object) in self.terminating("namespaces") {
            let content: Vec<(Key, Arc<Value>)> = self
                .live
                .iter()
                .filter(|(inner, _)| inner.namespace == key.name)
                .map(|(inner, object)| (inner.clone(), object.clone()))
                .collect();
            self.sweep(&key, &object, content);
        }
        for (key, object) in self.terminating(CRDS) {
            let storage = key.name.clone();
            let content = self
                .objects(&storage, None)
                .map(|(inner, object)| (inner.clone(), object.clone()))
                .collect();
            self.sweep(&key, &object, content);
        }
    }

    fn terminating(&self, storage: &str) -> Vec<(Key, Arc<Value>)> {
        let found = self
            .objects(storage, None)
            .filter(|(_, object)| meta::deleting(object));
        found
            .map(|(key, object)| (key.clone(), object.clone()))
            .collect()
    }

    fn sweep(&mut self, owner: &Key, object: &Value, content: Vec<(Key, Arc<Value>)>) {
        if content.is_empty() {
            let ours = ["customresourcecleanup.apiextensions.k8s.io"];
            if meta::finalizers(object).all(|finalizer| ours.contains(&finalizer)) {
                self.remove(owner);
                if owner.resource == CRDS {
                    self.reload_crds();
                }
            }
            return;
        }
        for (key, _) in content {
            // Storing one version runs the controllers again: what was read above may be old by now.
            let Some(object) = self.live.get(&key).cloned() else {
                continue;
            };
            if meta::deleting(&object) {
                continue;
            }
            if let Some(def) = self.definition(&key.resource) {
                self.delete_key(&def, &key, &object, false, Policy::Background);
            }
        }
    }

    /// The definition of a stored resource; custom ones stay known while their CRD terminates.
    pub(crate) fn definition(&self, storage: &str) -> Option<Arc<ResourceDef>> {
        self.resources
            .values()
            .find(|def| def.storage == storage)
            .cloned()
    }
}
