//! AWS objects that carry this cluster's identity, are not marked as kept, and that no object claims:
//! reported on their AwsAccount, never deleted.

use std::collections::BTreeSet;

use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::Orphan;
use directconnect_model::api::status::Actor;
use directconnect_model::aws::{List, Snapshot, Tags};
use directconnect_model::decide::Note;
use directconnect_model::event::EventReason;
use directconnect_model::identity;
use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::project::Observed;
use directconnect_model::reason::Reason;
use directconnect_model::verdict::{Statement, Truth, Verdict, waiting};
use kube::ResourceExt;

use super::{Shared, account, events};
use crate::inventory::{Interest, Inventory};

/// Most that a status lists.
const MOST: usize = 100;
/// Most that a sentence names.
const NAMED: usize = 10;

/// What the last sweeps show; none before it is known who is there to claim it.
pub fn found(context: &Shared, account: &AwsAccount) -> Option<Vec<Orphan>> {
    if !context.begun.is_cancelled() {
        return None;
    }
    let siblings = context.index.siblings();
    let keys: BTreeSet<&ObjectKey> = siblings.iter().map(|s| &s.key).collect();
    let ids: BTreeSet<&str> = siblings
        .iter()
        .filter_map(|s| s.aws_id.as_deref())
        .collect();
    let snapshots = context.inventory.snapshots(&account.name_any());
    // Before the lists were read, as after a restart, what was known stays known.
    let own = &account.spec.region;
    let unread = !snapshots
        .iter()
        .any(|(region, snapshot)| region == own && snapshot.absent(&lists()).is_empty());
    let known = account.status.iter().flat_map(|s| &s.orphans);
    let mut found: BTreeSet<Orphan> = known
        .filter(|o| unread && o.region == *own)
        .cloned()
        .collect();
    let mut retained = 0;
    // What AWS accepted to delete may be listed for a while.
    let going = context.lately.going();
    for (region, snapshot) in &snapshots {
        let there = living(snapshot).into_iter();
        for (id, tags) in there.filter(|(id, _)| !going.contains_key(*id)) {
            let Some((cluster, owner)) = tags
                .get(identity::IDENTITY)
                .and_then(|t| identity::parse(t))
            else {
                continue;
            };
            let claimed = keys.contains(&owner) || ids.contains(id);
            if cluster != context.cluster_id || claimed {
                continue;
            }
            if tags.contains_key(identity::RETAINED_AT) {
                retained += 1;
            } else if !context.lately.just_let_go(&owner, context.clock.now()) {
                found.insert(Orphan {
                    id: id.to_owned(),
                    region: region.clone(),
                    owner: format!("{}/{}/{}", owner.kind, owner.namespace, owner.name),
                });
            }
        }
    }
    // Who leads no more tells nothing.
    if context.leads.holds() {
        let orphans = i64::try_from(found.len()).unwrap_or(0);
        context
            .metrics
            .unclaimed(&account.name_any(), orphans, retained);
    }
    Some(found.into_iter().take(MOST).collect())
}

/// Lists of what carries tags.
fn lists() -> BTreeSet<List> {
    BTreeSet::from([
        List::Connections,
        List::VirtualInterfaces,
        List::DirectConnectGateways,
        List::VpnGateways,
    ])
}

/// Has the lists swept that show what could be orphaned, in the account's own region: what no object
/// looks for any more is looked for all the same. Other regions are seen while objects are there.
pub async fn watch(context: &Shared, account: &AwsAccount) {
    let (name, region) = (account.name_any(), account.spec.region.clone());
    let Ok(settings) = account::settings(context, account, &region).await else {
        return;
    };
    let clients = context.aws.clients(&name, &settings).await;
    let place = (name.clone(), region);
    let lists = lists();
    context.inventory.region(&place, &clients).sweep(&lists);
    let interest = Interest {
        place,
        lists,
        ids: BTreeSet::new(),
    };
    let key = ObjectKey::new(Kind::AwsAccount, "", &name);
    context.inventory.interested(&key, interest);
}

/// What keeps the lists that show orphans from being read.
pub fn unread(context: &Shared, account: &AwsAccount) -> Option<Observed> {
    let place = (account.name_any(), account.spec.region.clone());
    let region = context.inventory.known(&place)?;
    match Inventory::observed(&region, &lists(), &context.clock) {
        Observed::No(reason, text, _) => {
            Some(Observed::Not(reason, format!("{text} (in {})", place.1)))
        }
        _ => None,
    }
}

/// Tagged objects that AWS is not deleting.
fn living(snapshot: &Snapshot) -> Vec<(&str, &Tags)> {
    let lives = |state: &str| !matches!(state, "deleting" | "deleted" | "rejected");
    let mut all: Vec<(&str, &Tags)> = vec![];
    for c in snapshot.connections() {
        if lives(&c.connection_state) {
            all.push((&c.connection_id, &c.tags));
        }
    }
    for v in snapshot.virtual_interfaces() {
        if lives(&v.virtual_interface_state) {
            all.push((&v.virtual_interface_id, &v.tags));
        }
    }
    for g in snapshot.direct_connect_gateways() {
        if lives(&g.direct_connect_gateway_state) {
            all.push((&g.direct_connect_gateway_id, &g.tags));
        }
    }
    for g in snapshot.vpn_gateways() {
        if lives(&g.state) {
            all.push((&g.vpn_gateway_id, &g.tags));
        }
    }
    all
}

/// Adds the condition, and who must act. Ready is the identity's and stays as it is.
pub fn say(verdict: &mut Verdict, orphans: &[Orphan]) {
    if orphans.is_empty() {
        return;
    }
    let named: Vec<String> = orphans
        .iter()
        .take(NAMED)
        .map(|o| format!("{} of {}", o.id, o.owner))
        .collect();
    let more = if orphans.len() > NAMED {
        " and more"
    } else {
        ""
    };
    let message = format!(
        "AWS objects of this cluster that no object claims: {}{more}: apply the objects again to take them back, or delete them at AWS",
        named.join(", ")
    );
    verdict.waiting_for.push(waiting(
        Reason::Orphaned,
        Actor::You,
        &message,
        Some("this condition goes"),
    ));
    verdict.statements.push(Statement {
        condition: "Orphaned",
        truth: Truth::True,
        reason: Reason::Orphaned,
        message,
    });
}

/// One event for each that was not told before.
pub async fn tell(context: &Shared, account: &AwsAccount, before: &[Orphan], now: &[Orphan]) {
    let key = ObjectKey::new(Kind::AwsAccount, "", &account.name_any());
    let uid = account.uid().unwrap_or_default();
    for Orphan { id, region, owner } in now.iter().filter(|o| !before.contains(o)) {
        let message = format!(
            "{id} in {region} carries the identity of {owner}, which does not exist: apply the object again to take it back, or delete it at AWS"
        );
        let note = Note::new(EventReason::Orphaned, message);
        events::emit(context, &key, &uid, &note).await;
    }
}
