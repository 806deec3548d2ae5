//! A local world that stays up: `up` starts one supervisor process and returns, `down` ends it.
//!
//! Everything is in `.local` of the checkout. The supervisor holds a lock on `.local/lock` as long as it lives; the file `.local/stop` asks it
//! to end. Should it be killed, the guard ends what it started and removes the folder.

mod environment;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use directconnect_local::{Error, Result, paths, until};
use rustix::process::{Pid, Signal, kill_process};

pub use supervisor::supervise;

/// The hidden command that is the supervisor.
pub const SUPERVISE: &str = "supervise";

const EVERY: Duration = Duration::from_millis(100);

/// `.local` of the checkout; a test names another folder, so that it does not meet what somebody left up.
fn dir() -> PathBuf {
    std::env::var_os("DIRECTCONNECT_LOCAL_DIR")
        .map_or_else(|| paths::checkout().join(".local"), PathBuf::from)
}

/// Starts a supervisor and waits until its world is ready.
pub fn up() -> Result<()> {
    let dir = dir();
    if locked(&dir)?.is_some() {
        println!("It is up already.");
        return environment::print_usage(&dir);
    }
    remove(&dir)?;
    fs::create_dir_all(&dir).map_err(|error| cannot(&dir, &error))?;
    let log = dir.join("supervisor.log");
    let output = File::create(&log).map_err(|error| cannot(&log, &error))?;
    let errors = output.try_clone().map_err(|error| cannot(&log, &error))?;
    let program = std::env::current_exe().map_err(|error| Error::new(error.to_string()))?;
    let mut supervisor = Command::new(program)
        .arg(SUPERVISE)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|error| Error::new(format!("start the supervisor: {error}")))?;
    let mut shown = 0;
    until("the local world", Duration::from_mins(30), EVERY, || {
        show_new_lines(&log, &mut shown);
        match supervisor.try_wait() {
            Ok(None) => Ok(dir.join("env").exists().then_some(())),
            ended => Err(Error::new(format!(
                "the supervisor ended: {ended:?}; see above"
            ))),
        }
    })?;
    environment::print_usage(&dir)
}

/// Ends the supervisor and waits until nothing is left.
pub fn down() -> Result<()> {
    let dir = dir();
    let Some(lock) = locked(&dir)? else {
        remove(&dir)?;
        println!("Nothing is up.");
        return Ok(());
    };
    let pid = fs::read_to_string(dir.join("supervisor.pid")).unwrap_or_default();
    fs::write(dir.join("stop"), "").map_err(|error| cannot(&dir, &error))?;
    let gone = || Ok((lock.try_lock().is_ok() && !dir.exists()).then_some(()));
    if until(
        "the end of the supervisor",
        Duration::from_mins(1),
        EVERY,
        gone,
    )
    .is_err()
    {
        if let Some(pid) = pid.trim().parse().ok().and_then(Pid::from_raw) {
            // An error means that it has just ended.
            let _ = kill_process(pid, Signal::KILL);
        }
        until(
            "the end of the killed supervisor",
            Duration::from_secs(20),
            EVERY,
            gone,
        )?;
    }
    println!("All is down, and nothing is left.");
    Ok(())
}

/// The lock file, if a supervisor holds it.
fn locked(dir: &Path) -> Result<Option<File>> {
    let Ok(file) = File::open(dir.join("lock")) else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(cannot(dir, &error)),
    }
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(dir, &error)),
        _ => Ok(()),
    }
}

fn show_new_lines(log: &Path, shown: &mut usize) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole > *shown {
        print!("{}", &text[*shown..whole]);
        *shown = whole;
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("{}: {error}", path.display()))
}
