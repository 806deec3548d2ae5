//! Virtual interfaces: creation, conflicts, states, changes, end.

use crate::support::{Bench, id};
use serde_json::{Value, json};

fn private(change: impl FnOnce(&mut Value)) -> Value {
    let mut new = json!({"virtualInterfaceName": "vif", "vlan": 101, "asn": 65000, "virtualGatewayId": "vgw-1"});
    change(&mut new);
    json!({"connectionId": "dxcon-dc2", "newPrivateVirtualInterface": new})
}

const CREATE: &str = "CreatePrivateVirtualInterface";

#[tokio::test]
async fn a_private_interface_comes_up_with_bgp_and_goes() {
    let bench = Bench::new();
    let created = bench.call(CREATE, private(|_| ())).await;
    let vif = id(&created, "virtualInterfaceId");
    assert_eq!(created["virtualInterfaceState"], "pending");
    assert_eq!(created["virtualInterfaceType"], "private");
    assert_eq!(created["amazonSideAsn"], 64512);
    assert_eq!(
        (&created["asn"], &created["asnLong"]),
        (&json!(65000), &json!(65000))
    );
    let peer = &created["bgpPeers"][0];
    assert_eq!(peer["authKey"], created["authKey"]);
    assert!(peer["authKey"].as_str().unwrap().len() >= 6);
    assert!(
        peer["amazonAddress"]
            .as_str()
            .unwrap()
            .starts_with("169.254.")
    );
    assert_eq!(peer["bgpPeerState"], "pending");
    assert!(created["awsDeviceV2"].is_string() && created["awsLogicalDeviceId"].is_string());

    bench.pass("1m");
    assert_eq!(bench.interface(&vif).await["virtualInterfaceState"], "down");
    bench.pass("10s");
    let up = bench.interface(&vif).await;
    assert_eq!(up["virtualInterfaceState"], "available");
    assert_eq!(up["bgpPeers"][0]["bgpStatus"], "up");
    let routes = bench
        .call(
            "ListVirtualInterfaceRoutes",
            json!({"virtualInterfaceId": vif, "filters": {"routeDirection": "accepted"}}),
        )
        .await;
    assert_eq!(routes["routes"][0]["cidr"], "192.168.0.0/16");

    let by_id = json!({"virtualInterfaceId": vif});
    let answer = bench.call("DeleteVirtualInterface", by_id.clone()).await;
    assert_eq!(answer, json!({"virtualInterfaceState": "deleting"}));
    bench.pass("1m");
    assert_eq!(
        bench.interface(&vif).await["virtualInterfaceState"],
        "deleted"
    );
    bench.pass("14m");
    assert_eq!(
        bench.interface(&vif).await["virtualInterfaceState"],
        "deleted"
    );
    bench.pass("1m");
    assert_eq!(bench.interface(&vif).await, Value::Null);
    bench
        .refused_with("DeleteVirtualInterface", by_id, "does not exist")
        .await;
}

#[tokio::test]
async fn transit_answers_are_wrapped_and_private_ones_are_not() {
    let bench = Bench::new();
    let gateway = bench.gateway().await;
    let new = json!({"virtualInterfaceName": "t", "vlan": 7, "asnLong": 4_200_000_000_i64, "directConnectGatewayId": gateway, "mtu": 1500});
    let answer = bench
        .call(
            "CreateTransitVirtualInterface",
            json!({"connectionId": "dxcon-dc2", "newTransitVirtualInterface": new}),
        )
        .await;
    let vif = &answer["virtualInterface"];
    assert_eq!(vif["virtualInterfaceType"], "transit");
    assert_eq!(
        (&vif["asn"], &vif["asnLong"]),
        (&json!(0), &json!(4_200_000_000_i64))
    );
    let attachments = bench
        .call(
            "DescribeDirectConnectGatewayAttachments",
            json!({"directConnectGatewayId": gateway}),
        )
        .await;
    let attachment = &attachments["directConnectGatewayAttachments"][0];
    assert_eq!(attachment["attachmentState"], "attaching");
    assert_eq!(attachment["attachmentType"], "TransitVirtualInterface");
    bench.pass("1m");
    let attachments = bench
        .call(
            "DescribeDirectConnectGatewayAttachments",
            json!({"virtualInterfaceId": vif["virtualInterfaceId"]}),
        )
        .await;
    assert_eq!(
        attachments["directConnectGatewayAttachments"][0]["attachmentState"],
        "attached"
    );
}

#[tokio::test]
async fn a_public_interface_is_verified_first() {
    let bench = Bench::new();
    let new = |prefixes: Value| {
        json!({"connectionId": "dxcon-dc2", "newPublicVirtualInterface": {
            "virtualInterfaceName": "p", "vlan": 9, "asn": 65000, "amazonAddress": "203.0.113.1/30",
            "customerAddress": "203.0.113.2/30", "routeFilterPrefixes": prefixes}})
    };
    let create = "CreatePublicVirtualInterface";
    bench
        .refused_with(create, new(json!([])), "routeFilterPrefixes")
        .await;
    let created = bench
        .call(create, new(json!([{"cidr": "198.51.100.0/24"}])))
        .await;
    let vif = id(&created, "virtualInterfaceId");
    assert_eq!(created["virtualInterfaceState"], "verifying");
    assert_eq!(
        created["routeFilterPrefixes"],
        json!([{"cidr": "198.51.100.0/24"}])
    );
    bench.pass("1h");
    assert_eq!(
        bench.interface(&vif).await["virtualInterfaceState"],
        "pending"
    );
    bench.pass("1m");
    assert_eq!(bench.interface(&vif).await["virtualInterfaceState"], "down");
}

#[tokio::test]
async fn bad_interfaces_are_refused() {
    let bench = Bench::new();
    bench.private(300, ("virtualGatewayId", "vgw-1")).await;
    bench
        .call(
            CREATE,
            private(|new| {
                new["vlan"] = json!(301);
                new["amazonAddress"] = json!("10.255.0.1/30");
                new["customerAddress"] = json!("10.255.0.2/30");
            }),
        )
        .await;
    let cases: Vec<(&str, Value, &str)> = vec![
        ("vlan", json!(0), "VLAN 0"),
        ("vlan", json!(4095), "VLAN 4095"),
        ("vlan", json!(300), "already in use"),
        ("asn", json!(0), "asn 0"),
        ("asn", json!(7224), "reserved"),
        ("asn", json!(64512), "Amazon side ASN"),
        ("asn", json!(3_000_000_000_i64), "asn 3000000000"),
        ("asnLong", json!(4_294_967_295_i64), "asnLong"),
        ("mtu", json!(9000), "MTU 9000"),
        ("authKey", json!("short"), "authKey"),
        ("addressFamily", json!("ipx"), "ipx"),
        ("virtualGatewayId", json!("vgw-none"), "does not exist"),
        ("directConnectGatewayId", json!("x"), "Exactly one"),
        ("enableSiteLink", json!(true), "SiteLink"),
        ("virtualInterfaceName", json!("x".repeat(101)), "100"),
        ("prefixPoolAllocatedCountIpv4", json!(1001), "1001"),
        ("rateLimit", json!("55Mbps"), "55Mbps"),
        ("rateLimit", json!("2Gbps"), "bandwidth"),
        ("amazonAddress", json!("10.0.0.1/30"), "together"),
    ];
    for (member, value, fragment) in cases {
        let input = private(|new| new[member] = value);
        bench.refused_with(CREATE, input, fragment).await;
    }
    let addresses = [
        ("10.0.0.1/30", "10.0.0.6/30", "not in the same subnet"),
        ("10.0.0.1/29", "10.0.0.2/29", "/30 or /31"),
        ("10.0.0.1/30", "10.0.0.1/30", "both"),
        ("10.0.0.0/30", "10.0.0.1/30", "host addresses"),
        ("ten", "10.0.0.1/30", "ten"),
        ("10.255.0.1/31", "10.255.0.0/31", "overlap"),
    ];
    for (amazon, customer, fragment) in addresses {
        let input = private(|new| {
            new["amazonAddress"] = json!(amazon);
            new["customerAddress"] = json!(customer);
        });
        bench.refused_with(CREATE, input, fragment).await;
    }
    let v6 = private(|new| {
        new["addressFamily"] = json!("ipv6");
        new["amazonAddress"] = json!("2001:db8::1/125");
        new["customerAddress"] = json!("2001:db8::2/125");
    });
    bench.refused_with(CREATE, v6, "assigned by Amazon").await;
    let missing = bench
        .refused(CREATE, json!({"connectionId": "dxcon-dc2"}))
        .await;
    assert_eq!(missing.0, "ValidationException");
    assert_eq!(bench.sim.read(|world| world.virtual_interfaces.len()), 2);
}

#[tokio::test]
async fn a_port_that_is_not_there_carries_nothing() {
    let bench = Bench::new();
    let ordered = bench
        .call(
            "CreateConnection",
            json!({"location": "EqDC2", "bandwidth": "1Gbps", "connectionName": "n"}),
        )
        .await;
    let mut input = private(|_| ());
    input["connectionId"] = ordered["connectionId"].clone();
    bench.refused_with(CREATE, input, "requested").await;
}

#[tokio::test]
async fn attributes_change_in_place_and_jumbo_frames_reset_the_port() {
    let bench = Bench::new();
    let vif = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    let update = |member: &str, value: Value| {
        let mut input = json!({"virtualInterfaceId": vif});
        input[member] = value;
        input
    };
    let operation = "UpdateVirtualInterfaceAttributes";
    let named = bench
        .call(operation, update("virtualInterfaceName", json!("new name")))
        .await;
    assert_eq!(named["virtualInterfaceName"], "new name");
    let limited = bench
        .call(operation, update("rateLimit", json!("500Mbps")))
        .await;
    assert_eq!(limited["rateLimit"], "500Mbps");
    assert_eq!(
        bench.connection("dxcon-dc2").await["rateLimiterStatus"]["inUse"],
        1
    );
    bench
        .call(
            operation,
            update("prefixPoolAllocatedCountIpv4", json!(500)),
        )
        .await;
    assert_eq!(
        bench.connection("dxcon-dc2").await["prefixPoolUnallocatedCountIpv4"],
        4500
    );
    bench
        .refused_with(operation, update("enableSiteLink", json!(true)), "SiteLink")
        .await;
    bench
        .refused_with(operation, update("mtu", json!(1400)), "MTU 1400")
        .await;

    let raised = bench.call(operation, update("mtu", json!(9001))).await;
    assert_eq!(raised["mtu"], 9001);
    let port = bench.connection("dxcon-dc2").await;
    assert_eq!(
        (&port["connectionState"], &port["jumboFrameCapable"]),
        (&json!("down"), &json!(true))
    );
    assert_eq!(bench.interface(&vif).await["virtualInterfaceState"], "down");
    bench.pass("30s");
    assert_eq!(
        bench.connection("dxcon-dc2").await["connectionState"],
        "available"
    );
    bench.pass("10s");
    assert_eq!(
        bench.interface(&vif).await["virtualInterfaceState"],
        "available"
    );
}

#[tokio::test]
async fn an_interface_moves_to_another_connection() {
    let bench = Bench::new();
    let vif = bench.private(101, ("virtualGatewayId", "vgw-1")).await;
    assert_eq!(
        bench.interface(&vif).await["virtualInterfaceState"],
        "available"
    );
    let input = json!({"virtualInterfaceId": vif, "connectionId": "dxcon-da2"});
    let moved = bench.call("AssociateVirtualInterface", input).await;
    assert_eq!(moved["connectionId"], "dxcon-da2");
    assert_eq!(moved["location"], "EqDA2");
    assert_eq!(moved["virtualInterfaceState"], "pending");
    bench.pass("2m");
    // The router is cabled to the other port.
    assert_eq!(bench.interface(&vif).await["virtualInterfaceState"], "down");
}

#[tokio::test]
async fn quotas_of_a_connection() {
    let world = format!(
        "{}\nsettings: {{quotas: {{privateAndPublicVirtualInterfacesPerConnection: 2, rateLimitersPerConnection: 1}}}}\n",
        crate::support::WORLD
    );
    let bench = Bench::with(&world, |builder| builder);
    let limited = |vlan: i32| {
        private(|new| {
            new["vlan"] = json!(vlan);
            new["rateLimit"] = json!("50Mbps");
        })
    };
    bench.call(CREATE, limited(1)).await;
    assert_eq!(
        bench.refused(CREATE, limited(2)).await.0,
        "LimitExceededException"
    );
    bench.private(3, ("virtualGatewayId", "vgw-1")).await;
    let third = private(|new| new["vlan"] = json!(4));
    bench.refused_with(CREATE, third, "limit of 2").await;
}

#[tokio::test]
async fn router_configuration_holds_the_key() {
    let bench = Bench::new();
    let input = private(|new| new["authKey"] = json!("the-agreed-key"));
    let vif = id(&bench.call(CREATE, input).await, "virtualInterfaceId");
    for router in [
        "CiscoSystemsInc-Nexus9KSeriesSwitches-NXOS93",
        "JuniperNetworksInc-MMXSeriesRouters-JunOS95",
    ] {
        let answer = bench
            .call(
                "DescribeRouterConfiguration",
                json!({"virtualInterfaceId": vif, "routerTypeIdentifier": router}),
            )
            .await;
        let text = answer["customerRouterConfig"].as_str().unwrap();
        assert!(text.contains("the-agreed-key") && text.contains("64512"));
        assert_eq!(answer["router"]["routerTypeIdentifier"], router);
    }
    bench
        .refused_with(
            "DescribeRouterConfiguration",
            json!({"virtualInterfaceId": vif, "routerTypeIdentifier": "x"}),
            "Router type x",
        )
        .await;
}
