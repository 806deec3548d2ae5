//! The conformance cases against this server.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use kubesim::{Server, conformance};
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn every_case_holds() {
    let server = Server::new(Arc::new(|| "2026-01-01T00:00:00Z".parse().unwrap()));
    let service = server.service();
    let report = conformance::run(move |request| {
        let service = service.clone();
        async move {
            let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
            let response = service
                .oneshot(request)
                .await
                .expect("no fault is injected");
            let code = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .expect("no fault is injected")
                .to_bytes();
            (code, conformance::parse_body(&body))
        }
    })
    .await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 40);
    assert_eq!(server.unsupported(), Vec::<String>::new());
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
