//! The conformance cases against this server.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use jiff::{SignedDuration, Timestamp};
use kubesim::{
    Server,
    conformance::{self, Answer},
    shape,
};
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn every_case_holds() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let origin = tokio::time::Instant::now();
    let server = Server::new(Arc::new(move || {
        start + SignedDuration::try_from(origin.elapsed()).unwrap()
    }));
    let service = server.service();
    let report = conformance::run(move |request| {
        let service = service.clone();
        async move {
            let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
            let response = service
                .oneshot(request)
                .await
                .expect("no fault is injected");
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("no fault is injected");
            Answer::new(parts.status.as_u16(), &parts.headers, &body.to_bytes())
        }
    })
    .await;
    let beyond = report.beyond(&conformance::differences());
    println!("{} cases", report.count());
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
    assert!(report.count() >= 300);
    assert_eq!(server.unsupported(), Vec::<String>::new());
}

/// The checked-in list of shapes is the cases'. `UPDATE_SHAPES=1` writes it anew.
#[test]
fn the_covered_shapes_are_those_of_the_cases() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/shapes.txt");
    let shapes: Vec<String> = conformance::shapes().into_iter().collect();
    let text = shapes.join("\n") + "\n";
    if std::env::var_os("UPDATE_SHAPES").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    let checked_in = std::fs::read_to_string(file).unwrap();
    assert_eq!(checked_in, text, "UPDATE_SHAPES=1 writes {file}");
    for shape in &shapes {
        assert!(
            shape::covered(shape),
            "built before the list was written: {shape}"
        );
    }
}

#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<String> = conformance::cases()
        .into_iter()
        .map(|case| case.name)
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}
