//! Kubeconfig files, written as JSON (which YAML parsers read).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::error::{Context, Error, Result};

/// How to reach an API server, whoever one is.
#[derive(Clone)]
pub(crate) struct Cluster(Value);

impl Cluster {
    /// A server with this address and these authorities (PEM).
    pub(crate) fn new(server: &str, authorities: &[u8]) -> Self {
        Self(json!({"server": server, "certificate-authority-data": STANDARD.encode(authorities)}))
    }

    /// The cluster of the current context of `kubectl config view --raw --minify --flatten -o json`.
    pub(crate) fn from_view(view: &str) -> Result<Self> {
        let view: Value = serde_json::from_str(view).context("kubectl config view")?;
        match view.pointer("/clusters/0/cluster") {
            Some(cluster) => Ok(Self(cluster.clone())),
            None => Err(Error::new("the kubeconfig names no cluster")),
        }
    }

    /// Writes a kubeconfig that only its owner can read, for whoever has this token.
    pub(crate) fn write(
        &self,
        path: &Path,
        user: &str,
        token: &str,
        namespace: &str,
    ) -> Result<()> {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": self.0}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": user, "namespace": namespace}}],
            "current-context": "local",
        });
        write_private(path, &config.to_string())
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    fs::write(path, "").context(path.display())?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).context(path.display())?;
    fs::write(path, text).context(path.display())
}
