//! Between the modelled world and the product's types.

mod connection;
mod virtual_interface;

use std::collections::BTreeMap;
use std::sync::Arc;

use directconnect_model::api::aws_account::{Guard, Orders};
use directconnect_model::api::common::{DeletionPolicy, ManagedSpec, ObjectReference};
use directconnect_model::api::status::{Intent, ManagedStatus};
use directconnect_model::aws::{Snapshot, Tags as AwsTags};
use directconnect_model::call::Call as AwsCall;
use directconnect_model::decide::{FINALIZER, SELF};
use directconnect_model::identity;
use directconnect_model::managed::Managed;
use directconnect_model::view::{Account, Windows};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time as MetaTime};

use crate::time::Time;
use crate::world::{self, Call, Id, Item, List, Object, Status, Token, Uid};

/// Account of everything.
pub const ACCOUNT: &str = "111122223333";
/// Region of everything.
pub const REGION: &str = "us-east-1";
/// Cluster id.
pub const CLUSTER: &str = "model";
/// Slot of the delete's intent.
const DELETE: &str = "delete";

/// A kind that can be explored.
pub trait Explored: Managed {
    /// The operation that makes it.
    const CREATE: &'static str;
    /// The operation that deletes it.
    const DELETE: &'static str;

    /// The object.
    fn build(metadata: ObjectMeta, common: ManagedSpec, status: Option<Self::Status>) -> Self;
    /// What AWS's lists show.
    fn snapshot(begun: Timestamp, items: Vec<(String, bool, AwsTags)>) -> Snapshot;
    /// True for the call that makes it.
    fn creates(call: &AwsCall) -> bool;
    /// The id that a call deletes.
    fn deletes(call: &AwsCall) -> Option<&str>;
}

/// An AWS id in words.
fn id(id: Id) -> String {
    format!("aws-{id}")
}

fn token(token: Token) -> String {
    format!("token-{token}")
}

fn uid(uid: Uid) -> String {
    format!("uid-{uid}")
}

/// Reads the number at the end of a name.
fn number(text: &str) -> u8 {
    text.rsplit('-')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a name of the model's own")
}

fn text(at: Time) -> String {
    at.timestamp().to_string()
}

fn time(text: &str) -> Time {
    Time::from_timestamp(text.parse().expect("a time that the product wrote"))
}

/// The object as the product sees it.
pub fn object<K: Explored>(object: &Object) -> K {
    let metadata = ObjectMeta {
        name: Some("port".to_owned()),
        namespace: Some("network".to_owned()),
        uid: Some(uid(object.uid)),
        generation: Some(1),
        resource_version: Some("1".to_owned()),
        finalizers: object.finalizer.then(|| vec![FINALIZER.to_owned()]),
        deletion_timestamp: object
            .deleting
            .then(|| MetaTime(Time(-crate::time::FAR).timestamp())),
        ..ObjectMeta::default()
    };
    let policy = if object.retain {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    };
    let common = ManagedSpec {
        account_ref: ObjectReference {
            name: "account".to_owned(),
        },
        region: None,
        management_policy: None,
        deletion_policy: Some(policy),
        import: None,
        tags: BTreeMap::new(),
    };
    K::build(metadata, common, Some(status::<K>(&object.status)))
}

fn intent(status: &world::Intent, operation: &str, of: Option<Id>) -> Intent {
    Intent {
        operation: operation.to_owned(),
        token: token(status.token),
        params_hash: String::new(),
        account_id: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        endpoint: None,
        send_by: text(status.send_by),
        consent: None,
        id: of.map(id),
        not_found_at: status.not_found_at.map(text),
        earlier: status
            .earlier
            .iter()
            .map(|(t, at)| (token(*t), text(*at)))
            .collect(),
    }
}

/// The status as the product sees it.
pub fn status<K: Explored>(status: &Status) -> K::Status {
    let mut all = K::Status::default();
    K::set_aws_id(&mut all, status.id.map(id));
    let managed = K::managed_mut(&mut all);
    managed.first_seen = status.first_seen.then(|| text(Time(-crate::time::FAR)));
    managed.unrecorded_since = status.unrecorded_since.map(text);
    if status.placed {
        managed.account_id = Some(ACCOUNT.to_owned());
        managed.region = Some(REGION.to_owned());
    }
    managed.recorded_at = status.recorded_at.map(text);
    managed.seen = status.seen.then_some(true);
    managed.deleted_at = status.deleted_at.map(text);
    if let Some(open) = &status.create {
        let open = intent(open, K::CREATE, None);
        managed.intents.insert(SELF.to_owned(), open);
    }
    if let Some(open) = &status.delete {
        let open = intent(open, K::DELETE, status.id);
        managed.intents.insert(DELETE.to_owned(), open);
    }
    all
}

fn read_intent(open: &Intent) -> world::Intent {
    world::Intent {
        token: number(&open.token),
        send_by: time(&open.send_by),
        not_found_at: open.not_found_at.as_deref().map(time),
        earlier: open
            .earlier
            .iter()
            .map(|(t, at)| (number(t), time(at)))
            .collect(),
    }
}

/// The status back from the product. What the model does not hold must not be there.
pub fn read<K: Explored>(status: &K::Status) -> Status {
    let managed: &ManagedStatus = K::managed(status);
    assert!(
        managed.imported.is_none()
            && managed.tag_keys.is_empty()
            && managed.consents_used.is_empty(),
        "the model lacks a field that the product wrote: {managed:?}"
    );
    assert!(
        managed.intents.keys().all(|s| s == SELF || s == DELETE),
        "the model lacks a slot: {:?}",
        managed.intents
    );
    Status {
        first_seen: managed.first_seen.is_some(),
        unrecorded_since: managed.unrecorded_since.as_deref().map(time),
        placed: managed.account_id.is_some(),
        id: K::aws_id(status).map(number),
        recorded_at: managed.recorded_at.as_deref().map(time),
        seen: managed.seen == Some(true),
        deleted_at: managed.deleted_at.as_deref().map(time),
        create: managed.intents.get(SELF).map(read_intent),
        delete: managed.intents.get(DELETE).map(read_intent),
    }
}

/// What a list shows, as the product sees it.
pub fn snapshot<K: Explored>(list: Option<&List>, identity_tag: &str) -> Snapshot {
    let Some(list) = list else {
        return Snapshot::default();
    };
    let items = list
        .items
        .iter()
        .map(|item| (id(item.id), item.gone, tags(item, identity_tag)))
        .collect();
    K::snapshot(list.begun.timestamp(), items)
}

fn tags(item: &Item, identity_tag: &str) -> AwsTags {
    let mut all = AwsTags::new();
    if let Some(tags) = item.tags {
        all.insert(identity::IDENTITY.to_owned(), identity_tag.to_owned());
        all.insert(identity::UID.to_owned(), uid(tags.uid));
        all.insert(identity::INTENT.to_owned(), token(item.token));
        if tags.retained {
            all.insert(identity::RETAINED_AT.to_owned(), "then".to_owned());
        }
    }
    all
}

/// What a call is in the model.
pub fn call<K: Explored>(call: &AwsCall) -> Call {
    if K::creates(call) {
        return Call::Create;
    }
    if let Some(id) = K::deletes(call) {
        return Call::Delete(number(id));
    }
    let target = number(call.target().unwrap_or_default());
    match call {
        AwsCall::TagResource { tags, .. } => Call::Tag {
            id: target,
            identity: tags.contains_key(identity::IDENTITY),
            uid: tags.get(identity::UID).map(|u| number(u)),
            retained: tags.contains_key(identity::RETAINED_AT),
        },
        AwsCall::UntagResource { tag_keys, .. } => {
            assert_eq!(*tag_keys, [identity::RETAINED_AT], "only this goes");
            Call::Untag(target)
        }
        other => unreachable!("the model lacks {}", other.operation()),
    }
}

/// The account.
pub fn account() -> Account {
    Account {
        name: "account".to_owned(),
        account_id: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        // Not what keeps a second order back.
        orders: Some(Orders {
            max_ports: 9,
            max_bandwidth: None,
            approval: None,
        }),
        guard: Guard::Enforce,
        ..Account::default()
    }
}

/// Objects of the same name, as the index of watches has them.
pub fn siblings<K: Explored>(object: &K) -> Arc<Vec<Arc<directconnect_model::view::Sibling>>> {
    let status = object.stored();
    let managed = status.map(K::managed);
    Arc::new(vec![Arc::new(directconnect_model::view::Sibling {
        key: object.key(),
        uid: object.uid().to_owned(),
        aws_id: status.and_then(K::aws_id).map(str::to_owned),
        observe_only: false,
        deleting: object.meta().deletion_timestamp.is_some(),
        account_id: managed.and_then(|m| m.account_id.clone()),
        intents: managed.map(|m| m.intents.clone()).unwrap_or_default(),
        references: object.references(),
        ids: object.aws_ids(),
        bandwidth: object.bandwidth(),
    })])
}

/// The product's windows for a decision.
pub fn windows(validity: i16, visibility: i16) -> Windows {
    crate::time::windows(validity, visibility)
}
