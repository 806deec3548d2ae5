//! Calls of the Query services, and of Direct Connect, through a simulator in process.
#![allow(dead_code, clippy::unwrap_used)]

use bytes::Bytes;
use dxsim::Sim;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

pub const SEED: u64 = 7;
const KEY: &str = "AKIANETWORK";

/// Who signs.
#[derive(Clone)]
pub struct Signer {
    pub key: String,
    pub token: Option<String>,
    pub region: String,
}

impl Signer {
    pub fn key(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The text of the first element of that name.
    pub fn text(&self, name: &str) -> Option<String> {
        texts(&self.body, name).into_iter().next()
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        texts(&self.body, name)
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    #[track_caller]
    pub fn refused(&self, code: &str) {
        assert_eq!(self.text("Code").as_deref(), Some(code), "{}", self.body);
        assert!(self.status >= 400);
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn texts(body: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    body.split(&open)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned()))
        .collect()
}

/// A simulator whose two clocks are moved by hand.
pub struct Bench {
    pub sim: Sim,
    wall: Arc<AtomicI64>,
}

impl Bench {
    pub fn new(world: &str) -> Self {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let wall = Arc::new(AtomicI64::new(start.as_second()));
        let seconds = Arc::clone(&wall);
        println!("seed {SEED}");
        let sim = Sim::builder()
            .world_yaml(world)
            .seed(SEED)
            .stepped()
            .start(start)
            .wall_clock(Arc::new(move || {
                let now = seconds.load(Ordering::SeqCst);
                SystemTime::UNIX_EPOCH + Duration::from_secs(now.unsigned_abs())
            }))
            .build()
            .unwrap();
        Self { sim, wall }
    }

    /// Lets world time pass.
    pub fn pass(&self, seconds: i64) {
        self.sim.advance_clock(SignedDuration::from_secs(seconds));
    }

    /// Lets wall time pass.
    pub fn pass_wall(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Does something to the world, as `POST /_sim/actions` does.
    pub fn act(&self, action: serde_json::Value) {
        self.sim
            .action(&serde_json::from_value(action).unwrap())
            .unwrap();
    }

    async fn send(
        &self,
        signer: &Signer,
        service: &str,
        request: http::request::Builder,
        body: String,
    ) -> Answer {
        let wall = Timestamp::from_second(self.wall.load(Ordering::SeqCst)).unwrap();
        let date = wall.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut request = request
            .method("POST")
            .uri("/")
            .header("x-amz-date", &date)
            .header(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={}/{}/{}/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
                    signer.key,
                    &date[..8],
                    signer.region
                ),
            );
        if let Some(token) = &signer.token {
            request = request.header("x-amz-security-token", token);
        }
        let response = self
            .sim
            .request(request.body(Bytes::from(body)).unwrap())
            .await
            .unwrap();
        Answer {
            status: response.status().as_u16(),
            body: String::from_utf8(response.body().to_vec()).unwrap(),
        }
    }

    async fn query(&self, signer: &Signer, service: &str, version: &str, form: &str) -> Answer {
        let request = Request::builder().header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let body = format!("Action={form}&Version={version}");
        self.send(signer, service, request, body).await
    }

    /// An EC2 call: `DescribeVpcs&VpcId.1=…`.
    pub async fn ec2(&self, form: &str) -> Answer {
        self.ec2_as(&Signer::key(KEY), form).await
    }

    pub async fn ec2_as(&self, signer: &Signer, form: &str) -> Answer {
        self.query(signer, "ec2", "2016-11-15", form).await
    }

    pub async fn sts_as(&self, signer: &Signer, form: &str) -> Answer {
        self.query(signer, "sts", "2011-06-15", form).await
    }

    /// A Direct Connect call.
    pub async fn dx(&self, operation: &str, input: serde_json::Value) -> serde_json::Value {
        let request = Request::builder()
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("OvertureService.{operation}"));
        self.send(
            &Signer::key(KEY),
            "directconnect",
            request,
            input.to_string(),
        )
        .await
        .ok()
        .json()
    }

    /// Makes an attached VGW and gives its id.
    pub async fn attached_vgw(&self, vpc: &str) -> String {
        let id = self
            .ec2("CreateVpnGateway&Type=ipsec.1")
            .await
            .ok()
            .text("vpnGatewayId")
            .unwrap();
        self.ec2(&format!("AttachVpnGateway&VpnGatewayId={id}&VpcId={vpc}"))
            .await
            .ok();
        self.pass(60);
        id
    }
}
