//! The operator's own binary as a process, run as its chart would run it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::control_plane::ControlPlane;
use crate::deployment::{Deployment, Release};
use crate::error::Result;
use crate::process::{Process, Spawn};
use crate::wait::{free_port, until};
use crate::{http, paths};

/// The operator ends its running calls, releases its lease and stops within this time: the chart's grace period.
const STOP: Duration = Duration::from_secs(15);
const READY: Duration = Duration::from_mins(1);

/// A running operator; dropping it kills it.
pub struct OperatorProcess {
    deployment: Deployment,
    extra_env: BTreeMap<String, String>,
    dir: PathBuf,
    url: String,
    process: Process,
}

impl OperatorProcess {
    /// Applies the chart's service account and rights, and starts the binary with its arguments and environment, as that service account.
    /// `extra_env` is for tests, such as `RUST_LOG`.
    pub fn start(
        control_plane: &ControlPlane,
        dir: &Path,
        release: &Release,
        extra_env: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut deployment = release.deploy(control_plane, dir)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        deployment.listen_on(&address)?;
        let kubeconfig = dir.join("operator.kubeconfig");
        control_plane.write_service_account_kubeconfig(
            &kubeconfig,
            &deployment.namespace,
            &deployment.service_account,
        )?;
        deployment
            .env
            .insert("KUBECONFIG".into(), kubeconfig.display().to_string());
        let process = spawn(&deployment, extra_env, dir)?;
        Ok(Self {
            deployment,
            extra_env: extra_env.clone(),
            dir: dir.to_path_buf(),
            url: format!("http://{address}"),
            process,
        })
    }

    /// Where `/metrics`, `/healthz` and `/readyz` are.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How it is run.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Waits until it says that it is ready.
    pub fn wait_ready(&mut self) -> Result<()> {
        until(
            "the operator's readiness",
            READY,
            Duration::from_millis(50),
            || {
                self.process.expect_running()?;
                Ok(http::get(&self.url, "/readyz")
                    .ok()
                    .filter(|answer| answer.status == 200)
                    .map(drop))
            },
        )
    }

    /// SIGTERM, as the kubelet does; tells whether it ended by itself in time.
    pub fn stop(&mut self) -> Result<Option<ExitStatus>> {
        self.process.stop(STOP)
    }

    /// `kill -9`.
    pub fn kill9(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it again with the same arguments, after [`OperatorProcess::stop`], [`OperatorProcess::kill9`] or its own end.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.process = spawn(&self.deployment, &self.extra_env, &self.dir)?;
        Ok(())
    }
}

fn spawn(
    deployment: &Deployment,
    extra_env: &BTreeMap<String, String>,
    dir: &Path,
) -> Result<Process> {
    let mut env = deployment.env.clone();
    env.extend(
        extra_env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    Process::spawn(&Spawn {
        program: paths::binary("directconnect-operator")?,
        name: "directconnect-operator".into(),
        args: deployment.args.clone(),
        env,
        dir: dir.to_path_buf(),
        log: dir.join("operator.log"),
    })
}
