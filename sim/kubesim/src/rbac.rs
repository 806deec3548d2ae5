//! Rights: Roles and ClusterRoles bound to users, groups and service accounts, as `rbac.authorization.k8s.io` has them.
//!
//! A client without a user (the default) may do everything, as a member of `system:masters`.

use serde_json::Value;

use crate::{
    call::{Call, Verb},
    error::ApiError,
    store::{Key, State},
};

const ROLES: &str = "roles.rbac.authorization.k8s.io";
const CLUSTER_ROLES: &str = "clusterroles.rbac.authorization.k8s.io";
const BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";
const CLUSTER_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";

fn holds(list: &Value, wanted: &str) -> bool {
    list.as_array()
        .is_some_and(|items| items.iter().any(|item| item == wanted || item == "*"))
}

/// True if one of the subjects is this user, or a group of theirs.
fn names(binding: &Value, user: &str) -> bool {
    let account = user
        .strip_prefix("system:serviceaccount:")
        .and_then(|account| account.split_once(':'));
    let is_member = |group: &str| match (group, account) {
        ("system:authenticated", _) | ("system:serviceaccounts", Some(_)) => true,
        (group, Some((namespace, _))) => {
            group.strip_prefix("system:serviceaccounts:") == Some(namespace)
        }
        _ => false,
    };
    let mut subjects = binding["subjects"].as_array().into_iter().flatten();
    subjects.any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => name == user,
            Some("Group") => is_member(name),
            Some("ServiceAccount") => {
                account
                    == subject["namespace"]
                        .as_str()
                        .map(|namespace| (namespace, name))
            }
            _ => false,
        }
    })
}

/// The object that a call is about: a list or watch of one name counts.
fn name_of(call: &Call) -> &str {
    let selected = call
        .parameter("fieldSelector")
        .filter(|_| call.name.is_empty());
    let selected = selected.and_then(|fields| fields.strip_prefix("metadata.name="));
    selected.unwrap_or(&call.name)
}

/// True if the rules of a role give this right.
fn gives(role: &Value, verb: &str, call: &Call) -> bool {
    let resource = if call.subresource.is_empty() {
        call.def.plural.clone()
    } else {
        format!("{}/{}", call.def.plural, call.subresource)
    };
    let mut rules = role["rules"].as_array().into_iter().flatten();
    rules.any(|rule| {
        let listed = rule["resourceNames"]
            .as_array()
            .filter(|names| !names.is_empty());
        holds(&rule["verbs"], verb)
            && holds(&rule["apiGroups"], &call.def.group)
            && holds(&rule["resources"], &resource)
            && listed.is_none_or(|names| {
                names
                    .iter()
                    .any(|name| *name == name_of(call) && name != "")
            })
    })
}

impl State {
    fn role(&self, binding: &Value, namespace: &str) -> Option<&Value> {
        let reference = &binding["roleRef"];
        let (resource, namespace) = if reference["kind"] == "ClusterRole" {
            (CLUSTER_ROLES, "")
        } else {
            (ROLES, namespace)
        };
        let key = Key {
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: reference["name"].as_str()?.to_owned(),
        };
        self.live.get(&key).map(|role| &**role)
    }

    fn may(&self, user: &str, verb: &str, call: &Call) -> bool {
        let bound = |storage, namespace| {
            self.objects(storage, namespace)
                .filter(|(_, binding)| names(binding, user))
                .filter_map(|(key, binding)| self.role(binding, &key.namespace))
                .any(|role| gives(role, verb, call))
        };
        bound(CLUSTER_BINDINGS, None)
            || call
                .namespace
                .as_deref()
                .filter(|namespace| !namespace.is_empty())
                .is_some_and(|namespace| bound(BINDINGS, Some(namespace)))
    }

    /// Refuses what the call's user has no right to.
    pub(crate) fn authorize(&self, call: &Call) -> Result<(), ApiError> {
        let Some(user) = &call.user else {
            return Ok(());
        };
        let check = |verb: &str| {
            if self.may(user, verb, call) {
                return Ok(());
            }
            // A namespace is judged as something inside of itself.
            let namespace = if call.def.plural == "namespaces" {
                &call.name
            } else {
                call.namespace()
            };
            let scope = match namespace {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace \"{namespace}\""),
            };
            let resource = if call.subresource.is_empty() {
                call.def.plural.clone()
            } else {
                format!("{}/{}", call.def.plural, call.subresource)
            };
            let why = format!(
                "User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{}\" {scope}",
                call.def.group
            );
            Err(ApiError::forbidden(&call.def, name_of(call), &why))
        };
        check(call.verb.as_str())?;
        // An apply of what does not exist is a create.
        let applies =
            call.verb == Verb::Patch && call.content_type.starts_with("application/apply-patch");
        let key = Self::key(&call.def, call.namespace(), &call.name);
        if applies && call.subresource.is_empty() && !self.live.contains_key(&key) {
            check("create")?;
        }
        Ok(())
    }
}
