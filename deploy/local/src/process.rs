//! A program under supervision: started with a clean environment in a process group of its own, logged to a file, ended by process id.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::error::{Context, Error, Result};
use crate::guard;

/// How often a process that shall end is looked at.
const POLL: Duration = Duration::from_millis(10);

/// What to start.
#[derive(Clone)]
pub struct Spawn {
    /// The program.
    pub program: PathBuf,
    /// The name it shall see as its own, and that messages use.
    pub name: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its working folder, which is also its home.
    pub dir: PathBuf,
    /// Where its output goes, appended.
    pub log: PathBuf,
}

/// A running program; dropping it kills it.
pub struct Process {
    name: String,
    log: PathBuf,
    pid: u32,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts the program. It runs only once the guard knows it, so that there is no instant at which it could be left alone.
    pub fn spawn(spawn: &Spawn) -> Result<Self> {
        let Spawn {
            program,
            name,
            args,
            env,
            dir,
            log,
        } = spawn;
        if !program.exists() {
            return Err(Error::new(format!(
                "{name} is not at {}: build it with `cargo build --workspace --all-targets`",
                program.display()
            )));
        }
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .context(log.display())?;
        let errors = output.try_clone().context(log.display())?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", r#"read -r _ && exec "$@" </dev/null"#, name])
            .arg(program)
            .args(args)
            .env_clear()
            .env("HOME", dir)
            .envs(env)
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .context(format!("start {name}"))?;
        let pid = child.id();
        guard::watch(pid)?;
        child
            .stdin
            .take()
            .expect("stdin was asked for")
            .write_all(b"go\n")
            .context(format!("start {name}"))?;
        Ok(Self {
            name: name.clone(),
            log: log.clone(),
            pid,
            child,
            ended: None,
        })
    }

    /// Its process id, which is also that of its process group.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The file that holds its output.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Whether it has ended by itself, and how.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self
                .child
                .try_wait()
                .context(format!("wait for {}", self.name))?;
            if self.ended.is_some() {
                guard::forget(self.pid)?;
            }
        }
        Ok(self.ended)
    }

    /// An error, with the end of its log, if it has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        match self.exited()? {
            None => Ok(()),
            Some(status) => Err(Error::new(format!(
                "{} ended: {status}\n{}",
                self.name,
                self.log_tail(20)
            ))),
        }
    }

    /// Asks it to end (SIGTERM), waits that long, then kills it. Tells whether it ended by itself, and how.
    pub fn stop(&mut self, patience: Duration) -> Result<Option<ExitStatus>> {
        if self.exited()?.is_some() {
            return Ok(self.ended);
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.exited()?.is_some() {
                return Ok(self.ended);
            }
            std::thread::sleep(POLL);
        }
        self.kill()?;
        Ok(None)
    }

    /// `kill -9`, and reaps it.
    pub fn kill(&mut self) -> Result<()> {
        if self.exited()?.is_none() {
            if let Some(group) = self.group() {
                // An error means that it is gone, which the wait below finds out.
                let _ = kill_process_group(group, Signal::KILL);
            }
            self.ended = Some(
                self.child
                    .wait()
                    .context(format!("wait for {}", self.name))?,
            );
            guard::forget(self.pid)?;
        }
        Ok(())
    }

    /// Stops it where it is (SIGSTOP), as a suspended machine would.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Process::pause`].
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// The last lines of its log.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn signal(&self, signal: Signal) {
        if let (None, Some(pid)) = (self.ended, self.group()) {
            // An error means that it is gone, which every caller finds out by waiting.
            let _ = kill_process(pid, signal);
        }
    }

    fn group(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to hear of an error; the guard sees to what remains.
        let _ = self.kill();
    }
}

/// Runs a program to its end with this environment and nothing else, and returns what it printed.
pub fn run(command: &mut Command, input: Option<&str>) -> Result<String> {
    let shown = shown(command);
    command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context(&shown)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // A program that does not read all its input says why on stderr, reported below.
        let _ = pipe.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().context(&shown)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Err(Error::new(
        format!("{shown}: {}\n{}{}", output.status, out, err).trim_end(),
    ))
}

/// Runs a program to its end with the streams and environment that it was given; it ends with this process if that ends first.
pub(crate) fn run_guarded(command: &mut Command) -> Result<ExitStatus> {
    let shown = shown(command);
    let mut child = command.process_group(0).spawn().context(&shown)?;
    guard::watch(child.id())?;
    let status = child.wait().context(&shown)?;
    guard::forget(child.id())?;
    Ok(status)
}

/// The command as one would type it, without its folder.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .map_or_else(OsString::new, OsString::from);
    let args: Vec<String> = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    format!("{} {}", program.to_string_lossy(), args.join(" "))
}
