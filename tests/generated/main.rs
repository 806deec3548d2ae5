//! What is generated, listed or promised in files equals what the code says: generated files, docs,
//! the registry, crate boundaries, the layout of the source.

#![allow(clippy::panic, reason = "a test says what it found")]

mod crates;
mod docs;
mod iam;
mod kinds;
mod layout;
mod links;
mod metrics;
mod tree;

#[test]
fn generated_files_have_not_drifted() {
    directconnect_operator::generate::run(&tree::root(), true).expect("run `make gen`");
}
