//! Kubernetes events: one for each transition and each executed step.
//!
//! Written by hand because the client library's recorder reads the wall clock.

use directconnect_model::decide::Note;
use directconnect_model::event::EventReason;
use directconnect_model::kind::ObjectKey;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::Shared;
use super::store::attempt;

/// True for what somebody should look at.
fn warns(reason: EventReason) -> bool {
    matches!(
        reason,
        EventReason::LostAtAws
            | EventReason::NotCreated
            | EventReason::Guarded
            | EventReason::GuardBypassed
            | EventReason::BgpDown
            | EventReason::PortDown
            | EventReason::PeerDown
            | EventReason::NoPrefixes
            | EventReason::NotProvisioned
            | EventReason::Unreadable
            | EventReason::Orphaned
            | EventReason::Refused
            | EventReason::Failed
            | EventReason::Stalled
            | EventReason::NotReady
    )
}

/// Writes one event; failing to is no error.
pub async fn emit(context: &Shared, key: &ObjectKey, uid: &str, note: &Note) {
    let now = context.clock.now();
    info!(kind = %key.kind, namespace = key.namespace, name = key.name, uid, reason = %note.reason, message = note.message, "event");
    let namespace = if key.namespace.is_empty() {
        "default"
    } else {
        &key.namespace
    };
    let seed = format!(
        "{uid}{}{}{}",
        note.reason,
        note.message,
        now.as_microsecond()
    );
    let hash = directconnect_model::call::hex(&Sha256::digest(seed), 16);
    let mut text = note.message.clone();
    if let Some((at, _)) = text.char_indices().nth(1_000) {
        text.truncate(at);
    }
    let event = Event {
        metadata: ObjectMeta {
            name: Some(format!("{}.{hash}", key.name)),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(now)),
        action: Some(note.reason.to_string()),
        reason: Some(note.reason.to_string()),
        note: Some(text),
        type_: Some(
            if warns(note.reason) {
                "Warning"
            } else {
                "Normal"
            }
            .to_owned(),
        ),
        reporting_controller: Some("directconnect.dev/operator".to_owned()),
        reporting_instance: Some("directconnect-operator".to_owned()),
        regarding: Some(ObjectReference {
            api_version: Some("directconnect.dev/v1alpha1".to_owned()),
            kind: Some(key.kind.to_string()),
            name: Some(key.name.clone()),
            namespace: (!key.namespace.is_empty()).then(|| key.namespace.clone()),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        }),
        ..Event::default()
    };
    let api: Api<Event> = Api::namespaced(context.client.clone(), namespace);
    if let Err(trouble) = attempt(api.create(&PostParams::default(), &event)).await {
        warn!(%trouble, reason = %note.reason, "an event could not be written");
        context.metrics.event_lost();
    }
}
