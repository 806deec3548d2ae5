//! AwsAccount: verifies the identity, holds the object while it is used.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use directconnect_model::api::AwsAccount;
use directconnect_model::api::aws_account::{AwsAccountStatus, Orphan};
use directconnect_model::api::common::SecretKeyReference;
use directconnect_model::api::status::Actor;
use directconnect_model::decide::FINALIZER;
use directconnect_model::kind::{Kind, ObjectKey};
use directconnect_model::project::{Circumstances, Observed, project};
use directconnect_model::reason::Reason;
use directconnect_model::tags;
use directconnect_model::verdict::Verdict;
use directconnect_model::view::{SecretState, forbidden};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::reflector::ObjectRef;
use serde_json::json;
use tokio::time::Instant;
use tracing::warn;

use super::memory::Remembered;
use super::store::{Trouble, attempt};
use super::tally::Said;
use super::{Shared, backoff, doubt, events, gather, orphans, secrets, transitions};
use crate::aws::{Account, read};

/// How often an identity is verified again.
const VERIFY: Duration = Duration::from_secs(300);
/// How often orphans are looked for.
const LOOK: Duration = Duration::from_secs(60);

/// The account as the watch shows it.
pub fn cached(context: &Shared, name: &str) -> Option<Arc<AwsAccount>> {
    context.accounts.get(&ObjectRef::new(name))
}

/// The account, read uncached.
pub async fn read(context: &Shared, name: &str) -> Result<Option<Arc<AwsAccount>>, Trouble> {
    let api: Api<AwsAccount> = Api::all(context.client.clone());
    let known = cached(context, name).and_then(|a| a.metadata.resource_version.clone());
    match attempt(api.get(name)).await {
        Ok(account) => {
            let version = account.metadata.resource_version.as_deref();
            context.doubt.read(known.as_deref(), version);
            Ok(Some(Arc::new(account)))
        }
        Err(Trouble::Gone) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// What its conditions say, to be counted.
pub fn said(account: &AwsAccount) -> Said {
    let status = account.status.as_ref();
    Said::by(status.map_or(&[], |s| s.conditions.as_slice()))
}

fn ready(account: &AwsAccount) -> Option<&Condition> {
    let status = account.status.as_ref()?;
    status.conditions.iter().find(|c| c.type_ == "Ready")
}

/// What objects say of AWS while their account cannot be used any more: they were seen through it.
pub fn unobserved(account: &AwsAccount) -> Observed {
    let found = ready(account);
    let reason = found
        .and_then(|c| c.reason.parse().ok())
        .unwrap_or(Reason::FirstLook);
    let text = format!(
        "AWS is not read: awsaccount/{} is not ready: {reason}",
        account.name_any()
    );
    Observed::No(reason, text, found.map(|c| c.last_transition_time.0))
}

/// Why the account is not verified yet; none if it is.
pub fn not_verified(account: &AwsAccount) -> Option<String> {
    match ready(account) {
        // An identity that was verified once holds while AWS cannot be asked again.
        Some(c) if c.status == "True" => None,
        Some(c) if c.status == "Unknown" && verified_once(account) => None,
        // What uses an account that is to go needs it to go first.
        Some(c)
            if c.reason == Reason::WaitingForDependents.to_string() && verified_once(account) =>
        {
            None
        }
        Some(c) => Some(c.reason.clone()),
        None => Some(Reason::FirstLook.to_string()),
    }
}

fn verified_once(account: &AwsAccount) -> bool {
    account
        .status
        .as_ref()
        .is_some_and(|s| s.caller_arn.is_some())
}

/// How AWS is reached for an account and region.
pub async fn settings(
    context: &Shared,
    account: &AwsAccount,
    region: &str,
) -> Result<Account, Trouble> {
    let spec = &account.spec;
    let role = spec.assume_role.as_ref();
    let external_id = match role.and_then(|r| r.external_id_secret_ref.as_ref()) {
        None => None,
        Some(reference) => {
            let SecretKeyReference { name, key } = reference;
            let state = secrets::read(context, &context.namespace, name, key, false).await?;
            match state {
                SecretState::Value { value, .. } => Some(value.expose().to_owned()),
                SecretState::Forbidden => {
                    return Err(Trouble::Kubernetes(forbidden(
                        &reference.name,
                        &context.namespace,
                    )));
                }
                SecretState::NoSecret | SecretState::NoKey => {
                    return Err(Trouble::Kubernetes(format!(
                        "Secret {} has no key {}",
                        reference.name, reference.key
                    )));
                }
            }
        }
    };
    let rates = spec.request_rates.as_ref();
    let rate = |value: Option<i32>, default: u32| {
        value.and_then(|v| u32::try_from(v).ok()).unwrap_or(default)
    };
    Ok(Account {
        account_id: spec.account_id.clone(),
        region: region.to_owned(),
        role_arn: role.map(|r| r.role_arn.clone()),
        external_id,
        endpoints: gather::endpoints(spec.endpoints.as_ref(), &context.endpoints),
        rates: (
            rate(rates.and_then(|r| r.direct_connect_per_second), 2),
            rate(rates.and_then(|r| r.ec2_per_second), 4),
        ),
    })
}

/// The account is gone.
pub fn forget(context: &Shared, account: &AwsAccount) {
    context.memories.forget(&account.uid().unwrap_or_default());
    let key = ObjectKey::new(Kind::AwsAccount, "", &account.name_any());
    context.inventory.forget(&key);
    context.metrics.forget(&account.name_any());
}

/// One pass over an account.
pub async fn run(context: &Shared, account: &AwsAccount) -> Duration {
    // Who begins to lead wakes everything.
    if !context.leads.holds() || !context.serves(&account.name_any()) {
        return VERIFY;
    }
    let started = Instant::now();
    let result = pass(context, account).await;
    let outcome = result.as_ref().map_or_else(Trouble::outcome, |_| "done");
    let kind: &str = Kind::AwsAccount.into();
    context.metrics.reconcile(kind, outcome, started.elapsed());
    if cached(context, &account.name_any()).is_none() {
        // It went meanwhile.
        forget(context, account);
    }
    match result {
        Ok(again) => {
            let uid = account.uid().unwrap_or_default();
            context.memories.with(&uid, |m| m.failures = 0);
            again
        }
        Err(Trouble::Gone | Trouble::Standby) => VERIFY,
        Err(trouble) => {
            let uid = account.uid().unwrap_or_default();
            let failures = context.memories.with(&uid, |m| {
                m.failures += 1;
                m.failures
            });
            if matches!(trouble, Trouble::Conflict) {
                let version = account.metadata.resource_version.as_deref();
                doubt::refused(context, &uid, version);
            } else {
                warn!(name = account.name_any(), %trouble, "a pass over an AwsAccount was cut short");
            }
            backoff::pause(failures, context.jitter())
        }
    }
}

async fn pass(context: &Shared, account: &AwsAccount) -> Result<Duration, Trouble> {
    let name = account.name_any();
    let deleting = account.metadata.deletion_timestamp.is_some();
    let has_finalizer = account.finalizers().iter().any(|f| f == FINALIZER);
    if deleting {
        return leave(context, account, has_finalizer).await;
    }
    if !has_finalizer {
        let mut all = account.finalizers().to_vec();
        all.push(FINALIZER.to_owned());
        let patch = json!({"metadata": {
            "uid": account.uid(), "resourceVersion": account.resource_version(), "finalizers": all,
        }});
        let api: Api<AwsAccount> = Api::all(context.client.clone());
        attempt(api.patch(&name, &PatchParams::default(), &Patch::Merge(patch))).await?;
        return Ok(Duration::from_millis(100));
    }
    let asked = Instant::now();
    let (mut verdict, mut observed, arn) = if verified(context, account) {
        (identified(&account.spec.account_id), Observed::Yes, None)
    } else {
        let answer = verify(context, account).await?;
        let good = answer.0.provisioned.then_some(asked);
        let uid = account.uid().unwrap_or_default();
        context.memories.with(&uid, |m| m.verified = good);
        answer
    };
    if verdict.provisioned {
        orphans::watch(context, account).await;
        observed = orphans::unread(context, account).unwrap_or(observed);
    }
    let before = account.status.clone().unwrap_or_default().orphans;
    let found = orphans::found(context, account).unwrap_or(before);
    orphans::say(&mut verdict, &found);
    store(context, account, &verdict, observed, arn, found).await?;
    Ok(if verdict.provisioned {
        LOOK
    } else {
        LOOK.min(backoff::AFTER_REFUSAL)
    })
}

/// What is said once STS has confirmed the identity.
fn identified(id: &str) -> Verdict {
    let mut verdict = Verdict::up(format!(
        "STS says that the credentials belong to account {id}"
    ));
    verdict.reason = Reason::Verified;
    verdict
}

/// True if STS was asked not long ago and nothing has changed since.
fn verified(context: &Shared, account: &AwsAccount) -> bool {
    let seen = context.inventory.regions(&account.name_any());
    let told = account.status.as_ref().is_some_and(|s| {
        s.observed_generation == account.metadata.generation
            && seen.iter().all(|region| s.regions.contains(region))
            && s.conditions
                .iter()
                .any(|c| c.type_ == "Ready" && c.status == "True")
    });
    let uid = account.uid().unwrap_or_default();
    let at = context.memories.with(&uid, |m| m.verified);
    told && at.is_some_and(|at| at.elapsed() < VERIFY)
}

/// Asks STS who we are.
async fn verify(
    context: &Shared,
    account: &AwsAccount,
) -> Result<(Verdict, Observed, Option<String>), Trouble> {
    let unseen =
        |reason, message: &str| Observed::Not(reason, format!("AWS is not read: {message}"));
    let stalled = |reason, message: String| {
        let observed = match reason {
            Reason::AccountMismatch => Observed::Yes,
            _ => unseen(reason, &message),
        };
        Ok((Verdict::stalled(reason, message), observed, None))
    };
    if let Some(message) = tags::refused(&account.spec.default_tags) {
        return stalled(
            Reason::Invalid,
            format!("spec.defaultTags: {message}; rename it"),
        );
    }
    let endpoints = gather::endpoints(account.spec.endpoints.as_ref(), &context.endpoints);
    if let Some(message) = crate::config::windows_refused(&endpoints, &context.windows) {
        return stalled(Reason::Invalid, format!("spec.endpoints: {message}"));
    }
    let settings = match settings(context, account, &account.spec.region).await {
        Ok(settings) => settings,
        Err(Trouble::Kubernetes(message)) => {
            let message = format!("spec.assumeRole.externalIdSecretRef: {message}");
            let observed = unseen(Reason::SecretNotReady, &message);
            let verdict = Verdict::waits(Reason::SecretNotReady, Actor::You, message, None, false);
            return Ok((verdict, observed, None));
        }
        Err(trouble) => return Err(trouble),
    };
    let clients = context.aws.clients(&account.name_any(), &settings).await;
    match read::caller_identity(&clients).await {
        Ok((id, arn)) if id == account.spec.account_id => {
            Ok((identified(&id), Observed::Yes, Some(arn)))
        }
        Ok((id, _)) => stalled(
            Reason::AccountMismatch,
            format!(
                "spec.accountId is {}, and STS says that the credentials belong to account {id}: correct spec.accountId or spec.assumeRole.roleArn",
                account.spec.account_id
            ),
        ),
        Err(error) if error.reason() == Reason::AccessDenied => stalled(
            Reason::AccessDenied,
            format!(
                "AWS refuses the operator: {}: correct spec.assumeRole, the role's trust policy or the operator's credentials",
                error.message
            ),
        ),
        Err(error) => {
            let since = account.status.as_ref().and_then(|s| {
                s.conditions
                    .iter()
                    .find(|c| c.type_ == "Observed")
                    .filter(|c| c.status == "False")
                    .map(|c| c.last_transition_time.0)
            });
            let verdict = Verdict::unknown(
                error.reason(),
                format!("STS cannot be asked: {}", error.message),
            );
            let text = format!("AWS cannot be read: {}", error.message);
            Ok((
                verdict,
                Observed::No(
                    error.reason(),
                    text,
                    Some(since.unwrap_or(context.clock.now())),
                ),
                None,
            ))
        }
    }
}

async fn store(
    context: &Shared,
    account: &AwsAccount,
    verdict: &Verdict,
    observed: Observed,
    arn: Option<String>,
    orphans: Vec<Orphan>,
) -> Result<(), Trouble> {
    if !context.leads.holds() {
        return Err(Trouble::Standby);
    }
    let before = account.status.clone().unwrap_or_default();
    let circumstances = Circumstances {
        generation: account.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        paused: false,
        observed,
    };
    let mut projection = project(
        verdict,
        &circumstances,
        &before.conditions,
        &before.waiting_for,
        before.observed_generation,
    );
    projection.conditions.retain(|c| c.type_ != "Provisioned");
    let status = AwsAccountStatus {
        observed_generation: projection.observed_generation,
        conditions: projection.conditions,
        waiting_for: projection.waiting_for,
        regions: {
            let seen = context.inventory.regions(&account.name_any());
            let all: BTreeSet<String> = before.regions.iter().cloned().chain(seen).collect();
            all.into_iter().collect()
        },
        caller_arn: arn.or(before.caller_arn.clone()),
        orphans,
    };
    if status == before {
        return Ok(());
    }
    let uid = account.uid().unwrap_or_default();
    if !context.memories.with(&uid, Remembered::may_tell) {
        // Another process says something else again and again: it is said at the next look.
        return Ok(());
    }
    let name = account.name_any();
    let api: Api<AwsAccount> = Api::all(context.client.clone());
    let value = serde_json::to_value(&status)
        .map_err(|_| Trouble::Kubernetes("a status could not be written".to_owned()))?;
    let patch: json_patch::Patch = serde_json::from_value(json!([
        {"op": "test", "path": "/metadata/uid", "value": account.uid()},
        {"op": "test", "path": "/metadata/resourceVersion", "value": account.resource_version()},
        {"op": "add", "path": "/status", "value": value},
    ]))
    .map_err(|_| Trouble::Kubernetes("a patch could not be built".to_owned()))?;
    attempt(api.patch_status(&name, &PatchParams::default(), &Patch::Json::<()>(patch))).await?;
    context.metrics.status_write(Kind::AwsAccount.into());
    let key = ObjectKey::new(Kind::AwsAccount, "", &name);
    for note in transitions::news(key.kind, &before.conditions, &status.conditions) {
        events::emit(context, &key, &uid, &note).await;
    }
    orphans::tell(context, account, &before.orphans, &status.orphans).await;
    for key in context.index.users_of(&name) {
        context.wakes.wake(&key);
    }
    Ok(())
}

/// Removal waits for the account's users.
async fn leave(
    context: &Shared,
    account: &AwsAccount,
    has_finalizer: bool,
) -> Result<Duration, Trouble> {
    if !has_finalizer {
        return Ok(VERIFY);
    }
    let name = account.name_any();
    // Uncached: at the start the index knows nobody yet.
    let users: Vec<ObjectKey> = crate::registry::objects(context)
        .await?
        .into_iter()
        .filter(|(_, account)| *account == name)
        .map(|(sibling, _)| sibling.key)
        .collect();
    if !users.is_empty() {
        let names: Vec<String> = users
            .iter()
            .take(10)
            .map(|u| format!("{u} (namespace {})", u.namespace))
            .collect();
        let verdict = Verdict::waits(
            Reason::WaitingForDependents,
            Actor::You,
            format!(
                "{} objects name this account, so it stays: {}",
                users.len(),
                names.join(", ")
            ),
            Some("it goes"),
            false,
        );
        let known = account.status.clone().unwrap_or_default().orphans;
        let observed = orphans::unread(context, account).unwrap_or(Observed::Yes);
        store(context, account, &verdict, observed, None, known).await?;
        return Ok(Duration::from_secs(10));
    }
    let Some(at) = account.finalizers().iter().position(|f| f == FINALIZER) else {
        return Ok(VERIFY);
    };
    let path = format!("/metadata/finalizers/{at}");
    let patch: json_patch::Patch = serde_json::from_value(json!([
        {"op": "test", "path": "/metadata/uid", "value": account.uid()},
        {"op": "test", "path": "/metadata/resourceVersion", "value": account.resource_version()},
        {"op": "test", "path": path, "value": FINALIZER},
        {"op": "remove", "path": path},
    ]))
    .map_err(|_| Trouble::Kubernetes("a patch could not be built".to_owned()))?;
    let api: Api<AwsAccount> = Api::all(context.client.clone());
    attempt(api.patch(&name, &PatchParams::default(), &Patch::Json::<()>(patch))).await?;
    Ok(VERIFY)
}
