//! kube-runtime on top: watchers resume and relist, a controller reconciles.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, TryStreamExt};
use kube::{
    Client, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    core::PartialObjectMeta,
    runtime::{Controller, WatchStreamExt, controller::Action, watcher},
};
use serde_json::json;

use crate::{Gadget, api, gadget, server};

/// What the controller works with: the API, and the order in which objects came.
type Context = (kube::Api<Gadget>, Arc<Mutex<Vec<String>>>);

/// Reads the next applied object's name and size.
async fn next(
    stream: &mut (impl futures::Stream<Item = watcher::Result<Gadget>> + Unpin),
) -> (String, i32) {
    let object = stream
        .try_next()
        .await
        .unwrap()
        .expect("a watcher never ends");
    (object.name_any(), object.spec.size)
}

async fn follows(config: watcher::Config) {
    let server = server();
    let api = api(&server);
    api.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let mut stream = watcher(api.clone(), config)
        .default_backoff()
        .applied_objects()
        .boxed();
    assert_eq!(next(&mut stream).await, ("a".into(), 1));
    // A change on the open watch.
    api.create(&PostParams::default(), &gadget("b", 2))
        .await
        .unwrap();
    assert_eq!(next(&mut stream).await, ("b".into(), 2));
    // A change while the watch was cut: it resumes and loses nothing.
    server.cut_watches();
    server
        .patch("gadgets", "default", "b", &json!({"spec": {"size": 3}}))
        .unwrap();
    assert_eq!(next(&mut stream).await, ("b".into(), 3));
    // Cut and compacted: 410, and everything is listed again.
    server.cut_watches();
    server
        .patch("gadgets", "default", "a", &json!({"spec": {"size": 4}}))
        .unwrap();
    server
        .patch("gadgets", "default", "a", &json!({"spec": {"size": 5}}))
        .unwrap();
    server.compact();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        if let Ok(Some(object)) = stream.try_next().await {
            seen.push((object.name_any(), object.spec.size));
        }
    }
    assert_eq!(seen, [("a".into(), 5), ("b".into(), 3)]);
    // Hours later it still follows, through time limits and bookmarks.
    tokio::time::timeout(Duration::from_hours(3), stream.try_next())
        .await
        .unwrap_err();
    server
        .patch("gadgets", "default", "a", &json!({"spec": {"size": 6}}))
        .unwrap();
    assert_eq!(next(&mut stream).await, ("a".into(), 6));
    let watches = server
        .requests()
        .iter()
        .filter(|r| r.verb == "watch")
        .count();
    assert!(
        (36..60).contains(&watches),
        "{watches} watches in three hours"
    );
    assert_eq!(server.unsupported(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_watcher_by_list_and_watch_follows() {
    follows(watcher::Config::default().page_size(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_watcher_by_streaming_lists_follows() {
    follows(watcher::Config::default().streaming_lists()).await;
}

#[tokio::test(start_paused = true)]
async fn metadata_watchers_see_metadata_only() {
    let server = server();
    let api = api(&server);
    api.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let api: kube::Api<PartialObjectMeta<Gadget>> =
        kube::Api::all(Client::new(server.service(), "default"));
    let stream = watcher(api, watcher::Config::default()).applied_objects();
    let object = stream.boxed().try_next().await.unwrap().unwrap();
    assert_eq!(object.name_any(), "a");
    assert_eq!(server.unsupported(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_controller_brings_every_object_to_its_state() {
    let server = server();
    let api = api(&server);
    let order = Arc::new(Mutex::new(Vec::new()));
    let context = Arc::new((api.clone(), order.clone()));
    let controller = Controller::new(api.clone(), watcher::Config::default()).run(
        |object: Arc<Gadget>, context: Arc<Context>| async move {
            let (api, order) = &*context;
            order.lock().unwrap().push(object.name_any());
            let patch =
                Patch::Merge(json!({"status": {"phase": format!("size {}", object.spec.size)}}));
            api.patch_status(&object.name_any(), &PatchParams::default(), &patch)
                .await?;
            Ok::<_, kube::Error>(Action::requeue(Duration::from_hours(1)))
        },
        |_, _, _| Action::requeue(Duration::from_secs(1)),
        context,
    );
    let task = tokio::spawn(controller.for_each(|_| async {}));
    for (name, size) in [("a", 1), ("b", 2)] {
        api.create(&PostParams::default(), &gadget(name, size))
            .await
            .unwrap();
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    server
        .patch("gadgets", "default", "a", &json!({"spec": {"size": 7}}))
        .unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        server.get("gadgets", "default", "a").unwrap()["status"]["phase"],
        json!("size 7")
    );
    assert_eq!(
        server.get("gadgets", "default", "b").unwrap()["status"]["phase"],
        json!("size 2")
    );
    let passes = order.lock().unwrap().len();
    // Nothing changes: no event, no pass but the hourly ones.
    tokio::time::sleep(Duration::from_mins(30)).await;
    assert_eq!(order.lock().unwrap().len(), passes);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn two_clients_are_told_apart() {
    let server = server();
    let one: kube::Api<Gadget> =
        kube::Api::namespaced(Client::new(server.service_as("one"), "default"), "default");
    let two: kube::Api<Gadget> =
        kube::Api::namespaced(Client::new(server.service_as("two"), "default"), "default");
    one.create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    two.create(&PostParams::default(), &gadget("b", 1))
        .await
        .unwrap();
    two.get("a").await.unwrap();
    assert_eq!(
        (
            server.boundaries_of("one"),
            server.boundaries_of("two"),
            server.boundaries()
        ),
        (1, 1, 0)
    );
    let clients: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.client)
        .collect();
    assert_eq!(clients, ["one", "two", "two"]);
}
