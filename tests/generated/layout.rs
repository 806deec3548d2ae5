//! The layout of the source: small files, each of which says what it is for.

use crate::tree;

const FOLDERS: &[&str] = &["src", "model", "sim", "deploy", "tests", "benches"];
const MEDIAN_AT_MOST: usize = 200;
const FILE_AT_MOST: usize = 700;

#[test]
fn files_are_small() {
    let mut sizes = vec![];
    let mut large = vec![];
    for folder in FOLDERS {
        for file in tree::files(folder, &["rs", "go", "py", "sh"]) {
            let lines = tree::text(&file).lines().count();
            if lines > FILE_AT_MOST {
                large.push(format!("{}: {lines} lines", file.display()));
            }
            sizes.push(lines);
        }
    }
    assert!(large.is_empty(), "{}", large.join("\n"));
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= MEDIAN_AT_MOST, "the median is {median} lines");
    assert!(sizes.len() > 100, "only {} files were found", sizes.len());
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    let mut silent = vec![];
    for folder in FOLDERS {
        for file in tree::files(folder, &["rs"]) {
            if !tree::text(&file).starts_with("//!") {
                silent.push(file.display().to_string());
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
