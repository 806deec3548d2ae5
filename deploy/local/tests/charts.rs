//! The charts without a cluster: what is required, what is refused, what comes out.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use directconnect_local::{Scratch, Tools, paths, process};
use serde_json::{Value, json};

fn chart() -> String {
    paths::checkout()
        .join("charts/directconnect-operator")
        .display()
        .to_string()
}

fn helm(args: &[&str], home: &Scratch) -> directconnect_local::Result<String> {
    let tools = Tools::find_or_build(&mut |line| eprintln!("{line}")).unwrap();
    process::run(
        Command::new(tools.helm)
            .args(args)
            .env_clear()
            .env("HOME", home.path()),
        None,
    )
}

fn render(values: &Value) -> directconnect_local::Result<Vec<Value>> {
    let scratch = Scratch::new().unwrap();
    let file = scratch.path().join("values.json");
    std::fs::write(&file, values.to_string()).unwrap();
    let text = helm(
        &[
            "template",
            "dx",
            &chart(),
            "-n",
            "dx-system",
            "-f",
            &file.display().to_string(),
        ],
        &scratch,
    )?;
    Ok(serde_saphyr::from_multiple(&text).unwrap())
}

fn refused(values: &Value) -> String {
    render(values).unwrap_err().to_string()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> Vec<&'a Value> {
    documents
        .iter()
        .filter(|document| document["kind"] == kind)
        .collect()
}

#[test]
fn lint_finds_nothing() {
    let scratch = Scratch::new().unwrap();
    helm(
        &[
            "lint",
            "--strict",
            &chart(),
            "--set",
            "clusterId=one,namespaces={a}",
        ],
        &scratch,
    )
    .unwrap();
    helm(
        &["lint", "--strict", &format!("{}-crds", chart())],
        &scratch,
    )
    .unwrap();
}

#[test]
fn the_cluster_id_is_required_and_a_dns_label() {
    for bad in ["", "Upper", "-a", "a_b", &"a".repeat(41)] {
        let said = refused(&json!({"clusterId": bad, "namespaces": ["a"]}));
        assert!(said.contains("clusterId"), "{bad}: {said}");
    }
    render(&json!({"clusterId": "a".repeat(40), "namespaces": ["a"]})).unwrap();
}

#[test]
fn namespaces_are_required() {
    for values in [
        json!({"clusterId": "one"}),
        json!({"clusterId": "one", "namespaces": []}),
    ] {
        let said = refused(&values);
        assert!(said.contains("namespaces"), "{said}");
    }
}

#[test]
fn unknown_values_are_refused() {
    let said = refused(&json!({"clusterId": "one", "namespaces": ["a"], "namespace": "b"}));
    assert!(said.contains("namespace"), "{said}");
}

#[test]
fn rights_are_given_per_namespace_and_name_everything() {
    let documents = render(&json!({"clusterId": "one", "namespaces": ["a", "b"]})).unwrap();
    let mut namespaces: Vec<&str> = of_kind(&documents, "Role")
        .iter()
        .map(|role| role["metadata"]["namespace"].as_str().unwrap())
        .collect();
    namespaces.sort_unstable();
    assert_eq!(namespaces, ["a", "b", "dx-system"]);
    assert_eq!(of_kind(&documents, "RoleBinding").len(), 3);
    for role in of_kind(&documents, "Role")
        .into_iter()
        .chain(of_kind(&documents, "ClusterRole"))
    {
        for rule in role["rules"].as_array().unwrap() {
            let text = rule.to_string();
            assert!(!text.contains('*'), "{text}");
            let secrets = rule["resources"]
                .as_array()
                .unwrap()
                .contains(&json!("secrets"));
            assert!(
                !secrets || !(text.contains("list") || text.contains("watch")),
                "{text}"
            );
        }
    }
}

#[test]
fn the_pod_is_confined() {
    let documents = render(&json!({"clusterId": "one", "namespaces": ["a"]})).unwrap();
    let deployment = of_kind(&documents, "Deployment")[0];
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(
        container["securityContext"]["allowPrivilegeEscalation"],
        false
    );
    assert_eq!(
        container["securityContext"]["capabilities"]["drop"],
        json!(["ALL"])
    );
    assert!(
        container["resources"]["requests"].is_object() && container["livenessProbe"].is_object()
    );
    let names: Vec<&Value> = container["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["name"])
        .collect();
    assert_eq!(names, ["POD_NAME"], "no credentials unless asked for");
}

fn words(container: &Value) -> String {
    let args = container["args"].as_array().unwrap();
    let words: Vec<&str> = args.iter().map(|arg| arg.as_str().unwrap()).collect();
    words.join(" ")
}

#[test]
fn replicas_are_elected_or_there_is_one() {
    let mut values = json!({"clusterId": "one", "namespaces": ["a"], "replicas": 2});
    let documents = render(&values).unwrap();
    let deployment = of_kind(&documents, "Deployment")[0];
    assert_eq!(deployment["spec"]["replicas"], 2);
    assert_eq!(deployment["spec"]["strategy"]["type"], "RollingUpdate");
    let pod = &deployment["spec"]["template"]["spec"];
    assert!(words(&pod["containers"][0]).contains("--identity $(POD_NAME)"));

    values["leaderElection"] = json!({"enabled": false});
    let said = refused(&values);
    assert!(said.contains("replicas"), "{said}");
    values["replicas"] = json!(1);
    let documents = render(&values).unwrap();
    let deployment = of_kind(&documents, "Deployment")[0];
    assert_eq!(deployment["spec"]["strategy"]["type"], "Recreate");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert!(words(container).contains("--leader-election false"));
    assert!(container["env"].is_null(), "{}", container["env"]);
    let text = json!(of_kind(&documents, "Role")).to_string();
    assert!(!text.contains("leases"), "{text}");
}

#[test]
fn a_shard_has_accounts_and_a_lease_of_its_own() {
    let mut values =
        json!({"clusterId": "one", "namespaces": ["a"], "accounts": ["main", "other"]});
    let said = refused(&values);
    assert!(said.contains("shard"), "{said}");
    values["shard"] = json!("eu");
    let documents = render(&values).unwrap();
    let container =
        &of_kind(&documents, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0];
    assert!(words(container).contains("--accounts main,other --shard eu"));
    let own = of_kind(&documents, "Role")
        .into_iter()
        .find(|role| role["metadata"]["namespace"] == "dx-system")
        .unwrap();
    let named: Vec<&Value> = own["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["resources"] == json!(["leases"]) && !rule["resourceNames"].is_null())
        .map(|rule| &rule["resourceNames"])
        .collect();
    assert_eq!(named, [&json!(["directconnect-operator.one.eu"])]);
    values["accounts"] = json!([]);
    let said = refused(&values);
    assert!(said.contains("shard"), "{said}");
}

#[test]
fn monitoring_is_opt_in_and_looks_at_this_release() {
    let mut values = json!({"clusterId": "one", "namespaces": ["a"]});
    let documents = render(&values).unwrap();
    for kind in ["PodMonitor", "PrometheusRule"] {
        assert!(of_kind(&documents, kind).is_empty(), "{kind}");
    }
    values["monitoring"] = json!({"enabled": true, "labels": {"release": "prometheus"}});
    let documents = render(&values).unwrap();
    let monitor = of_kind(&documents, "PodMonitor")[0];
    let pod = &of_kind(&documents, "Deployment")[0]["spec"]["template"];
    for (label, value) in monitor["spec"]["selector"]["matchLabels"]
        .as_object()
        .unwrap()
    {
        assert_eq!(&pod["metadata"]["labels"][label], value, "{label}");
    }
    let port = &monitor["spec"]["podMetricsEndpoints"][0]["port"];
    assert_eq!(&pod["spec"]["containers"][0]["ports"][0]["name"], port);
    let rules = of_kind(&documents, "PrometheusRule")[0];
    for document in [monitor, rules] {
        assert_eq!(document["metadata"]["labels"]["release"], "prometheus");
        assert_eq!(document["metadata"]["namespace"], "dx-system");
    }
    // The Prometheus operator makes the job of the PodMonitor's namespace and name.
    let job = format!(
        "job=\"dx-system/{}\"",
        monitor["metadata"]["name"].as_str().unwrap()
    );
    let rules = rules["spec"]["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    for rule in rules {
        let expr = rule["expr"].as_str().unwrap();
        assert!(expr.contains(&job), "{expr}");
    }
}

#[test]
fn values_become_arguments_and_environment() {
    let documents = render(&json!({
        "clusterId": "one", "namespaces": ["a", "b"], "logFormat": "text", "logFilter": "debug",
        "endpoints": {"directConnect": "http://127.0.0.1:1", "cloudWatch": "http://127.0.0.1:2"},
        "settle": {"validitySeconds": 10, "visibilitySeconds": 5}, "args": ["--extra"],
        "aws": {"credentialsSecret": {"name": "keys"}},
    }))
    .unwrap();
    let container =
        &of_kind(&documents, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0];
    let args: Vec<&str> = container["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect();
    assert_eq!(
        args.join(" "),
        "run --cluster-id one --namespace dx-system --watch-namespaces a,b --listen 0.0.0.0:8080 --log-format text --log-filter debug \
         --endpoint-cloud-watch http://127.0.0.1:2 --endpoint-direct-connect http://127.0.0.1:1 \
         --settle-validity-seconds 10 --settle-visibility-seconds 5 --identity $(POD_NAME) --extra"
    );
    let names: Vec<&str> = container["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "POD_NAME",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN"
        ]
    );
    assert_eq!(
        container["env"][1]["valueFrom"]["secretKeyRef"],
        json!({"name": "keys", "key": "accessKeyId"})
    );
}
