//! Old versions, lagging replicas, a store set back: what a client sees that is not the newest.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::{
    Api, Client, ResourceExt,
    api::{GetParams, ListParams, PostParams, WatchEvent, WatchParams},
    runtime::{WatchStreamExt, watcher},
};
use kubesim::{ChangeKind, Server};
use serde_json::json;

use crate::{Gadget, api, gadget, refused, server};

fn api_as(server: &Server, client: &str) -> Api<Gadget> {
    Api::namespaced(Client::new(server.service_as(client), "default"), "default")
}

fn resize(server: &Server, name: &str, size: i32) {
    let patch = json!({"spec": {"size": size}});
    server.patch("gadgets", "default", name, &patch).unwrap();
}

async fn sizes(api: &Api<Gadget>, params: &ListParams) -> Vec<i32> {
    let list = api.list(params).await.unwrap();
    list.items.iter().map(|object| object.spec.size).collect()
}

#[tokio::test(start_paused = true)]
async fn history_is_compacted_by_age() {
    let server = server();
    let api = api(&server);
    server.keep_history(Some(Duration::from_mins(5)));
    let first = api
        .create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let exact = ListParams {
        resource_version: first.resource_version(),
        version_match: Some(kube::api::VersionMatch::Exact),
        ..ListParams::default()
    };
    resize(&server, "a", 2);
    tokio::time::sleep(Duration::from_mins(4)).await;
    assert_eq!(sizes(&api, &exact).await, [1]);
    tokio::time::sleep(Duration::from_mins(2)).await;
    let (code, reason, _) = refused(api.list(&exact).await);
    assert_eq!((code, reason.as_str()), (410, "Expired"));
    let version = first.resource_version().unwrap();
    let mut watch = api
        .watch(&WatchParams::default(), &version)
        .await
        .unwrap()
        .boxed();
    match watch.try_next().await.unwrap() {
        Some(WatchEvent::Error(status)) => assert_eq!(status.code, 410),
        other => panic!("wanted an expiry, got {other:?}"),
    }
    // What is there can be listed and watched as ever.
    assert_eq!(sizes(&api, &ListParams::default()).await, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_lagging_replica_shows_the_past_in_cached_reads_only() {
    let server = server();
    let (one, two) = (api_as(&server, "one"), api_as(&server, "two"));
    server.route("two", 1);
    one.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    server.freeze(1);
    let seen = server.version();
    resize(&server, "a", 2);
    one.create(&PostParams::default(), &gadget("b", 1))
        .await
        .unwrap();
    assert_eq!(sizes(&two, &ListParams::default()).await, [2, 1]);
    assert_eq!(sizes(&two, &ListParams::default().match_any()).await, [1]);
    assert_eq!(
        sizes(&one, &ListParams::default().match_any()).await,
        [2, 1]
    );
    assert_eq!(two.get("a").await.unwrap().spec.size, 2);
    assert_eq!(
        two.get_with("a", &GetParams::any())
            .await
            .unwrap()
            .spec
            .size,
        1
    );
    assert_eq!(refused(two.get_with("b", &GetParams::any()).await).0, 404);
    // A version that the cache has not seen is not answered from it.
    let newest = server.version().to_string();
    assert_eq!(
        refused(two.get_with("a", &GetParams::at(&newest)).await).0,
        504
    );
    let past = two
        .get_with("a", &GetParams::at(&seen.to_string()))
        .await
        .unwrap();
    assert_eq!(past.spec.size, 1);
    // Writes through the lagging replica are judged by what is stored.
    let (code, ..) = refused(two.replace("a", &PostParams::default(), &past).await);
    assert_eq!(code, 409);
    server.thaw(1);
    assert_eq!(
        sizes(&two, &ListParams::default().match_any()).await,
        [2, 1]
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_a_lagging_replica_waits_and_loses_nothing() {
    let server = server();
    let two = api_as(&server, "two");
    server.route("two", 1);
    two.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let mut stream = watcher(two, watcher::Config::default())
        .default_backoff()
        .applied_objects()
        .boxed();
    assert_eq!(stream.try_next().await.unwrap().unwrap().spec.size, 1);
    server.freeze(1);
    resize(&server, "a", 2);
    let half = server.version();
    resize(&server, "a", 3);
    let quiet = tokio::time::timeout(Duration::from_secs(60), stream.try_next()).await;
    quiet.unwrap_err();
    server.advance(1, half);
    assert_eq!(stream.try_next().await.unwrap().unwrap().spec.size, 2);
    let quiet = tokio::time::timeout(Duration::from_secs(60), stream.try_next()).await;
    quiet.unwrap_err();
    // A client that is sent to a fresh replica goes on from where it was.
    server.route("two", 0);
    assert_eq!(stream.try_next().await.unwrap().unwrap().spec.size, 3);
}

#[tokio::test(start_paused = true)]
async fn a_store_set_back_gives_versions_twice_and_uids_once() {
    let server = server();
    let api = api(&server);
    api.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let snapshot = server.snapshot();
    let version = server.version();
    resize(&server, "a", 2);
    let lost = api
        .create(&PostParams::default(), &gadget("b", 1))
        .await
        .unwrap();
    let ever = server.history().len();
    server.set_back(&snapshot);
    assert_eq!(server.version(), version);
    assert_eq!(api.get("a").await.unwrap().spec.size, 1);
    assert_eq!(refused(api.get("b").await).0, 404);
    // What was is still shown to those who check it.
    assert_eq!(server.history().len(), ever);
    let again = api
        .create(&PostParams::default(), &gadget("b", 1))
        .await
        .unwrap();
    assert_ne!(again.uid(), lost.uid());
    let new = server.history_since(ever);
    assert_eq!(new.len(), 1);
    assert_eq!(
        (new[0].version, new[0].kind),
        (version + 1, ChangeKind::Added)
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_from_before_a_set_back_misses_what_is_given_its_versions() {
    let server = server();
    let api = api(&server);
    api.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let snapshot = server.snapshot();
    for size in 2..6 {
        resize(&server, "a", size);
    }
    let version = server.version();
    let mut watch = api
        .watch(&WatchParams::default(), &version.to_string())
        .await
        .unwrap()
        .boxed();
    server.set_back(&snapshot);
    // It ends with the server that it was open on.
    assert!(watch.try_next().await.unwrap().is_none());
    let mut watch = api
        .watch(
            &WatchParams::default().disable_bookmarks(),
            &version.to_string(),
        )
        .await
        .unwrap()
        .boxed();
    for size in 12..17 {
        resize(&server, "a", size);
    }
    match watch.try_next().await.unwrap() {
        Some(WatchEvent::Modified(object)) => assert_eq!(object.spec.size, 16),
        other => panic!("wanted the first version that is new to it, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn servers_from_one_snapshot_do_not_touch_each_other() {
    let first = server();
    api(&first)
        .create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let snapshot = first.snapshot();
    let clock = first.now();
    let fork = || Server::from_snapshot(std::sync::Arc::new(move || clock), &snapshot);
    let (one, two) = (fork(), fork());
    resize(&one, "a", 2);
    assert_eq!(api(&one).get("a").await.unwrap().spec.size, 2);
    assert_eq!(api(&two).get("a").await.unwrap().spec.size, 1);
    assert_eq!(api(&first).get("a").await.unwrap().spec.size, 1);
    // One course from there for the same deeds.
    let uid = |server: &Server| {
        let body = json!({"apiVersion": "test.dev/v1", "kind": "Gadget", "metadata": {"name": "b"}, "spec": {"size": 1}});
        server.create(&body).unwrap()["metadata"]["uid"].clone()
    };
    assert_eq!(uid(&one), uid(&two));
}

#[tokio::test(start_paused = true)]
async fn a_user_has_the_rights_of_its_roles_and_no_others() {
    let server = server();
    let api = api_as(&server, "operator");
    server.act_as("operator", Some("system:serviceaccount:default:operator"));
    let (code, reason, message) = refused(api.list(&ListParams::default()).await);
    assert_eq!((code, reason.as_str()), (403, "Forbidden"));
    assert_eq!(
        message,
        "gadgets.test.dev is forbidden: User \"system:serviceaccount:default:operator\" cannot list resource \"gadgets\" in API group \"test.dev\" in the namespace \"default\""
    );
    for object in [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"},
            "rules": [{"apiGroups": ["test.dev"], "resources": ["gadgets"], "verbs": ["list"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "r"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": "default"}]}),
    ] {
        server.create(&object).unwrap();
    }
    api.list(&ListParams::default()).await.unwrap();
    assert_eq!(refused(api.get("a").await).0, 403);
    // Revoked in mid-flight.
    server.delete("rolebindings", "default", "r").unwrap();
    assert_eq!(refused(api.list(&ListParams::default()).await).0, 403);
    server.act_as("operator", None);
    api.list(&ListParams::default()).await.unwrap();
}

/// A shape that no case covers is named in the refusal and in the list.
#[tokio::test(start_paused = true)]
async fn what_no_case_covers_is_refused_by_name() {
    let server = server();
    let pods: Api<k8s_openapi::api::core::v1::Pod> =
        Api::namespaced(Client::new(server.service(), "default"), "default");
    let (code, _, message) = refused(pods.list(&ListParams::default()).await);
    assert_eq!(code, 501);
    assert!(message.ends_with(": list pods"), "{message}");
    assert_eq!(server.unsupported(), [message]);
}
