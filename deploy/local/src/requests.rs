//! What service accounts ask of the API server, by its audit log. Bodies are in it, those of Secrets too: it is for tests, in folders that do
//! not outlive them, and off unless [`record_requests`] was called.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Context, Error, Result};

/// Reads are recorded with their answers: what form of an object was asked for shows in nothing else that is recorded.
const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: Request, userGroups: ['system:serviceaccounts'], resources: [{group: '', resources: [secrets, configmaps]}]}
- {level: RequestResponse, userGroups: ['system:serviceaccounts'], verbs: [get, list]}
- {level: Request, userGroups: ['system:serviceaccounts']}
- {level: None}
";

/// The control plane that is started in this folder records every request of a service account.
pub fn record_requests(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).context(dir.display())?;
    fs::write(policy(dir), POLICY).context(dir.display())
}

fn policy(dir: &Path) -> PathBuf {
    dir.join("audit-policy.yaml")
}

/// The API server's arguments, if its requests are to be recorded.
pub(crate) fn arguments(dir: &Path) -> Vec<String> {
    let policy = policy(dir);
    if !policy.exists() {
        return Vec::new();
    }
    let file = dir.join("audit.jsonl");
    vec![
        format!("--audit-policy-file={}", policy.display()),
        format!("--audit-log-path={}", file.display()),
    ]
}

/// Hands every event of the audit log of the control plane in this folder to `see`; how many there were. It is an error if there is none.
pub fn recorded_requests(dir: &Path, mut see: impl FnMut(&Value)) -> Result<usize> {
    let mut count = 0;
    let files = fs::read_dir(dir).context(dir.display())?;
    // A file that has grown too long goes on under another name.
    for path in files.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("audit") || !name.ends_with(".jsonl") {
            continue;
        }
        let text = fs::read_to_string(&path).context(path.display())?;
        // The last line may still be being written.
        for line in text.split_inclusive('\n').filter(|l| l.ends_with('\n')) {
            see(&serde_json::from_str(line).context(path.display())?);
            count += 1;
        }
    }
    if count == 0 {
        return Err(Error::new(format!(
            "no request is recorded in {}: record_requests comes before the start",
            dir.display()
        )));
    }
    Ok(count)
}
