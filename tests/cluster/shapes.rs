//! The shapes of the operator's requests, as a real API server saw them: each must have a conformance case, or kubesim would answer it 501.
//!
//! Judged is what service accounts send, and the operator alone has one here. What kubectl, helm and the controller-manager send goes to a
//! real API server only: no test sends it to kubesim, so that no test rests on kubesim's answer to it.

use std::collections::BTreeMap;
use std::path::Path;

use directconnect_local::recorded_requests;
use kubesim::shape::{self, Seen};
use serde_json::Value;

/// An operator that does anything sends more shapes than this.
const LEAST: usize = 15;

/// Every shape that was recorded by the control plane in this folder has a conformance case.
pub fn assert_covered(dir: &Path) {
    let mut shapes: BTreeMap<String, Value> = BTreeMap::new();
    let count = recorded_requests(dir, |event| {
        if let Some(shape) = shape(event) {
            shapes.entry(shape).or_insert_with(|| event.clone());
        }
    });
    println!(
        "shapes: {} of {} recorded requests",
        shapes.len(),
        count.unwrap()
    );
    assert!(shapes.len() >= LEAST, "{:?}", shapes.keys());
    shapes.retain(|shape, _| !shape::covered(shape));
    assert!(
        shapes.is_empty(),
        "sim/kubesim/cases has no case for what was sent to a real API server: {shapes:#?}"
    );
}

/// The shape of a recorded request. The log has neither content type nor `Accept`: a patch that is a list is a JSON patch, another one a
/// merge patch, and what was accepted shows in the answer. That nothing else is sent, kubesim sees, which is given whole requests.
fn shape(event: &Value) -> Option<String> {
    let body = &event["requestObject"];
    let (method, content_type) = match event["verb"].as_str()? {
        "create" => ("POST", "application/json"),
        "update" => ("PUT", "application/json"),
        "patch" if body.is_array() => ("PATCH", "application/json-patch+json"),
        "patch" => ("PATCH", "application/merge-patch+json"),
        "delete" | "deletecollection" => ("DELETE", "application/json"),
        _ => ("GET", ""),
    };
    let answer = event["responseObject"]["kind"].as_str().unwrap_or_default();
    shape::of(Seen {
        method,
        target: event["requestURI"].as_str()?,
        content_type,
        accept: &format!("application/json;as={answer}"),
        body,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::shape;

    fn event(verb: &str, uri: &str, sent: &Value, answered: &str) -> Value {
        json!({"verb": verb, "requestURI": uri, "requestObject": sent, "responseObject": {"kind": answered}})
    }

    #[test]
    fn events_of_the_audit_log_have_shapes() {
        let path = "/apis/directconnect.dev/v1alpha1/namespaces/n/connections";
        let (none, test) = (
            Value::Null,
            json!([{"op": "test", "path": "/metadata/uid", "value": "1"}]),
        );
        for (event, wanted) in [
            (
                event("get", &format!("{path}/a"), &none, "Connection"),
                "get custom",
            ),
            (
                event(
                    "list",
                    &format!("{path}?limit=1"),
                    &none,
                    "PartialObjectMetadataList",
                ),
                "list custom as PartialObjectMetadata ?limit",
            ),
            (
                event("watch", &format!("{path}?watch=true"), &none, ""),
                "watch custom",
            ),
            (
                event("patch", &format!("{path}/a/status"), &test, ""),
                "patch custom/status application/json-patch+json [uid]",
            ),
            (
                event(
                    "patch",
                    &format!("{path}/a"),
                    &json!({"metadata": {"uid": "1"}}),
                    "",
                ),
                "patch custom application/merge-patch+json [uid]",
            ),
            (event("create", path, &json!({}), ""), "create custom"),
        ] {
            assert_eq!(shape(&event).as_deref(), Some(wanted), "{event}");
        }
        assert_eq!(shape(&event("get", "/version", &none, "")), None);
    }
}
