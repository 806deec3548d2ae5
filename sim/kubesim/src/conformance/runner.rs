//! Runs conformance cases through any transport.

use std::{collections::BTreeMap, future::Future, time::Duration};

use http::{Request, header};
use serde_json::{Value, json};

use super::{
    Outcome, Report,
    case::{self, Case, Step, Want},
};

const NAMESPACE: &str = "kubesim-conformance";
const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const CRD: &str = "widgets.conformance.kubesim.dev";
/// How often the runner looks whether what it installed is served, and how long it waits between.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

fn crd() -> Value {
    let text = include_str!("../../cases/widget-crd.yaml");
    serde_saphyr::from_str(text).expect("a unit test reads the same file")
}

struct Runner<F> {
    send: F,
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

fn request(method: &str, path: &str, content_type: &str, body: Option<&Value>) -> Request<Vec<u8>> {
    let bytes = body
        .map(|body| body.to_string().into_bytes())
        .unwrap_or_default();
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json");
    if body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    builder = builder.header(header::USER_AGENT, "kubesim-conformance/1");
    builder
        .body(bytes)
        .expect("method and path of a case are valid")
}

fn path(target: &str) -> String {
    if target.starts_with('/') {
        target.to_owned()
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
fn check(want: &Want, values: &Values, code: u16, answer: &Value) -> Vec<String> {
    let mut failures = Vec::new();
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
    Fut: Future<Output = (u16, Value)>,
{
    async fn plain(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        (self.send)(request(method, path, "application/json", body)).await
    }

    async fn step(&mut self, step: &Step, values: &mut Values) -> Vec<String> {
        let text = fill(&step.request, values);
        let (method, target) = text.split_once(' ').unwrap_or(("GET", &text));
        let body = step.body.as_ref().map(|body| fill_value(body, values));
        let mut sent = request(
            method,
            &path(target),
            step.form.content_type(),
            body.as_ref(),
        );
        if let Some(accept) = &step.accept {
            let accept =
                header::HeaderValue::from_str(accept).expect("the header of a case is valid");
            sent.headers_mut().insert(header::ACCEPT, accept);
        }
        let (code, answer) = (self.send)(sent).await;
        for (name, pointer) in &step.save {
            values.insert(
                name.clone(),
                answer.pointer(pointer).cloned().unwrap_or_default(),
            );
        }
        let failures = check(&step.want, values, code, &answer);
        failures
            .into_iter()
            .map(|failure| format!("{text}: {failure}"))
            .collect()
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

    /// Installs namespace and CRD and waits until both are served.
    async fn set_up(&mut self) -> Vec<String> {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        let mut failures = Vec::new();
        for (path, body) in [("/api/v1/namespaces", &namespace), (CRDS, &crd())] {
            let (code, answer) = self.plain("POST", path, Some(body)).await;
            if code != 201 {
                failures.push(format!("POST {path}: code {code}: {answer}"));
            }
        }
        for _ in 0..LOOKS {
            let (_, crd) = self.plain("GET", &format!("{CRDS}/{CRD}"), None).await;
            let conditions = crd["status"]["conditions"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let established = conditions
                .iter()
                .any(|c| c["type"] == json!("Established") && c["status"] == json!("True"));
            if established && self.plain("GET", &path("widgets"), None).await.0 == 200 {
                return failures;
            }
            tokio::time::sleep(PAUSE).await;
        }
        failures.push(format!("{CRD} was not served in time"));
        failures
    }

    async fn tear_down(&mut self) {
        let widgets = path("widgets");
        self.plain("DELETE", &widgets, None).await;
        self.plain("DELETE", &format!("{CRDS}/{CRD}"), None).await;
        self.plain("DELETE", &format!("/api/v1/namespaces/{NAMESPACE}"), None)
            .await;
    }
}

pub(crate) async fn run<F, Fut>(send: F) -> Report
where
    F: FnMut(Request<Vec<u8>>) -> Fut,
    Fut: Future<Output = (u16, Value)>,
{
    let mut runner = Runner { send };
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
