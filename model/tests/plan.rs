//! Plan cases: the YAML files of `tests/plan/<kind>/`, each a small world and what is decided in it.

#![allow(clippy::panic, reason = "a test says what it found")]

#[path = "plan/expect.rs"]
mod expect;
#[path = "plan/given.rs"]
mod given;
#[path = "support/invariants.rs"]
mod invariants;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use directconnect_model::api::{
    Connection, DirectConnectGateway, DirectConnectGatewayAssociation, VirtualInterface,
    VirtualPrivateGateway,
};
use directconnect_model::decide::{Action, in_the_way};
use directconnect_model::managed::Managed;

use given::Case;

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan");
    let listed = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder)
            .expect("a folder")
            .map(|e| e.expect("readable").path())
            .collect()
    };
    let mut files: Vec<PathBuf> = listed(&root)
        .iter()
        .filter(|p| p.is_dir())
        .flat_map(|p| listed(p))
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    files
}

fn run<K: Managed>(case: &Case) {
    let (mut object, mut view) = case.world::<K>();
    let mut decision = invariants::decided(&object, &view);
    if case.consent {
        let code = expect::code(&decision.verdict);
        let annotations = object.meta_mut().annotations.get_or_insert_default();
        annotations.insert(directconnect_model::consent::ANNOTATION.to_owned(), code);
        decision = invariants::decided(&object, &view);
    }
    if let Some(after) = &case.after {
        let Action::Call(step) = &decision.action else {
            panic!("`after` needs a call, found {:?}", decision.action)
        };
        if after == "conflict" {
            object = given::opened(&object, &step.call, view.now);
        }
        given::remember(&mut view, &step.call, after);
        decision = invariants::decided(&object, &view);
    }
    case.expect.compare::<K>(&decision);
    let in_the_way = in_the_way(&object, &view, "hash", None);
    case.expect.stands(in_the_way.map(|(reason, _)| reason));
}

fn dispatch(case: &Case) {
    match case.object["kind"].as_str().expect("object.kind") {
        "Connection" => run::<Connection>(case),
        "DirectConnectGateway" => run::<DirectConnectGateway>(case),
        "DirectConnectGatewayAssociation" => run::<DirectConnectGatewayAssociation>(case),
        "VirtualInterface" => run::<VirtualInterface>(case),
        "VirtualPrivateGateway" => run::<VirtualPrivateGateway>(case),
        other => panic!("no kind {other}"),
    }
}

#[test]
fn plan_cases() {
    let mut wrong = Vec::new();
    let files = files();
    assert!(files.len() >= 45, "only {} cases", files.len());
    let only = std::env::var("CASE").unwrap_or_default();
    for path in files.iter().filter(|p| p.to_string_lossy().contains(&only)) {
        let text = fs::read_to_string(path).expect("text");
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let case: Case = serde_saphyr::from_str(&text).expect("a case");
            dispatch(&case);
        }));
        if let Err(panic) = outcome {
            let why = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                .unwrap_or_default();
            wrong.push(format!("{}: {why}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
