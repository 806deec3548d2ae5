//! Every relative link of every Markdown file leads somewhere, to a heading too if it names one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::tree;

/// The text outside of fenced blocks and inline code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            out.extend(line.split('`').step_by(2));
            out.push('\n');
        }
    }
    out
}

fn links(text: &str) -> Vec<String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(str::to_owned)
        .collect()
}

/// Headings as the names that links give them.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|l| l.starts_with('#'))
        .map(|l| {
            l.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

fn broken(file: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        file.to_owned()
    } else {
        file.parent()?.join(path)
    };
    if !target.exists() {
        return Some(format!("{}: {link} does not exist", file.display()));
    }
    let known = anchor.is_empty()
        || anchors(&fs::read_to_string(&target).unwrap_or_default()).contains(anchor);
    (!known).then(|| format!("{}: {link}: no such heading", file.display()))
}

#[test]
fn every_relative_link_resolves() {
    let mut count = 0;
    let mut wrong = vec![];
    for file in tree::files("", &["md"]) {
        for link in links(&tree::text(&file)) {
            count += 1;
            wrong.extend(broken(&file, &link));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "only {count} links were found");
}

/// Paths that pages name in code: they exist, so that the docs follow when files move.
#[test]
fn every_path_that_the_docs_name_exists() {
    const BEGINNINGS: &[&str] = &[
        "src/",
        "model/",
        "sim/",
        "deploy/",
        "tests/",
        "charts/",
        "docs/",
        "examples/",
        ".ci/",
    ];
    let mut wrong = vec![];
    for page in ["status", "testing", "concepts", "operations", "benchmarks"] {
        let text = tree::text(format!("docs/{page}.md"));
        for word in text.split('`').skip(1).step_by(2) {
            let path = word.split([' ', ':']).next().unwrap_or_default();
            let named = BEGINNINGS.iter().any(|b| path.starts_with(b));
            if named && !path.contains(['*', '<', '{']) && !tree::root().join(path).exists() {
                wrong.push(format!("docs/{page}.md: {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
