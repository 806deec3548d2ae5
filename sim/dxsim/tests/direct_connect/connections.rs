//! Connections, locations, LOA, tags.

use crate::support::{Bench, id};
use base64::Engine;
use serde_json::{Value, json};

fn order(location: &str) -> Value {
    json!({"location": location, "bandwidth": "1Gbps", "connectionName": "new", "tags": [{"key": "a", "value": "b"}]})
}

#[tokio::test]
async fn an_order_becomes_a_lit_port_and_goes() {
    let bench = Bench::new();
    let ordered = bench.call("CreateConnection", order("EqDC2")).await;
    let dxcon = id(&ordered, "connectionId");
    assert_eq!(ordered["connectionState"], "requested");
    assert_eq!(ordered["tags"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(ordered["region"], "us-east-1");
    assert_eq!(ordered["ownerAccount"], "111122223333");
    assert!(dxcon.starts_with("dxcon-") && dxcon.len() == 14);
    let loa = json!({"connectionId": dxcon});
    bench
        .refused_with("DescribeLoa", loa.clone(), "not available yet")
        .await;

    bench.pass("24h");
    let pending = bench.connection(&dxcon).await;
    assert_eq!(pending["connectionState"], "pending");
    assert!(pending.get("loaIssueTime").is_none());
    let answer = bench.call("DescribeLoa", loa).await;
    assert_eq!(answer["loaContentType"], "application/pdf");
    let pdf = base64::engine::general_purpose::STANDARD
        .decode(answer["loaContent"].as_str().unwrap())
        .unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF\n"));
    assert!(bench.connection(&dxcon).await["loaIssueTime"].is_number());

    bench.pass("1000h");
    assert_eq!(bench.connection(&dxcon).await["connectionState"], "pending");
    act(
        &bench,
        json!({"action": "completeCrossConnect", "connectionId": dxcon}),
    );
    assert_eq!(
        bench.connection(&dxcon).await["connectionState"],
        "available"
    );
    act(
        &bench,
        json!({"action": "cutCrossConnect", "connectionId": dxcon}),
    );
    assert_eq!(bench.connection(&dxcon).await["connectionState"], "down");
    act(
        &bench,
        json!({"action": "restoreCrossConnect", "connectionId": dxcon}),
    );
    assert_eq!(
        bench.connection(&dxcon).await["connectionState"],
        "available"
    );

    let by_id = json!({"connectionId": dxcon});
    let deleting = bench.call("DeleteConnection", by_id.clone()).await;
    assert_eq!(deleting["connectionState"], "deleting");
    bench.pass("30s");
    assert_eq!(bench.connection(&dxcon).await["connectionState"], "deleted");
    let again = bench.call("DeleteConnection", by_id.clone()).await;
    assert_eq!(again["connectionState"], "deleted");
    bench.pass("15m");
    bench
        .refused_with(
            "DescribeConnections",
            by_id,
            &format!("Could not find Connection with ID {dxcon}"),
        )
        .await;
}

fn act(bench: &Bench, action: Value) {
    bench
        .sim
        .action(&serde_json::from_value(action).unwrap())
        .unwrap();
}

#[tokio::test]
async fn a_location_may_say_how_long_a_cross_connect_takes() {
    let bench = Bench::new();
    let ordered = bench.call("CreateConnection", order("EqDA2")).await;
    let dxcon = id(&ordered, "connectionId");
    bench.pass("27h");
    assert_eq!(bench.connection(&dxcon).await["connectionState"], "pending");
    bench.pass("1h");
    assert_eq!(
        bench.connection(&dxcon).await["connectionState"],
        "available"
    );
}

#[tokio::test]
async fn devices_take_turns_and_fail_alone() {
    let bench = Bench::new();
    let mut devices = Vec::new();
    for _ in 0..2 {
        let ordered = bench.call("CreateConnection", order("EqDC2")).await;
        devices.push(id(&ordered, "awsDeviceV2"));
    }
    devices.sort();
    assert_eq!(devices, ["EqDC2-a", "EqDC2-b"]);
    let device = id(&bench.connection("dxcon-dc2").await, "awsDeviceV2");
    act(
        &bench,
        json!({"action": "cutDevice", "location": "EqDC2", "device": device}),
    );
    assert_eq!(
        bench.connection("dxcon-dc2").await["connectionState"],
        "down"
    );
    assert_eq!(
        bench.connection("dxcon-da2").await["connectionState"],
        "available"
    );
    act(
        &bench,
        json!({"action": "restoreDevice", "location": "EqDC2", "device": device}),
    );
    act(
        &bench,
        json!({"action": "cutLocation", "location": "EqDA2"}),
    );
    assert_eq!(
        bench.connection("dxcon-dc2").await["connectionState"],
        "available"
    );
    assert_eq!(
        bench.connection("dxcon-da2").await["connectionState"],
        "down"
    );
}

#[tokio::test]
async fn a_rejected_order_is_over() {
    let bench = Bench::new();
    let ordered = bench.call("CreateConnection", order("EqDC2")).await;
    let dxcon = id(&ordered, "connectionId");
    act(
        &bench,
        json!({"action": "rejectConnection", "connectionId": dxcon}),
    );
    assert_eq!(
        bench.connection(&dxcon).await["connectionState"],
        "rejected"
    );
    bench.pass("24h");
    assert!(
        bench
            .refused("DescribeConnections", json!({"connectionId": dxcon}))
            .await
            .1
            .contains("Could not find Connection with ID")
    );
}

#[tokio::test]
async fn bad_orders_are_refused() {
    let bench = Bench::new();
    let with = |member: &str, value: Value| {
        let mut input = order("EqDC2");
        input[member] = value;
        input
    };
    let cases = [
        (with("location", json!("Nowhere")), "Nowhere"),
        (with("location", json!("EqLD5")), "us-east-1"),
        (with("bandwidth", json!("banana")), "banana"),
        (with("bandwidth", json!("100Gbps")), "100Gbps"),
        (with("providerName", json!("Lumen")), "Lumen"),
        (with("requestMACSec", json!(true)), "MACsec"),
        (
            with("lagId", json!("dxlag-x")),
            "Could not find Lag with ID",
        ),
        (with("connectionName", json!("")), "connectionName"),
        (with("billingMode", json!("Gratis")), "Gratis"),
        (with("tags", json!([{"key": "aws:x"}])), "aws:"),
    ];
    for (input, fragment) in cases {
        bench
            .refused_with("CreateConnection", input, fragment)
            .await;
    }
    let missing = bench
        .refused("CreateConnection", json!({"location": "EqDC2"}))
        .await;
    assert_eq!(missing.0, "ValidationException");
    assert!(missing.1.contains("'bandwidth'"));
    let wrong = bench
        .refused("CreateConnection", with("location", json!(7)))
        .await;
    assert_eq!(wrong.0, "SerializationException");
    assert_eq!(bench.sim.read(|world| world.connections.len()), 2);
}

#[tokio::test]
async fn ten_active_connections_per_location() {
    let bench = Bench::new();
    for _ in 0..9 {
        bench.call("CreateConnection", order("EqDC2")).await;
    }
    bench
        .refused_with("CreateConnection", order("EqDC2"), "limit of 10")
        .await;
    bench.call("CreateConnection", order("EqDA2")).await;
}

#[tokio::test]
async fn what_can_be_changed_in_place() {
    let bench = Bench::new();
    let update = json!({"connectionId": "dxcon-dc2", "connectionName": "renamed"});
    let answer = bench.call("UpdateConnection", update).await;
    assert_eq!(answer["connectionName"], "renamed");
    let encrypt = json!({"connectionId": "dxcon-dc2", "encryptionMode": "should_encrypt"});
    bench
        .refused_with("UpdateConnection", encrypt, "does not support MACsec")
        .await;
    let billing = json!({"connectionIds": ["dxcon-dc2"], "billingMode": "FlatRateTier1"});
    let answer = bench.call("UpdateConnectionsBillingMode", billing).await;
    assert_eq!(answer["billingMode"], "FlatRateTier1");
    assert_eq!(answer["connections"][0]["billingMode"], "FlatRateTier1");

    let mut order = order("EqDC2");
    order["bandwidth"] = json!("10Gbps");
    order["requestMACSec"] = json!(true);
    let ordered = bench.call("CreateConnection", order).await;
    assert_eq!(ordered["encryptionMode"], "should_encrypt");
    assert_eq!(ordered["prefixPoolSizeIpv4"], 5000);
}

#[tokio::test]
async fn a_connection_with_interfaces_stays() {
    let bench = Bench::new();
    let vif = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    let dxcon = json!({"connectionId": "dxcon-dc2"});
    bench
        .refused_with("DeleteConnection", dxcon.clone(), &vif)
        .await;
    bench
        .call("DeleteVirtualInterface", json!({"virtualInterfaceId": vif}))
        .await;
    bench
        .refused_with("DeleteConnection", dxcon.clone(), &vif)
        .await;
    bench.pass("1m");
    bench.call("DeleteConnection", dxcon).await;
}

#[tokio::test]
async fn tags_by_arn() {
    let bench = Bench::new();
    let arn = "arn:aws:directconnect:us-east-1:111122223333:dxcon/dxcon-dc2";
    let tag = |tags: Value| json!({"resourceArn": arn, "tags": tags});
    bench
        .call(
            "TagResource",
            tag(json!([{"key": "x", "value": "1"}, {"key": "y"}])),
        )
        .await;
    bench
        .call(
            "UntagResource",
            json!({"resourceArn": arn, "tagKeys": ["y", "z"]}),
        )
        .await;
    let answer = bench
        .call("DescribeTags", json!({"resourceArns": [arn]}))
        .await;
    assert_eq!(
        answer["resourceTags"],
        json!([{"resourceArn": arn, "tags": [{"key": "x", "value": "1"}]}])
    );
    let twice = tag(json!([{"key": "k"}, {"key": "k"}]));
    assert_eq!(
        bench.refused("TagResource", twice).await.0,
        "DuplicateTagKeysException"
    );
    let many: Vec<Value> = (0..50).map(|n| json!({"key": format!("k{n}")})).collect();
    assert_eq!(
        bench.refused("TagResource", tag(json!(many))).await.0,
        "TooManyTagsException"
    );
    bench
        .refused_with("TagResource", tag(json!([{"key": "AWS:x"}])), "aws:")
        .await;
    let bad = tag(json!([{"key": "semi;colon"}]));
    assert_eq!(
        bench.refused("TagResource", bad).await.0,
        "ValidationException"
    );
    let foreign = bench.with_key("AKIAOTHER");
    foreign
        .refused_with("TagResource", tag(json!([{"key": "k"}])), "does not exist")
        .await;
}

#[tokio::test]
async fn locations_are_those_of_the_region() {
    let bench = Bench::new();
    let codes = |answer: &Value| -> Vec<String> {
        let list = answer["locations"].as_array().unwrap();
        list.iter().map(|one| id(one, "locationCode")).collect()
    };
    let here = bench.call("DescribeLocations", json!({})).await;
    assert_eq!(codes(&here), ["EqDA2", "EqDC2"]);
    let there = bench.in_region("eu-west-2");
    let answer = there.call("DescribeLocations", json!({})).await;
    assert_eq!(codes(&answer), ["EqLD5"]);
    let none = there.call("DescribeConnections", json!({})).await;
    assert_eq!(none["connections"], json!([]));
    there
        .refused_with(
            "DeleteConnection",
            json!({"connectionId": "dxcon-dc2"}),
            "Could not find Connection with ID",
        )
        .await;
}

#[tokio::test]
async fn pages_have_at_most_a_hundred_items() {
    let world = dxsim::worldfile::Generate {
        connections: 250,
        virtual_interfaces: 0,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        trust: "999900001111".to_owned(),
    }
    .world();
    let bench = Bench::with("{}", |builder| builder.world(world));
    let bench = bench.with_key("AKIA111122223333GEN");
    let mut token = Value::Null;
    let mut sizes = Vec::new();
    loop {
        let page = bench
            .call(
                "DescribeConnections",
                json!({"maxResults": 500, "nextToken": token}),
            )
            .await;
        sizes.push(page["connections"].as_array().unwrap().len());
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
    bench
        .refused_with(
            "DescribeConnections",
            json!({"nextToken": "x"}),
            "nextToken",
        )
        .await;
}
