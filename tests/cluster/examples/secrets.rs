//! Keys appear nowhere but in the Secrets that are meant to hold them: every byte that was written anywhere is searched, logs at trace.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directconnect_local::get;
use serde_json::Value;

use super::World;
use crate::kubectl::{json, kubectl};

/// The operator's own secret access key.
pub const SECRET_ACCESS_KEY: &str = "canary-secret-access-key-8d1c";

/// The keys of the examples.
const BGP_KEYS: [&str; 3] = [
    "quickstart-bgp-key",
    "securecart-primary-key",
    "securecart-secondary-key",
];

/// Secrets that are meant to hold keys.
const MEANT: [&str; 5] = [
    "hq-bgp",
    "hq-router",
    "primary-bgp",
    "secondary-bgp",
    "secondary-router",
];

pub fn appear_nowhere(world: &mut World) {
    let canaries = canaries(world);
    // The search finds what is there.
    let router = json(
        &world.stack.control_plane,
        "get -n quickstart secret/hq-router",
    );
    let configuration = STANDARD
        .decode(router["data"]["configuration"].as_str().unwrap())
        .unwrap();
    assert_eq!(found(&configuration, &canaries), ["quickstart-bgp-key"]);

    let mut searched = 0;
    let mut look = |what: &str, bytes: &[u8]| {
        searched += bytes.len();
        let found = found(bytes, &canaries);
        assert!(found.is_empty(), "{what} holds {found:?}");
    };
    let log = std::fs::read(world.stack.operator.process().log()).unwrap();
    let text = String::from_utf8_lossy(&log);
    assert!(
        text.contains(r#""level":"DEBUG""#),
        "the log is not detailed"
    );
    look("the operator's log", &log);
    logs(world.stack.control_plane.dir(), &mut look);
    let metrics = get(world.stack.operator.url(), "/metrics").unwrap().body;
    look("/metrics", metrics.as_bytes());
    look("a status", world.recorder.since(0).join("\n").as_bytes());
    objects(world, &mut look);
    println!(
        "secrets: {} canaries, {searched} bytes searched",
        canaries.len()
    );
    assert!(
        searched > 1_000_000,
        "{searched} bytes are less than there must be"
    );
}

/// Whatever must not show: BGP keys, the operator's secret key, the tokens of every assumed role; and each in base64.
fn canaries(world: &World) -> Vec<String> {
    let sim = world.stack.dxsim.get("world").unwrap();
    let mut all: Vec<String> = BGP_KEYS.map(str::to_owned).to_vec();
    all.push(SECRET_ACCESS_KEY.to_owned());
    let sessions = sim["sessions"]
        .as_object()
        .expect("sessions of assumed roles");
    let tokens: Vec<String> = sessions
        .values()
        .filter_map(|session| session["token"].as_str().map(str::to_owned))
        .collect();
    assert!(
        tokens.len() >= 2,
        "two accounts were entered by assuming a role"
    );
    all.extend(tokens);
    let encoded: Vec<String> = all
        .iter()
        .map(|canary| STANDARD.encode(canary).trim_end_matches('=').to_owned())
        .collect();
    all.extend(encoded);
    all
}

fn found<'c>(bytes: &[u8], canaries: &'c [String]) -> Vec<&'c str> {
    let text = String::from_utf8_lossy(bytes);
    canaries
        .iter()
        .map(String::as_str)
        .filter(|canary| text.contains(canary))
        .collect()
}

/// Logs of the control plane: what the operator sent shows there, if anywhere.
fn logs(dir: &Path, look: &mut impl FnMut(&str, &[u8])) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            look(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// Every object of every kind in the cluster.
fn objects(world: &World, look: &mut impl FnMut(&str, &[u8])) {
    let cluster = &world.stack.control_plane;
    let kinds = kubectl(cluster, "api-resources --verbs=list,get -o name");
    let kinds: Vec<&str> = kinds.lines().collect();
    assert!(
        kinds.contains(&"secrets") && kinds.contains(&"events"),
        "{kinds:?}"
    );
    let all = json(
        cluster,
        &format!("get {} -A --show-managed-fields", kinds.join(",")),
    );
    let items = all["items"].as_array().unwrap();
    let mut kept = 0;
    for object in items {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        if object["kind"] == "Secret" && (MEANT.contains(&name) || name == "aws-credentials") {
            kept += 1;
            continue;
        }
        look(&of(object), object.to_string().as_bytes());
    }
    assert_eq!(kept, MEANT.len() + 1);
    assert!(items.iter().any(|object| object["kind"] == "Event"));
}

fn of(object: &Value) -> String {
    format!("{} {}", object["kind"], object["metadata"]["name"])
}
