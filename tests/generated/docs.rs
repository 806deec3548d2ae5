//! Reasons and events: each has its place in the docs, and the docs name no others.

use std::collections::BTreeSet;

use directconnect_model::event::EventReason;
use directconnect_model::reason::Reason;
use strum::IntoEnumIterator;

use crate::tree;

#[test]
fn every_reason_has_exactly_one_page() {
    let reasons: BTreeSet<String> = Reason::iter().map(|r| r.to_string()).collect();
    let pages: BTreeSet<String> = tree::files("docs/reasons", &["md"])
        .iter()
        .map(|p| {
            p.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "README" && name != "events")
        .collect();
    assert_eq!(reasons, pages, "docs/reasons has one page for each Reason");
    let index = tree::text("docs/reasons/README.md");
    for reason in reasons {
        let page = tree::text(format!("docs/reasons/{reason}.md"));
        assert!(
            page.starts_with(&format!("# {reason}\n")),
            "{reason}.md begins with its name"
        );
        let rows = index
            .lines()
            .filter(|l| l.starts_with(&format!("| [{reason}]({reason}.md) |")))
            .count();
        assert_eq!(rows, 1, "docs/reasons/README.md has one row for {reason}");
    }
}

#[test]
fn every_reason_of_events_has_one_row() {
    let page = tree::text("docs/reasons/events.md");
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split('`').next())
        .collect();
    let reasons: Vec<String> = EventReason::iter().map(|r| r.to_string()).collect();
    assert_eq!(
        rows, reasons,
        "docs/reasons/events.md has a row for each, in order"
    );
}
