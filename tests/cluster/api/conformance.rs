//! The conformance cases of kubesim against the real kube-apiserver, through `kubectl proxy`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use directconnect_local::ControlPlane;
use http::Request;
use http::header::{HeaderMap, HeaderName};
use kubesim::conformance::{self, Answer};

use super::cluster;

/// A watch ends by its own time limit, long before this.
const PATIENCE: Duration = Duration::from_secs(60);

/// `kubectl proxy` on a free port; ends when dropped.
struct Proxy {
    child: Child,
    address: String,
}

impl Proxy {
    fn start(cluster: &ControlPlane) -> Self {
        let mut command = cluster.kubectl_command(&[
            "proxy",
            "--port=0",
            "--reject-methods=^$",
            "--reject-paths=^$",
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        Self { child, address }
    }

    /// One request on a connection of its own; HTTP/1.0, so that the answer ends with the connection.
    fn send(&self, request: &Request<Vec<u8>>) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "{} {} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n",
            request.method(),
            request.uri(),
            self.address,
            request.body().len()
        );
        for (name, value) in request.headers() {
            head.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(request.body()).unwrap();
        let mut answer = Vec::new();
        // What is refused early is answered before its body is read: the connection then ends by a reset, after the answer.
        if let Err(error) = stream.read_to_end(&mut answer) {
            assert!(
                !answer.is_empty(),
                "{} {}: {error}",
                request.method(),
                request.uri()
            );
        }
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8_lossy(&answer[..end]);
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in head.lines().skip(1) {
            if let Some((name, value)) = line.split_once(": ") {
                let name: HeaderName = name.parse().unwrap();
                headers.append(name, value.parse().unwrap());
            }
        }
        Answer::new(code, &headers, &answer[end + 4..])
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn kubesim_answers_as_the_real_api_server_does() {
    let cluster = cluster();
    let proxy = Proxy::start(&cluster);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let report = runtime.block_on(conformance::run(|request| {
        std::future::ready(proxy.send(&request))
    }));
    println!("{report}");
    assert!(report.passed(), "{report}");
}
