//! Lists that lag: objects, later their tags; pages that tear.

use crate::support::{Bench, WORLD};
use dxsim::visibility::{Mode, Visibility};
use serde_json::{Value, json};

fn lagging(mode: Mode) -> Bench {
    let visibility = Visibility {
        max: "10m".parse().unwrap(),
        mode,
    };
    Bench::with(WORLD, |builder| builder.visibility(visibility))
}

async fn order(bench: &Bench) -> String {
    let input = json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "n", "tags": [{"key": "k", "value": "v"}]});
    let created = bench.call("CreateConnection", input).await;
    assert_eq!(created["tags"], json!([{"key": "k", "value": "v"}]));
    crate::support::id(&created, "connectionId")
}

async fn listed(bench: &Bench, id: &str) -> Option<Value> {
    let answer = bench.call("DescribeConnections", json!({})).await;
    let list = answer["connections"].as_array().unwrap();
    list.iter().find(|one| one["connectionId"] == id).cloned()
}

#[tokio::test]
async fn an_object_shows_late_and_its_tags_later() {
    let bench = lagging(Mode::Fixed);
    let id = order(&bench).await;
    assert_eq!(listed(&bench, &id).await, None);
    let by_id = json!({"connectionId": id});
    bench
        .refused_with("DescribeConnections", by_id, "Could not find")
        .await;
    bench.pass("5m");
    assert_eq!(listed(&bench, &id).await.unwrap()["tags"], json!([]));
    bench.pass("5m");
    let tags = listed(&bench, &id).await.unwrap()["tags"].clone();
    assert_eq!(tags, json!([{"key": "k", "value": "v"}]));
}

#[tokio::test]
async fn changes_and_deletions_show_late_too() {
    let bench = lagging(Mode::Fixed);
    let rename = json!({"connectionId": "dxcon-dc2", "connectionName": "new"});
    let answer = bench.call("UpdateConnection", rename).await;
    assert_eq!(answer["connectionName"], "new");
    assert_eq!(bench.connection("dxcon-dc2").await["connectionName"], "dc2");
    bench.pass("5m");
    assert_eq!(bench.connection("dxcon-dc2").await["connectionName"], "new");
    let by_id = json!({"connectionId": "dxcon-dc2"});
    bench.call("DeleteConnection", by_id.clone()).await;
    bench.pass("1m");
    assert_eq!(
        bench.connection("dxcon-dc2").await["connectionState"],
        "available"
    );
    bench.pass("5m");
    assert_eq!(
        bench.connection("dxcon-dc2").await["connectionState"],
        "deleted"
    );
    // Writes never lag: the truth refuses and accepts.
    bench.pass("10m");
    assert!(
        bench
            .refused("DeleteConnection", by_id)
            .await
            .1
            .contains("Could not find")
    );
}

#[tokio::test]
async fn every_call_draws_its_own_lag_within_the_limit() {
    let bench = lagging(Mode::Random);
    let id = order(&bench).await;
    bench.pass("5m");
    let mut seen = Vec::new();
    for _ in 0..40 {
        seen.push(listed(&bench, &id).await.is_some());
    }
    assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
    bench.pass("5m");
    for _ in 0..40 {
        let found = listed(&bench, &id).await.unwrap();
        assert_eq!(found["tags"], json!([{"key": "k", "value": "v"}]));
    }
}

#[tokio::test]
async fn a_later_page_may_be_newer() {
    let bench = Bench::new();
    let page = |token: Value| json!({"maxResults": 1, "nextToken": token});
    let first = bench.call("DescribeConnections", page(Value::Null)).await;
    assert_eq!(first["connections"][0]["connectionId"], "dxcon-da2");
    for id in ["dxcon-da2", "dxcon-dc2"] {
        let rename = json!({"connectionId": id, "connectionName": "new"});
        bench.call("UpdateConnection", rename).await;
    }
    let second = bench
        .call("DescribeConnections", page(first["nextToken"].clone()))
        .await;
    assert_eq!(first["connections"][0]["connectionName"], "da2");
    assert_eq!(second["connections"][0]["connectionName"], "new");
}
