//! A simulator in process with a stepped clock and wall time of its own.

use bytes::Bytes;
use dxsim::{Builder, Reset, Sim};
use http::Request;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

pub const SEED: u64 = 11;

/// Two locations, one VPC with a VGW, a transit gateway, one connection per location.
pub const WORLD: &str = r#"
locations:
- {code: EqDC2, name: Equinix DC2, region: us-east-1, devices: [EqDC2-a, EqDC2-b], portSpeeds: [1Gbps, 10Gbps], macSecPortSpeeds: [10Gbps], providers: [Equinix], logicalRedundancy: "yes"}
- {code: EqDA2, name: Equinix DA2, region: us-east-1, devices: [EqDA2-a, EqDA2-b], portSpeeds: [1Gbps], providers: [Lumen], crossConnect: 4h}
- {code: EqLD5, name: Equinix LD5, region: eu-west-2, devices: [EqLD5-a], portSpeeds: [1Gbps]}
accounts:
- id: "999900001111"
  accessKeys: {AKIAOPERATOR: operator}
- id: "222233334444"
  accessKeys: {AKIAOTHER: other}
- id: "111122223333"
  accessKeys: {AKIANETWORK: netops}
  roles: {dx-operator: {trustedAccounts: ["999900001111"]}}
  vpcs:
  - {id: vpc-1, cidrs: [10.1.0.0/16]}
  - {id: vpc-2, cidrs: [10.2.0.0/16]}
  - {id: vpc-3, cidrs: [10.1.128.0/17]}
  vpnGateways:
  - {id: vgw-1, vpc: vpc-1}
  - {id: vgw-2, vpc: vpc-2}
  - {id: vgw-3, vpc: vpc-3}
  - {id: vgw-loose}
  transitGateways:
  - {id: tgw-1, amazonSideAsn: 64600}
  - {id: tgw-2, amazonSideAsn: 64601}
  - {id: tgw-same, amazonSideAsn: 64512}
  connections:
  - {id: dxcon-dc2, name: dc2, location: EqDC2, bandwidth: 1Gbps, jumboFrameCapable: false}
  - {id: dxcon-da2, name: da2, location: EqDA2, bandwidth: 1Gbps}
routers:
- name: hq
  asn: 65000
  prefixes: [192.168.0.0/16]
  sessions:
  - {connectionId: dxcon-dc2, vlan: 101, configured: true}
"#;

pub struct Bench {
    pub sim: Sim,
    wall: Arc<AtomicI64>,
    pub key: String,
    pub token: Option<String>,
    pub region: String,
}

/// 2026-11-22T10:00:00Z.
const START: i64 = 1_795_341_600;

impl Bench {
    pub fn new() -> Self {
        Self::with(WORLD, |builder| builder)
    }

    pub fn with(world: &str, adjust: impl FnOnce(Builder) -> Builder) -> Self {
        println!("seed {SEED}");
        let wall = Arc::new(AtomicI64::new(START));
        let source = wall.clone();
        let clock = move || {
            let seconds = u64::try_from(source.load(Ordering::SeqCst)).unwrap();
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
        };
        let builder = Sim::builder()
            .world_yaml(world)
            .seed(SEED)
            .stepped()
            .wall_clock(Arc::new(clock));
        Self {
            sim: adjust(builder).build().unwrap(),
            wall,
            key: "AKIANETWORK".to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
        }
    }

    /// The same simulator, seen by another caller.
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            sim: self.sim.clone(),
            wall: self.wall.clone(),
            key: key.to_owned(),
            token: None,
            region: self.region.clone(),
        }
    }

    pub fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self.with_key(&self.key)
        }
    }

    pub fn pass(&self, by: &str) {
        self.sim
            .advance_clock(by.parse::<SignedDuration>().unwrap());
    }

    pub fn wall_passes(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn request(&self, operation: &str, body: &str) -> Request<Bytes> {
        let seconds = self.wall.load(Ordering::SeqCst);
        let date = Timestamp::from_second(seconds)
            .unwrap()
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let mut request = Request::post("/")
            .header("x-amz-target", format!("OvertureService.{operation}"))
            .header("x-amz-date", &date)
            .header(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={}/{}/{}/directconnect/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
                    self.key,
                    &date[..8],
                    self.region
                ),
            );
        if let Some(token) = &self.token {
            request = request.header("x-amz-security-token", token);
        }
        request.body(Bytes::from(body.to_owned())).unwrap()
    }

    pub async fn try_call(&self, operation: &str, input: Value) -> Result<(u16, Value), Reset> {
        let request = self.request(operation, &input.to_string());
        let answer = self.sim.request(request).await?;
        assert!(answer.headers().contains_key("date"));
        assert!(answer.headers().contains_key("x-amzn-requestid"));
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        Ok((answer.status().as_u16(), body))
    }

    /// A call that must work.
    #[track_caller]
    pub fn call(&self, operation: &str, input: Value) -> impl Future<Output = Value> {
        let at = std::panic::Location::caller();
        async move {
            let (status, body) = self.try_call(operation, input).await.unwrap();
            assert_eq!(status, 200, "{at}: {operation}: {body}");
            body
        }
    }

    /// A call that must be refused: its code and message.
    #[track_caller]
    pub fn refused(&self, operation: &str, input: Value) -> impl Future<Output = (String, String)> {
        let at = std::panic::Location::caller();
        async move {
            let (status, body) = self.try_call(operation, input).await.unwrap();
            assert!(status >= 400, "{at}: {operation}: {body}");
            let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
            (text("__type"), text("message"))
        }
    }

    /// A call that Direct Connect must refuse with a message that contains `fragment`.
    #[track_caller]
    pub fn refused_with(
        &self,
        operation: &str,
        input: Value,
        fragment: &str,
    ) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let (code, message) = self.refused(operation, input).await;
            assert_eq!(code, "DirectConnectClientException", "{at}: {message}");
            assert!(message.contains(fragment), "{at}: {message}");
        }
    }

    pub async fn connection(&self, id: &str) -> Value {
        let answer = self
            .call("DescribeConnections", json!({"connectionId": id}))
            .await;
        answer["connections"][0].clone()
    }

    pub async fn interface(&self, id: &str) -> Value {
        let answer = self
            .call(
                "DescribeVirtualInterfaces",
                json!({"virtualInterfaceId": id}),
            )
            .await;
        answer["virtualInterfaces"][0].clone()
    }

    pub async fn gateway(&self) -> String {
        let answer = self
            .call(
                "CreateDirectConnectGateway",
                json!({"directConnectGatewayName": "gw"}),
            )
            .await;
        self.pass("5s");
        id(&answer["directConnectGateway"], "directConnectGatewayId")
    }

    /// Orders a private interface on dxcon-dc2 and waits until it is there.
    pub async fn private(&self, vlan: i32, target: (&str, &str)) -> String {
        let mut new = json!({"virtualInterfaceName": "vif", "vlan": vlan, "asn": 65000});
        new[target.0] = json!(target.1);
        let answer = self
            .call(
                "CreatePrivateVirtualInterface",
                json!({"connectionId": "dxcon-dc2", "newPrivateVirtualInterface": new}),
            )
            .await;
        self.pass("2m");
        id(&answer, "virtualInterfaceId")
    }
}

pub fn id(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}
