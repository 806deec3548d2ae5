//! A machine that lacks a tool is told which, why, and what to do, before anything is built.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use directconnect_local::{Scratch, paths};

const NEEDED: [&str; 5] = ["cargo", "go", "cc", "make", "python3"];

/// Where the shell finds a program.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{program} is not on the PATH"))
}

fn script(file: &Path, line: &str) {
    std::fs::write(file, format!("#!/bin/sh\n{line}\n")).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the check with only these programs to be found; the scripts stand for them.
fn check(scratch: &Path, programs: &[&str], scripts: &[(&str, &str)]) -> Output {
    let _ = std::fs::remove_dir_all(scratch.join("bin"));
    std::fs::create_dir(scratch.join("bin")).unwrap();
    let beside = ["sh", "sed", "sort", "head", "dirname", "rustc"];
    for program in programs.iter().chain(&beside) {
        if !scripts.iter().any(|(name, _)| name == program) {
            let path = std::env::var("PATH").unwrap();
            let runs = format!("PATH='{path}' exec '{}' \"$@\"", found(program).display());
            script(&scratch.join("bin").join(program), &runs);
        }
    }
    for (name, says) in scripts {
        script(&scratch.join("bin").join(name), &format!("echo '{says}'"));
    }
    Command::new(found("sh"))
        .arg(paths::checkout().join("deploy/local/check-tools.sh"))
        .env("PATH", scratch.join("bin"))
        .output()
        .unwrap()
}

#[test]
fn what_is_missing_or_too_old_is_named() {
    let scratch = Scratch::new().unwrap();
    let all = check(scratch.path(), &NEEDED, &[]);
    assert!(
        all.status.success(),
        "{}",
        String::from_utf8_lossy(&all.stderr)
    );
    for tool in NEEDED {
        let others: Vec<_> = NEEDED.into_iter().filter(|one| *one != tool).collect();
        let output = check(scratch.path(), &others, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "without {tool}: {said}");
        assert!(
            said.contains(&format!("missing: {tool}, which")) && said.contains("Install"),
            "{said}"
        );
    }
    let none = check(scratch.path(), &[], &[]);
    assert_eq!(String::from_utf8_lossy(&none.stderr).lines().count(), 5);
    let old = check(scratch.path(), &NEEDED, &[("rustc", "rustc 1.80.1 (abc)")]);
    assert!(!old.status.success());
    let said = String::from_utf8_lossy(&old.stderr);
    assert!(said.contains("too old: rustc 1.80, 1.95"), "{said}");
}
