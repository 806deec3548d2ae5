//! Virtual interfaces: DescribeVirtualInterfaces, DescribeRouterConfiguration and
//! ListVirtualInterfaceRoutes.

use aws_sdk_directconnect::types::{self, RouteDirection};
use directconnect_model::aws::{AuthKey, BgpPeer, Part, VirtualInterface};
use secrecy::SecretString;

use super::pages::{PAGE, Page, broken, pages};
use super::tags;
use crate::aws::{ApiError, Clients, Service};

/// All virtual interfaces of the region.
pub async fn virtual_interfaces(clients: &Clients) -> Result<Part<VirtualInterface>, ApiError> {
    const OPERATION: &str = "DescribeVirtualInterfaces";
    pages(OPERATION, virtual_interface, |token| async move {
        let (answer, date) = clients
            .read(Service::DirectConnect, OPERATION, |probe| {
                clients
                    .direct_connect
                    .describe_virtual_interfaces()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.virtual_interfaces,
            next_token: answer.next_token,
            date,
        })
    })
    .await
}

/// The configuration that AWS writes for the customer's router. It holds BGP keys.
pub async fn router_configuration(
    clients: &Clients,
    virtual_interface_id: &str,
    router_type_identifier: Option<&str>,
) -> Result<SecretString, ApiError> {
    const OPERATION: &str = "DescribeRouterConfiguration";
    let (answer, _) = clients
        .read(Service::DirectConnect, OPERATION, |probe| {
            clients
                .direct_connect
                .describe_router_configuration()
                .virtual_interface_id(virtual_interface_id)
                .set_router_type_identifier(router_type_identifier.map(str::to_owned))
                .customize()
                .interceptor(probe)
                .send()
        })
        .await?;
    match answer.customer_router_config {
        Some(config) => Ok(SecretString::from(config)),
        None => Err(broken(OPERATION, "the answer holds no configuration")),
    }
}

/// How many routes AWS accepted from the customer, and how many it advertises.
pub async fn routes(
    clients: &Clients,
    virtual_interface_id: &str,
) -> Result<(usize, usize), ApiError> {
    const OPERATION: &str = "ListVirtualInterfaceRoutes";
    let directions = pages(
        OPERATION,
        |r: types::Route| r.route_direction,
        |token| async move {
            let (answer, date) = clients
                .read(Service::DirectConnect, OPERATION, |probe| {
                    clients
                        .direct_connect
                        .list_virtual_interface_routes()
                        .virtual_interface_id(virtual_interface_id)
                        .max_results(PAGE)
                        .set_next_token(token)
                        .customize()
                        .interceptor(probe)
                        .send()
                })
                .await?;
            Ok(Page {
                items: answer.routes,
                next_token: answer.next_token,
                date,
            })
        },
    )
    .await?
    .items;
    let count = |wanted| {
        directions
            .iter()
            .flatten()
            .filter(|d| **d == wanted)
            .count()
    };
    Ok((
        count(RouteDirection::Accepted),
        count(RouteDirection::Advertised),
    ))
}

/// `customerRouterConfig` and the interface's own `authKey` are not kept: keys are those of peers.
fn virtual_interface(v: types::VirtualInterface) -> VirtualInterface {
    VirtualInterface {
        virtual_interface_id: v.virtual_interface_id.unwrap_or_default(),
        virtual_interface_name: v.virtual_interface_name.unwrap_or_default(),
        virtual_interface_type: v.virtual_interface_type.unwrap_or_default(),
        virtual_interface_state: v
            .virtual_interface_state
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        owner_account: v.owner_account.unwrap_or_default(),
        region: v.region.unwrap_or_default(),
        location: v.location.unwrap_or_default(),
        connection_id: v.connection_id.unwrap_or_default(),
        vlan: v.vlan,
        asn: v.asn_long.unwrap_or_else(|| v.asn.into()),
        amazon_side_asn: v.amazon_side_asn,
        mtu: v.mtu,
        jumbo_frame_capable: v.jumbo_frame_capable,
        virtual_gateway_id: named(v.virtual_gateway_id),
        direct_connect_gateway_id: named(v.direct_connect_gateway_id),
        site_link_enabled: v.site_link_enabled,
        route_filter_prefixes: v
            .route_filter_prefixes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|p| p.cidr)
            .collect(),
        prefix_pool_allocated_count_ipv4: v.prefix_pool_allocated_count_ipv4,
        prefix_pool_allocated_count_ipv6: v.prefix_pool_allocated_count_ipv6,
        aws_device_v2: v.aws_device_v2,
        aws_logical_device_id: v.aws_logical_device_id,
        bgp_peers: v
            .bgp_peers
            .unwrap_or_default()
            .into_iter()
            .map(bgp_peer)
            .collect(),
        tags: tags::direct_connect(v.tags),
    }
}

fn bgp_peer(p: types::BgpPeer) -> BgpPeer {
    BgpPeer {
        bgp_peer_id: p.bgp_peer_id.unwrap_or_default(),
        asn: p.asn_long.unwrap_or_else(|| p.asn.into()),
        address_family: p
            .address_family
            .map(|f| f.as_str().to_owned())
            .unwrap_or_default(),
        amazon_address: p.amazon_address,
        customer_address: p.customer_address,
        bgp_peer_state: p
            .bgp_peer_state
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        bgp_status: p
            .bgp_status
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        aws_device_v2: p.aws_device_v2,
        aws_logical_device_id: p.aws_logical_device_id,
        auth_key: p.auth_key.map(AuthKey::new),
    }
}

/// AWS answers an empty string for the gateway that an interface does not have (AWS CLI Command
/// Reference, describe-virtual-interfaces: the public one in the example).
fn named(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_peers_and_long_asns_win() {
        let peer = types::BgpPeer::builder()
            .asn(0)
            .asn_long(4_200_000_001)
            .auth_key("of the peer")
            .build();
        let answer = types::VirtualInterface::builder()
            .virtual_interface_id("dxvif-ffffffff")
            .asn(65001)
            .auth_key("of the interface")
            .customer_router_config("holds a key")
            .virtual_gateway_id("")
            .bgp_peers(peer)
            .build();
        let read = virtual_interface(answer);
        assert_eq!(read.asn, 65001);
        assert_eq!(read.virtual_gateway_id, None);
        assert_eq!(read.bgp_peers[0].asn, 4_200_000_001);
        assert_eq!(
            read.bgp_peers[0].auth_key.as_ref().map(AuthKey::expose),
            Some("of the peer")
        );
        let printed = format!("{read:?}");
        for secret in ["of the peer", "of the interface", "holds a key"] {
            assert!(!printed.contains(secret));
        }
    }
}
