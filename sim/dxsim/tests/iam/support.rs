//! Calls of a role under policies, through a simulator in process.

use bytes::Bytes;
use dxsim::Sim;
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const START: &str = "2026-01-01T00:00:00Z";
const SEED: u64 = 7;

/// Who signs.
#[derive(Clone)]
pub struct Signer {
    pub key: String,
    token: Option<String>,
}

impl Signer {
    pub fn user(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            token: None,
        }
    }
}

/// An answer: its status, and its code and message if it is a refusal.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub code: String,
    pub message: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn element(&self, name: &str) -> String {
        let rest = self
            .body
            .split(&format!("<{name}>"))
            .nth(1)
            .unwrap_or_default();
        rest.split("</").next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// True if IAM refused the call.
    pub fn denied(&self) -> bool {
        [
            "AccessDeniedException",
            "UnauthorizedOperation",
            "AccessDenied",
        ]
        .contains(&self.code.as_str())
    }

    #[track_caller]
    pub fn refused(self, why: &str) -> Self {
        assert!(self.denied(), "{}", self.body);
        assert!(self.message.contains(why), "{}", self.message);
        self
    }
}

pub const EXPLICIT: &str = "with an explicit deny in an identity-based policy";
pub const IMPLICIT: &str = "because no identity-based policy allows the";

pub struct Bench {
    pub sim: Sim,
}

impl Bench {
    pub fn new(worlds: &[&str], cluster_id: Option<&str>) -> Self {
        println!("seed {SEED}");
        let start: Timestamp = START.parse().unwrap();
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(start.as_second().unsigned_abs());
        let mut builder = Sim::builder()
            .seed(SEED)
            .stepped()
            .start(start)
            .wall_clock(Arc::new(move || wall));
        for world in worlds {
            builder = builder.world_yaml(world);
        }
        if let Some(id) = cluster_id {
            builder = builder.cluster_id(id);
        }
        Self {
            sim: builder.build().unwrap(),
        }
    }

    pub fn pass(&self, by: &str) {
        self.sim.advance_clock(by.parse().unwrap());
    }

    /// Calls as `service:Operation`, with a JSON object for Direct Connect, else a form.
    pub async fn call(&self, signer: &Signer, action: &str, input: &Value) -> Answer {
        let (service, operation) = action.split_once(':').unwrap();
        let mut request = Request::post("/")
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0", signer.key),
            );
        if let Some(token) = &signer.token {
            request = request.header("x-amz-security-token", token);
        }
        let body = if service == "directconnect" {
            request = request.header("x-amz-target", format!("OvertureService.{operation}"));
            input.to_string()
        } else {
            format!("Action={operation}&{}", input.as_str().unwrap_or_default())
        };
        let response = self
            .sim
            .request(request.body(Bytes::from(body)).unwrap())
            .await
            .unwrap();
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        let mut answer = Answer {
            status: response.status().as_u16(),
            body,
            code: String::new(),
            message: String::new(),
        };
        if service == "directconnect" {
            let read = answer.json();
            let text = |name: &str| read[name].as_str().unwrap_or_default().to_owned();
            (answer.code, answer.message) = (text("__type"), text("message"));
        } else {
            (answer.code, answer.message) = (answer.element("Code"), answer.element("Message"));
        }
        answer
    }

    pub async fn dx(&self, signer: &Signer, operation: &str, input: Value) -> Answer {
        self.call(signer, &format!("directconnect:{operation}"), &input)
            .await
    }

    pub async fn ec2(&self, signer: &Signer, operation: &str, form: &str) -> Answer {
        self.call(signer, &format!("ec2:{operation}"), &json!(form))
            .await
    }

    /// A session of a role.
    pub async fn assume(&self, by: &str, role: &str) -> Signer {
        let form = json!(format!("RoleArn={role}&RoleSessionName=test"));
        let answer = self
            .call(&Signer::user(by), "sts:AssumeRole", &form)
            .await
            .ok();
        Signer {
            key: answer.element("AccessKeyId"),
            token: Some(answer.element("SessionToken")),
        }
    }
}

/// Direct Connect's list of tags.
pub fn tags(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}
