//! A running Kubernetes control plane: etcd, kube-apiserver, and of the kube-controller-manager garbage collection, namespaces and service accounts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::error::{Context, Error, Result};
use crate::kubeconfig::{Cluster, write_private};
use crate::process::{self, Process, Spawn};
use crate::requests;
use crate::tools::{Progress, Tools};
use crate::wait::{free_port, until};

/// From start to ready takes 2 s on an idle machine; a loaded one may take its time.
const START: Duration = Duration::from_mins(2);
/// How long each process may take to end by itself. An API server without its etcd drains for a minute, so etcd goes last.
const STOP: Duration = Duration::from_secs(10);
/// Ports are free when they are chosen and may be taken before they are used.
const ATTEMPTS: u32 = 3;

/// A cluster to run against: started here, or an existing one that `CLUSTER_KUBECONFIG` names.
pub struct ControlPlane {
    dir: PathBuf,
    tools: Tools,
    cluster: Cluster,
    /// In the order in which they end.
    processes: Vec<Process>,
    /// How etcd, the API server and the controller-manager are started, in this order.
    programs: Vec<Spawn>,
}

impl ControlPlane {
    /// Starts a control plane that keeps its files in `dir`, or uses the cluster that `CLUSTER_KUBECONFIG` names.
    pub fn start(dir: &Path, progress: Progress<'_>) -> Result<Self> {
        let dir = std::path::absolute(dir).context(dir.display())?;
        fs::create_dir_all(&dir).context(dir.display())?;
        let tools = Tools::find_or_build(progress)?;
        if let Some(existing) =
            std::env::var_os("CLUSTER_KUBECONFIG").filter(|path| !path.is_empty())
        {
            return Self::connect(dir, tools, Path::new(&existing));
        }
        for _ in 1..ATTEMPTS {
            if let Ok(started) = Self::attempt(&dir, &tools) {
                return Ok(started);
            }
        }
        Self::attempt(&dir, &tools)
    }

    fn connect(dir: PathBuf, tools: Tools, existing: &Path) -> Result<Self> {
        let text = fs::read_to_string(existing).context(existing.display())?;
        write_private(&dir.join("kubeconfig"), &text)?;
        let mut control_plane = Self {
            dir,
            tools,
            cluster: Cluster::new("", b""),
            processes: Vec::new(),
            programs: Vec::new(),
        };
        let view = control_plane.kubectl(&[
            "config",
            "view",
            "--raw",
            "--minify",
            "--flatten",
            "-o",
            "json",
        ])?;
        control_plane.cluster = Cluster::from_view(&view)?;
        Ok(control_plane)
    }

    fn attempt(dir: &Path, tools: &Tools) -> Result<Self> {
        let data = data(dir);
        if data.exists() {
            fs::remove_dir_all(&data).context(data.display())?;
        }
        let (etcd_client, etcd_peer, secure) = (free_port()?, free_port()?, free_port()?);
        let etcd_url = format!("http://127.0.0.1:{etcd_client}");
        let peer_url = format!("http://127.0.0.1:{etcd_peer}");
        let etcd = program(
            dir,
            &tools.etcd,
            vec![
                format!("--data-dir={}", data.display()),
                format!("--listen-client-urls={etcd_url}"),
                format!("--advertise-client-urls={etcd_url}"),
                format!("--listen-peer-urls={peer_url}"),
                format!("--initial-advertise-peer-urls={peer_url}"),
                format!("--initial-cluster=default={peer_url}"),
                "--unsafe-no-fsync".to_owned(),
                "--log-level=warn".to_owned(),
            ],
        );

        let token = random_token()?;
        let (tokens, key, certificates) = (
            dir.join("tokens.csv"),
            dir.join("service-account.key"),
            dir.join("certificates"),
        );
        write_private(&tokens, &format!("{token},admin,admin,system:masters\n"))?;
        write_private(&key, &service_account_key()?)?;
        let mut args = vec![
            format!("--etcd-servers={etcd_url}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            format!("--secure-port={secure}"),
            format!("--cert-dir={}", certificates.display()),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", key.display()),
            format!("--service-account-signing-key-file={}", key.display()),
            format!("--token-auth-file={}", tokens.display()),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
        ];
        args.extend(requests::arguments(dir));
        let apiserver = program(dir, &tools.kube_apiserver, args);
        let manager = program(
            dir,
            &tools.kube_controller_manager,
            vec![
                format!("--kubeconfig={}", kubeconfig(dir).display()),
                "--controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller".to_owned(),
                "--leader-elect=false".to_owned(),
                "--secure-port=0".to_owned(),
            ],
        );
        let mut control_plane = Self {
            dir: dir.to_path_buf(),
            tools: tools.clone(),
            cluster: Cluster::new("", b""),
            processes: Vec::new(),
            programs: vec![etcd, apiserver, manager],
        };
        control_plane.start_storage()?;
        let authorities = until(
            "the API server's certificate",
            START,
            Duration::from_millis(50),
            || {
                control_plane.expect_running()?;
                Ok(fs::read(certificates.join("apiserver.crt"))
                    .ok()
                    .filter(|pem| pem.ends_with(b"-----END CERTIFICATE-----\n")))
            },
        )?;
        let cluster = Cluster::new(&format!("https://127.0.0.1:{secure}"), &authorities);
        cluster.write(&kubeconfig(dir), "admin", &token, "default")?;
        control_plane.cluster = cluster;
        control_plane.start_controllers()?;
        Ok(control_plane)
    }

    /// Starts again what [`ControlPlane::stop`] ended, at the same addresses, with the data that is there.
    pub fn start_again(&mut self) -> Result<()> {
        self.start_storage()?;
        self.start_controllers()
    }

    /// etcd and the API server.
    fn start_storage(&mut self) -> Result<()> {
        self.processes.clear();
        for program in self.programs.iter().take(2) {
            self.processes.insert(0, Process::spawn(program)?);
        }
        Ok(())
    }

    /// The controller-manager, once the API server answers.
    fn start_controllers(&mut self) -> Result<()> {
        self.wait_ready()?;
        for program in self.programs.iter().skip(2) {
            self.processes.insert(0, Process::spawn(program)?);
        }
        until(
            "the default service account",
            START,
            Duration::from_millis(100),
            || {
                self.expect_running()?;
                Ok(self
                    .kubectl(&["get", "serviceaccount", "default", "-n", "default"])
                    .ok())
            },
        )
        .map(drop)
    }

    fn wait_ready(&mut self) -> Result<()> {
        until(
            "the API server's readiness",
            START,
            Duration::from_millis(100),
            || {
                self.expect_running()?;
                Ok(self
                    .kubectl(&["get", "--raw", "/readyz"])
                    .ok()
                    .filter(|answer| answer == "ok")
                    .map(drop))
            },
        )
    }

    /// An error, with the end of its log, if one of the processes has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        self.processes
            .iter_mut()
            .try_for_each(Process::expect_running)
    }

    /// The folder that holds kubeconfig, logs and data.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        kubeconfig(&self.dir)
    }

    /// The folder that holds etcd's data; to be read and written only while nothing runs.
    pub fn data(&self) -> PathBuf {
        data(&self.dir)
    }

    /// The programs that this control plane runs and is used with.
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The process ids of what runs, in the order in which it ends.
    pub fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::pid).collect()
    }

    /// Runs `kubectl` as administrator and returns what it prints.
    pub fn kubectl<S: AsRef<str>>(&self, args: &[S]) -> Result<String> {
        process::run(&mut self.command(&self.tools.kubectl, args), None)
    }

    /// Runs `kubectl` with this text as its input.
    pub fn kubectl_with_input<S: AsRef<str>>(&self, args: &[S], input: &str) -> Result<String> {
        process::run(&mut self.command(&self.tools.kubectl, args), Some(input))
    }

    /// Runs `helm` as administrator and returns what it prints.
    pub fn helm<S: AsRef<str>>(&self, args: &[S]) -> Result<String> {
        process::run(&mut self.command(&self.tools.helm, args), None)
    }

    /// `kubectl` as administrator, to be run by the caller.
    pub fn kubectl_command<S: AsRef<str>>(&self, args: &[S]) -> Command {
        self.command(&self.tools.kubectl, args)
    }

    /// Makes the namespace if it is not there.
    pub fn ensure_namespace(&self, name: &str) -> Result<()> {
        let manifest = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.kubectl_with_input(&["apply", "-f", "-"], &manifest.to_string())
            .map(drop)
    }

    /// Writes a kubeconfig for a service account, with a fresh token of its own.
    pub fn write_service_account_kubeconfig(
        &self,
        path: &Path,
        namespace: &str,
        name: &str,
    ) -> Result<()> {
        let token = until(
            "a token for the service account",
            START,
            Duration::from_millis(200),
            || {
                Ok(self
                    .kubectl(&[
                        "create",
                        "token",
                        name,
                        "-n",
                        namespace,
                        "--duration",
                        "24h",
                    ])
                    .ok())
            },
        )?;
        self.cluster.write(path, name, token.trim(), namespace)
    }

    /// Ends everything in order: controller-manager, API server, etcd. Dropping does it by force.
    pub fn stop(&mut self) -> Result<()> {
        for process in &mut self.processes {
            process.stop(STOP)?;
        }
        Ok(())
    }

    fn command<S: AsRef<str>>(&self, program: &Path, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args.iter().map(AsRef::as_ref))
            .env_clear()
            .env("HOME", &self.dir)
            .env("KUBECONFIG", self.kubeconfig());
        // Plug-ins that log in to a real cluster are looked for on the path.
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

fn kubeconfig(dir: &Path) -> PathBuf {
    dir.join("kubeconfig")
}

fn data(dir: &Path) -> PathBuf {
    dir.join("etcd")
}

fn program(dir: &Path, program: &Path, args: Vec<String>) -> Spawn {
    let name = program
        .file_name()
        .unwrap_or_default()
        .display()
        .to_string();
    let log = dir.join(format!("{name}.log"));
    Spawn {
        program: program.to_path_buf(),
        name,
        args,
        env: BTreeMap::new(),
        dir: dir.to_path_buf(),
        log,
    }
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::new("no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A fresh key that signs the tokens of service accounts, as PEM.
fn service_account_key() -> Result<String> {
    let failed = |_| Error::new("the service account key could not be made");
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'static> = pair.as_der().map_err(failed)?;
    let base64 = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    ))
}
