//! Worlds with many objects.

use super::load::Error;
use super::schema::{
    AccountFile, BgpPeerFile, ConnectionFile, PrefixFile, RoleFile, RouterFile,
    VirtualInterfaceFile, VpcFile, VpnGatewayFile, WorldFile,
};
use crate::world::{
    AddressFamily, ConnectionState, Location, RouterSession, Secret, Tags, VirtualInterfaceType,
};
use std::collections::BTreeMap;

/// What `dxsim world` makes: connections at several locations, each with private virtual
/// interfaces to a VGW and a router that holds their sessions.
#[derive(Debug, Clone, clap::Args)]
pub struct Generate {
    /// Connections.
    #[arg(long, default_value_t = 10)]
    pub connections: u32,
    /// Private virtual interfaces on each connection.
    #[arg(long, default_value_t = 1)]
    pub virtual_interfaces: u32,
    /// Account that owns them.
    #[arg(long, default_value = "777788889999")]
    pub account: String,
    /// Region.
    #[arg(long, default_value = "us-east-1")]
    pub region: String,
    /// Account whose callers may assume the role `dx-operator`.
    #[arg(long, default_value = "999900001111")]
    pub trust: String,
}

impl Generate {
    /// The world as YAML.
    pub fn yaml(&self) -> Result<String, Error> {
        serde_saphyr::to_string(&self.world()).map_err(|error| Error(error.to_string()))
    }

    /// The world.
    pub fn world(&self) -> WorldFile {
        let locations: Vec<Location> = (1..=4).map(|number| self.location(number)).collect();
        let mut account = AccountFile {
            id: self.account.clone(),
            region: self.region.clone(),
            access_keys: BTreeMap::from([(format!("AKIA{}GEN", self.account), "admin".to_owned())]),
            roles: BTreeMap::from([(
                "dx-operator".to_owned(),
                RoleFile {
                    trusted_accounts: [self.trust.clone()].into(),
                    external_id: None,
                    policies: None,
                },
            )]),
            vpcs: vec![VpcFile {
                id: "vpc-0000000000000gen1".to_owned(),
                region: None,
                cidrs: vec!["10.64.0.0/16".parse().expect("a prefix")],
                tags: Tags::new(),
                subnets: Vec::new(),
                route_tables: Vec::new(),
            }],
            vpn_gateways: vec![VpnGatewayFile {
                id: "vgw-0000000000000gen1".to_owned(),
                region: None,
                amazon_side_asn: 64512,
                vpc: Some("vpc-0000000000000gen1".to_owned()),
                tags: Tags::new(),
            }],
            ..AccountFile::default()
        };
        let mut sessions = Vec::new();
        for number in 0..self.connections {
            let connection = format!("dxcon-g{number:07}");
            let location = &locations[number as usize % locations.len()].code;
            account.connections.push(ConnectionFile {
                id: connection.clone(),
                name: format!("generated-{number}"),
                location: location.clone(),
                bandwidth: "1Gbps".to_owned(),
                provider: None,
                state: ConnectionState::Available,
                jumbo_frame_capable: true,
                device: None,
                tags: Tags::new(),
            });
            for index in 0..self.virtual_interfaces {
                let serial = number * self.virtual_interfaces + index;
                account
                    .virtual_interfaces
                    .push(virtual_interface(&connection, serial, index));
                sessions.push(session(&self.account, &connection, index));
            }
        }
        WorldFile {
            locations,
            accounts: vec![account],
            routers: vec![RouterFile {
                name: "generated".to_owned(),
                asn: 65000,
                prefixes: vec![PrefixFile::Plain(
                    "192.168.0.0/16".parse().expect("a prefix"),
                )],
                sessions,
            }],
            ..WorldFile::default()
        }
    }

    fn location(&self, number: u32) -> Location {
        let code = format!("GEN{number}");
        Location {
            name: format!("Generated location {number}"),
            region: self.region.clone(),
            devices: (1..=4)
                .map(|device| format!("{code}-dev{device}"))
                .collect(),
            port_speeds: ["1Gbps", "10Gbps", "100Gbps"].map(str::to_owned).into(),
            mac_sec_port_speeds: Vec::new(),
            providers: Vec::new(),
            logical_redundancy: "no".to_owned(),
            jumbo_frame_capable: true,
            cross_connect: None,
            cut: false,
            cut_devices: std::collections::BTreeSet::new(),
            code,
        }
    }
}

/// The `index`th interface of its connection, the `serial`th of all: addresses never overlap.
fn virtual_interface(connection: &str, serial: u32, index: u32) -> VirtualInterfaceFile {
    let base = u32::from(std::net::Ipv4Addr::new(172, 16, 0, 0)) + serial * 4;
    let address = |offset: u32| format!("{}/30", std::net::Ipv4Addr::from(base + offset));
    VirtualInterfaceFile {
        id: format!("dxvif-g{serial:07}"),
        kind: VirtualInterfaceType::Private,
        name: format!("generated-{serial}"),
        connection_id: connection.to_owned(),
        vlan: vlan(index),
        mtu: 1500,
        virtual_gateway_id: Some("vgw-0000000000000gen1".to_owned()),
        direct_connect_gateway_id: None,
        peers: vec![BgpPeerFile {
            id: Some(format!("dxpeer-g{serial:07}")),
            asn: 65000,
            auth_key: Some(Secret("generated-key".to_owned())),
            address_family: AddressFamily::Ipv4,
            amazon_address: address(1),
            customer_address: address(2),
        }],
        tags: Tags::new(),
    }
}

fn session(account: &str, connection: &str, index: u32) -> RouterSession {
    RouterSession {
        account: Some(account.to_owned()),
        connection_id: Some(connection.to_owned()),
        location: None,
        vlan: vlan(index),
        address_family: AddressFamily::Ipv4,
        amazon_address: None,
        customer_address: None,
        auth_key: None,
        configure_after: None,
        configured: true,
        configuring: false,
    }
}

fn vlan(index: u32) -> i32 {
    100 + i32::try_from(index).unwrap_or_default()
}
