//! Writes: each call of the closed list as the request that AWS gets.
//!
//! A call is sent once, under its fence. What makes something goes through clients that keep no
//! idle connections, so that a failed connect is a definite "not sent".

mod association;
mod bgp_peer;
mod connection;
mod direct_connect_gateway;
mod tags;
mod values;
mod virtual_interface;
mod vpn_gateway;

use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use directconnect_model::aws::AuthKey;
use directconnect_model::call::Call;

use super::{Clients, Failure, Fence, Probe, Service};

/// What AWS answered to a call that it accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Id of what the call made; none for calls that make nothing, and for BGP peers, whose answer
    /// does not tell which of the interface's peers is the new one.
    pub id: Option<String>,
}

/// Sends a call. `secret` is the value of the key that the call names, if it names one.
pub async fn send(
    clients: &Clients,
    call: &Call,
    secret: Option<&AuthKey>,
    fence: &Fence,
) -> Result<Answer, Failure> {
    let to = To {
        clients,
        operation: call.operation(),
        fence,
    };
    let key = match (call.secret(), secret) {
        (None, _) => None,
        (Some(_), Some(key)) => Some(key.expose()),
        (Some(_), None) => return Err(Failure::not_sent("the BGP key is missing")),
    };
    match call {
        Call::CreateConnection {
            location,
            bandwidth,
            connection_name,
            provider_name,
            request_macsec,
            billing_mode,
            tags,
        } => {
            let order = connection::Order {
                location,
                bandwidth,
                connection_name,
                provider_name: provider_name.as_deref(),
                request_macsec: *request_macsec,
                billing_mode: billing_mode.as_deref(),
                tags,
            };
            connection::create(&to, order).await
        }
        Call::UpdateConnection {
            connection_id,
            connection_name,
            encryption_mode,
        } => {
            let (name, mode) = (connection_name.as_deref(), encryption_mode.as_deref());
            connection::update(&to, connection_id, name, mode).await
        }
        Call::UpdateConnectionsBillingMode {
            connection_id,
            billing_mode,
        } => connection::update_billing_mode(&to, connection_id, billing_mode).await,
        Call::DeleteConnection { connection_id } => connection::delete(&to, connection_id).await,
        Call::CreateDirectConnectGateway {
            direct_connect_gateway_name,
            amazon_side_asn,
            tags,
        } => {
            direct_connect_gateway::create(&to, direct_connect_gateway_name, *amazon_side_asn, tags)
                .await
        }
        Call::UpdateDirectConnectGateway {
            direct_connect_gateway_id,
            new_direct_connect_gateway_name,
        } => {
            direct_connect_gateway::rename(
                &to,
                direct_connect_gateway_id,
                new_direct_connect_gateway_name,
            )
            .await
        }
        Call::DeleteDirectConnectGateway {
            direct_connect_gateway_id,
        } => direct_connect_gateway::delete(&to, direct_connect_gateway_id).await,
        Call::CreateDirectConnectGatewayAssociation {
            direct_connect_gateway_id,
            gateway_id,
            allowed_prefixes,
        } => {
            association::create(&to, direct_connect_gateway_id, gateway_id, allowed_prefixes).await
        }
        Call::UpdateDirectConnectGatewayAssociation {
            association_id,
            direct_connect_gateway_id: _,
            add,
            remove,
        } => association::update(&to, association_id, add, remove).await,
        Call::DeleteDirectConnectGatewayAssociation {
            association_id,
            direct_connect_gateway_id: _,
        } => association::delete(&to, association_id).await,
        Call::CreateVpnGateway {
            amazon_side_asn,
            tags,
        } => vpn_gateway::create(&to, *amazon_side_asn, tags).await,
        Call::DeleteVpnGateway { vpn_gateway_id } => vpn_gateway::delete(&to, vpn_gateway_id).await,
        Call::AttachVpnGateway {
            vpn_gateway_id,
            vpc_id,
        } => vpn_gateway::attach(&to, vpn_gateway_id, vpc_id).await,
        Call::DetachVpnGateway {
            vpn_gateway_id,
            vpc_id,
        } => vpn_gateway::detach(&to, vpn_gateway_id, vpc_id).await,
        Call::EnableVgwRoutePropagation {
            gateway_id,
            route_table_id,
        } => vpn_gateway::enable_propagation(&to, gateway_id, route_table_id).await,
        Call::DisableVgwRoutePropagation {
            gateway_id,
            route_table_id,
        } => vpn_gateway::disable_propagation(&to, gateway_id, route_table_id).await,
        Call::CreateVirtualInterface(new) => virtual_interface::create(&to, new, key).await,
        Call::UpdateVirtualInterfaceAttributes {
            virtual_interface_id,
            virtual_interface_name,
            mtu,
            enable_site_link,
            prefix_pool_allocated_count_ipv4,
            prefix_pool_allocated_count_ipv6,
        } => {
            let attributes = virtual_interface::Attributes {
                virtual_interface_name: virtual_interface_name.as_deref(),
                mtu: *mtu,
                enable_site_link: *enable_site_link,
                prefix_pool_allocated_count_ipv4: *prefix_pool_allocated_count_ipv4,
                prefix_pool_allocated_count_ipv6: *prefix_pool_allocated_count_ipv6,
            };
            virtual_interface::update(&to, virtual_interface_id, attributes).await
        }
        Call::AssociateVirtualInterface {
            virtual_interface_id,
            connection_id,
        } => virtual_interface::associate(&to, virtual_interface_id, connection_id).await,
        Call::DeleteVirtualInterface {
            virtual_interface_id,
        } => virtual_interface::delete(&to, virtual_interface_id).await,
        Call::CreateBgpPeer {
            virtual_interface_id,
            peer,
        } => bgp_peer::create(&to, virtual_interface_id, peer, key).await,
        Call::DeleteBgpPeer {
            virtual_interface_id,
            bgp_peer_id,
        } => bgp_peer::delete(&to, virtual_interface_id, bgp_peer_id).await,
        Call::TagResource {
            resource_arn,
            list: _,
            tags,
        } => tags::tag_resource(&to, resource_arn, tags).await,
        Call::UntagResource {
            resource_arn,
            list: _,
            tag_keys,
        } => tags::untag_resource(&to, resource_arn, tag_keys).await,
        Call::CreateTags { resource_id, tags } => tags::create_tags(&to, resource_id, tags).await,
        Call::DeleteTags {
            resource_id,
            tag_keys,
        } => tags::delete_tags(&to, resource_id, tag_keys).await,
    }
}

/// Where one call goes, and under which fence.
struct To<'a> {
    clients: &'a Clients,
    operation: &'static str,
    fence: &'a Fence,
}

impl To<'_> {
    async fn direct_connect<T, E, F>(&self, make: impl FnOnce(Probe) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.clients
            .write(Service::DirectConnect, self.operation, self.fence, make)
            .await
    }

    async fn ec2<T, E, F>(&self, make: impl FnOnce(Probe) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.clients
            .write(Service::Ec2, self.operation, self.fence, make)
            .await
    }
}
