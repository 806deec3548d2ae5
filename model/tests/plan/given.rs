//! The world of a plan case, with defaults for all that it does not say.

use std::collections::BTreeMap;
use std::sync::Arc;

use directconnect_model::aws::{AuthKey, Part, Snapshot};
use directconnect_model::call::Call;
use directconnect_model::decide::{FINALIZER, SELF};
use directconnect_model::identity;
use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::view::{
    Account, Blocked, Memory, Referenced, Refusal, SecretState, Sibling, View, Windows,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::expect::Expect;

const CLUSTER: &str = "test";
const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
const LONG_AGO: &str = "2025-01-01T00:00:00Z";

/// One case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    pub object: Value,
    #[serde(default)]
    account: Map<String, Value>,
    blocked: Option<BlockedBy>,
    #[serde(default)]
    aws: Map<String, Value>,
    #[serde(default)]
    unread: Vec<String>,
    begun: Option<String>,
    #[serde(default)]
    references: BTreeMap<String, Referenced>,
    #[serde(default)]
    secrets: BTreeMap<String, Option<String>>,
    #[serde(default)]
    siblings: Vec<Other>,
    #[serde(default)]
    memory: Remembered,
    now: Option<String>,
    #[serde(default)]
    leaving: bool,
    #[serde(default)]
    elsewhere: Vec<Value>,
    #[serde(default)]
    unreadable: bool,
    #[serde(default)]
    deleting: bool,
    #[serde(default)]
    pub consent: bool,
    pub after: Option<String>,
    pub expect: Expect,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BlockedBy {
    reason: Reason,
    message: String,
    #[serde(default)]
    stalled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Other {
    key: String,
    aws_id: Option<String>,
    #[serde(default)]
    observe_only: bool,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    intents: BTreeMap<String, directconnect_model::api::status::Intent>,
    bandwidth: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Remembered {
    #[serde(default)]
    missing: Vec<Timestamp>,
    #[serde(default)]
    unknown: BTreeMap<String, Timestamp>,
    last_order: Option<Timestamp>,
    tagged_until: Option<Timestamp>,
    #[serde(default)]
    alike: BTreeMap<String, Timestamp>,
    #[serde(default)]
    going: BTreeMap<String, Timestamp>,
}

/// `name/key` of a Secret and its value; null where the Secret does not exist.
fn secret(text: &str, value: Option<&str>) -> ((String, String), SecretState) {
    let (name, key) = text.split_once('/').expect("name/key");
    let state = value.map_or(SecretState::NoSecret, |v| SecretState::Value {
        uid: "uid-of-the-secret".to_owned(),
        resource_version: "1".to_owned(),
        value: AuthKey::new(v.to_owned()),
    });
    ((name.to_owned(), key.to_owned()), state)
}

/// `Kind/name` in the namespace of the cases.
fn key(text: &str) -> ObjectKey {
    let (kind, name) = text.split_once('/').expect("Kind/name");
    ObjectKey::new(kind.parse::<Kind>().expect("a kind"), "network", name)
}

fn merged(mut defaults: Value, given: &Value) -> Value {
    if let (Some(into), Some(given)) = (defaults.as_object_mut(), given.as_object()) {
        for (k, v) in given {
            into.insert(k.clone(), v.clone());
        }
    }
    defaults
}

impl Case {
    fn now(&self) -> Timestamp {
        self.now
            .as_deref()
            .unwrap_or("2025-06-01T12:00:00Z")
            .parse()
            .expect("now")
    }

    fn manifest(&self) -> Value {
        let given = &self.object;
        let mut metadata = merged(
            json!({"name": "a", "namespace": "network", "uid": "uid-1", "generation": 1, "finalizers": [FINALIZER]}),
            &given["metadata"],
        );
        if self.deleting {
            metadata["deletionTimestamp"] = json!(self.now().to_string());
        }
        let spec = merged(
            json!({"accountRef": {"name": "securecart"}}),
            &given["spec"],
        );
        let mut manifest = json!({
            "apiVersion": "directconnect.dev/v1alpha1", "kind": given["kind"], "metadata": metadata, "spec": spec,
        });
        if given.as_object().is_some_and(|o| !o.contains_key("status"))
            || given["status"].is_object()
        {
            let seen = json!({"firstSeen": LONG_AGO, "accountId": ACCOUNT, "region": REGION});
            manifest["status"] = merged(seen, &given["status"]);
            // A recorded object was seen long ago, unless the case says otherwise.
            let ids = [
                "connectionId",
                "directConnectGatewayId",
                "associationId",
                "vpnGatewayId",
                "virtualInterfaceId",
            ];
            let status = manifest["status"].as_object_mut().expect("made above");
            if ids.iter().any(|id| status.contains_key(*id)) && !status.contains_key("recordedAt") {
                status.insert("recordedAt".to_owned(), json!(LONG_AGO));
                status.insert("seen".to_owned(), json!(true));
            }
        }
        manifest
    }

    /// The object and all that a decision sees.
    pub fn world<K: Managed>(&self) -> (K, View) {
        let object: K = serde_json::from_value(self.manifest()).expect("a manifest of this kind");
        let account = json!({"name": "securecart", "accountId": ACCOUNT, "region": REGION, "orders": {"maxPorts": 4}});
        let account: Account =
            serde_json::from_value(merged(account, &Value::Object(self.account.clone())))
                .expect("an account");
        let siblings: Vec<Arc<Sibling>> =
            self.siblings.iter().map(|s| Arc::new(sibling(s))).collect();
        let view = View {
            now: self.now(),
            cluster_id: CLUSTER.to_owned(),
            windows: Windows::default(),
            account: match self.blocked.clone() {
                Some(BlockedBy {
                    reason,
                    message,
                    stalled,
                }) => Err(Blocked {
                    reason,
                    message,
                    stalled,
                }),
                None => Ok(account),
            },
            aws: self.snapshot(&object),
            references: self
                .references
                .iter()
                .map(|(k, r)| (key(k), r.clone()))
                .collect(),
            secrets: self
                .secrets
                .iter()
                .map(|(k, v)| secret(k, v.as_deref()))
                .collect(),
            siblings: Arc::new(siblings),
            memory: Memory {
                missing: self.memory.missing.clone(),
                unknown: self.memory.unknown.clone(),
                last_order: self.memory.last_order,
                tagged_until: self.memory.tagged_until,
                alike: self.memory.alike.clone(),
                going: self.memory.going.clone(),
                ..Memory::default()
            },
            leaving: self.leaving,
            elsewhere: self
                .part(&object, "elsewhere", Some(&json!(self.elsewhere)))
                .map_or_else(Vec::new, |part| part.items.clone()),
            unreadable: self.unreadable,
        };
        (object, view)
    }

    fn part<K: Managed, T: DeserializeOwned>(
        &self,
        object: &K,
        name: &str,
        items: Option<&Value>,
    ) -> Option<Arc<Part<T>>> {
        if self.unread.iter().any(|u| u == name) {
            return None;
        }
        let begun = self
            .begun
            .as_deref()
            .map_or_else(|| self.now(), |b| b.parse().expect("begun"));
        let items = items
            .or_else(|| self.aws.get(name))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let items = items
            .into_iter()
            .map(|mut item| {
                if let Some(words) = item["tags"].as_str().map(str::to_owned) {
                    item["tags"] = tags(object, &words);
                }
                serde_json::from_value(item).expect("an AWS object")
            })
            .collect();
        Some(Arc::new(Part { begun, items }))
    }

    fn snapshot<K: Managed>(&self, object: &K) -> Snapshot {
        let mut snapshot = Snapshot {
            connections: self.part(object, "connections", None),
            virtual_interfaces: self.part(object, "virtualInterfaces", None),
            direct_connect_gateways: self.part(object, "directConnectGateways", None),
            associations: BTreeMap::new(),
            vpn_gateways: self.part(object, "vpnGateways", None),
            route_tables: self.part(object, "routeTables", None),
            locations: self.part(object, "locations", None),
        };
        let listed = snapshot
            .direct_connect_gateways()
            .iter()
            .map(|g| g.direct_connect_gateway_id.clone());
        let given = self.aws.get("associations").and_then(Value::as_object);
        let gateways: Vec<String> = listed
            .chain(given.iter().flat_map(|g| g.keys().cloned()))
            .collect();
        let none = json!([]);
        for gateway in gateways {
            let items = given.and_then(|g| g.get(&gateway)).unwrap_or(&none);
            let mut items = items.clone();
            for item in items.as_array_mut().expect("a list of associations") {
                item["directConnectGatewayId"] = json!(gateway);
            }
            if let Some(part) = self.part(object, "associations", Some(&items)) {
                snapshot.associations.insert(gateway, part);
            }
        }
        snapshot
    }
}

fn sibling(other: &Other) -> Sibling {
    let key_of = key(&other.key);
    Sibling {
        uid: format!("uid-{}", key_of.name),
        key: key_of,
        aws_id: other.aws_id.clone(),
        observe_only: other.observe_only,
        deleting: false,
        account_id: Some(ACCOUNT.to_owned()),
        intents: other.intents.clone(),
        references: other.references.iter().map(|r| key(r)).collect(),
        ids: other.ids.clone(),
        bandwidth: other.bandwidth.clone(),
    }
}

/// Tags from words, as the README says.
fn tags<K: Managed>(object: &K, words: &str) -> Value {
    let own = identity::identity(CLUSTER, &object.key());
    let mut tags = BTreeMap::new();
    for word in words.split_whitespace() {
        if let Some(child) = word.strip_prefix("association:") {
            let (pair, owner) = child
                .split_once('=')
                .map_or((child, own.clone()), |(pair, owner)| {
                    (pair, identity::identity(CLUSTER, &key(owner)))
                });
            tags.insert(
                identity::child_tag("directConnectGatewayAssociation", pair),
                owner,
            );
        } else if let Some(vpc) = word.strip_prefix("attachment:") {
            tags.insert(identity::child_tag("vpcAttachment", vpc), own.clone());
        } else if let Some(peer) = word.strip_prefix("peer:") {
            tags.insert(identity::child_tag("bgpPeer", peer), own.clone());
        } else if word == "imported" {
            tags.insert(identity::IMPORTED.to_owned(), "true".to_owned());
        } else if word == "retained" {
            tags.insert(identity::RETAINED_AT.to_owned(), LONG_AGO.to_owned());
        } else if word == "ours" || word.starts_with("ours:") {
            tags.insert(identity::IDENTITY.to_owned(), own.clone());
            let uid = word.strip_prefix("ours:").unwrap_or(object.uid());
            tags.insert(identity::UID.to_owned(), uid.to_owned());
        } else {
            let other = key(word);
            tags.insert(identity::UID.to_owned(), format!("uid-{}", other.name));
            tags.insert(
                identity::IDENTITY.to_owned(),
                identity::identity(CLUSTER, &other),
            );
        }
    }
    json!(tags)
}

/// The object with the intent of this order open.
pub fn opened<K: Managed>(object: &K, call: &Call, now: Timestamp) -> K {
    let mut manifest = serde_json::to_value(object).expect("a manifest");
    manifest["status"]["intents"][SELF] = json!({
        "operation": call.operation(), "token": "t1", "paramsHash": "h", "accountId": ACCOUNT, "region": REGION,
        "sendBy": (now + SignedDuration::from_secs(30)).to_string(),
    });
    serde_json::from_value(manifest).expect("a manifest")
}

/// Remembers what came of a call.
pub fn remember(view: &mut View, call: &Call, outcome: &str) {
    let later = view.now + SignedDuration::from_mins(5);
    match outcome {
        "accepted" => {
            view.memory.accepted.insert(call.params_hash(), later);
        }
        "refused" | "conflict" => {
            let refusal = Refusal {
                reason: Reason::RefusedByAws,
                message: "AWS said no".to_owned(),
                retry_at: later,
                times: 1,
            };
            view.memory.refused.insert(call.params_hash(), refusal);
        }
        "throttled" => {
            let refusal = Refusal {
                reason: Reason::Throttled,
                message: "AWS throttles the operator".to_owned(),
                retry_at: view.now + SignedDuration::from_secs(4),
                times: 1,
            };
            view.memory.refused.insert(call.params_hash(), refusal);
        }
        "lost" => {
            let target = call
                .target()
                .expect("a call that changes something")
                .to_owned();
            view.memory
                .unknown
                .insert(target, view.now + view.windows.settled());
        }
        other => panic!("after: {other}"),
    }
}
