//! What `helm template` says about how the operator runs: its service account, rights, arguments and environment. The kubelet's part of the work
//! is done here, since no kubelet runs: look up the values of the environment, replace `$(NAME)` in arguments.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::error::{Context, Error, Result};
use crate::paths;

/// A release of the operator's chart that is not installed but run by hand.
#[derive(Debug, Clone)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// The operator's namespace.
    pub namespace: String,
    /// The chart's values.
    pub values: Value,
    /// Which of the Deployment's pods this is.
    pub replica: u32,
}

/// What the chart's Deployment says about the operator's container.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The operator's namespace.
    pub namespace: String,
    /// The name of its service account.
    pub service_account: String,
    /// The container's arguments.
    pub args: Vec<String>,
    /// The container's environment, looked up.
    pub env: BTreeMap<String, String>,
}

/// What is applied to the cluster; the rest of the chart is what a kubelet would run.
const APPLIED: [&str; 5] = [
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];

impl Release {
    /// Renders the chart, applies service account and rights, and returns how to run the container.
    pub fn deploy(&self, control_plane: &ControlPlane, dir: &Path) -> Result<Deployment> {
        let documents = self.render(control_plane, dir)?;
        let kind = |document: &Value| document["kind"].as_str().unwrap_or_default().to_owned();
        control_plane.ensure_namespace(&self.namespace)?;
        for namespace in documents
            .iter()
            .filter(|document| kind(document) == "Role")
            .filter_map(|role| role["metadata"]["namespace"].as_str())
        {
            control_plane.ensure_namespace(namespace)?;
        }
        let items: Vec<&Value> = documents
            .iter()
            .filter(|document| APPLIED.contains(&kind(document).as_str()))
            .collect();
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
        control_plane.kubectl_with_input(
            &["apply", "--server-side", "--force-conflicts", "-f", "-"],
            &list.to_string(),
        )?;
        let deployment = documents
            .iter()
            .find(|document| kind(document) == "Deployment")
            .ok_or_else(|| Error::new("the chart renders no Deployment"))?;
        self.read(control_plane, deployment)
    }

    /// The chart's objects, with these values.
    pub fn render(&self, control_plane: &ControlPlane, dir: &Path) -> Result<Vec<Value>> {
        let values = dir.join("values.json");
        std::fs::write(&values, self.values.to_string()).context(values.display())?;
        let chart = paths::checkout()
            .join("charts/directconnect-operator")
            .display()
            .to_string();
        let text = control_plane.helm(&[
            "template",
            &self.name,
            &chart,
            "--namespace",
            &self.namespace,
            "-f",
            &values.display().to_string(),
        ])?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).context("helm template")?;
        Ok(documents
            .into_iter()
            .filter(|document| !document.is_null())
            .collect())
    }

    fn read(&self, control_plane: &ControlPlane, deployment: &Value) -> Result<Deployment> {
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let mut env = BTreeMap::new();
        for variable in container["env"].as_array().into_iter().flatten() {
            if let Some(value) = self.value(control_plane, variable)? {
                env.insert(text(&variable["name"]), value);
            }
        }
        let args = container["args"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|arg| expand(&text(arg), &env))
            .collect();
        Ok(Deployment {
            namespace: self.namespace.clone(),
            service_account: text(&pod["serviceAccountName"]),
            args,
            env,
        })
    }

    fn value(&self, control_plane: &ControlPlane, variable: &Value) -> Result<Option<String>> {
        let from = &variable["valueFrom"];
        if from.is_null() {
            return Ok(Some(text(&variable["value"])));
        }
        match from["fieldRef"]["fieldPath"].as_str() {
            Some("metadata.namespace") => return Ok(Some(self.namespace.clone())),
            // A pod whose container is started again and again.
            Some("metadata.name") => {
                return Ok(Some(format!("{}-{}", self.name, self.replica)));
            }
            _ => {}
        }
        let (secret, key) = (
            text(&from["secretKeyRef"]["name"]),
            text(&from["secretKeyRef"]["key"]),
        );
        if secret.is_empty() {
            return Err(Error::new(format!(
                "cannot look up the value of {}",
                variable["name"]
            )));
        }
        let optional = from["secretKeyRef"]["optional"] == true;
        let found = control_plane.kubectl(&[
            "get",
            "secret",
            &secret,
            "-n",
            &self.namespace,
            "-o",
            "json",
            "--ignore-not-found",
        ])?;
        let found: Value = if found.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&found).context("kubectl get secret")?
        };
        match found["data"][&key].as_str() {
            Some(encoded) => {
                let bytes = STANDARD
                    .decode(encoded)
                    .context(format!("key {key} of Secret {secret}"))?;
                Ok(Some(
                    String::from_utf8(bytes).context(format!("key {key} of Secret {secret}"))?,
                ))
            }
            None if optional => Ok(None),
            None => Err(Error::new(format!(
                "Secret {}/{secret} has no key {key}",
                self.namespace
            ))),
        }
    }
}

impl Deployment {
    /// Replaces the address that the operator listens on.
    pub(crate) fn listen_on(&mut self, address: &str) -> Result<()> {
        let flag = self.args.iter().position(|arg| arg == "--listen");
        match flag.and_then(|flag| self.args.get_mut(flag + 1)) {
            Some(value) => address.clone_into(value),
            None => match self
                .args
                .iter_mut()
                .find(|arg| arg.starts_with("--listen="))
            {
                Some(arg) => *arg = format!("--listen={address}"),
                None => return Err(Error::new("the chart's arguments have no --listen")),
            },
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || {
            if value.is_null() {
                String::new()
            } else {
                value.to_string()
            }
        },
        str::to_owned,
    )
}

fn expand(arg: &str, env: &BTreeMap<String, String>) -> String {
    env.iter().fold(arg.to_owned(), |arg, (name, value)| {
        arg.replace(&format!("$({name})"), value)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Deployment, expand};

    #[test]
    fn arguments_may_name_the_environment() {
        let env = BTreeMap::from([("POD_NAMESPACE".to_owned(), "dx".to_owned())]);
        assert_eq!(
            expand("--namespace=$(POD_NAMESPACE)", &env),
            "--namespace=dx"
        );
        assert_eq!(expand("--namespace=$(OTHER)", &env), "--namespace=$(OTHER)");
    }

    #[test]
    fn the_listen_address_is_replaced_in_either_spelling() {
        for args in [
            vec!["run", "--listen", "0.0.0.0:8080"],
            vec!["run", "--listen=0.0.0.0:8080"],
        ] {
            let args = args.into_iter().map(str::to_owned).collect();
            let mut deployment = Deployment {
                namespace: String::new(),
                service_account: String::new(),
                args,
                env: BTreeMap::new(),
            };
            deployment.listen_on("127.0.0.1:1").unwrap();
            assert!(
                deployment.args.join("=").ends_with("--listen=127.0.0.1:1"),
                "{:?}",
                deployment.args
            );
        }
    }
}
