//! Every stored version of the managed kinds.

use serde_json::{Value, json};

use directconnect_model::decide::FINALIZER;
use kubesim::{Change, ChangeKind};

use super::{Breach, Promise, aws_id, deleting, held, intents, name, observes};

/// Judges one stored version.
pub fn judge(change: &Change) -> Vec<Breach> {
    let object = &change.object;
    let ours = object["apiVersion"] == "directconnect.dev/v1alpha1";
    if !ours || object["kind"] == "AwsAccount" {
        return vec![];
    }
    let mut found = vec![];
    if change.kind == ChangeKind::Deleted {
        let last = change.previous.as_deref().unwrap_or(object);
        if !change.by.is_empty() && of_others(last)["finalizers"] != json!([]) {
            let what = format!("{} is gone, and others held it", name(object));
            found.push(Breach::new(Promise::SpecUntouched, what));
        }
        return found;
    }
    if let Some(previous) = &change.previous
        && let (Some(before), Some(after)) = (aws_id(previous), aws_id(object))
        && before != after
    {
        let what = format!("{} had {before} and has {after}", name(object));
        found.push(Breach::new(Promise::IdsStay, what));
    }
    // What came through HTTP is the operator's: users act directly.
    if let Some(previous) = change.previous.as_deref().filter(|_| !change.by.is_empty()) {
        for (part, before, after) in [
            ("spec", previous["spec"].clone(), object["spec"].clone()),
            ("metadata", of_others(previous), of_others(object)),
        ] {
            if before != after {
                let what = format!("{part} of {}: {before} became {after}", name(object));
                found.push(Breach::new(Promise::SpecUntouched, what));
            }
        }
        let observed = |o: &Value| o["status"]["observedGeneration"].as_i64();
        if observed(object) < observed(previous) {
            let what = format!("observedGeneration of {} fell", name(object));
            found.push(Breach::new(Promise::StatusWellFormed, what));
        }
    }
    // What is being deleted may be gone at AWS: what is left is judged at the end.
    let owns = !observes(object) && !deleting(object) && object["status"]["recordedAt"].is_string();
    if !held(object) && (owns || intents(object).next().is_some()) {
        let what = format!("{} has no finalizer", name(object));
        found.push(Breach::new(Promise::FinalizerWhileOwning, what));
    }
    found
}

/// The metadata that the operator has no business with.
fn of_others(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let all = |member: &str| metadata[member].as_array().into_iter().flatten();
    let finalizers: Vec<&Value> = all("finalizers").filter(|f| *f != FINALIZER).collect();
    let managers: Vec<&Value> = all("managedFields")
        .filter(|m| m["manager"] == "kubectl-client-side-apply")
        .collect();
    json!({
        "finalizers": finalizers,
        "managers": managers,
        "labels": metadata["labels"],
        "annotations": metadata["annotations"],
        "ownerReferences": metadata["ownerReferences"],
    })
}
