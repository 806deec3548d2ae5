//! Generated files equal what the types say; registries and docs name the same things.

use std::path::Path;

#[test]
fn generated_files_have_not_drifted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    directconnect_operator::generate::run(root, true).expect("run `make gen`");
}
