//! Everything together: control plane, simulator, CRDs, operator.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::deployment::Release;
use crate::dxsim::{Dxsim, DxsimOptions};
use crate::error::{Context, Error, Result};
use crate::operator::OperatorProcess;
use crate::paths;
use crate::tools::Progress;
use crate::world::{SIMULATED_SECRET, accounts};

/// The namespace that the operator runs in.
pub const OPERATOR_NAMESPACE: &str = "directconnect-system";

/// The operator's cluster, for which the simulator's IAM takes its policies too.
const CLUSTER_ID: &str = "local";

/// What to start.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The simulator.
    pub dxsim: DxsimOptions,
    /// The namespaces that the operator may use; made if absent.
    pub namespaces: Vec<String>,
    /// Shorter times than AWS's for answers that got lost; simulator and operator are told the same.
    pub settle: Option<Settle>,
    /// Values of the operator's chart besides those that follow from the above.
    pub values: Value,
    /// Environment of the operator besides the chart's.
    pub env: BTreeMap<String, String>,
}

/// How long an answer that got lost can matter, in real time.
#[derive(Debug, Clone, Copy)]
pub struct Settle {
    /// How long a signature is good.
    pub validity_seconds: u32,
    /// How long lists may lag.
    pub visibility_seconds: u32,
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
        let (control_plane, dxsim) = start_world(dir, options, progress)?;
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

/// Starts everything but the operator.
pub fn start_world(
    dir: &Path,
    options: &StackOptions,
    progress: Progress<'_>,
) -> Result<(ControlPlane, Dxsim)> {
    progress("starting etcd, kube-apiserver and kube-controller-manager (5 s)");
    let control_plane = ControlPlane::start(&dir.join("cluster"), progress)?;
    progress("starting dxsim");
    let dxsim = Dxsim::start(dir, &simulator(options))?;
    progress("installing the CRDs by helm (10 s)");
    install_crds(&control_plane)?;
    for namespace in &options.namespaces {
        control_plane.ensure_namespace(namespace)?;
    }
    Ok((control_plane, dxsim))
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

fn simulator(options: &StackOptions) -> DxsimOptions {
    let mut dxsim = options.dxsim.clone();
    dxsim
        .args
        .extend(["--cluster-id".into(), CLUSTER_ID.into()]);
    if let Some(settle) = options.settle {
        // The lag of lists goes by the world's clock, a signature's validity by the wall's.
        let lag = settle.visibility_seconds * dxsim.time_scale;
        dxsim.args.extend([
            "--visibility".into(),
            format!("{lag}s"),
            "--signature-validity".into(),
            format!("{}s", settle.validity_seconds),
        ]);
    }
    dxsim
}

/// The operator's release, with the simulator as its AWS, and its credentials in the Secret that the values name.
pub fn release(
    control_plane: &ControlPlane,
    dxsim: &Dxsim,
    options: &StackOptions,
) -> Result<Release> {
    let url = dxsim.url();
    let mut values = json!({
        "clusterId": CLUSTER_ID,
        "namespaces": options.namespaces,
        "endpoints": {"directConnect": url, "ec2": url, "sts": url, "cloudWatch": url},
        "aws": {"credentialsSecret": {"name": "aws-credentials"}},
    });
    if let Some(settle) = options.settle {
        values["settle"] = json!({"validitySeconds": settle.validity_seconds, "visibilitySeconds": settle.visibility_seconds});
    }
    if let (Some(values), Some(more)) = (values.as_object_mut(), options.values.as_object()) {
        values.extend(more.clone());
    }
    control_plane.ensure_namespace(OPERATOR_NAMESPACE)?;
    // The first account of the first world is where the operator's own credentials live.
    let accounts = accounts(&options.dxsim.worlds)?;
    let id = accounts
        .first()
        .and_then(|account| account.access_keys.keys().next())
        .ok_or_else(|| Error::new("the world has no access key"))?;
    let credentials = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws-credentials", "namespace": OPERATOR_NAMESPACE},
        "stringData": {"accessKeyId": id, "secretAccessKey": SIMULATED_SECRET},
    });
    control_plane
        .kubectl_with_input(&["apply", "-f", "-"], &credentials.to_string())
        .context("the operator's AWS credentials")?;
    Ok(Release {
        name: "directconnect-operator".into(),
        namespace: OPERATOR_NAMESPACE.into(),
        values,
        replica: 0,
    })
}
