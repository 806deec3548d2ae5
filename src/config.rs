//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use directconnect_model::api::aws_account::Endpoints;
use directconnect_model::view::Windows;
use jiff::SignedDuration;

use crate::leader::{self, Candidate};

/// Kubernetes operator for AWS Direct Connect.
#[derive(Debug, Parser)]
#[command(name = "directconnect-operator", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator.
    Run(Box<Run>),
    /// Write CRDs, RBAC rules and reference docs from the types.
    Generate {
        /// Root of the source tree.
        #[arg(long, default_value = ".")]
        root: PathBuf,
        /// Compare only: fail if a file differs.
        #[arg(long)]
        check: bool,
    },
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// One line of text an entry.
    #[default]
    Text,
    /// One JSON object an entry.
    Json,
}

/// Settings of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Names this installation in the tags of everything it owns: a DNS label of 1 to 40 characters.
    /// Keep it for ever: with it everything is found again after a restore or a move.
    #[arg(long, value_parser = label)]
    pub cluster_id: String,
    /// Namespace that the operator runs in.
    #[arg(long)]
    pub namespace: String,
    /// Namespaces whose objects are managed, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    pub watch_namespaces: Vec<String>,
    /// Elect one of several processes, which acts while the others stand by.
    #[arg(long, default_value_t = true, action = ArgAction::Set)]
    pub leader_election: bool,
    /// Names this process in the election: that of its pod. Default: the host's name.
    #[arg(long)]
    pub identity: Option<String>,
    /// AwsAccounts that this process serves, with everything that names them, separated by commas. Default: all.
    #[arg(long, value_delimiter = ',', requires = "shard")]
    pub accounts: Vec<String>,
    /// Names the processes that serve these accounts: a DNS label of 1 to 40 characters. They elect one among them.
    #[arg(long, value_parser = label, requires = "accounts")]
    pub shard: Option<String>,
    /// Address of /metrics, /healthz and /readyz.
    #[arg(long, default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// How logs look.
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Log filter, as `info,directconnect_operator=debug`.
    #[arg(long, default_value = "info")]
    pub log_filter: String,
    /// Direct Connect endpoint of accounts that name none.
    #[arg(long)]
    pub endpoint_direct_connect: Option<String>,
    /// EC2 endpoint of accounts that name none.
    #[arg(long)]
    pub endpoint_ec2: Option<String>,
    /// STS endpoint of accounts that name none.
    #[arg(long)]
    pub endpoint_sts: Option<String>,
    /// CloudWatch endpoint of accounts that name none.
    #[arg(long)]
    pub endpoint_cloud_watch: Option<String>,
    /// How long AWS accepts a signed request. Only for simulators on loopback that run with the same.
    #[arg(long)]
    pub settle_validity_seconds: Option<u32>,
    /// How long until every list shows a change. Only for simulators on loopback that run with the same.
    #[arg(long)]
    pub settle_visibility_seconds: Option<u32>,
}

fn label(text: &str) -> Result<String, String> {
    let fits = (1..=40).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    fits.then(|| text.to_owned())
        .ok_or_else(|| "must be a DNS label of 1 to 40 characters: a-z, 0-9 and -".to_owned())
}

impl Run {
    /// Endpoints of accounts that name none.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            direct_connect: self.endpoint_direct_connect.clone(),
            ec2: self.endpoint_ec2.clone(),
            sts: self.endpoint_sts.clone(),
            cloud_watch: self.endpoint_cloud_watch.clone(),
        }
    }

    /// The election to stand for, if there is one.
    pub fn election(&self) -> Result<Option<Candidate>, String> {
        if !self.leader_election {
            return Ok(None);
        }
        let identity = match &self.identity {
            Some(identity) => identity.clone(),
            None => std::fs::read_to_string("/proc/sys/kernel/hostname")
                .map_err(|e| format!("the host's name cannot be read, set --identity: {e}"))?
                .trim()
                .to_owned(),
        };
        if identity.is_empty() {
            return Err("--identity must not be empty".to_owned());
        }
        Ok(Some(Candidate {
            identity,
            lease: leader::lease_name(&self.cluster_id, self.shard.as_deref()),
        }))
    }

    /// Windows of the create protocol.
    pub fn windows(&self) -> Result<Windows, String> {
        let default = Windows::default();
        let seconds = |value: Option<u32>, default| {
            value.map_or(default, |s| SignedDuration::from_secs(i64::from(s)))
        };
        let windows = Windows {
            validity: seconds(self.settle_validity_seconds, default.validity),
            visibility: seconds(self.settle_visibility_seconds, default.visibility),
        };
        match windows_refused(&self.endpoints(), &windows) {
            Some(message) => Err(message),
            None => Ok(windows),
        }
    }
}

/// Shorter windows than AWS's own are safe only where every endpoint is a simulator: why they are
/// refused here, if they are.
pub fn windows_refused(endpoints: &Endpoints, windows: &Windows) -> Option<String> {
    let default = Windows::default();
    if windows.validity >= default.validity && windows.visibility >= default.visibility {
        return None;
    }
    let Endpoints {
        direct_connect,
        ec2,
        sts,
        cloud_watch,
    } = endpoints;
    let strays = [
        ("directConnect", direct_connect),
        ("ec2", ec2),
        ("sts", sts),
        ("cloudWatch", cloud_watch),
    ];
    strays.into_iter().find_map(|(name, url)| {
        let loopback = url.as_deref().is_some_and(is_loopback);
        (!loopback).then(|| {
            format!(
                "the operator runs with shortened settle windows, which are for simulators only, and endpoint {name} is not on loopback: \
                 remove --settle-validity-seconds and --settle-visibility-seconds"
            )
        })
    })
}

fn is_loopback(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .unwrap_or("");
    let authority = rest.split('/').next().unwrap_or("");
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next() == Some("::1");
    }
    let host = authority.split(':').next().unwrap_or("");
    host == "localhost"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|a| a.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_windows_need_loopback_everywhere() {
        let short = Windows {
            validity: SignedDuration::from_secs(5),
            visibility: SignedDuration::from_secs(1),
        };
        let local = Some("http://127.0.0.1:4566".to_owned());
        let mut endpoints = Endpoints {
            direct_connect: local.clone(),
            ec2: local.clone(),
            sts: local.clone(),
            cloud_watch: local,
        };
        assert_eq!(windows_refused(&endpoints, &short), None);
        endpoints.ec2 = None;
        assert!(windows_refused(&endpoints, &short).is_some());
        assert_eq!(windows_refused(&endpoints, &Windows::default()), None);
        assert!(!is_loopback("http://127.0.0.1.example.com"));
    }
}
