//! What is judged again once an intent is stored: limits, ports without owner, and the guard.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use directconnect_model::api::aws_account::Guard;
use directconnect_model::aws::List;
use directconnect_model::decide;
use directconnect_model::guard::{self, Finding};
use directconnect_model::managed::Managed;
use directconnect_model::reason::Reason;
use directconnect_model::step::{Care, Step};
use directconnect_model::view::Sibling;
use tokio::time::Instant;

use super::gather::Gathered;
use super::store::Trouble;
use super::{Shared, backoff, elsewhere};
use crate::inventory::Inventory;
use crate::registry;

/// What stands in the way once the intent is stored, and how long to wait for it; no pause where what was
/// read just now shows it to the next decision. Limits, ports without owner and the guard are judged again,
/// over what every other object has stored by then. Of two that see each other at least one gives way.
pub async fn in_the_way<K>(
    context: &Shared,
    object: &K,
    gathered: &Gathered,
    step: &Step,
    hash: &str,
) -> Result<Option<(Reason, String, Option<Duration>)>, Trouble>
where
    K: Managed + kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    let orders = K::PAID && step.care == Care::Create;
    let disrupts = matches!(&step.care, Care::Disruptive(d) if !d.cuts.is_empty());
    if !orders && !disrupts {
        return Ok(None);
    }
    let siblings: Vec<Arc<Sibling>> = registry::objects(context)
        .await?
        .into_iter()
        .map(|(sibling, _)| Arc::new(sibling))
        .filter(|s| s.uid != object.uid())
        .collect();
    // The lower uid comes back sooner, so that both do not give way for ever.
    let rival = siblings
        .iter()
        .filter(|s| !s.intents.is_empty())
        .any(|s| s.uid.as_str() < object.uid());
    let pause = Duration::from_secs(if rival { 10 } else { 2 });
    let mut view = gathered.view.clone();
    view.siblings = Arc::new(siblings);
    if orders {
        if let Some(region) = &gathered.region {
            let ports = BTreeSet::from([List::Connections]);
            Inventory::fresh(region, &ports, Instant::now())
                .await
                .map_err(|_| Trouble::Aws)?;
            view.aws = region.snapshot();
        }
        view.elsewhere = match elsewhere::fresh(context, &view).await {
            Ok(ports) => ports,
            Err((reason, message)) => return Ok(Some((reason, message, Some(backoff::UNREAD)))),
        };
        let blocked = decide::in_the_way(object, &view, hash, step.consent.as_deref());
        // A port without owner is in the snapshot now: the next decision says what to do about it.
        return Ok(blocked.map(|(reason, message)| {
            let pause = (reason == Reason::OrderLimit).then_some(pause);
            (reason, message, pause)
        }));
    }
    if let Care::Disruptive(disruption) = &step.care
        && step.consent.is_none()
        && view.account().is_none_or(|a| a.guard == Guard::Enforce)
        && matches!(guard::check(&view, disruption), Finding::LastPath(_))
    {
        let message =
            "another object is about to cut the other path: this step waits for it".to_owned();
        return Ok(Some((disruption.reason, message, Some(pause))));
    }
    Ok(None)
}
