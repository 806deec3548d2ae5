//! Runs conformance cases through any transport.

use std::{collections::BTreeMap, future::Future, time::Duration};

use http::{Request, header};
use serde_json::{Value, json};

use super::{
    Answer, Outcome, Report,
    case::{self, Case, Step, Want},
};

const NAMESPACE: &str = "kubesim-conformance";
const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// How often the runner looks whether what it installed is served, and how long it waits between.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// What the runner itself sends, shapes counted.
pub(crate) const OWN_REQUESTS: &[(&str, &str)] = &[
    ("POST", "/api/v1/namespaces"),
    ("POST", CRDS),
    (
        "GET",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/name",
    ),
    ("GET", "/apis/conformance.kubesim.dev/v1/widgets"),
    (
        "DELETE",
        "/apis/conformance.kubesim.dev/v1/namespaces/name/widgets",
    ),
    (
        "DELETE",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/name",
    ),
    ("DELETE", "/api/v1/namespaces/name"),
];

/// The definitions that the cases use: two of their own, and ours.
const DEFINITIONS: &[&str] = &[
    include_str!("../../cases/widget-crd.yaml"),
    include_str!("../../cases/gizmo-crd.yaml"),
    include_str!("../../../../crds/awsaccounts.directconnect.dev.yaml"),
    include_str!("../../../../crds/connections.directconnect.dev.yaml"),
    include_str!("../../../../crds/directconnectgatewayassociations.directconnect.dev.yaml"),
    include_str!("../../../../crds/directconnectgateways.directconnect.dev.yaml"),
    include_str!("../../../../crds/virtualinterfaces.directconnect.dev.yaml"),
    include_str!("../../../../crds/virtualprivategateways.directconnect.dev.yaml"),
];

fn definitions() -> Vec<Value> {
    let read =
        |text: &&str| serde_saphyr::from_str(text).expect("a unit test reads the same files");
    DEFINITIONS.iter().map(read).collect()
}

struct Runner<F> {
    send: F,
    /// Definitions that were not there before.
    installed: Vec<String>,
}

/// Values that `$name` stands for.
type Values = BTreeMap<String, Value>;

/// Replaces `$name` in a text.
fn fill(text: &str, values: &Values) -> String {
    let mut out = text.to_owned();
    // Longer names first, so that `$ns` is not read as `$n` and an s.
    let mut names: Vec<&String> = values.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        let value = &values[name];
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        out = out.replace(&format!("${name}"), &value);
    }
    out
}

fn fill_value(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(text) => json!(fill(text, values)),
        Value::Array(items) => items.iter().map(|item| fill_value(item, values)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (k.clone(), fill_value(v, values)))
            .collect(),
        other => other.clone(),
    }
}

fn request(
    method: &str,
    path: &str,
    content_type: &str,
    body: Option<Vec<u8>>,
) -> Request<Vec<u8>> {
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json");
    if body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    builder = builder.header(header::USER_AGENT, "kubesim-conformance/1");
    builder
        .body(body.unwrap_or_default())
        .expect("method and path of a case are valid")
}

pub(crate) fn path(target: &str) -> String {
    if target.starts_with('/') {
        target.to_owned()
    } else if let Some(rest) = target.strip_prefix("dx/") {
        format!("/apis/directconnect.dev/v1alpha1/namespaces/{NAMESPACE}/{rest}")
    } else if let Some(rest) = target.strip_prefix("core/") {
        format!("/api/v1/namespaces/{NAMESPACE}/{rest}")
    } else {
        format!("/apis/conformance.kubesim.dev/v1/namespaces/{NAMESPACE}/{target}")
    }
}

fn events(answer: &Value) -> Vec<String> {
    let name = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or("?").to_owned();
        format!(
            "{kind} {}",
            event["object"]["metadata"]["name"].as_str().unwrap_or("?")
        )
    };
    let lines = answer.as_array().into_iter().flatten();
    lines
        .filter(|event| event["type"] != json!("BOOKMARK"))
        .map(name)
        .collect()
}

/// Everything about an answer that is not as wanted.
fn check(want: &Want, values: &Values, answer: &Answer) -> Vec<String> {
    let mut failures = Vec::new();
    let (code, warnings, answer) = (answer.code, &answer.warnings, &answer.body);
    if code != want.code {
        failures.push(format!(
            "code {code}, wanted {}; answer: {answer}",
            want.code
        ));
        return failures;
    }
    if let Some(reason) = &want.reason
        && answer["reason"] != json!(reason)
    {
        failures.push(format!("reason {}, wanted {reason}", answer["reason"]));
    }
    if let Some(message) = &want.message {
        let message = fill(message, values);
        if !answer["message"]
            .as_str()
            .unwrap_or_default()
            .contains(&message)
        {
            failures.push(format!(
                "message {}, wanted a part {message:?}",
                answer["message"]
            ));
        }
    }
    let at = |pointer: &str| answer.pointer(pointer).filter(|value| !value.is_null());
    for (pointer, wanted) in &want.fields {
        let wanted = fill_value(wanted, values);
        if at(pointer) != Some(&wanted) {
            failures.push(format!("{pointer} is {:?}, wanted {wanted}", at(pointer)));
        }
    }
    for (pointer, other) in &want.differs {
        let other = fill_value(other, values);
        if at(pointer).is_none_or(|value| *value == other) {
            failures.push(format!(
                "{pointer} is {:?}, wanted another value",
                at(pointer)
            ));
        }
    }
    for pointer in want.present.iter().filter(|pointer| at(pointer).is_none()) {
        failures.push(format!("{pointer} is absent"));
    }
    for pointer in want.absent.iter().filter(|pointer| at(pointer).is_some()) {
        failures.push(format!("{pointer} is {:?}, wanted absent", at(pointer)));
    }
    if let Some(wanted) = &want.causes {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let causes = answer["details"]["causes"].as_array().into_iter().flatten();
        let mut found: Vec<(String, String)> = causes
            .map(|cause| (text(&cause["field"]), text(&cause["message"])))
            .collect();
        found.sort();
        if found != *wanted {
            failures.push(format!("causes {found:?}, wanted {wanted:?}"));
        }
    }
    let wanted: Vec<String> = want
        .warnings
        .iter()
        .map(|text| fill(text, values))
        .collect();
    if *warnings != wanted {
        failures.push(format!("warnings {warnings:?}, wanted {wanted:?}"));
    }
    if let Some(wanted) = &want.events {
        let wanted: Vec<String> = wanted.iter().map(|event| fill(event, values)).collect();
        let found = events(answer);
        if found != wanted {
            failures.push(format!("events {found:?}, wanted {wanted:?}"));
        }
    }
    failures
}

impl<F, Fut> Runner<F>
where
    F: FnMut(Request<Vec<u8>>) -> Fut,
    Fut: Future<Output = Answer>,
{
    async fn plain(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| body.to_string().into_bytes());
        (self.send)(request(method, path, "application/json", body)).await
    }

    async fn step(&mut self, step: &Step, values: &mut Values) -> Vec<String> {
        let text = fill(&step.request, values);
        let mut looks = if step.until { LOOKS } else { 1 };
        loop {
            let answer = self.send_step(step, &text, values).await;
            let failures = check(&step.want, values, &answer);
            looks -= 1;
            if looks > 0 && !failures.is_empty() {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            for (name, pointer) in &step.save {
                values.insert(
                    name.clone(),
                    answer.body.pointer(pointer).cloned().unwrap_or_default(),
                );
            }
            let failures = failures.into_iter();
            return failures
                .map(|failure| format!("{text}: {failure}"))
                .collect();
        }
    }

    async fn send_step(&mut self, step: &Step, text: &str, values: &Values) -> Answer {
        let (method, target) = text.split_once(' ').unwrap_or(("GET", text));
        let raw = step.raw.as_ref().map(|raw| fill(raw, values).into_bytes());
        let filled = step.body.as_ref().map(|body| fill_value(body, values));
        let body = raw.or(filled.map(|body| body.to_string().into_bytes()));
        let mut sent = request(method, &path(target), step.form.content_type(), body);
        let mut set = |name: header::HeaderName, value: &str| {
            let value =
                header::HeaderValue::from_str(value).expect("the headers of a case are valid");
            sent.headers_mut().insert(name, value);
        };
        if let Some(accept) = &step.accept {
            set(header::ACCEPT, accept);
        }
        if let Some(user) = &step.user {
            set(
                header::HeaderName::from_static("impersonate-user"),
                &fill(user, values),
            );
        }
        (self.send)(sent).await
    }

    async fn case(&mut self, number: usize, case: &Case) -> Outcome {
        let mut values = Values::from([
            ("n".to_owned(), json!(format!("c{number:03}"))),
            ("ns".to_owned(), json!(NAMESPACE)),
        ]);
        let mut failures = Vec::new();
        for step in &case.steps {
            failures = self.step(step, &mut values).await;
            if !failures.is_empty() {
                break;
            }
        }
        Outcome {
            name: case.name.clone(),
            failures,
        }
    }

    /// Installs the namespace and the definitions and waits until all are served.
    async fn set_up(&mut self) -> Vec<String> {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        let mut failures = Vec::new();
        let answer = self
            .plain("POST", "/api/v1/namespaces", Some(&namespace))
            .await;
        if answer.code != 201 {
            failures.push(format!(
                "the namespace: code {}: {}",
                answer.code, answer.body
            ));
        }
        for crd in definitions() {
            let name = crd["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let answer = self.plain("POST", CRDS, Some(&crd)).await;
            match answer.code {
                201 => self.installed.push(name),
                // A cluster with the operator has ours already.
                409 => {}
                code => failures.push(format!("{name}: code {code}: {}", answer.body)),
            }
        }
        for crd in definitions() {
            if !self.served(&crd).await {
                failures.push(format!(
                    "{} was not served in time",
                    crd["metadata"]["name"]
                ));
            }
        }
        failures
    }

    /// Waits until a definition is established and its objects can be listed.
    async fn served(&mut self, crd: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let spec = &crd["spec"];
        let (group, version) = (text(&spec["group"]), text(&spec["versions"][0]["name"]));
        let list = format!("/apis/{group}/{version}/{}", text(&spec["names"]["plural"]));
        let name = text(&crd["metadata"]["name"]);
        for _ in 0..LOOKS {
            let found = self
                .plain("GET", &format!("{CRDS}/{name}"), None)
                .await
                .body;
            let conditions = found["status"]["conditions"].as_array();
            let established = conditions
                .into_iter()
                .flatten()
                .any(|c| c["type"] == json!("Established") && c["status"] == json!("True"));
            if established && self.plain("GET", &list, None).await.code == 200 {
                return true;
            }
            tokio::time::sleep(PAUSE).await;
        }
        false
    }

    async fn tear_down(&mut self) {
        let widgets = path("widgets");
        self.plain("DELETE", &widgets, None).await;
        for name in std::mem::take(&mut self.installed) {
            self.plain("DELETE", &format!("{CRDS}/{name}"), None).await;
        }
        self.plain("DELETE", &format!("/api/v1/namespaces/{NAMESPACE}"), None)
            .await;
    }
}

pub(crate) async fn run<F, Fut>(send: F) -> Report
where
    F: FnMut(Request<Vec<u8>>) -> Fut,
    Fut: Future<Output = Answer>,
{
    let mut runner = Runner {
        send,
        installed: Vec::new(),
    };
    let mut report = Report::default();
    let failures = runner.set_up().await;
    let usable = failures.is_empty();
    report.outcomes.push(Outcome {
        name: "set-up".to_owned(),
        failures,
    });
    if usable {
        for (number, case) in case::all().iter().enumerate() {
            report.outcomes.push(runner.case(number, case).await);
        }
    }
    runner.tear_down().await;
    report
}
