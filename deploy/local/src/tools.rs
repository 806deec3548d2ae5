//! Where the programs of the control plane come from, in this order: `KUBEBUILDER_ASSETS`, `PATH`, an earlier build in the cache, a build.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::error::{Context, Error, Result};
use crate::{paths, process};

/// Told what takes long.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// A program: its name, how it tells its version, the oldest version that fits (Kubernetes: the oldest that the operator supports).
struct Program(&'static str, &'static [&'static str], (u32, u32));

const PROGRAMS: [Program; 5] = [
    Program("etcd", &["--version"], (3, 5)),
    Program("kube-apiserver", &["--version"], (1, 33)),
    Program("kube-controller-manager", &["--version"], (1, 33)),
    Program("kubectl", &["version", "--client"], (1, 33)),
    Program("helm", &["version", "--short"], (3, 14)),
];

/// The programs of a control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The store.
    pub etcd: PathBuf,
    /// The API server.
    pub kube_apiserver: PathBuf,
    /// Garbage collection, namespaces, service accounts.
    pub kube_controller_manager: PathBuf,
    /// The client.
    pub kubectl: PathBuf,
    /// The package manager.
    pub helm: PathBuf,
}

impl Tools {
    /// Finds fit programs and builds those that are missing.
    pub fn find_or_build(progress: Progress<'_>) -> Result<Self> {
        let mut found = Vec::new();
        for program in &PROGRAMS {
            found.push(find(program));
        }
        let built = if found.iter().all(Option::is_some) {
            PathBuf::new()
        } else {
            cached_or_built(progress)?
        };
        let mut programs = PROGRAMS
            .iter()
            .zip(found)
            .map(|(program, found)| found.unwrap_or_else(|| built.join(program.0)));
        let mut next = || programs.next().unwrap_or_default();
        Ok(Self {
            etcd: next(),
            kube_apiserver: next(),
            kube_controller_manager: next(),
            kubectl: next(),
            helm: next(),
        })
    }

    /// Makes a folder with a link to every program, for a `PATH`.
    pub fn link_into(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir).context(dir.display())?;
        let Self {
            etcd,
            kube_apiserver,
            kube_controller_manager,
            kubectl,
            helm,
        } = self;
        for (Program(name, ..), target) in
            PROGRAMS
                .iter()
                .zip([etcd, kube_apiserver, kube_controller_manager, kubectl, helm])
        {
            let link = dir.join(name);
            if !link.exists() {
                symlink(target, &link).context(link.display())?;
            }
        }
        Ok(())
    }
}

fn find(program: &Program) -> Option<PathBuf> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    assets
        .into_iter()
        .chain(std::env::split_paths(&path))
        .filter_map(|dir| std::path::absolute(dir.join(program.0)).ok())
        .find(|candidate| candidate.is_file() && fits(candidate, program))
}

fn fits(candidate: &Path, Program(_, args, oldest): &Program) -> bool {
    let mut command = Command::new(candidate);
    process::run(command.args(*args).env_clear(), None)
        .ok()
        .and_then(|text| version(&text))
        .is_some_and(|version| version >= *oldest)
}

/// The first `major.minor` in a text such as `Kubernetes v1.36.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .find_map(|word| {
            let mut parts = word.split('.').map(str::parse);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        })
}

/// The folder with the programs built from `deploy/local/controlplane`; its name is the hash of all that enters the build.
fn cached_or_built(progress: Progress<'_>) -> Result<PathBuf> {
    let sources = paths::checkout().join("deploy/local/controlplane");
    let root = paths::cache()?.join("controlplane");
    let dir = root.join(fingerprint(&sources)?);
    if dir.is_dir() {
        return Ok(dir);
    }
    fs::create_dir_all(&root).context(root.display())?;
    let lock = File::create(root.join("lock")).context(root.display())?;
    lock.lock()
        .context("wait for another build of the control plane")?;
    if dir.is_dir() {
        return Ok(dir);
    }
    progress(&format!(
        "building the control plane (etcd, kube-apiserver, kube-controller-manager, kubectl, helm) from Go modules into {}: about 8 minutes on 2 cores, once",
        dir.display()
    ));
    let unfinished = tempfile::Builder::new()
        .prefix("unfinished-")
        .tempdir_in(&root)
        .context(root.display())?;
    build(&sources, &unfinished.path().join("controlplane"))?;
    for Program(name, ..) in &PROGRAMS {
        symlink("controlplane", unfinished.path().join(name)).context(name)?;
    }
    fs::rename(unfinished.keep(), &dir).context(dir.display())?;
    Ok(dir)
}

fn build(sources: &Path, output: &Path) -> Result<()> {
    let modules = fs::read_to_string(sources.join("go.mod")).context("go.mod")?;
    let kubernetes = required(&modules, "k8s.io/kubernetes")?;
    let (major, minor) = version(kubernetes).unwrap_or_default();
    // The programs tell their versions as their releases do; clients and servers compare them.
    let mut flags = format!(
        "-s -w -X helm.sh/helm/v4/internal/version.version={}",
        required(&modules, "helm.sh/helm/v4")?
    );
    for package in [
        "k8s.io/component-base/version",
        "k8s.io/client-go/pkg/version",
    ] {
        write!(flags, " -X {package}.gitVersion={kubernetes} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}").context("linker flags")?;
    }
    let log = output.with_file_name("build.log");
    let text = File::create(&log).context(log.display())?;
    let mut go = Command::new("go");
    go.args([
        "build",
        "-mod=readonly",
        "-buildvcs=false",
        "-trimpath",
        "-ldflags",
        &flags,
        "-o",
    ])
    .args([output.as_os_str(), OsStr::new(".")])
    .current_dir(sources)
    .envs([("CGO_ENABLED", "0"), ("GOWORK", "off"), ("GOFLAGS", "")])
    .stdin(Stdio::null())
    .stdout(text.try_clone().context(log.display())?)
    .stderr(text);
    let status = process::run_guarded(&mut go).context("go build (is Go installed?)")?;
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(&log).unwrap_or_default();
    Err(Error::new(format!(
        "the control plane could not be built: go build ended with {status}\n{said}"
    )))
}

/// The version of a module that go.mod requires.
fn required<'a>(modules: &'a str, module: &str) -> Result<&'a str> {
    let version = modules
        .lines()
        .find_map(|line| line.trim().strip_prefix(module)?.strip_prefix(' '));
    version.ok_or_else(|| Error::new(format!("go.mod requires no {module}")))
}

fn fingerprint(sources: &Path) -> Result<String> {
    let mut names: Vec<PathBuf> = fs::read_dir(sources)
        .context(sources.display())?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    names.retain(|path| path.is_file());
    names.sort();
    let mut hash = Sha256::new();
    hash.update(process::run(
        Command::new("go")
            .arg("version")
            .env("GOTOOLCHAIN", "local"),
        None,
    )?);
    for path in names {
        let content = fs::read(&path).context(path.display())?;
        hash.update(format!(
            "{} {}\n",
            path.file_name().unwrap_or_default().display(),
            content.len()
        ));
        hash.update(content);
    }
    Ok(hash
        .finalize()
        .iter()
        .take(8)
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_from_what_the_programs_print() {
        assert_eq!(version("Kubernetes v1.36.3"), Some((1, 36)));
        assert_eq!(version("etcd Version: 3.6.16\nGit SHA: 123"), Some((3, 6)));
        assert_eq!(version("Client Version: v1.32.4-dispatcher"), Some((1, 32)));
        assert_eq!(version("v4.3.1+gabc"), Some((4, 3)));
        assert_eq!(version("no version"), None);
    }
}
