//! The image's content, made and run without a container engine.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use directconnect_local::{paths, process};

#[test]
fn the_image_holds_what_the_operator_needs_and_no_more() {
    let operator = paths::binary("directconnect-operator").unwrap();
    assert!(
        operator.exists(),
        "{}: run `cargo build --workspace --all-targets` first",
        operator.display()
    );
    let said = process::run(
        Command::new(paths::checkout().join("deploy/image/test.sh")).arg(operator),
        None,
    )
    .unwrap();
    assert!(said.starts_with("image: ok"), "{said}");
}
