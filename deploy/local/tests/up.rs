//! `local up` and `local down`: a world stays up, its operator comes back, and nothing is left in the end.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use directconnect_local::{Result, Scratch, process, until};

const PATIENCE: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(50);

/// What a shell may have set for other purposes: it must not matter.
fn local(dir: &Path, command: &str) -> Result<String> {
    let mut local = Command::new(env!("CARGO_BIN_EXE_local"));
    let local = local
        .arg(command)
        .env("DIRECTCONNECT_LOCAL_DIR", dir)
        .env("KUBECONFIG", "/no/such/kubeconfig")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    process::run(local, None)
}

fn shell(dir: &Path, script: &str) -> Result<String> {
    let script = format!(". {}/env && {script}", dir.display());
    process::run(Command::new("/bin/sh").args(["-c", &script]), None)
}

fn pid(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file))
        .unwrap()
        .trim()
        .to_owned()
}

fn kill9(pid: &str) {
    process::run(
        Command::new("/bin/sh").args(["-c", &format!("kill -9 {pid}")]),
        None,
    )
    .unwrap();
}

/// Whether any process has the folder in its command line or environment: all that `up` starts do.
fn anything_runs(dir: &Path) -> bool {
    let name = dir.display().to_string();
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        ["cmdline", "environ"].iter().any(|file| {
            let text = std::fs::read(entry.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(&name)
        })
    })
}

#[test]
fn up_stays_up_and_down_leaves_nothing() {
    let scratch = Scratch::new().unwrap();
    let dir = scratch.path().join("world");

    let said = local(&dir, "up").unwrap();
    assert!(said.contains("source .local/env"), "{said}");
    assert!(local(&dir, "up").unwrap().starts_with("It is up already."));
    assert_eq!(shell(&dir, "kubectl get --raw /readyz").unwrap(), "ok");
    assert!(
        shell(&dir, "helm list -A")
            .unwrap()
            .contains("directconnect-operator-crds")
    );

    // A kubelet would start it again; so does the supervisor.
    let first = pid(&dir, "operator.pid");
    kill9(&first);
    until("another operator", PATIENCE, EVERY, || {
        Ok((pid(&dir, "operator.pid") != first).then_some(()))
    })
    .unwrap();

    assert!(local(&dir, "down").unwrap().starts_with("All is down"));
    assert!(!dir.exists() && !anything_runs(&dir));
    assert!(local(&dir, "down").unwrap().starts_with("Nothing is up"));
}

#[test]
fn a_killed_supervisor_takes_everything_along() {
    let scratch = Scratch::new().unwrap();
    let dir = scratch.path().join("world");
    local(&dir, "up").unwrap();
    kill9(&pid(&dir, "supervisor.pid"));
    until("the end of everything", PATIENCE, EVERY, || {
        Ok((!dir.exists() && !anything_runs(&dir)).then_some(()))
    })
    .unwrap();
    assert!(local(&dir, "down").unwrap().starts_with("Nothing is up"));
}
