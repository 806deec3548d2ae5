//! Every kind has all its pieces: registry, CRD, reference page, plan cases, an example.

use std::collections::BTreeSet;

use directconnect_model::api::crds::crds;
use directconnect_model::kind::Kind;
use directconnect_operator::registry;
use strum::IntoEnumIterator;

use crate::tree;

fn managed() -> BTreeSet<Kind> {
    Kind::iter().filter(|k| *k != Kind::AwsAccount).collect()
}

#[test]
fn the_registry_names_every_managed_kind() {
    let registered: BTreeSet<Kind> = registry::managed().into_iter().collect();
    assert_eq!(registered, managed());
}

#[test]
fn every_kind_has_a_crd_a_page_and_an_example() {
    let crds: BTreeSet<String> = crds().into_iter().map(|c| c.spec.names.kind).collect();
    let examples: String = tree::files("examples", &["yaml"])
        .iter()
        .map(tree::text)
        .collect();
    for kind in Kind::iter() {
        assert!(crds.contains(&kind.to_string()), "{kind} has a CRD");
        let _ = tree::text(format!("docs/kinds/{}.md", kind.singular()));
        let _ = tree::text(format!("crds/{}.directconnect.dev.yaml", kind.plural()));
        assert!(
            examples.contains(&format!("\nkind: {kind}\n")),
            "examples/ holds a {kind}"
        );
    }
    assert_eq!(crds.len(), Kind::iter().count());
}

#[test]
fn every_managed_kind_has_plan_cases() {
    let mut missing = managed();
    for file in tree::files("model/tests/plan", &["yaml"]) {
        let text = tree::text(&file);
        missing.retain(|k| {
            !(text.contains(&format!("kind: {k},")) || text.contains(&format!("kind: {k}\n")))
        });
    }
    assert!(missing.is_empty(), "no plan case for {missing:?}");
}
