//! Following objects as they change: one `kubectl get --raw …?watch=1` per kind, so that no state is missed that stood only for a moment.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::spawn;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::error::{Context, Error, Result};
use crate::guard;

/// An object as it stands after a change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The kind's plural.
    pub resource: String,
    /// The object.
    pub object: Value,
    /// Whether it is gone.
    pub gone: bool,
}

/// A running watch over several kinds, in all namespaces.
pub struct Watch {
    children: Vec<Child>,
    changes: Receiver<Result<Change>>,
}

impl Watch {
    /// Watches these resources (plurals) of group `directconnect.dev`. What exists already comes first.
    pub fn start(control_plane: &ControlPlane, resources: &[String]) -> Result<Self> {
        let (sender, changes) = channel();
        let mut watch = Self {
            children: Vec::new(),
            changes,
        };
        for resource in resources {
            let path = format!("/apis/directconnect.dev/v1alpha1/{resource}?watch=1");
            let mut command = control_plane.kubectl_command(&["get", "--raw", &path]);
            watch
                .children
                .push(follow(&mut command, resource.clone(), sender.clone())?);
        }
        Ok(watch)
    }

    /// The next change, if there is one within this time.
    pub fn next(&self, patience: Duration) -> Result<Option<Change>> {
        match self.changes.recv_timeout(patience) {
            Ok(change) => change.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Error::new("the watches ended")),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for child in &mut self.children {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
            let _ = guard::forget(child.id());
        }
    }
}

fn follow(
    command: &mut Command,
    resource: String,
    sender: Sender<Result<Change>>,
) -> Result<Child> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("kubectl get --raw")?;
    guard::watch(child.id())?;
    let output = child.stdout.take().expect("stdout was asked for");
    spawn(move || {
        for line in BufReader::new(output).lines() {
            let change = line
                .context(&resource)
                .and_then(|line| parse(&resource, &line));
            // Nobody listens any more once the watch is dropped.
            if sender.send(change).is_err() {
                return;
            }
        }
    });
    Ok(child)
}

fn parse(resource: &str, line: &str) -> Result<Change> {
    let mut event: Value = serde_json::from_str(line).context(format!("watch of {resource}"))?;
    match event["type"].as_str() {
        Some(kind @ ("ADDED" | "MODIFIED" | "DELETED")) => {
            let gone = kind == "DELETED";
            Ok(Change {
                resource: resource.to_owned(),
                object: event["object"].take(),
                gone,
            })
        }
        _ => Err(Error::new(format!("watch of {resource}: {line}"))),
    }
}
