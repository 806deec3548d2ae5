//! A path in words, one line for each event.

use std::fmt::Write as _;

use crate::aws::Shown;
use crate::explore::Event;
use crate::user::Restored;
use crate::world::{Call, Phase, Plan, Status, What, World};

/// What an event did, in words.
pub fn event(before: &World, event: &Event, after: &World) -> String {
    let did = |me: &usize| phase(&after.operators[*me].phase);
    match event {
        Event::Tick => "30 s pass".to_owned(),
        Event::Create => format!("a user creates the object, uid {}", after.born),
        Event::Delete => "a user deletes the object".to_owned(),
        Event::Edit => "a user changes deletionPolicy".to_owned(),
        Event::Wipe => "a user removes the status".to_owned(),
        Event::Force => "a user removes the finalizer by force".to_owned(),
        Event::Save => "etcd is saved".to_owned(),
        Event::Restore(Restored::AsSaved) => "etcd is restored".to_owned(),
        Event::Restore(Restored::HoursLater) => "etcd is restored, hours later".to_owned(),
        Event::Restore(Restored::Manifests) => {
            "the manifest is applied to an empty cluster".to_owned()
        }
        Event::Sweep(me) => format!("operator {me} begins to read the list"),
        Event::Read(me, shown) => format!(
            "operator {me} has read the list, {}: {}",
            list(before, shown),
            did(me)
        ),
        Event::Pass(me) => format!("operator {me} decides from its caches: {}", did(me)),
        Event::Reread(me) => format!(
            "operator {me} reads the object and decides again: {}",
            did(me)
        ),
        Event::Write(me) => format!(
            "operator {me}'s write arrives ({}): {}",
            if before.object == after.object {
                "conflict"
            } else {
                "stored"
            },
            did(me)
        ),
        Event::Late(me) => format!("operator {me}'s write is not answered and not stored yet"),
        Event::Arrive(_) => format!(
            "a late write arrives ({})",
            if before.object == after.object {
                "conflict"
            } else {
                "stored"
            }
        ),
        Event::Count(me, shown) => format!(
            "operator {me} counts over a fresh list, {}: {}",
            list(before, shown),
            did(me)
        ),
        Event::Send(me) => format!("operator {me} is at the fence: {}", did(me)),
        Event::Land(at) => format!("AWS carries out {} and answers", request(before, *at)),
        Event::LandUnheard(at) => {
            format!(
                "AWS carries out {}; its answer is lost",
                request(before, *at)
            )
        }
        Event::Refuse(at) => format!("AWS refuses {}", request(before, *at)),
        Event::GiveUp(me) => {
            format!("operator {me} hears nothing in time; the request is still on its way")
        }
        Event::Outcome(me) => format!("operator {me} takes the answer: {}", did(me)),
        Event::Close(me) => format!("operator {me} closes the intent: {}", did(me)),
        Event::Crash(me) => format!("operator {me} dies and starts again"),
    }
}

fn request(world: &World, at: usize) -> String {
    world.requests.get(at).map_or_else(String::new, |r| {
        format!("{} (token {})", call(r.call), r.token)
    })
}

fn call(call: Call) -> String {
    match call {
        Call::Create => "the create".to_owned(),
        Call::Delete(id) => format!("the delete of aws-{id}"),
        Call::Tag { id, .. } => format!("the tags of aws-{id}"),
        Call::Untag(id) => format!("the removal of retained-at from aws-{id}"),
    }
}

fn list(world: &World, shown: &[Shown]) -> String {
    if shown.is_empty() {
        return "which is empty".to_owned();
    }
    let mut text = "which shows".to_owned();
    for (port, shown) in world.ports.iter().zip(shown) {
        let how = match shown {
            Shown::Hidden => "not at all",
            Shown::AsIs if port.deleted.is_some() => "as deleted",
            Shown::AsIs => "as it is",
            Shown::Untagged => "without tags",
            Shown::OldTags => "with its old tags",
            Shown::StillThere => "as if not deleted",
        };
        let _ = write!(text, " aws-{} {how}", port.id);
    }
    text
}

fn plan(plan: &Plan) -> String {
    plan.call
        .map_or_else(|| "the removal of the finalizer".to_owned(), call)
}

fn phase(phase: &Phase) -> String {
    match phase {
        Phase::Idle => "nothing more".to_owned(),
        Phase::Listing(_, Some(p)) => format!("{} is due, fresh lists first", plan(p)),
        Phase::Listing(_, None) => "a list".to_owned(),
        Phase::Looked(p) => format!("{} is due, the object is read first", plan(p)),
        Phase::Writing(write, _) => format!("it writes {}", what(&write.what)),
        Phase::Counting(_) => "its intent is stored".to_owned(),
        Phase::Ready(order) => format!("{} (token {}) may be sent", call(order.call), order.token),
        Phase::Awaiting(order) => format!("{} (token {}) is sent", call(order.call), order.token),
        Phase::Accepted(..) => "its outcome is to be stored".to_owned(),
        Phase::Refused(_) => "it was certainly not carried out".to_owned(),
    }
}

fn what(what: &What) -> String {
    match what {
        What::AddFinalizer => "the finalizer".to_owned(),
        What::RemoveFinalizer => "the removal of the finalizer".to_owned(),
        What::Status(s) => format!("status {}", status(s)),
    }
}

fn status(status: &Status) -> String {
    let mut parts = vec![];
    if status.first_seen {
        parts.push("firstSeen".to_owned());
    }
    if let Some(at) = status.unrecorded_since {
        parts.push(format!("unrecordedSince {at:?}"));
    }
    if let Some(id) = status.id {
        parts.push(format!("id aws-{id}"));
    }
    if status.seen {
        parts.push("seen".to_owned());
    }
    if let Some(at) = status.deleted_at {
        parts.push(format!("deletedAt {at:?}"));
    }
    for (name, intent) in [("create", &status.create), ("delete", &status.delete)] {
        if let Some(i) = intent {
            let mut text = format!("{name} intent, token {}, sendBy {:?}", i.token, i.send_by);
            if let Some(at) = i.not_found_at {
                let _ = write!(text, ", not found {at:?}");
            }
            for (token, at) in &i.earlier {
                let _ = write!(text, ", earlier token {token} sendBy {at:?}");
            }
            parts.push(text);
        }
    }
    format!("{{{}}}", parts.join("; "))
}

/// What is in the end.
pub fn ending(world: &World) -> String {
    let object = world.object.as_ref().map_or_else(
        || "no object".to_owned(),
        |o| {
            let flag = |on, text| if on { text } else { "" };
            format!(
                "object uid {}{}{}{}, status {}",
                o.uid,
                flag(o.deleting, ", deleting"),
                flag(!o.finalizer, ", no finalizer"),
                flag(o.retain, ", Retain"),
                status(&o.status)
            )
        },
    );
    let ports: Vec<String> = world
        .ports
        .iter()
        .map(|p| {
            let state = if p.deleted.is_some() {
                "deleted"
            } else {
                "live"
            };
            format!(
                "aws-{} {state} (uid {}, token {})",
                p.id, p.tags.uid, p.token
            )
        })
        .collect();
    format!(
        "{object}; at AWS: {}",
        if ports.is_empty() {
            "nothing".to_owned()
        } else {
            ports.join(", ")
        }
    )
}
