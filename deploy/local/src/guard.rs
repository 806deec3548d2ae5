//! The guard: one small shell per process of ours that ends what is left when that process dies, in whatever way it dies.
//!
//! It reads from a pipe whose only writing end is ours. The kernel closes that end with us; the guard then kills the process groups that it
//! was told of, newest first, and removes the folders it was told of. A signal at parent death (`PR_SET_PDEATHSIG`) would not do: it follows
//! the parent's *thread*, and test threads come and go.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::{Context, Result};

const SCRIPT: &str = r#"
trap '' HUP INT TERM
pids= dirs=
while IFS= read -r line; do
  op=${line%% *} arg=${line#* }
  case $op in
    run) pids="$arg $pids" ;;
    end) left=; for p in $pids; do [ "$p" = "$arg" ] || left="$left $p"; done; pids=$left ;;
    dir) dirs="$dirs$arg
" ;;
  esac
done
for p in $pids; do kill -KILL "-$p" 2>/dev/null; done
for p in $pids; do
  n=0
  while [ $n -lt 30 ] && kill -0 "-$p" 2>/dev/null; do n=$((n + 1)); sleep 0.1; done
done
printf '%s' "$dirs" | while IFS= read -r d; do rm -rf -- "$d"; done
"#;

static PIPE: OnceLock<Mutex<Option<ChildStdin>>> = OnceLock::new();

/// Puts the process group under guard.
pub(crate) fn watch(pid: u32) -> Result<()> {
    tell(&format!("run {pid}\n"))
}

/// The process group has been reaped.
pub(crate) fn forget(pid: u32) -> Result<()> {
    tell(&format!("end {pid}\n"))
}

/// Removes the folder when this process is gone.
pub(crate) fn remove(dir: &Path) -> Result<()> {
    tell(&format!("dir {}\n", dir.display()))
}

fn tell(line: &str) -> Result<()> {
    let mut pipe = PIPE
        .get_or_init(|| Mutex::new(None))
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if pipe.is_none() {
        *pipe = Some(start()?);
    }
    if let Some(pipe) = pipe.as_mut() {
        pipe.write_all(line.as_bytes())
            .context("tell the guard process")?;
    }
    Ok(())
}

fn start() -> Result<ChildStdin> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", SCRIPT, "directconnect-guard"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("start the guard process")?;
    Ok(child.stdin.take().expect("stdin was asked for"))
}
