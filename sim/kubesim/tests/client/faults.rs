//! Faults, holds, and stopping at a boundary.

use std::time::Duration;

use kube::api::{Patch, PatchParams, PostParams};
use kubesim::{DEFAULT_CLIENT, FaultKind, FaultMatch, Server, When};
use serde_json::json;

use crate::{api, gadget, refused, server};

fn on(verb: &str) -> FaultMatch {
    FaultMatch {
        verb: Some(verb.into()),
        resource: Some("gadgets".into()),
        ..FaultMatch::default()
    }
}

fn exists(server: &Server, name: &str) -> bool {
    server.get("gadgets", "default", name).is_some()
}

#[tokio::test(start_paused = true)]
async fn each_fault_has_its_answer_and_its_effect() {
    let cases = [
        (FaultKind::Conflict, Some(409), false),
        (FaultKind::Http500BeforeEffect, Some(500), false),
        (FaultKind::Http500AfterEffect, Some(500), true),
        (FaultKind::ResetBeforeEffect, None, false),
        (FaultKind::ResetAfterEffect, None, true),
        (
            FaultKind::Answer {
                code: 429,
                when: When::BeforeEffect,
            },
            Some(429),
            false,
        ),
        (
            FaultKind::Answer {
                code: 504,
                when: When::AfterEffect,
            },
            Some(504),
            true,
        ),
    ];
    for (kind, code, effect) in cases {
        let server = server();
        let api = api(&server);
        server.add_fault(
            FaultMatch {
                name: Some("a".into()),
                ..on("create")
            },
            kind,
            1,
        );
        api.create(&PostParams::default(), &gadget("b", 1))
            .await
            .unwrap();
        let result = api.create(&PostParams::default(), &gadget("a", 1)).await;
        match code {
            Some(code) => assert_eq!(refused(result).0, code, "{kind:?}"),
            None => assert!(
                matches!(result, Err(kube::Error::Service(_))),
                "{kind:?}: {result:?}"
            ),
        }
        assert_eq!(exists(&server, "a"), effect, "{kind:?}");
        let record = server.requests().pop().unwrap();
        assert_eq!(
            (record.code, record.effect.is_some(), record.mutation),
            (code, effect, Some(2)),
            "{kind:?}"
        );
        // Once only.
        let again = api.create(&PostParams::default(), &gadget("a", 1)).await;
        assert_eq!(again.is_err(), effect, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_waits_for_its_turn() {
    let server = server();
    let api = api(&server);
    api.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let pattern = FaultMatch {
        nth: Some(2),
        subresource: Some("status".into()),
        ..on("patch")
    };
    server.add_fault(pattern, FaultKind::Conflict, 2);
    let mut codes = Vec::new();
    for round in 0..4 {
        let patch = Patch::Merge(json!({"spec": {"size": round}}));
        api.patch("a", &PatchParams::default(), &patch)
            .await
            .unwrap();
        let patch = Patch::Merge(json!({"status": {"phase": format!("{round}")}}));
        codes.push(
            api.patch_status("a", &PatchParams::default(), &patch)
                .await
                .is_ok(),
        );
    }
    assert_eq!(codes, [true, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_held_request_lands_even_if_its_sender_has_gone() {
    let server = server();
    let api = api(&server);
    server.add_fault(on("create"), FaultKind::Hold(When::BeforeEffect), 1);
    let sender = api.clone();
    let task =
        tokio::spawn(async move { sender.create(&PostParams::default(), &gadget("a", 1)).await });
    server.held().await;
    assert_eq!((server.held_count(), exists(&server, "a")), (1, false));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(server.release_holds(), 1);
    assert!(exists(&server, "a"));
    assert_eq!(server.requests().pop().unwrap().effect, Some(201));
}

#[tokio::test(start_paused = true)]
async fn a_hold_after_the_effect_answers_late() {
    let server = server();
    let api = api(&server);
    server.add_fault(on("create"), FaultKind::Hold(When::AfterEffect), 1);
    let sender = api.clone();
    let task =
        tokio::spawn(async move { sender.create(&PostParams::default(), &gadget("a", 1)).await });
    server.held().await;
    assert!(exists(&server, "a"));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(!task.is_finished());
    server.release_holds();
    assert_eq!(task.await.unwrap().unwrap().spec.size, 1);
}

#[tokio::test(start_paused = true)]
async fn a_discarded_request_never_lands() {
    let server = server();
    let api = api(&server);
    server.add_fault(on("create"), FaultKind::Hold(When::BeforeEffect), 1);
    let task =
        tokio::spawn(async move { api.create(&PostParams::default(), &gadget("a", 1)).await });
    server.held().await;
    server.discard_holds();
    assert!(task.await.unwrap().is_err());
    assert!(!exists(&server, "a"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_kills_the_client_at_its_boundary() {
    for (when, effect) in [(When::BeforeEffect, false), (When::AfterEffect, true)] {
        let server = server();
        let api = api(&server);
        server.stop_at(DEFAULT_CLIENT, 2, when);
        let task = tokio::spawn(async move {
            for name in ["a", "b", "c"] {
                api.create(&PostParams::default(), &gadget(name, 1))
                    .await
                    .unwrap();
            }
        });
        server.stopped().await;
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert!(!task.is_finished());
        task.abort();
        assert_eq!(
            (
                exists(&server, "a"),
                exists(&server, "b"),
                exists(&server, "c")
            ),
            (true, effect, false)
        );
        assert_eq!(server.boundaries(), 2);
        server.clear_stop();
        let api = crate::api(&server);
        api.create(&PostParams::default(), &gadget("c", 1))
            .await
            .unwrap();
    }
}
