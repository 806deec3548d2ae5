//! `.local/env`: what a shell needs to use the local world, and what to try.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use directconnect_local::{Account, Error, Result, SIMULATED_SECRET, Stack, accounts};

use crate::setting;

/// Writes the file, last of all: whoever finds it finds everything running.
pub fn write(dir: &Path, stack: &Stack, operator_pid_file: &Path) -> Result<()> {
    stack.control_plane.tools().link_into(&dir.join("bin"))?;
    let mut text = String::from("# source this file\n");
    export(
        &mut text,
        "KUBECONFIG",
        &stack.control_plane.kubeconfig().display().to_string(),
    );
    export(&mut text, "DXSIM_URL", stack.dxsim.url());
    export(&mut text, "AWS_ENDPOINT_URL", stack.dxsim.url());
    export(&mut text, "AWS_REGION", "us-east-1");
    export(
        &mut text,
        "OPERATOR_PID_FILE",
        &operator_pid_file.display().to_string(),
    );
    export(&mut text, "OPERATOR_URL", stack.operator.url());
    let accounts = accounts(&setting::worlds())?;
    for account in &accounts {
        text.push_str(&keys(account));
    }
    // The AWS CLI and SDKs act as the operator's own account unless told otherwise.
    if let Some(key) = accounts
        .first()
        .and_then(|account| account.access_keys.keys().next())
    {
        export(&mut text, "AWS_ACCESS_KEY_ID", key);
        export(&mut text, "AWS_SECRET_ACCESS_KEY", SIMULATED_SECRET);
    }
    let _ = writeln!(
        text,
        "export PATH={}:\"$PATH\"",
        quoted(&dir.join("bin").display().to_string())
    );
    let draft = dir.join("env.draft");
    let cannot = |error| Error::new(format!("{}: {error}", draft.display()));
    fs::write(&draft, text).map_err(cannot)?;
    fs::rename(&draft, dir.join("env")).map_err(cannot)
}

/// Says how to use what is up.
pub fn print_usage(dir: &Path) -> Result<()> {
    if !dir.join("env").exists() {
        return Err(Error::new(
            "it is still starting: see .local/supervisor.log",
        ));
    }
    println!(
        r#"
A Kubernetes control plane, dxsim (a simulated AWS, {scale} times as fast as ours) and the operator are running, for 8 hours at most.

    source .local/env            # kubectl, helm, KUBECONFIG, DXSIM_URL, AWS_ENDPOINT_URL, OPERATOR_URL, …

Worth trying:
    kubectl apply -f examples/quickstart/
    kubectl get directconnect -n quickstart
    kubectl describe connection dc2 -n quickstart                          # who must act, and what then
    curl -s $DXSIM_URL/_sim/actions -d '{{"action": "issueLoa", "connectionId": "'$(kubectl get connection dc2 -n quickstart -o jsonpath='{{.status.connectionId}}')'"}}'
    kill -9 $(cat $OPERATOR_PID_FILE); curl -s $DXSIM_URL/_sim/ledger      # it starts again, and orders nothing twice

Logs: .local/operator.log, .local/dxsim.log, .local/cluster/*.log. To end it all: make down"#,
        scale = setting::TIME_SCALE
    );
    Ok(())
}

fn keys(account: &Account) -> String {
    let mut text = String::new();
    if let Some(key) = account.access_keys.keys().next() {
        export(
            &mut text,
            &format!("ACCOUNT_{}_ACCESS_KEY_ID", account.id),
            key,
        );
        export(
            &mut text,
            &format!("ACCOUNT_{}_SECRET_ACCESS_KEY", account.id),
            SIMULATED_SECRET,
        );
    }
    text
}

fn export(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "export {name}={}", quoted(value));
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_value_is_one_word_to_the_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
