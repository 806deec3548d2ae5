//! Reads and writes through `kube::Api`.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::json;

use crate::{Gadget, GadgetStatus, api, gadget, refused, server};

#[tokio::test(start_paused = true)]
async fn a_stale_replace_conflicts() {
    let api = api(&server());
    let mut first = api
        .create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let stale = first.clone();
    first.spec.size = 2;
    let second = api
        .replace("a", &PostParams::default(), &first)
        .await
        .unwrap();
    assert_eq!(
        (first.metadata.generation, second.metadata.generation),
        (Some(1), Some(2))
    );
    let (code, reason, message) = refused(api.replace("a", &PostParams::default(), &stale).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert!(message.contains("the object has been modified"));
}

#[tokio::test(start_paused = true)]
async fn status_and_spec_do_not_touch_each_other() {
    let api = api(&server());
    let mut object = api
        .create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    object.status = Some(GadgetStatus {
        phase: Some("Ready".into()),
    });
    object.spec.size = 9;
    let object = api
        .replace_status("a", &PostParams::default(), &object)
        .await
        .unwrap();
    assert_eq!((object.spec.size, object.metadata.generation), (1, Some(1)));
    assert_eq!(object.status.unwrap().phase.as_deref(), Some("Ready"));
    let patch = Patch::Merge(json!({"spec": {"size": 2}, "status": {"phase": "Stolen"}}));
    let object = api
        .patch("a", &PatchParams::default(), &patch)
        .await
        .unwrap();
    assert_eq!((object.spec.size, object.metadata.generation), (2, Some(2)));
    assert_eq!(object.status.unwrap().phase.as_deref(), Some("Ready"));
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_goes_by_a_json_patch_with_tests() {
    let server = server();
    let api = api(&server);
    let mut object = gadget("a", 1);
    object.finalizers_mut().push("test.dev/hold".into());
    api.create(&PostParams::default(), &object).await.unwrap();
    let object = api
        .delete("a", &DeleteParams::default())
        .await
        .unwrap()
        .left()
        .expect("it is only marked");
    assert!(object.metadata.deletion_timestamp.is_some());
    let patch = |uid: &str| {
        let operations = json!([
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "test", "path": "/metadata/resourceVersion", "value": object.resource_version()},
            {"op": "test", "path": "/metadata/deletionTimestamp", "value": object.metadata.deletion_timestamp},
            {"op": "test", "path": "/metadata/finalizers/0", "value": "test.dev/hold"},
            {"op": "remove", "path": "/metadata/finalizers/0"},
        ]);
        Patch::<()>::Json(serde_json::from_value(operations).unwrap())
    };
    let (code, reason, _) = refused(
        api.patch("a", &PatchParams::default(), &patch("another"))
            .await,
    );
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    api.patch("a", &PatchParams::default(), &patch(&object.uid().unwrap()))
        .await
        .unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
    let kinds: Vec<_> = server
        .history()
        .iter()
        .filter(|c| c.key.name == "a")
        .map(|c| c.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            kubesim::ChangeKind::Added,
            kubesim::ChangeKind::Modified,
            kubesim::ChangeKind::Deleted
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn delete_tests_its_preconditions() {
    let api = api(&server());
    let object = api
        .create(&PostParams::default(), &gadget("a", 1))
        .await
        .unwrap();
    let with = |uid: &str| DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(uid.into()),
            resource_version: None,
        }),
        ..DeleteParams::background()
    };
    assert_eq!(refused(api.delete("a", &with("another")).await).0, 409);
    let status = api
        .delete("a", &with(&object.uid().unwrap()))
        .await
        .unwrap()
        .right()
        .expect("it is gone");
    assert!(status.is_success());
    assert_eq!(
        refused(api.delete("a", &DeleteParams::default()).await).1,
        "NotFound"
    );
}

#[tokio::test(start_paused = true)]
async fn apply_owns_fields() {
    let api = api(&server());
    let patch = |size: i32| {
        Patch::Apply(
            json!({"apiVersion": "test.dev/v1", "kind": "Gadget", "metadata": {"name": "a"}, "spec": {"size": size}}),
        )
    };
    api.patch("a", &PatchParams::apply("one"), &patch(1))
        .await
        .unwrap();
    let (code, reason, message) =
        refused(api.patch("a", &PatchParams::apply("two"), &patch(2)).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert!(
        message.contains("conflict with \"one\": .spec.size"),
        "{message}"
    );
    let object = api
        .patch("a", &PatchParams::apply("two").force(), &patch(2))
        .await
        .unwrap();
    assert_eq!(object.spec.size, 2);
    let managers: Vec<_> = object
        .managed_fields()
        .iter()
        .map(|m| m.manager.clone().unwrap())
        .collect();
    assert_eq!(managers, ["two"]);
}

#[tokio::test(start_paused = true)]
async fn built_in_kinds_are_typed() {
    let server = server();
    let client = Client::new(server.service(), "default");
    let secrets: Api<Secret> = Api::default_namespaced(client.clone());
    let secret: Secret =
        serde_json::from_value(json!({"metadata": {"name": "s"}, "stringData": {"key": "value"}}))
            .unwrap();
    let secret = secrets
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
    assert_eq!(secret.data.unwrap()["key"].0, b"value");
    let maps: Api<ConfigMap> = Api::all(client.clone());
    assert!(
        maps.list(&ListParams::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(client.apiserver_version().await.unwrap().major, "1");
    assert!(
        client
            .list_api_groups()
            .await
            .unwrap()
            .groups
            .iter()
            .any(|group| group.name == "test.dev")
    );
    assert_eq!(server.unsupported(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn unknown_shapes_are_refused_and_noted() {
    let server = server();
    let pods: Api<k8s_openapi::api::core::v1::Pod> =
        Api::default_namespaced(Client::new(server.service(), "default"));
    assert_eq!(refused(pods.get("p").await).0, 501);
    assert_eq!(server.unsupported().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn users_act_without_http() {
    let server = server();
    let text = |note: &str| {
        format!(
            "apiVersion: test.dev/v1\nkind: Gadget\nmetadata:\n  name: a\nspec:\n  size: 1\n{note}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n"
        )
    };
    server.apply_yaml(&text("  note: hello\n")).unwrap();
    server
        .patch_metadata(
            "gd",
            "default",
            "a",
            &json!({"finalizers": ["test.dev/hold"]}),
        )
        .unwrap();
    server
        .patch_status("gadgets", "default", "a", &json!({"phase": "Ready"}))
        .unwrap();
    server.apply_yaml(&text("")).unwrap();
    let object = server.get("gadgets.test.dev", "default", "a").unwrap();
    assert_eq!(object["spec"], json!({"size": 1}));
    assert_eq!(object["metadata"]["generation"], json!(2));
    assert_eq!(object["metadata"]["finalizers"], json!(["test.dev/hold"]));
    server.wipe_status("gadgets", "default", "a").unwrap();
    assert!(server.get("gadgets", "default", "a").unwrap()["status"].is_null());
    server.delete("gadgets", "default", "a").unwrap();
    assert_eq!(server.list("gadgets", None).len(), 1);
    server
        .force_remove_finalizers("gadgets", "default", "a")
        .unwrap();
    assert!(server.get("gadgets", "default", "a").is_none());
    assert!(server.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_namespace_and_a_crd_take_their_objects_with_them() {
    let server = server();
    server
        .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}))
        .unwrap();
    for (namespace, finalizers) in [("team", json!(["test.dev/hold"])), ("default", json!([]))] {
        let metadata = json!({"name": "a", "namespace": namespace, "finalizers": finalizers});
        server.create(&json!({"apiVersion": "test.dev/v1", "kind": "Gadget", "metadata": metadata, "spec": {"size": 1}})).unwrap();
    }
    server.delete("namespaces", "", "team").unwrap();
    assert_eq!(
        server.get("namespaces", "", "team").unwrap()["status"]["phase"],
        json!("Terminating")
    );
    assert!(
        server.get("gadgets", "team", "a").unwrap()["metadata"]["deletionTimestamp"].is_string()
    );
    server.delete("crds", "", "gadgets.test.dev").unwrap();
    assert!(server.get("gadgets", "default", "a").is_none());
    server
        .force_remove_finalizers("gadgets", "team", "a")
        .unwrap();
    assert!(server.get("namespaces", "", "team").is_none());
    assert!(server.get("crds", "", "gadgets.test.dev").is_none());
    let gadgets: Api<Gadget> = api(&server);
    assert_eq!(refused(gadgets.get("a").await).0, 404);
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_history() {
    let run = || {
        let server = server();
        for name in ["a", "b"] {
            server.create(&json!({"apiVersion": "test.dev/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": {"size": 1}})).unwrap();
        }
        server
            .history()
            .iter()
            .map(|change| change.object.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
