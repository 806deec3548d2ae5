//! The `local` command: builds the control plane, keeps a local world up, takes it down, shows the demo.

mod demo;
mod setting;
mod up;

use std::process::ExitCode;

use directconnect_local::{Result, Tools};

const USAGE: &str = "usage: local COMMAND

  controlplane   builds the Kubernetes control plane, if it is not there already
  up             starts a local world (8 h at most) and says how to use it
  down           ends it and leaves nothing behind
  demo           shows the whole story, then cleans up";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["controlplane"] => control_plane(),
        ["up"] => up::up(),
        ["down"] => up::down(),
        ["demo"] => demo::run(),
        [up::SUPERVISE] => up::supervise(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local: {error}");
            ExitCode::FAILURE
        }
    }
}

fn control_plane() -> Result<()> {
    let tools = Tools::find_or_build(&mut progress)?;
    println!("control plane: {}", tools.kube_apiserver.display());
    Ok(())
}

/// Says what takes long.
fn progress(line: &str) {
    println!("local: {line}");
}
