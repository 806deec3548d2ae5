//! What stands around an operation: protocol, credentials, signatures, IAM, the ledger, the clock.

use crate::support::{Bench, WORLD};
use bytes::Bytes;
use dxsim::Sim;
use dxsim::control::Action;
use dxsim::iam::Denial;
use http::Request;
use serde_json::json;

#[tokio::test]
async fn unknown_and_unimplemented_operations() {
    let bench = Bench::new();
    let unknown = bench.refused("OrderPizza", json!({})).await;
    assert_eq!(unknown.0, "UnknownOperationException");
    let later = bench.refused("CreateLag", json!({})).await;
    assert_eq!(later.0, "NotImplementedException");
    assert!(later.1.contains("CreateLag"));
    let empty = [
        ("DescribeLags", "lags"),
        ("DescribeInterconnects", "interconnects"),
        (
            "ListVirtualInterfaceTestHistory",
            "virtualInterfaceTestHistory",
        ),
        ("ListResiliencyGroups", "items"),
        ("DescribeCustomerMetadata", "agreements"),
        (
            "DescribeDirectConnectGatewayAssociationProposals",
            "directConnectGatewayAssociationProposals",
        ),
    ];
    for (operation, member) in empty {
        assert_eq!(bench.call(operation, json!({})).await[member], json!([]));
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let bench = Bench::new();
    for body in ["{", "[]", "7"] {
        let request = bench.request("DescribeConnections", body);
        let answer = bench.sim.request(request).await.unwrap();
        assert_eq!(answer.status(), 400);
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(text.contains("SerializationException"), "{text}");
    }
    let unsigned = Request::post("/").body(Bytes::new()).unwrap();
    let answer = bench.sim.request(unsigned).await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn credentials_decide_the_account() {
    let bench = Bench::new();
    let other = bench.with_key("AKIAOTHER");
    let answer = other.call("DescribeConnections", json!({})).await;
    assert_eq!(answer["connections"], json!([]));
    let nobody = bench.with_key("AKIANOBODY");
    let refused = nobody.refused("DescribeConnections", json!({})).await;
    assert_eq!(refused.0, "UnrecognizedClientException");
}

#[tokio::test]
async fn an_old_signature_is_refused() {
    let bench = Bench::new();
    let request = bench.request("DescribeConnections", "{}");
    bench.wall_passes(901);
    let answer = bench.sim.request(request).await.unwrap();
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(
        text.contains("InvalidSignatureException") && text.contains("Signature expired"),
        "{text}"
    );
    let request = bench.request("DescribeConnections", "{}");
    bench.wall_passes(899);
    assert_eq!(bench.sim.request(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn iam_refuses_by_action_account_and_resource() {
    let bench = Bench::new();
    let deny = Denial {
        account: Some("111122223333".to_owned()),
        action: "directconnect:Describe*".to_owned(),
        resource: Some("dxcon-dc2".to_owned()),
    };
    let action = Action::DenyAction { deny: deny.clone() };
    bench.sim.action(&action).unwrap();
    let named = json!({"connectionId": "dxcon-dc2"});
    let (code, message) = bench.refused("DescribeConnections", named.clone()).await;
    assert_eq!(code, "AccessDeniedException");
    assert!(
        message.contains("arn:aws:iam::111122223333:user/netops")
            && message.contains("directconnect:DescribeConnections")
    );
    bench.call("DescribeConnections", json!({})).await;
    let allow = Action::AllowAction { deny: Some(deny) };
    bench.sim.action(&allow).unwrap();
    bench.call("DescribeConnections", named).await;
}

#[tokio::test]
async fn aws_is_down_for_a_while() {
    let bench = Bench::new();
    bench.sim.action(&Action::SetAwsDown).unwrap();
    let (status, _) = bench
        .try_call("DescribeConnections", json!({}))
        .await
        .unwrap();
    assert_eq!(status, 503);
    bench.sim.action(&Action::SetAwsUp).unwrap();
    bench.call("DescribeConnections", json!({})).await;
}

#[tokio::test]
async fn the_ledger_knows_every_call() {
    let bench = Bench::new();
    let create = json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "n"});
    let created = bench.call("CreateConnection", create.clone()).await;
    bench.call("DescribeConnections", json!({})).await;
    let mut bad = create;
    bad["bandwidth"] = json!("x");
    bench.refused("CreateConnection", bad).await;
    bench
        .with_key("AKIANOBODY")
        .refused("DescribeConnections", json!({}))
        .await;
    let rows = bench.sim.ledger();
    let short: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.seq,
                row.operation.as_str(),
                row.effect,
                row.outcome.as_str(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            (1, "CreateConnection", true, "ok"),
            (2, "DescribeConnections", false, "ok"),
            (3, "CreateConnection", false, "DirectConnectClientException"),
            (
                4,
                "DescribeConnections",
                false,
                "UnrecognizedClientException"
            ),
        ]
    );
    assert_eq!(
        rows[0].resource.as_deref(),
        created["connectionId"].as_str()
    );
    assert_eq!(rows[0].account, "111122223333");
    assert_eq!(rows[0].caller, "arn:aws:iam::111122223333:user/netops");
    assert!(rows[0].mutating && rows[0].request_date.is_some());
    assert_eq!(
        (rows[3].account.as_str(), rows[3].caller.as_str()),
        ("", "AKIANOBODY")
    );
}

#[tokio::test]
async fn one_seed_twice_gives_one_world() {
    let mut worlds = Vec::new();
    for _ in 0..2 {
        let bench = Bench::new();
        bench.private(101, ("virtualGatewayId", "vgw-1")).await;
        bench.gateway().await;
        bench.pass("1h");
        worlds.push((bench.sim.world().to_json().to_string(), bench.sim.ledger()));
    }
    assert_eq!(worlds[0], worlds[1]);
}

#[tokio::test]
async fn a_scaled_clock_runs_ahead_of_the_wall() {
    let bench = Bench::with(WORLD, |builder| builder.time_scale(3600.0));
    let created = bench
        .call(
            "CreateConnection",
            json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "n"}),
        )
        .await;
    let dxcon = crate::support::id(&created, "connectionId");
    bench.wall_passes(23);
    assert_eq!(
        bench.connection(&dxcon).await["connectionState"],
        "requested"
    );
    bench.wall_passes(2);
    assert_eq!(bench.connection(&dxcon).await["connectionState"], "pending");
}

#[tokio::test]
async fn worlds_merge_but_no_account_twice() {
    let twice = Sim::builder().world_yaml(WORLD).world_yaml(WORLD).build();
    assert!(twice.unwrap_err().to_string().contains("declared twice"));
    let typo = Sim::builder().world_yaml("acounts: []").build();
    assert!(typo.unwrap_err().to_string().contains("acounts"));
    let home = "accounts: [{id: '999900001111', accessKeys: {AKIAOPERATOR: operator}}]";
    assert!(
        Sim::builder()
            .world_yaml(WORLD)
            .world_yaml(home)
            .build()
            .is_ok()
    );
}

#[tokio::test]
async fn objects_change_and_vanish_behind_everybodys_back() {
    let bench = Bench::new();
    let change = json!({"action": "changeObject", "id": "dxcon-dc2",
        "fields": {"name": "someone-else"}, "tags": {"k": "v"}});
    bench
        .sim
        .action(&serde_json::from_value(change).unwrap())
        .unwrap();
    let found = bench.connection("dxcon-dc2").await;
    assert_eq!(found["connectionName"], "someone-else");
    assert_eq!(found["tags"], json!([{"key": "k", "value": "v"}]));
    let wrong = json!({"action": "changeObject", "id": "dxcon-dc2", "fields": {"nmae": "x"}});
    let refused = bench.sim.action(&serde_json::from_value(wrong).unwrap());
    assert!(refused.unwrap_err().contains("nmae"));
    let delete = json!({"action": "deleteObject", "id": "dxcon-dc2"});
    bench
        .sim
        .action(&serde_json::from_value(delete).unwrap())
        .unwrap();
    bench
        .refused_with(
            "DescribeConnections",
            json!({"connectionId": "dxcon-dc2"}),
            "Could not find",
        )
        .await;
}
