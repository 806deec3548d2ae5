//! What is left once everything rests.

use directconnect_model::identity::{IDENTITY, INTENT, RETAINED_AT};
use dxsim::world::World as AwsWorld;
use kubesim::{Change, Server};
use serde_json::Value;

use super::truth::{live, tags_by_id};
use super::{
    Breach, Objects, Promise, aws_id, deleting, held, identity_of, managed, name, observes, text,
};

/// Judges what Kubernetes and AWS hold once everything rests.
pub fn judge(kube: &Server, world: &AwsWorld) -> Vec<Breach> {
    let objects = kube.objects();
    let live = live(world);
    let tags = tags_by_id(world);
    let ours = format!("{}/", crate::world::CLUSTER);
    let mut found = vec![];
    for id in &live {
        let Some(tags) = tags.get(id) else { continue };
        let Some(identity) = tags.get(IDENTITY) else {
            // What is released keeps no tag of ours.
            if tags.contains_key(INTENT) {
                let what = format!("{id} was made by us, and nothing says for whom");
                found.push(Breach::new(Promise::IdsKnown, what));
            }
            continue;
        };
        if !identity.starts_with(&ours) {
            continue;
        }
        let owner = managed(&objects).find(|o| identity_of(o) == *identity && !observes(o));
        match owner {
            Some(owner) if aws_id(owner) == Some(id) => {}
            Some(owner) => {
                let what = format!("{id} belongs to {}, which does not know it", name(owner));
                found.push(Breach::new(Promise::IdsKnown, what));
            }
            // What lost its object otherwise is told at its account.
            None if should_have_gone(kube, identity) => {
                let what = format!("{id} of {identity} was to be deleted, and is there");
                found.push(Breach::new(Promise::GoesAndStays, what));
            }
            None if !tags.contains_key(RETAINED_AT) && !told(&objects, id) => {
                let what = format!("{id} of {identity} is there, and nobody knows it");
                found.push(Breach::new(Promise::IdsKnown, what));
            }
            None => {}
        }
    }
    for object in managed(&objects).filter(|o| !deleting(o)) {
        let taggable = object["kind"] != "DirectConnectGatewayAssociation";
        if let Some(id) = aws_id(object).filter(|id| taggable && !live.contains(id)) {
            let what = format!("{id} of {} is gone", name(object));
            found.push(Breach::new(Promise::GoesAndStays, what));
        }
    }
    found
}

/// True if an AwsAccount names it as an orphan.
fn told(objects: &Objects, id: &str) -> bool {
    let accounts = objects.values().filter(|o| o["kind"] == "AwsAccount");
    let mut orphans =
        accounts.flat_map(|a| a["status"]["orphans"].as_array().into_iter().flatten());
    orphans.any(|orphan| orphan["id"] == id)
}

/// True if the last object of this identity said that its AWS object goes with it.
fn should_have_gone(kube: &Server, owner: &str) -> bool {
    let history = kube.history();
    let ours = |c: &&Change| {
        c.object["apiVersion"] == "directconnect.dev/v1alpha1" && identity_of(&c.object) == owner
    };
    let Some(last) = history.iter().rev().find(ours) else {
        return false;
    };
    let object = &last.object;
    let leaves = |c: &&Change| {
        c.key.resource == "namespaces"
            && c.object["metadata"]["name"] == object["metadata"]["namespace"]
            && deleting(&c.object)
    };
    let released = object["metadata"]["annotations"]["directconnect.dev/release"] == "true";
    let said: &Value = &object["spec"]["deletionPolicy"];
    let uid = &object["metadata"]["uid"];
    // What never had our finalizer could be taken away before we knew.
    let was_held = history
        .iter()
        .any(|c| c.object["metadata"]["uid"] == *uid && held(&c.object));
    was_held && text(said) == "Delete" && !released && !history.iter().any(|c| leaves(&c))
}
