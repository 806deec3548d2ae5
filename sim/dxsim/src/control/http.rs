//! `/_sim` over HTTP: JSON in, JSON out.

use super::Action;
use crate::faults::{Fault, Release};
use crate::sim::Sim;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// `POST /_sim/clock`; exactly one member.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum ClockChange {
    Advance(SignedDuration),
    Set(Timestamp),
    Scale(f64),
}

/// `POST /_sim/release`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct ReleaseOrder {
    id: Option<u64>,
    how: Release,
}

type Outcome = Result<Value, (StatusCode, String)>;

/// Answers a control request.
pub async fn answer(sim: &Sim, request: &Request<Bytes>) -> Response<Bytes> {
    let (status, body) = match route(sim, request).await {
        Ok(value) => (StatusCode::OK, value),
        Err((status, message)) => (status, json!({"error": message})),
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .expect("status and headers are valid")
}

async fn route(sim: &Sim, request: &Request<Bytes>) -> Outcome {
    let path = request.uri().path().trim_start_matches("/_sim");
    let query = request.uri().query().unwrap_or_default();
    match (request.method(), path.trim_matches('/')) {
        (&Method::GET, "ledger") => {
            let since = number(query, "since")?.unwrap_or_default();
            let rows = match wait(query)? {
                Some(wait) => sim.ledger_since(since, wait).await,
                None => sim.state().ledger.since(since).to_vec(),
            };
            Ok(json!(rows))
        }
        (&Method::GET, "world") => Ok(sim.read(crate::World::to_json)),
        (&Method::GET, "clock") => Ok(clock(sim)),
        (&Method::POST, "clock") => {
            match read(request)? {
                ClockChange::Advance(by) => sim.advance_clock(by),
                ClockChange::Set(to) => sim.set_clock(to),
                ClockChange::Scale(scale) => {
                    sim.set_time_scale(scale);
                    sim.now()
                }
            };
            Ok(clock(sim))
        }
        (&Method::GET, "faults") => Ok(json!(sim.faults())),
        (&Method::POST, "faults") => Ok(json!({"id": sim.add_fault(read::<Fault>(request)?)})),
        (&Method::DELETE, "faults") => {
            sim.clear_faults(number(query, "id")?);
            Ok(json!(sim.faults()))
        }
        (&Method::GET, "held") => Ok(match wait(query)? {
            Some(wait) => json!(sim.wait_held(wait).await),
            None => json!(sim.held()),
        }),
        (&Method::POST, "release") => {
            let order: ReleaseOrder = read(request)?;
            Ok(json!({"released": sim.release(order.id, order.how)}))
        }
        (&Method::POST, "actions") => {
            let action: Action = read(request)?;
            sim.action(&action)
                .map_err(|message| (StatusCode::BAD_REQUEST, message))?;
            Ok(json!({}))
        }
        (_, path) => Err((
            StatusCode::NOT_FOUND,
            format!("there is no {} /_sim/{path}", request.method()),
        )),
    }
}

fn clock(sim: &Sim) -> Value {
    let scale = sim.state().clock.scale();
    sim.read(|world| {
        json!({"world": world.now, "wall": sim.wall(), "scale": scale, "nextEvent": world.agenda.next_at()})
    })
}

fn read<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, (StatusCode, String)> {
    let body: &[u8] = if request.body().is_empty() {
        b"{}"
    } else {
        request.body()
    };
    serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

fn number(query: &str, name: &str) -> Result<Option<u64>, (StatusCode, String)> {
    let Some(text) = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
    else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        (
            StatusCode::BAD_REQUEST,
            format!("{name}={text} is no number"),
        )
    })
}

fn wait(query: &str) -> Result<Option<Duration>, (StatusCode, String)> {
    Ok(number(query, "wait")?.map(Duration::from_secs))
}
