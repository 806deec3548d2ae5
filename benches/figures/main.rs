//! Figures that need real time: a real control plane, dxsim over HTTP, the operator as a process under its chart's rights.
//!
//! `make bench` runs it without arguments: edits, and the start with 1,000 objects. `memory <operator>` is the part of
//! `make release-figures` that needs a world to run in. A dev-profile program: it only drives and measures.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a program for developers: what fails ends it with a message"
)]

mod edits;
mod memory;
mod objects;
mod start;
mod world;

use std::path::PathBuf;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    match (args.next().as_deref(), args.next()) {
        (None, _) => {
            edits::run();
            start::run();
        }
        (Some("edits"), None) => edits::run(),
        (Some("start"), None) => start::run(),
        (Some("memory"), Some(operator)) => memory::run(&PathBuf::from(operator)),
        _ => panic!("usage: figures [edits | start | memory <operator>]"),
    }
}
