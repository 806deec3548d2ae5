//! BGP peers.

use crate::support::{Bench, id};
use serde_json::{Value, json};

fn peer(vif: &str, members: &Value) -> Value {
    let mut new = json!({"asn": 65000});
    for (name, value) in members.as_object().unwrap() {
        new[name] = value.clone();
    }
    json!({"virtualInterfaceId": vif, "newBGPPeer": new})
}

#[tokio::test]
async fn one_peer_per_family_two_with_logical_redundancy() {
    let bench = Bench::new();
    let dc2 = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    let answer = bench.call("CreateBGPPeer", peer(&dc2, &json!({}))).await;
    let peers = answer["virtualInterface"]["bgpPeers"].as_array().unwrap();
    assert_eq!(peers.len(), 2);
    assert_ne!(
        peers[0]["awsLogicalDeviceId"],
        peers[1]["awsLogicalDeviceId"]
    );
    bench
        .refused_with("CreateBGPPeer", peer(&dc2, &json!({})), "already exists")
        .await;

    let input = json!({"connectionId": "dxcon-da2", "newPrivateVirtualInterface": {
        "virtualInterfaceName": "v", "vlan": 5, "asn": 65000, "virtualGatewayId": "vgw-1"}});
    let created = bench.call("CreatePrivateVirtualInterface", input).await;
    let da2 = id(&created, "virtualInterfaceId");
    bench
        .refused_with("CreateBGPPeer", peer(&da2, &json!({})), "already exists")
        .await;
    let v6 = bench
        .call(
            "CreateBGPPeer",
            peer(&da2, &json!({"addressFamily": "ipv6"})),
        )
        .await;
    let address = id(&v6["virtualInterface"]["bgpPeers"][1], "amazonAddress");
    assert!(address.ends_with("/125"), "{address}");
    bench
        .refused_with(
            "CreateBGPPeer",
            peer(&da2, &json!({"addressFamily": "ipv6"})),
            "already exists",
        )
        .await;
}

#[tokio::test]
async fn the_last_peer_stays() {
    let bench = Bench::new();
    let vif = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    let first = id(&bench.interface(&vif).await["bgpPeers"][0], "bgpPeerId");
    let delete = |peer: &str| json!({"virtualInterfaceId": vif, "bgpPeerId": peer});
    let last = "The last BGP Peer on a Virtual Interface cannot be deleted";
    bench
        .refused_with("DeleteBGPPeer", delete(&first), last)
        .await;
    bench
        .refused_with("DeleteBGPPeer", delete("dxpeer-none"), "does not exist")
        .await;
    let added = bench
        .call(
            "CreateBGPPeer",
            peer(&vif, &json!({"addressFamily": "ipv6"})),
        )
        .await;
    let second = id(&added["virtualInterface"]["bgpPeers"][1], "bgpPeerId");
    let answer = bench.call("DeleteBGPPeer", delete(&first)).await;
    let states: Vec<&Value> = answer["virtualInterface"]["bgpPeers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|peer| &peer["bgpPeerState"])
        .collect();
    assert_eq!(states, ["deleting", "pending"]);
    bench
        .refused_with("DeleteBGPPeer", delete(&second), last)
        .await;
    bench.pass("30s");
    let left = bench.interface(&vif).await;
    assert_eq!(left["bgpPeers"].as_array().unwrap().len(), 1);
    assert_eq!(left["bgpPeers"][0]["bgpPeerState"], "available");
    assert_eq!(left["addressFamily"], "ipv6");
}

#[tokio::test]
async fn a_peer_goes_by_asn_and_address_too() {
    let bench = Bench::new();
    let vif = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    bench.call("CreateBGPPeer", peer(&vif, &json!({}))).await;
    let found = bench.interface(&vif).await;
    let address = found["bgpPeers"][1]["customerAddress"].clone();
    bench
        .refused_with(
            "DeleteBGPPeer",
            json!({"virtualInterfaceId": vif, "asn": 65000}),
            "customerAddress",
        )
        .await;
    bench
        .call(
            "DeleteBGPPeer",
            json!({"virtualInterfaceId": vif, "asn": 65000, "customerAddress": address}),
        )
        .await;
    bench.pass("30s");
    let left = bench.interface(&vif).await;
    assert_eq!(left["bgpPeers"].as_array().unwrap().len(), 1);
}
