//! Every write, just before it reaches AWS, against what is stored and what AWS has at that moment.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use directconnect_model::identity::{self, CHILD, IDENTITY, IMPORTED, INTENT};
use dxsim::world::{
    AddressFamily, ConnectionState, Tags, VirtualInterface, VirtualInterfaceState,
    World as AwsWorld,
};
use jiff::{SignedDuration, Timestamp};
use kubesim::{Change, Key, Server};
use serde_json::Value;

use super::call::Call;
use super::truth;
use super::{
    Breach, Objects, Promise, aws_id, deleting, held, identity_of, intents, managed, name,
    observes, text,
};

/// `sendBy` is 30 s after the look-up, an attempt takes 8 s at most.
const LATEST: SignedDuration = SignedDuration::from_secs(38);
/// See [`LATEST`].
const SEND_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// What a judge sees.
struct Scene<'a> {
    call: &'a Call,
    now: Timestamp,
    kube: &'a Server,
    objects: &'a Objects,
    world: &'a AwsWorld,
    /// The object on whose behalf the call is sent.
    owner: Option<&'a Value>,
    /// Its intent, where the call has one.
    intent: Option<&'a Value>,
    /// Everything that was ever stored, once it is asked for.
    history: OnceCell<Vec<Change>>,
}

/// Judges one write.
pub fn judge(call: &Call, kube: &Server, world: &AwsWorld) -> Vec<Breach> {
    let objects = kube.objects();
    let intent = intent_of(call, &objects);
    let owner = intent
        .map(|(owner, _)| owner)
        .or_else(|| owner_of(call, &objects));
    let scene = Scene {
        call,
        now: kube.now(),
        kube,
        objects: &objects,
        world,
        owner,
        intent: intent.map(|(_, intent)| intent),
        history: OnceCell::new(),
    };
    let mut found = vec![];
    found.extend(scene.intent_before_create());
    found.extend(scene.only_ours());
    found.extend(scene.retained());
    found.extend(scene.dependents_first());
    found.extend(scene.stops_when_told());
    found.extend(scene.account_and_region());
    found.extend(scene.order_limits());
    found.extend(scene.tags_stay());
    found.extend(scene.last_path());
    found
}

/// The stored intent of a call: by its token, else by operation and target.
fn intent_of<'o>(call: &Call, objects: &'o Objects) -> Option<(&'o Value, &'o Value)> {
    let token = call.tag(INTENT);
    let mut open = managed(objects).flat_map(|o| intents(o).map(move |(_, i)| (o, i)));
    open.find(|(_, i)| {
        let same = i["operation"] == call.operation.as_str();
        let target = i["id"].is_null() || i["id"].as_str() == call.target();
        match &token {
            Some(token) => i["token"] == token.as_str(),
            None => same && target,
        }
    })
}

/// The object that has the call's target, or whose identity the call writes.
fn owner_of<'o>(call: &Call, objects: &'o Objects) -> Option<&'o Value> {
    let written = call.tag(IDENTITY);
    let target = call.target();
    managed(objects)
        .filter(|o| !observes(o))
        .find(|o| {
            written
                .as_ref()
                .is_some_and(|identity| *identity == identity_of(o))
        })
        .or_else(|| {
            managed(objects)
                .filter(|o| !observes(o))
                .find(|o| target.is_some() && aws_id(o) == target)
        })
}

/// Tags as they are, not as lists show them.
fn tags_of<'w>(world: &'w AwsWorld, id: &str) -> Option<&'w Tags> {
    world
        .tags
        .iter()
        .find(|(key, _)| key.rsplit('/').next() == Some(id))
        .map(|(_, tags)| tags)
}

/// True for calls that make something, tags aside.
fn makes(operation: &str) -> bool {
    operation.starts_with("Create") && operation != "CreateTags"
}

/// True for calls that only write or remove tags.
fn tags_only(operation: &str) -> bool {
    matches!(
        operation,
        "TagResource" | "UntagResource" | "CreateTags" | "DeleteTags"
    )
}

/// True for calls that delete what an object stands for.
fn deletes(operation: &str) -> bool {
    matches!(
        operation,
        "DeleteConnection"
            | "DeleteVirtualInterface"
            | "DeleteDirectConnectGateway"
            | "DeleteDirectConnectGatewayAssociation"
            | "DeleteVpnGateway"
    )
}

impl Scene<'_> {
    fn breach(&self, promise: Promise, what: &str) -> Breach {
        let owner = self.owner.map_or_else(|| "nobody".to_owned(), name);
        let target = self.call.target().unwrap_or("something new");
        Breach::new(
            promise,
            format!("{} of {target} for {owner}: {what}", self.call.operation),
        )
    }

    fn history(&self) -> &[Change] {
        self.history.get_or_init(|| self.kube.history())
    }

    fn operation(&self) -> &str {
        &self.call.operation
    }

    /// Tags that say whose the target is: its own, or those of the parents of what cannot be tagged.
    fn proofs(&self, target: &str) -> Vec<&Tags> {
        let association = self.world.associations.get(target);
        let parents = association.map_or_else(
            || vec![target],
            |a| vec![a.direct_connect_gateway_id.as_str(), a.gateway_id.as_str()],
        );
        parents
            .into_iter()
            .filter_map(|id| tags_of(self.world, id))
            .collect()
    }

    fn intent_before_create(&self) -> Option<Breach> {
        if !makes(self.operation()) {
            return None;
        }
        let promise = Promise::IntentBeforeCreate;
        let (Some(owner), Some(intent)) = (self.owner, self.intent) else {
            let stored = self.was_stored();
            return (!stored).then(|| self.breach(promise, "no intent of it is stored"));
        };
        if intent["operation"] != self.operation() {
            return Some(self.breach(promise, "its token belongs to another operation"));
        }
        let send_by = text(&intent["sendBy"]).parse::<Timestamp>();
        if send_by.is_ok_and(|by| self.now.duration_since(by) > LATEST - SEND_WITHIN) {
            return Some(self.breach(promise, "it is sent after its sendBy"));
        }
        if !held(owner) {
            return Some(self.breach(promise, "the object has no finalizer"));
        }
        let identity = identity_of(owner);
        if self.call.tag(INTENT).is_some() {
            return match self.call.tag(IDENTITY) {
                Some(written) if written == identity => None,
                _ => Some(self.breach(promise, "it does not carry the identity of its object")),
            };
        }
        let parents = ["directConnectGatewayId", "gatewayId", "virtualInterfaceId"];
        let proved = parents
            .iter()
            .filter_map(|p| self.call.parameter(p))
            .filter_map(|id| tags_of(self.world, id))
            .flatten()
            .any(|(key, value)| key.starts_with(CHILD) && value.starts_with(&identity));
        (!proved).then(|| self.breach(promise, "neither it nor a parent carries a tag"))
    }

    /// True if the call's intent was stored, and somebody wiped the status since. A call that can carry no token has one that was
    /// stored just now.
    fn was_stored(&self) -> bool {
        let token = self.call.tag(INTENT);
        let untaggable = ["CreateBGPPeer", "CreateDirectConnectGatewayAssociation"];
        let mut history = self.history().iter().rev();
        if let Some(token) = token {
            return history.any(|c| intents(&c.object).any(|(_, i)| i["token"] == token.as_str()));
        }
        let mut recent = history.take_while(|c| self.now.duration_since(c.at) <= LATEST);
        untaggable.contains(&self.operation())
            && recent.any(|c| self.intended(&c.object).next().is_some())
    }

    /// Intents of this operation.
    fn intended<'o>(&'o self, object: &'o Value) -> impl Iterator<Item = &'o Value> {
        let all = intents(object).map(|(_, intent)| intent);
        all.filter(|intent| intent["operation"] == self.operation())
    }

    /// The owner as the operator itself stored it last: others may have wiped it, or set it back, since.
    fn stored_last(&self) -> Option<&Value> {
        let uid = &self.owner?["metadata"]["uid"];
        let mut history = self.history().iter().rev();
        let last = history.find(|c| !c.by.is_empty() && c.object["metadata"]["uid"] == *uid)?;
        Some(&last.object)
    }

    fn only_ours(&self) -> Option<Breach> {
        let target = self.call.target()?;
        if tags_only(self.operation()) {
            let proves = |key: &str| identity::is_ours(key) && !key.starts_with(CHILD);
            // What is gone already cannot be taken.
            let takes = truth::live(self.world).contains(&target)
                && matches!(self.operation(), "TagResource" | "CreateTags")
                && self.call.tags().iter().any(|(key, _)| proves(key))
                && tags_of(self.world, target)
                    .is_none_or(|tags| !tags.contains_key(IDENTITY) && !tags.contains_key(INTENT))
                && self
                    .owner
                    .is_none_or(|o| o["spec"]["import"]["id"] != target);
            if takes {
                let what = "nobody asks for it to be taken over";
                return Some(self.breach(Promise::OnlyOurs, what));
            }
            let keys =
                if self.operation().starts_with("Create") || self.operation() == "TagResource" {
                    vec![]
                } else {
                    self.call.tag_keys()
                };
            let written = self.owner.map(|o| &o["status"]["tagKeys"]);
            let foreign = keys.iter().find(|key| {
                let listed = written.and_then(Value::as_array);
                !identity::is_ours(key)
                    && !listed.is_some_and(|all| all.iter().any(|k| k == key.as_str()))
            });
            return foreign.map(|key| {
                self.breach(
                    Promise::OnlyOurs,
                    &format!("the tag {key} is somebody else's"),
                )
            });
        }
        let Some(owner) = self.owner else {
            return Some(self.breach(Promise::OnlyOurs, "no object has this id"));
        };
        let identity = identity_of(owner);
        let association = self.world.associations.get(target).is_some();
        let ours = self
            .proofs(target)
            .into_iter()
            .flatten()
            .any(|(key, value)| {
                (if association {
                    key.starts_with(CHILD)
                } else {
                    key == IDENTITY
                }) && *value == identity
            });
        // What is gone already cannot be harmed.
        let there = association || tags_of(self.world, target).is_some();
        (there && !ours).then(|| self.breach(Promise::OnlyOurs, "it carries no tag of its object"))
    }

    fn retained(&self) -> Option<Breach> {
        if !deletes(self.operation()) {
            return None;
        }
        let Some(owner) = self.owner else {
            return Some(self.breach(Promise::Retained, "no object has this id"));
        };
        let namespace = Key {
            resource: "namespaces".to_owned(),
            namespace: String::new(),
            name: text(&owner["metadata"]["namespace"]).to_owned(),
        };
        let namespace = self.objects.get(&namespace);
        let target = self.call.target().unwrap_or_default();
        let imported = owner["status"]["imported"] == true
            || tags_of(self.world, target).is_some_and(|t| t.contains_key(IMPORTED));
        let kept = match owner["spec"]["deletionPolicy"].as_str() {
            Some(policy) => policy == "Retain",
            None => imported || owner["kind"] == "Connection",
        };
        let why = if !deleting(owner) {
            "nobody deletes the object"
        } else if observes(owner) {
            "the object only observes"
        } else if namespace.is_none_or(|n| deleting(n)) {
            "its namespace is going"
        } else if owner["metadata"]["annotations"][directconnect_model::decide::RELEASE] == "true" {
            "it is released"
        } else if kept {
            "its policy is Retain"
        } else {
            return None;
        };
        Some(self.breach(Promise::Retained, why))
    }

    fn dependents_first(&self) -> Option<Breach> {
        let owner = self.owner.filter(|_| deletes(self.operation()))?;
        let reference = match text(&owner["kind"]) {
            "Connection" => "connectionRef",
            "DirectConnectGateway" => "directConnectGatewayRef",
            "VirtualPrivateGateway" => "virtualPrivateGatewayRef",
            _ => return None,
        };
        let metadata = &owner["metadata"];
        let user = managed(self.objects).find(|o| {
            o["spec"][reference]["name"] == metadata["name"]
                && o["metadata"]["namespace"] == metadata["namespace"]
                && aws_id(o).is_some()
                && !observes(o)
        })?;
        Some(self.breach(Promise::DependentsFirst, &format!("{} uses it", name(user))))
    }

    /// When an object became what it is now.
    fn since(&self, object: &Value, holds: impl Fn(&Value) -> bool) -> Option<Timestamp> {
        if !holds(object) {
            return None;
        }
        let history = self.history();
        let mut since = None;
        for change in history.iter().rev() {
            if change.object["metadata"]["uid"] != object["metadata"]["uid"] {
                continue;
            }
            if !holds(&change.object) {
                break;
            }
            since = Some(change.at);
        }
        since
    }

    fn stops_when_told(&self) -> Option<Breach> {
        let owner = self.owner?;
        let paused = |o: &Value| o["metadata"]["annotations"]["directconnect.dev/paused"] == "true";
        let operation = self.operation();
        let grows = makes(operation)
            || ["Update", "Attach", "Enable", "Associate"]
                .iter()
                .any(|verb| operation.starts_with(verb));
        for (why, since) in [
            ("it is paused", self.since(owner, paused)),
            ("it only observes", self.since(owner, observes)),
            (
                "it is being deleted",
                self.since(owner, |o| grows && deleting(o)),
            ),
        ] {
            if since.is_some_and(|at| self.now.duration_since(at) > LATEST) {
                return Some(self.breach(Promise::StopsWhenTold, why));
            }
        }
        None
    }

    fn account_of(&self, object: &Value) -> Option<&Value> {
        let key = Key {
            resource: "awsaccounts.directconnect.dev".to_owned(),
            namespace: String::new(),
            name: text(&object["spec"]["accountRef"]["name"]).to_owned(),
        };
        self.objects.get(&key).map(AsRef::as_ref)
    }

    fn account_and_region(&self) -> Option<Breach> {
        let owner = self.owner?;
        let declared = &self.account_of(owner)?["spec"];
        let session = self.world.sessions.get(&self.call.access_key);
        let account = session.map(|s| s.account.as_str());
        let region = owner["spec"]["region"]
            .as_str()
            .unwrap_or_else(|| text(&declared["region"]));
        let right = account == declared["accountId"].as_str() && self.call.region == region;
        (!right).then(|| {
            let sent = format!("sent to {account:?} in {}", self.call.region);
            self.breach(Promise::AccountAndRegion, &sent)
        })
    }

    fn order_limits(&self) -> Option<Breach> {
        let owner = self
            .owner
            .filter(|_| self.operation() == "CreateConnection")?;
        let account = self.account_of(owner)?;
        let id = text(&account["spec"]["accountId"]);
        let most = account["spec"]["orders"]["maxPorts"].as_u64().unwrap_or(0);
        let ours = format!("{}/", crate::world::CLUSTER);
        let live: Vec<_> = self
            .world
            .connections
            .values()
            .filter(|c| {
                let gone = matches!(
                    c.state,
                    ConnectionState::Deleting
                        | ConnectionState::Deleted
                        | ConnectionState::Rejected
                );
                let tags = tags_of(self.world, &c.id);
                !gone
                    && c.account == id
                    && tags.is_some_and(|t| t.get(IDENTITY).is_some_and(|i| i.starts_with(&ours)))
            })
            .collect();
        let tokens: BTreeSet<&str> = live
            .iter()
            .filter_map(|c| tags_of(self.world, &c.id)?.get(INTENT).map(String::as_str))
            .collect();
        let open = managed(self.objects)
            .flat_map(intents)
            .filter(|(_, i)| i["operation"] == "CreateConnection" && i["accountId"] == id)
            .filter(|(_, i)| !tokens.contains(text(&i["token"])));
        let count = live.len() + open.count();
        (count as u64 > most)
            .then(|| self.breach(Promise::OrderLimits, &format!("{count} of {most} ports")))
    }

    fn tags_stay(&self) -> Option<Breach> {
        let target = self.call.target().filter(|_| tags_only(self.operation()))?;
        let claimed = managed(self.objects)
            .find(|o| aws_id(o) == Some(target) && !deleting(o) && !observes(o))?;
        let removed = matches!(self.operation(), "UntagResource" | "DeleteTags")
            && self.call.tag_keys().iter().any(|k| k == IDENTITY);
        let changed = matches!(self.operation(), "TagResource" | "CreateTags")
            && self
                .call
                .tag(IDENTITY)
                .is_some_and(|i| i != identity_of(claimed));
        (removed || changed)
            .then(|| self.breach(Promise::TagsStay, &format!("{} claims it", name(claimed))))
    }

    /// Interfaces that the call takes down, each with the one family that goes, or all.
    fn cuts(&self) -> BTreeMap<&str, Option<AddressFamily>> {
        let world = self.world;
        let target = self.call.target().unwrap_or_default();
        let of = |on: &dyn Fn(&VirtualInterface) -> bool| {
            let all = world.virtual_interfaces.iter();
            all.filter(|(_, v)| on(v))
                .map(|(id, _)| (id.as_str(), None))
                .collect()
        };
        match self.operation() {
            "DeleteVirtualInterface" | "AssociateVirtualInterface" => of(&|v| v.id == target),
            "DeleteBGPPeer" => {
                let peer = self.call.parameter("bgpPeerId").unwrap_or_default();
                let all = world.virtual_interfaces.iter();
                all.flat_map(|(id, v)| v.peers.iter().map(move |p| (id, p)))
                    .filter(|(_, p)| p.id == peer)
                    .map(|(id, p)| (id.as_str(), Some(p.address_family)))
                    .collect()
            }
            "UpdateVirtualInterfaceAttributes" => {
                let raised = world.virtual_interfaces.get(target).filter(|v| {
                    let mtu = self.call.number("mtu");
                    mtu.is_some_and(|mtu| mtu > i64::from(v.mtu))
                });
                let port = raised
                    .and_then(|v| world.connections.get(&v.connection_id))
                    .filter(|c| !c.jumbo_frame_capable);
                port.map(|c| of(&|v| v.connection_id == c.id))
                    .unwrap_or_default()
            }
            "DetachVpnGateway" => of(&|v| v.virtual_gateway_id.as_deref() == Some(target)),
            "DeleteDirectConnectGatewayAssociation" => {
                let gateway = world.associations.get(target);
                let gateway = gateway.map(|a| a.direct_connect_gateway_id.as_str());
                of(&|v| gateway.is_some() && v.direct_connect_gateway_id.as_deref() == gateway)
            }
            _ => BTreeMap::new(),
        }
    }

    fn last_path(&self) -> Option<Breach> {
        let cuts = self.cuts();
        let lost = cuts.iter().find_map(|(id, only)| {
            let vif = self.world.virtual_interfaces.get(id)?;
            let gone: Vec<AddressFamily> = families(self.world, vif, self.call)
                .into_iter()
                .filter(|f| only.is_none_or(|only| only == *f))
                .collect();
            let others = self
                .world
                .virtual_interfaces
                .values()
                .filter(|o| !cuts.contains_key(o.id.as_str()) && gateway(o) == gateway(vif));
            let others: BTreeSet<AddressFamilyKey> = others
                .flat_map(|o| families(self.world, o, self.call))
                .map(key)
                .collect();
            gone.into_iter().find(|f| !others.contains(&key(*f)))
        })?;
        let consents = |intent: &Value| !intent["consent"].is_null();
        let consented = match self.intent {
            Some(intent) => consents(intent),
            None => self
                .stored_last()
                .is_some_and(|owner| self.intended(owner).any(consents)),
        };
        let guard = self
            .owner
            .and_then(|o| self.account_of(o))
            .map(|a| a["spec"]["guard"].clone());
        let off = guard.is_some_and(|g| g == "Off" || g == "Warn");
        (!consented && !off).then(|| {
            let what = format!("nothing else carries {lost}, and nobody consented");
            self.breach(Promise::LastPathNeedsConsent, &what)
        })
    }
}

/// Address families have no order of their own.
type AddressFamilyKey = String;

fn key(family: AddressFamily) -> AddressFamilyKey {
    family.to_string()
}

fn gateway(vif: &VirtualInterface) -> &str {
    vif.direct_connect_gateway_id
        .as_deref()
        .or(vif.virtual_gateway_id.as_deref())
        .unwrap_or(&vif.id)
}

/// The families that an interface carries; a peer that the call deletes is not the only one that counts.
fn families(world: &AwsWorld, vif: &VirtualInterface, call: &Call) -> Vec<AddressFamily> {
    let port = world.connections.get(&vif.connection_id);
    let up = port.is_some_and(|c| {
        c.state == ConnectionState::Available && !c.cut && c.resetting_until.is_none()
    });
    if !up || vif.state != VirtualInterfaceState::Available {
        return vec![];
    }
    let peers: Vec<_> = vif.peers.iter().filter(|p| p.up).collect();
    let deleted = call.parameter("bgpPeerId");
    peers
        .iter()
        .filter(|p| {
            // Of two peers of one family one may go.
            let twin = |o: &&&dxsim::world::BgpPeer| {
                o.address_family == p.address_family && Some(o.id.as_str()) != deleted
            };
            deleted != Some(p.id.as_str()) || !peers.iter().any(|o| twin(&o))
        })
        .map(|p| p.address_family)
        .collect()
}
