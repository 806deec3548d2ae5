//! A client for plain HTTP on loopback: one request, one answer, one connection. It speaks HTTP/1.0, so that the answer ends with the connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::{Context, Error, Result};

/// Longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// `GET http://host:port` + `path`.
pub fn get(base: &str, path: &str) -> Result<HttpResponse> {
    request("GET", base, path, "")
}

/// `POST` of a JSON text.
pub fn post(base: &str, path: &str, json: &str) -> Result<HttpResponse> {
    request("POST", base, path, json)
}

fn request(method: &str, base: &str, path: &str, body: &str) -> Result<HttpResponse> {
    let what = format!("{method} {base}{path}");
    let host = base
        .strip_prefix("http://")
        .ok_or_else(|| Error::new(format!("{what}: only plain http is spoken here")))?;
    let mut stream = TcpStream::connect(host).context(&what)?;
    stream.set_read_timeout(Some(PATIENCE)).context(&what)?;
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).context(&what)?;
    stream.write_all(body.as_bytes()).context(&what)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context(&what)?;
    parse(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| Error::new(format!("{what}: no HTTP answer")))
}

fn parse(answer: &str) -> Option<HttpResponse> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(HttpResponse {
        status,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{HttpResponse, parse};

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let answer = "HTTP/1.0 404 Not Found\r\ncontent-length: 4\r\n\r\nnone";
        assert_eq!(
            parse(answer),
            Some(HttpResponse {
                status: 404,
                body: "none".to_owned()
            })
        );
        assert_eq!(parse("nonsense"), None);
    }
}
