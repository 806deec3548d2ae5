//! Every stored version of the managed kinds.

use directconnect_model::decide::FINALIZER;
use kubesim::{Change, ChangeKind};

use super::{Breach, Promise, aws_id, intents, name, observes};

/// Judges one stored version.
pub fn judge(change: &Change) -> Vec<Breach> {
    let object = &change.object;
    let ours = object["apiVersion"] == "directconnect.dev/v1alpha1";
    if !ours || object["kind"] == "AwsAccount" || change.kind == ChangeKind::Deleted {
        return vec![];
    }
    let mut found = vec![];
    if let Some(previous) = &change.previous
        && let (Some(before), Some(after)) = (aws_id(previous), aws_id(object))
        && before != after
    {
        let what = format!("{} had {before} and has {after}", name(object));
        found.push(Breach::new(Promise::IdsStay, what));
    }
    let finalizers = object["metadata"]["finalizers"].as_array();
    let held = finalizers.is_some_and(|all| all.iter().any(|f| f == FINALIZER));
    let owns = !observes(object) && object["status"]["recordedAt"].is_string();
    if !held && (owns || intents(object).next().is_some()) {
        let what = format!("{} has no finalizer", name(object));
        found.push(Breach::new(Promise::FinalizerWhileOwning, what));
    }
    found
}
