//! The HTTP server, `/_sim`, the command, and the worlds that come with it.

use crate::support::{Bench, WORLD};
use dxsim::Sim;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sends one request; the answer's status and body, or `None` if there was no answer.
async fn http(
    address: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    if stream.read_to_string(&mut answer).await.is_err() || answer.is_empty() {
        return None;
    }
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// The headers of a signed request.
fn headers(bench: &Bench, operation: &str) -> String {
    let request = bench.request(operation, "");
    let mut text = String::new();
    for (name, value) in request.headers() {
        text.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
    }
    text
}

async fn serve(sim: &Sim) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sim = sim.clone();
    let task = tokio::spawn(async move {
        sim.serve(listener, std::future::pending()).await.unwrap();
    });
    (address, task)
}

#[tokio::test]
async fn aws_and_control_over_http() {
    let bench = Bench::new();
    let (address, task) = serve(&bench.sim).await;
    let sim = async |method: &str, path: &str, body: Value| {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        http(&address, method, path, "", &text).await.unwrap()
    };
    let signed = headers(&bench, "DescribeConnections");
    let (status, answer) = http(&address, "POST", "/", &signed, "{}").await.unwrap();
    assert_eq!(
        (status, answer["connections"].as_array().unwrap().len()),
        (200, 2)
    );

    let (_, ledger) = sim("GET", "/_sim/ledger?since=0&wait=5", Value::Null).await;
    assert_eq!(ledger[0]["operation"], "DescribeConnections");
    assert_eq!(ledger[0]["requestDate"], "2026-11-22T10:00:00Z");
    let (_, clock) = sim("POST", "/_sim/clock", json!({"advance": "1h"})).await;
    assert_eq!(clock["world"], "2026-11-22T11:00:00Z");
    let (_, clock) = sim(
        "POST",
        "/_sim/clock",
        json!({"set": "2026-11-23T00:00:00Z"}),
    )
    .await;
    assert_eq!(clock["world"], "2026-11-23T00:00:00Z");
    let fault = json!({"match": {"operation": "DescribeConnections"}, "kind": "resetBeforeEffect"});
    let (_, added) = sim("POST", "/_sim/faults", fault).await;
    assert!(added["id"].is_number());
    assert_eq!(http(&address, "POST", "/", &signed, "{}").await, None);
    let (_, faults) = sim("GET", "/_sim/faults", Value::Null).await;
    assert_eq!(faults[0]["struck"], 1);
    let (_, held) = sim("GET", "/_sim/held?wait=0", Value::Null).await;
    assert_eq!(held, json!([]));
    let (_, released) = sim("POST", "/_sim/release", json!({})).await;
    assert_eq!(released, json!({"released": 0}));
    let cut = json!({"action": "cutCrossConnect", "connectionId": "dxcon-dc2"});
    assert_eq!(sim("POST", "/_sim/actions", cut).await.0, 200);
    let (_, world) = sim("GET", "/_sim/world", Value::Null).await;
    assert_eq!(world["connections"]["now"]["dxcon-dc2"]["state"], "down");
    let (status, refused) = sim("POST", "/_sim/actions", json!({"action": "dance"})).await;
    assert_eq!(status, 400);
    assert!(refused["error"].as_str().unwrap().contains("dance"));
    assert_eq!(sim("GET", "/_sim/nothing", Value::Null).await.0, 404);
    task.abort();
}

#[tokio::test]
async fn only_loopback_is_served() {
    let sim = Sim::builder().world_yaml(WORLD).build().unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = sim.serve(listener, std::future::pending()).await;
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}

#[tokio::test]
async fn the_worlds_that_come_with_it() {
    let worlds = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds/");
    let read = |name: &str| std::fs::read_to_string(format!("{worlds}{name}")).unwrap();
    let sim = Sim::builder()
        .world_yaml(&read("securecart.yaml"))
        .world_yaml(&read("quickstart.yaml"))
        .stepped()
        .build()
        .unwrap();
    let world = sim.world();
    let vif = world.virtual_interfaces.get("dxvif-sc0vif01").unwrap();
    assert_eq!(vif.state.to_string(), "available");
    let table = world.route_tables.get("rtb-01111111111111112").unwrap();
    let learned = table
        .routes
        .iter()
        .any(|route| route.destination.to_string() == "192.168.0.0/16");
    assert!(learned);
    assert_eq!(world.accounts.len(), 3);
}

#[test]
fn the_command_serves_until_it_is_terminated() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds/quickstart.yaml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dxsim"))
        .args([
            "serve",
            "--world",
            world,
            "--listen",
            "127.0.0.1:0",
            "--time-scale",
            "60",
            "--port-file",
        ])
        .arg(&port)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = std::fs::read_to_string(&port).unwrap();
    assert_eq!(line.trim(), format!("http://{}", address.trim()));
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_command_refuses_other_addresses_and_prints_worlds() {
    let dxsim = || Command::new(env!("CARGO_BIN_EXE_dxsim"));
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds/quickstart.yaml");
    let refused = dxsim()
        .args(["serve", "--world", world, "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let printed = dxsim()
        .args(["world", "--connections", "30", "--virtual-interfaces", "2"])
        .output()
        .unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    let sim = Sim::builder().world_yaml(&text).stepped().build().unwrap();
    let up = sim.read(|world| {
        world
            .virtual_interfaces
            .values()
            .filter(|vif| vif.peers[0].up)
            .count()
    });
    assert_eq!(up, 60);
}
