//! The simulator of AWS as a process, and its control interface under `/_sim`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::process::{Process, Spawn};
use crate::wait::until;
use crate::{http, paths};

const START: Duration = Duration::from_secs(30);

/// How to start the simulator.
#[derive(Debug, Clone)]
pub struct DxsimOptions {
    /// World files, merged.
    pub worlds: Vec<PathBuf>,
    /// How much faster than ours its time goes.
    pub time_scale: u32,
    /// The seed of its random choices, printed by whoever chooses it.
    pub seed: u64,
    /// Further arguments, such as `--visibility`.
    pub args: Vec<String>,
}

/// A running simulator; dropping it ends it.
pub struct Dxsim {
    process: Process,
    url: String,
}

impl Dxsim {
    /// Starts `dxsim` on a free loopback port; its log goes to `dir`.
    pub fn start(dir: &Path, options: &DxsimOptions) -> Result<Self> {
        let port_file = dir.join("dxsim.port");
        if port_file.exists() {
            fs::remove_file(&port_file).context(port_file.display())?;
        }
        let mut args: Vec<String> = vec!["serve".into()];
        for world in &options.worlds {
            let world = std::path::absolute(world).context(world.display())?;
            args.extend(["--world".into(), world.display().to_string()]);
        }
        args.extend([
            "--listen".into(),
            "127.0.0.1:0".into(),
            "--port-file".into(),
            port_file.display().to_string(),
        ]);
        args.extend([
            "--time-scale".into(),
            options.time_scale.to_string(),
            "--seed".into(),
            options.seed.to_string(),
        ]);
        args.extend(options.args.iter().cloned());
        let mut process = Process::spawn(&Spawn {
            program: paths::binary("dxsim")?,
            name: "dxsim".into(),
            args,
            env: BTreeMap::new(),
            dir: dir.to_path_buf(),
            log: dir.join("dxsim.log"),
        })?;
        let address = until("dxsim's address", START, Duration::from_millis(20), || {
            process.expect_running()?;
            Ok(fs::read_to_string(&port_file).ok())
        })?;
        Ok(Self {
            process,
            url: format!("http://{}", address.trim()),
        })
    }

    /// Where it listens, for every AWS service and for `/_sim`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// `GET /_sim/<what>`.
    pub fn get(&self, what: &str) -> Result<Value> {
        json(what, &http::get(&self.url, &format!("/_sim/{what}"))?)
    }

    /// `POST /_sim/<what>`.
    pub fn post(&self, what: &str, body: &Value) -> Result<Value> {
        json(
            what,
            &http::post(&self.url, &format!("/_sim/{what}"), &body.to_string())?,
        )
    }

    /// Every call that it has seen, oldest first.
    pub fn ledger(&self) -> Result<Vec<Value>> {
        match self.get("ledger")? {
            Value::Array(calls) => Ok(calls),
            other => Err(Error::new(format!("the ledger is no list: {other}"))),
        }
    }
}

fn json(what: &str, answer: &http::HttpResponse) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        return Err(Error::new(format!(
            "dxsim answered {} to /_sim/{what}: {}",
            answer.status, answer.body
        )));
    }
    if answer.body.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&answer.body).context(format!("dxsim's answer to /_sim/{what}"))
}
