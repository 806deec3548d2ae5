//! What a kube client sees of this server: semantics, watchers, controllers, faults.
#![allow(clippy::unwrap_used, clippy::panic)]

mod faults;
mod history;
mod runtime;
mod semantics;

use std::sync::Arc;

use jiff::Timestamp;
use kube::{Api, Client, CustomResource, CustomResourceExt};
use kubesim::Server;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[kube(
    group = "test.dev",
    version = "v1",
    kind = "Gadget",
    namespaced,
    status = "GadgetStatus",
    shortname = "gd"
)]
struct GadgetSpec {
    size: i32,
    note: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
struct GadgetStatus {
    phase: Option<String>,
}

/// A server on tokio's paused clock, with the Gadget CRD.
fn server() -> Server {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let origin = tokio::time::Instant::now();
    let server = Server::new(Arc::new(move || {
        start + jiff::SignedDuration::try_from(origin.elapsed()).unwrap()
    }));
    server
        .install_crd(&serde_json::to_value(Gadget::crd()).unwrap())
        .unwrap();
    server
}

fn api(server: &Server) -> Api<Gadget> {
    Api::namespaced(Client::new(server.service(), "default"), "default")
}

fn gadget(name: &str, size: i32) -> Gadget {
    Gadget::new(name, GadgetSpec { size, note: None })
}

/// The `Status` of a refused request.
fn refused<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String, String) {
    match result {
        Err(kube::Error::Api(status)) => {
            (status.code, status.reason.clone(), status.message.clone())
        }
        other => panic!("wanted a refusal, got {other:?}"),
    }
}
