//! The supervisor process of `up`: starts the world, starts the operator again if it dies, as a kubelet would, and ends after 8 hours.

use std::fs::{self, File};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use directconnect_local::{Error, Result, Stack, remove_with_this_process};

use super::{cannot, dir, environment, remove};
use crate::{progress, setting};

const LONGEST: Duration = Duration::from_hours(8);
const EVERY: Duration = Duration::from_millis(200);
/// A process that ran that long has recovered: the next restart waits the shortest time again.
const RECOVERED: Duration = Duration::from_mins(10);
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// Runs until it is told to stop, until 8 hours are over, or until what cannot be started again dies.
pub fn supervise() -> Result<()> {
    // A terminal that closes must not take it along. It fails only for a leader of a process group, which has no terminal to lose.
    let _ = rustix::process::setsid();
    let dir = dir();
    let lock = dir.join("lock");
    let held = File::create(&lock).map_err(|error| cannot(&lock, &error))?;
    held.try_lock()
        .map_err(|_| Error::new("another supervisor is starting"))?;
    fs::write(dir.join("supervisor.pid"), std::process::id().to_string())
        .map_err(|error| cannot(&dir, &error))?;
    remove_with_this_process(&dir)?;

    let pid_file = dir.join("operator.pid");
    let mut stack = Stack::start(&dir, &setting::options(), &mut progress)?;
    write_pid(&pid_file, &mut stack)?;
    environment::write(&dir, &stack, &pid_file)?;
    let outcome = watch(&dir, &pid_file, &mut stack);
    stack.stop()?;
    drop(stack);
    remove(&dir)?;
    outcome
}

fn watch(dir: &Path, pid_file: &Path, stack: &mut Stack) -> Result<()> {
    let end = Instant::now() + LONGEST;
    let mut delay = FIRST_DELAY;
    let mut started = Instant::now();
    let mut restart_at = None;
    while Instant::now() < end && !dir.join("stop").exists() {
        stack.control_plane.expect_running()?;
        stack.dxsim.process().expect_running()?;
        match restart_at {
            None => {
                if let Some(status) = stack.operator.process().exited()? {
                    if started.elapsed() >= RECOVERED {
                        delay = FIRST_DELAY;
                    }
                    println!(
                        "the operator ended ({status}); it starts again in {} s",
                        delay.as_secs()
                    );
                    restart_at = Some(Instant::now() + delay);
                    delay = (delay * 2).min(LONGEST_DELAY);
                }
            }
            Some(at) if Instant::now() >= at => {
                stack.operator.restart()?;
                write_pid(pid_file, stack)?;
                started = Instant::now();
                restart_at = None;
            }
            Some(_) => {}
        }
        sleep(EVERY);
    }
    Ok(())
}

fn write_pid(file: &Path, stack: &mut Stack) -> Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, format!("{}\n", stack.operator.process().pid()))
        .map_err(|error| cannot(&draft, &error))?;
    fs::rename(&draft, file).map_err(|error| cannot(file, &error))
}
