//! VirtualInterface: AWS refuses a second one with the same VLAN on a connection.

use std::sync::Arc;

use directconnect_model::api::VirtualInterface;
use directconnect_model::api::bgp_peer::{AddressFamily, BgpPeer};
use directconnect_model::api::common::ManagedSpec;
use directconnect_model::api::virtual_interface::{
    VirtualInterfaceSpec, VirtualInterfaceStatus, VirtualInterfaceType,
};
use directconnect_model::aws::{self, Part, Snapshot, Tags, VpnGateway};
use directconnect_model::call::Call;
use directconnect_model::identity;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{ACCOUNT, Explored, REGION};

const CONNECTION: &str = "dxcon-1";
const GATEWAY: &str = "vgw-1";
const VLAN: i32 = 101;
const ASN: i64 = 65_000;
const AMAZON: &str = "175.45.176.1/30";
const CUSTOMER: &str = "175.45.176.2/30";

impl Explored for VirtualInterface {
    const CREATE: &'static str = "CreatePrivateVirtualInterface";
    const DELETE: &'static str = "DeleteVirtualInterface";

    fn build(
        metadata: ObjectMeta,
        common: ManagedSpec,
        status: Option<VirtualInterfaceStatus>,
    ) -> Self {
        Self {
            metadata,
            spec: VirtualInterfaceSpec {
                common,
                virtual_interface_type: Some(VirtualInterfaceType::Private),
                connection_ref: None,
                connection_id: Some(CONNECTION.to_owned()),
                lag_ref: None,
                lag_id: None,
                virtual_private_gateway_ref: None,
                virtual_private_gateway_id: Some(GATEWAY.to_owned()),
                direct_connect_gateway_ref: None,
                direct_connect_gateway_id: None,
                vlan: Some(VLAN),
                virtual_interface_name: None,
                mtu: None,
                enable_site_link: None,
                route_filter_prefixes: None,
                prefix_pool_allocated_count_ipv4: None,
                prefix_pool_allocated_count_ipv6: None,
                owner_account_id: None,
                bgp_peers: vec![BgpPeer {
                    name: "v4".to_owned(),
                    address_family: AddressFamily::Ipv4,
                    asn: ASN,
                    amazon_address: Some(AMAZON.to_owned()),
                    customer_address: Some(CUSTOMER.to_owned()),
                    auth_key_secret_ref: None,
                }],
                router_configuration: None,
            },
            status,
        }
    }

    fn snapshot(begun: Timestamp, items: Vec<(String, bool, Tags)>) -> Snapshot {
        let items = items.into_iter().map(|(id, gone, mut tags)| {
            let proof = identity::child_tag("bgpPeer", "ipv4/175.45.176.2");
            if let Some(owner) = tags.get(identity::IDENTITY).cloned() {
                tags.insert(proof, owner);
            }
            interface(id, gone, tags)
        });
        Snapshot {
            virtual_interfaces: Some(Arc::new(Part {
                begun,
                items: items.collect(),
            })),
            connections: Some(Arc::new(Part {
                begun,
                items: vec![aws::Connection {
                    connection_id: CONNECTION.to_owned(),
                    connection_state: "available".to_owned(),
                    owner_account: ACCOUNT.to_owned(),
                    region: REGION.to_owned(),
                    ..aws::Connection::default()
                }],
            })),
            vpn_gateways: Some(Arc::new(Part {
                begun,
                items: vec![VpnGateway {
                    vpn_gateway_id: GATEWAY.to_owned(),
                    state: "available".to_owned(),
                    amazon_side_asn: Some(64_512),
                    ..VpnGateway::default()
                }],
            })),
            ..Snapshot::default()
        }
    }

    fn creates(call: &Call) -> bool {
        matches!(call, Call::CreateVirtualInterface(_))
    }

    fn deletes(call: &Call) -> Option<&str> {
        match call {
            Call::DeleteVirtualInterface {
                virtual_interface_id,
            } => Some(virtual_interface_id),
            _ => None,
        }
    }
}

/// An interface whose session is down: the guard has nothing to protect.
fn interface(id: String, gone: bool, tags: Tags) -> aws::VirtualInterface {
    aws::VirtualInterface {
        virtual_interface_id: id,
        virtual_interface_name: "port".to_owned(),
        virtual_interface_type: "private".to_owned(),
        virtual_interface_state: if gone { "deleted" } else { "down" }.to_owned(),
        owner_account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        connection_id: CONNECTION.to_owned(),
        vlan: VLAN,
        asn: ASN,
        amazon_side_asn: Some(64_512),
        mtu: Some(1_500),
        virtual_gateway_id: Some(GATEWAY.to_owned()),
        bgp_peers: vec![aws::BgpPeer {
            bgp_peer_id: "dxpeer-1".to_owned(),
            asn: ASN,
            address_family: "ipv4".to_owned(),
            amazon_address: Some(AMAZON.to_owned()),
            customer_address: Some(CUSTOMER.to_owned()),
            bgp_peer_state: "available".to_owned(),
            bgp_status: "down".to_owned(),
            ..aws::BgpPeer::default()
        }],
        tags,
        ..aws::VirtualInterface::default()
    }
}
