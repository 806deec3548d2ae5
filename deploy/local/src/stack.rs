//! Everything together: control plane, simulator, CRDs, operator.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::deployment::Release;
use crate::dxsim::{Dxsim, DxsimOptions};
use crate::error::{Context, Result};
use crate::operator::OperatorProcess;
use crate::paths;
use crate::tools::Progress;

/// The namespace that the operator runs in.
pub const OPERATOR_NAMESPACE: &str = "directconnect-system";

/// What to start.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The simulator.
    pub dxsim: DxsimOptions,
    /// The namespaces that the operator may use; made if absent.
    pub namespaces: Vec<String>,
    /// AWS credentials that the operator gets (access key id, secret access key), by a Secret as the chart wants it.
    pub credentials: (String, String),
    /// Values of the operator's chart besides those that follow from the above.
    pub values: Value,
    /// Environment of the operator besides the chart's.
    pub env: BTreeMap<String, String>,
}

/// A running world. Fields are dropped in this order: whoever calls ends before who is called.
pub struct Stack {
    /// The operator.
    pub operator: OperatorProcess,
    /// AWS.
    pub dxsim: Dxsim,
    /// Kubernetes.
    pub control_plane: ControlPlane,
}

impl Stack {
    /// Starts everything, with its files in `dir`, and waits until the operator is ready.
    pub fn start(dir: &Path, options: &StackOptions, progress: Progress<'_>) -> Result<Self> {
        progress("starting etcd, kube-apiserver and kube-controller-manager (5 s)");
        let control_plane = ControlPlane::start(&dir.join("cluster"), progress)?;
        progress("starting dxsim");
        let dxsim = Dxsim::start(dir, &options.dxsim)?;
        progress("installing the CRDs by helm (10 s)");
        install_crds(&control_plane)?;
        for namespace in &options.namespaces {
            control_plane.ensure_namespace(namespace)?;
        }
        let release = release(&control_plane, &dxsim, options)?;
        progress("starting the operator");
        let mut operator = OperatorProcess::start(&control_plane, dir, &release, &options.env)?;
        operator.wait_ready()?;
        Ok(Self {
            operator,
            dxsim,
            control_plane,
        })
    }

    /// Ends everything in order.
    pub fn stop(&mut self) -> Result<()> {
        self.operator.stop()?;
        self.dxsim
            .process()
            .stop(std::time::Duration::from_secs(5))?;
        self.control_plane.stop()
    }
}

/// Installs the CRD chart and waits until the API server serves its kinds.
pub fn install_crds(control_plane: &ControlPlane) -> Result<()> {
    let chart = paths::checkout()
        .join("charts/directconnect-operator-crds")
        .display()
        .to_string();
    control_plane.helm(&[
        "upgrade",
        "--install",
        "directconnect-operator-crds",
        &chart,
        "--namespace",
        "default",
    ])?;
    let names = control_plane.kubectl(&["get", "customresourcedefinitions", "-o", "name"])?;
    let mut args = vec!["wait", "--for=condition=Established", "--timeout=60s"];
    args.extend(names.lines());
    if args.len() > 3 {
        control_plane.kubectl(&args)?;
    }
    Ok(())
}

/// The operator's release, with the simulator as its AWS, and its credentials in the Secret that the values name.
fn release(control_plane: &ControlPlane, dxsim: &Dxsim, options: &StackOptions) -> Result<Release> {
    let url = dxsim.url();
    let mut values = json!({
        "clusterId": "local",
        "namespaces": options.namespaces,
        "endpoints": {"directConnect": url, "ec2": url, "sts": url, "cloudWatch": url},
        "aws": {"credentialsSecret": {"name": "aws-credentials"}},
    });
    if let (Some(values), Some(more)) = (values.as_object_mut(), options.values.as_object()) {
        values.extend(more.clone());
    }
    control_plane.ensure_namespace(OPERATOR_NAMESPACE)?;
    let (id, secret) = &options.credentials;
    let credentials = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws-credentials", "namespace": OPERATOR_NAMESPACE},
        "stringData": {"accessKeyId": id, "secretAccessKey": secret},
    });
    control_plane
        .kubectl_with_input(&["apply", "-f", "-"], &credentials.to_string())
        .context("the operator's AWS credentials")?;
    Ok(Release {
        name: "directconnect-operator".into(),
        namespace: OPERATOR_NAMESPACE.into(),
        values,
    })
}
