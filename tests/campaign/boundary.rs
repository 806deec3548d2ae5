//! Boundaries: requests of the operator, before they have had an effect.

use directconnect_harness::aws::mutates;
use directconnect_harness::promises::call::Call;
use kubesim::{RequestRecord, Server};

/// The service that a boundary is at.
pub const AWS: &str = "aws";
/// See [`AWS`].
pub const KUBERNETES: &str = "kubernetes";

/// A request of the operator, before it has had an effect.
pub struct Boundary {
    /// [`AWS`] or [`KUBERNETES`].
    pub service: &'static str,
    /// The operation, or verb and object.
    pub what: String,
    /// It changes something.
    pub writes: bool,
    /// It is a watch.
    pub watches: bool,
}

impl Boundary {
    /// A call to AWS: its operation, and what kind of object it concerns.
    pub fn aws(call: &Call) -> Self {
        let target = call.target().unwrap_or_default();
        // Ids of gateways and associations say nothing of their kind.
        let kind = target.split('-').next().unwrap_or_default();
        let kind = Some(kind).filter(|k| ["dxcon", "dxvif", "vgw"].contains(k));
        let kind = kind.unwrap_or_default();
        Self {
            service: AWS,
            what: format!("{} {kind}", call.operation).trim().to_owned(),
            writes: mutates(&call.operation),
            watches: false,
        }
    }

    /// A request to Kubernetes: its verb and object.
    pub fn kubernetes(record: &RequestRecord, kube: &Server) -> Self {
        let name = if record.resource.starts_with("events") {
            ""
        } else {
            &record.name
        };
        let resource = record.resource.split('.').next().unwrap_or_default();
        let part = match record.subresource.as_str() {
            "" => "",
            // What closes an intent, or stores what was made.
            "status" if has_intents(kube, record) => " status with an intent of",
            _ => " status",
        };
        Self {
            service: KUBERNETES,
            what: format!("{} {resource}{part} {name}", record.verb)
                .trim()
                .to_owned(),
            writes: record.mutation.is_some()
                || ["create", "update", "patch", "delete"].contains(&record.verb.as_str()),
            watches: record.verb == "watch",
        }
    }

    /// What is the same in each occurrence of the boundary.
    pub fn signature(&self) -> String {
        format!("{} {}", self.service, self.what)
    }
}

fn has_intents(kube: &Server, record: &RequestRecord) -> bool {
    let plural = record.resource.split('.').next().unwrap_or_default();
    let stored = kube.get(plural, &record.namespace, &record.name);
    stored.is_some_and(|object| !object["status"]["intents"].is_null())
}
