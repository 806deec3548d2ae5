//! Gathers everything that a decision may look at: from caches, or anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::aws::{List, Snapshot};
use directconnect_model::decide::{self, SELF};
use directconnect_model::identity;
use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::managed::Managed;
use directconnect_model::project::Observed;
use directconnect_model::reason::Reason;
use directconnect_model::view::{Account, Blocked, Referenced, SecretState, View};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use tokio::time::Instant;

use super::store::{Trouble, attempt};
use super::{Shared, account, elsewhere, memory, secrets};
use crate::aws::Clients;
use crate::inventory::{Interest, Inventory, Region};

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Watches and the published snapshot.
    Caches,
    /// Uncached reads of Kubernetes, and AWS lists begun from now on.
    Anew,
    /// Uncached reads of Kubernetes; the published snapshot will do.
    KubernetesAnew,
}

/// A view, and the means to act on it.
pub struct Gathered {
    /// What the decision sees.
    pub view: View,
    /// Clients of the account and region, where there is one.
    pub clients: Option<Arc<Clients>>,
    /// Inventory of the account and region, where there is one.
    pub region: Option<Arc<Region>>,
    /// Lists that the object wants.
    pub lists: BTreeSet<List>,
    /// Whether AWS can be read.
    pub observed: Observed,
}

/// Gathers the view of an object.
pub async fn gather<K: Managed>(
    context: &Shared,
    object: &K,
    from: From,
) -> Result<Gathered, Trouble> {
    let key = object.key();
    let started = Instant::now();
    let common = object.common();
    let account = match from {
        From::Caches => account::cached(context, &common.account_ref.name),
        _ => account::read(context, &common.account_ref.name).await?,
    };
    let usable = usable(
        context,
        account.as_deref(),
        &common.account_ref.name,
        &key.namespace,
        common.region.as_deref(),
    )
    .await;
    let (account_view, reached) = match usable {
        Ok((view, place, clients)) => (Ok(view), Some((place, clients))),
        Err(blocked) => (Err(blocked), None),
    };
    let region = reached
        .as_ref()
        .map(|(place, clients)| context.inventory.region(place, clients));
    let references = references(context, object, from).await?;
    let secrets = keys(context, object, from).await?;
    let leaving = if object.meta().deletion_timestamp.is_some() {
        leaving(context, &key).await?
    } else {
        false
    };
    let mut view = View {
        now: context.clock.now(),
        cluster_id: context.cluster_id.clone(),
        windows: context.windows,
        account: account_view,
        aws: Snapshot::default(),
        references,
        secrets,
        siblings: context.index.siblings(),
        memory: directconnect_model::view::Memory::default(),
        leaving,
        elsewhere: vec![],
        unreadable: false,
    };
    let mut lists = BTreeSet::new();
    let mut observed = match &view.account {
        Ok(_) => Observed::Yes,
        Err(blocked) => Observed::Not(
            blocked.reason,
            format!("AWS is not read: {}", blocked.message),
        ),
    };
    // An object that was seen through its account keeps what was seen for a while.
    let seen = object
        .stored()
        .is_some_and(|s| K::managed(s).account_id.is_some());
    let unverified = account
        .as_deref()
        .filter(|a| allows(a, &key.namespace) && account::not_verified(a).is_some());
    if seen && let Some(account) = unverified {
        observed = account::unobserved(account);
    }
    if let (Some(region), Some((place, _))) = (&region, &reached) {
        view.aws = region.snapshot();
        // What the lists show can make further lists matter.
        for _ in 0..3 {
            let wanted = object.lists(&view);
            let more = wanted.difference(&lists).next().is_some();
            lists = wanted;
            region.sweep(&lists);
            context
                .inventory
                .interested(&key, interest(object, &view, place.clone(), &lists));
            if from == From::Anew && Inventory::fresh(region, &lists, started).await.is_err() {
                return Err(Trouble::Aws);
            }
            view.aws = region.snapshot();
            if !more {
                break;
            }
        }
        observed = Inventory::observed(region, &lists, &context.clock);
        view.unreadable = matches!(observed, Observed::No(..));
        let unordered = object.stored().and_then(K::aws_id).is_none()
            && object.meta().deletion_timestamp.is_none();
        if K::PAID && unordered {
            // One that cannot be read holds the order once its intent is stored.
            view.elsewhere = match from {
                From::Anew => elsewhere::fresh(context, &view).await.unwrap_or_default(),
                _ => elsewhere::known(context, &view),
            };
        }
        view.now = context.clock.now();
    }
    let last_order = context.lately.last_order(&key, open_order(object));
    let going = context.lately.going();
    view.memory = context.memories.with(object.uid(), |m| {
        m.spec_seen(object.meta().generation);
        memory::tidy(&mut m.memory, view.now);
        note_missing(object, &view, &lists, &mut m.memory.missing);
        note_alike(object, &view, &mut m.memory.alike);
        m.memory.last_order = last_order;
        m.memory.going = going;
        m.memory.clone()
    });
    context.planted.view(object, &mut view);
    Ok(Gathered {
        view,
        clients: reached.map(|(_, clients)| clients),
        region,
        lists,
        observed,
    })
}

/// When the open order of an object was sent.
fn open_order<K: Managed>(object: &K) -> Option<jiff::Timestamp> {
    let intents = object.stored().map(|s| &K::managed(s).intents)?;
    let open = intents.get(SELF).filter(|_| !K::NATURAL)?;
    decide::sent(open).max()
}

/// Keeps the beginnings of complete lists that did not hold the recorded id.
fn note_missing<K: Managed>(
    object: &K,
    view: &View,
    lists: &BTreeSet<List>,
    missing: &mut Vec<jiff::Timestamp>,
) {
    let id = object.stored().and_then(K::aws_id);
    let begun = view.aws.begun_all(lists);
    let (Some(id), Some(begun)) = (id, begun) else {
        missing.clear();
        return;
    };
    let listed = object
        .candidates(view, Some(id))
        .iter()
        .any(|c| c.id == id && c.presence == directconnect_model::identity::Presence::Live);
    if listed {
        missing.clear();
    } else if missing.last().is_none_or(|last| begun > *last) {
        missing.push(begun);
        if missing.len() > 8 {
            missing.remove(1);
        }
    }
}

/// Keeps when ports that look like the declared one, and that nobody owns, were first seen.
fn note_alike<K: Managed>(object: &K, view: &View, alike: &mut BTreeMap<String, jiff::Timestamp>) {
    // It is asked before an order only.
    if !K::PAID || object.stored().and_then(K::aws_id).is_some() {
        alike.clear();
        return;
    }
    let Some(begun) = view.aws.begun(&List::Connections) else {
        return;
    };
    let found: BTreeSet<String> = object
        .candidates(view, None)
        .into_iter()
        .filter(|c| c.alike && c.same_name && !c.tags.contains_key(identity::IDENTITY))
        .map(|c| c.id)
        .collect();
    alike.retain(|id, _| found.contains(id));
    for id in found {
        alike.entry(id).or_insert(begun);
    }
}

fn interest<K: Managed>(
    object: &K,
    view: &View,
    place: (String, String),
    lists: &BTreeSet<List>,
) -> Interest {
    let mut ids: BTreeSet<String> = object.aws_ids().into_iter().collect();
    ids.extend(object.stored().and_then(K::aws_id).map(str::to_owned));
    ids.extend(view.references.values().filter_map(|r| r.aws_id.clone()));
    ids.extend(object.common().import.as_ref().map(|i| i.id.clone()));
    Interest {
        place,
        lists: lists.clone(),
        ids,
    }
}

/// True if the account may be used from this namespace.
fn allows(account: &AwsAccount, namespace: &str) -> bool {
    account
        .spec
        .allowed_namespaces
        .as_ref()
        .is_some_and(|a| a.names.iter().any(|n| n == namespace))
}

/// The account, its name and region, and the clients that reach it; or why it may not be used.
async fn usable(
    context: &Shared,
    account: Option<&AwsAccount>,
    name: &str,
    namespace: &str,
    region: Option<&str>,
) -> Result<(Account, (String, String), Arc<Clients>), Blocked> {
    let blocked = |reason, message: String, stalled| Blocked {
        reason,
        message,
        stalled,
    };
    let Some(account) = account else {
        return Err(blocked(
            Reason::ReferenceNotFound,
            format!("spec.accountRef names AwsAccount {name}, which does not exist: create it"),
            false,
        ));
    };
    if !allows(account, namespace) {
        return Err(blocked(
            Reason::NamespaceNotAllowed,
            format!(
                "AwsAccount {name} does not allow namespace {namespace}: add it to its spec.allowedNamespaces.names"
            ),
            true,
        ));
    }
    let not_ready = |message: &str| {
        blocked(
            Reason::WaitingForReference,
            format!("awsaccount/{name} is not ready: {message}"),
            false,
        )
    };
    if let Some(message) = account::not_verified(account) {
        return Err(not_ready(&message));
    }
    let spec = &account.spec;
    let region = region.unwrap_or(&spec.region).to_owned();
    let Ok(settings) = account::settings(context, account, &region).await else {
        return Err(not_ready("its Secret cannot be read"));
    };
    let clients = context.aws.clients(name, &settings).await;
    let view = Account {
        name: name.to_owned(),
        account_id: spec.account_id.clone(),
        region: region.clone(),
        default_tags: spec.default_tags.clone(),
        orders: spec.orders.clone(),
        guard: spec.guard.unwrap_or_default(),
        uid: account.metadata.uid.clone().unwrap_or_default(),
        resource_version: account
            .metadata
            .resource_version
            .clone()
            .unwrap_or_default(),
    };
    Ok((view, (name.to_owned(), region), clients))
}

/// Endpoints of an account with the operator's defaults under them.
pub fn endpoints(own: Option<&Endpoints>, defaults: &Endpoints) -> Endpoints {
    let own = own.cloned().unwrap_or_default();
    Endpoints {
        direct_connect: own
            .direct_connect
            .or_else(|| defaults.direct_connect.clone()),
        ec2: own.ec2.or_else(|| defaults.ec2.clone()),
        sts: own.sts.or_else(|| defaults.sts.clone()),
        cloud_watch: own.cloud_watch.or_else(|| defaults.cloud_watch.clone()),
    }
}

async fn references<K: Managed>(
    context: &Shared,
    object: &K,
    from: From,
) -> Result<BTreeMap<ObjectKey, Referenced>, Trouble> {
    let mut all = BTreeMap::new();
    for key in object.references() {
        let found = match from {
            From::Caches => context.index.referenced(&key),
            _ => read_referenced(context, &key).await?,
        };
        if let Some(found) = found {
            all.insert(key, found);
        }
    }
    Ok(all)
}

/// The resource of a kind, for untyped reads.
pub fn resource(kind: Kind) -> ApiResource {
    let gvk = GroupVersionKind::gvk("directconnect.dev", "v1alpha1", &kind.to_string());
    ApiResource::from_gvk_with_plural(&gvk, kind.plural())
}

async fn read_referenced(context: &Shared, key: &ObjectKey) -> Result<Option<Referenced>, Trouble> {
    let api: Api<DynamicObject> =
        Api::namespaced_with(context.client.clone(), &key.namespace, &resource(key.kind));
    let object = match attempt(api.get(&key.name)).await {
        Ok(object) => object,
        Err(Trouble::Gone) => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let resource_version = object.metadata.resource_version.clone().unwrap_or_default();
    let found = crate::registry::referenced(key.kind, object);
    Ok(found.map(|r| Referenced {
        resource_version,
        ..r
    }))
}

/// Reads what the object refers to in Secrets.
async fn keys<K: Managed>(
    context: &Shared,
    object: &K,
    from: From,
) -> Result<BTreeMap<(String, String), SecretState>, Trouble> {
    let mut all = BTreeMap::new();
    // A deletion needs none, and its namespace's rights may be gone already.
    if object.meta().deletion_timestamp.is_some() {
        return Ok(all);
    }
    let namespace = object.key().namespace;
    for reference in object.secrets() {
        let (name, key) = (&reference.name, &reference.key);
        let anew = from != From::Caches;
        let state = secrets::read(context, &namespace, name, key, anew).await?;
        all.insert((name.clone(), key.clone()), state);
    }
    Ok(all)
}

/// True while the namespace or the CRD is being removed: read uncached.
async fn leaving(context: &Shared, key: &ObjectKey) -> Result<bool, Trouble> {
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    match attempt(namespaces.get(&key.namespace)).await {
        Ok(namespace) if namespace.metadata.deletion_timestamp.is_some() => return Ok(true),
        Ok(_) => {}
        Err(Trouble::Gone) => return Ok(true),
        Err(trouble) => return Err(trouble),
    }
    let definitions: Api<CustomResourceDefinition> = Api::all(context.client.clone());
    let name = format!("{}.directconnect.dev", key.kind.plural());
    match attempt(definitions.get(&name)).await {
        Ok(definition) => Ok(definition.metadata.deletion_timestamp.is_some()),
        Err(Trouble::Gone) => Ok(true),
        Err(trouble) => Err(trouble),
    }
}
