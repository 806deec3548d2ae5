//! The closed list of what the operator may ask AWS to change: each call as data.
//!
//! A plan holds calls; the operator's `aws` module is the only place that sends them. What is not
//! in this list cannot be done to AWS.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::aws::{List, Tags};

/// A key of a Secret that enters a request. The value is looked up as the request is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretUse {
    /// Secret.
    pub name: String,
    /// Key within it.
    pub key: String,
    /// The Secret's resourceVersion as the plan was made.
    pub resource_version: String,
}

/// A BGP peer as a request describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(
    missing_docs,
    reason = "members are those of NewBGPPeer, Direct Connect API Reference"
)]
pub struct NewBgpPeer {
    pub address_family: String,
    pub asn: i64,
    pub amazon_address: Option<String>,
    pub customer_address: Option<String>,
    pub auth_key: Option<SecretUse>,
}

/// A virtual interface as a request describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(
    missing_docs,
    reason = "members are those of NewPrivateVirtualInterface and its siblings"
)]
pub struct NewVirtualInterface {
    pub virtual_interface_type: String,
    pub connection_id: String,
    pub virtual_interface_name: String,
    pub vlan: i32,
    pub mtu: Option<i32>,
    pub enable_site_link: Option<bool>,
    pub virtual_gateway_id: Option<String>,
    pub direct_connect_gateway_id: Option<String>,
    pub route_filter_prefixes: Vec<String>,
    pub prefix_pool_allocated_count_ipv4: Option<i32>,
    pub prefix_pool_allocated_count_ipv6: Option<i32>,
    pub peer: NewBgpPeer,
    pub tags: Tags,
}

/// One mutating AWS call. Variants are named after the AWS operation, members after its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "operation", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "operations and members are those of the AWS API references"
)]
pub enum Call {
    CreateConnection {
        location: String,
        bandwidth: String,
        connection_name: String,
        provider_name: Option<String>,
        request_macsec: Option<bool>,
        billing_mode: Option<String>,
        tags: Tags,
    },
    UpdateConnection {
        connection_id: String,
        connection_name: Option<String>,
        encryption_mode: Option<String>,
    },
    UpdateConnectionsBillingMode {
        connection_id: String,
        billing_mode: String,
    },
    DeleteConnection {
        connection_id: String,
    },
    CreateDirectConnectGateway {
        direct_connect_gateway_name: String,
        amazon_side_asn: Option<i64>,
        tags: Tags,
    },
    UpdateDirectConnectGateway {
        direct_connect_gateway_id: String,
        new_direct_connect_gateway_name: String,
    },
    DeleteDirectConnectGateway {
        direct_connect_gateway_id: String,
    },
    CreateDirectConnectGatewayAssociation {
        direct_connect_gateway_id: String,
        gateway_id: String,
        allowed_prefixes: Vec<String>,
    },
    UpdateDirectConnectGatewayAssociation {
        association_id: String,
        direct_connect_gateway_id: String,
        add: Vec<String>,
        remove: Vec<String>,
    },
    DeleteDirectConnectGatewayAssociation {
        association_id: String,
        direct_connect_gateway_id: String,
    },
    CreateVpnGateway {
        amazon_side_asn: Option<i64>,
        tags: Tags,
    },
    DeleteVpnGateway {
        vpn_gateway_id: String,
    },
    AttachVpnGateway {
        vpn_gateway_id: String,
        vpc_id: String,
    },
    DetachVpnGateway {
        vpn_gateway_id: String,
        vpc_id: String,
    },
    EnableVgwRoutePropagation {
        gateway_id: String,
        route_table_id: String,
    },
    DisableVgwRoutePropagation {
        gateway_id: String,
        route_table_id: String,
    },
    /// CreatePrivateVirtualInterface, CreatePublicVirtualInterface or CreateTransitVirtualInterface.
    CreateVirtualInterface(NewVirtualInterface),
    UpdateVirtualInterfaceAttributes {
        virtual_interface_id: String,
        virtual_interface_name: Option<String>,
        mtu: Option<i32>,
        enable_site_link: Option<bool>,
        prefix_pool_allocated_count_ipv4: Option<i32>,
        prefix_pool_allocated_count_ipv6: Option<i32>,
    },
    AssociateVirtualInterface {
        virtual_interface_id: String,
        connection_id: String,
    },
    DeleteVirtualInterface {
        virtual_interface_id: String,
    },
    CreateBgpPeer {
        virtual_interface_id: String,
        peer: NewBgpPeer,
    },
    DeleteBgpPeer {
        virtual_interface_id: String,
        bgp_peer_id: String,
    },
    /// Direct Connect objects, by ARN. `list` is the list that shows the object.
    TagResource {
        resource_arn: String,
        list: List,
        tags: Tags,
    },
    UntagResource {
        resource_arn: String,
        list: List,
        tag_keys: Vec<String>,
    },
    /// EC2 objects, by id.
    CreateTags {
        resource_id: String,
        tags: Tags,
    },
    DeleteTags {
        resource_id: String,
        tag_keys: Vec<String>,
    },
}

impl Call {
    /// The AWS operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateVirtualInterface(new) => match new.virtual_interface_type.as_str() {
                "public" => "CreatePublicVirtualInterface",
                "transit" => "CreateTransitVirtualInterface",
                _ => "CreatePrivateVirtualInterface",
            },
            Self::CreateBgpPeer { .. } => "CreateBGPPeer",
            Self::DeleteBgpPeer { .. } => "DeleteBGPPeer",
            other => other.into(),
        }
    }

    /// The id of the AWS object that is changed; none for what makes a new one.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::CreateConnection { .. }
            | Self::CreateDirectConnectGateway { .. }
            | Self::CreateVpnGateway { .. }
            | Self::CreateVirtualInterface(_)
            | Self::CreateDirectConnectGatewayAssociation { .. } => None,
            Self::UpdateConnection { connection_id, .. }
            | Self::UpdateConnectionsBillingMode { connection_id, .. }
            | Self::DeleteConnection { connection_id } => Some(connection_id),
            Self::UpdateDirectConnectGateway {
                direct_connect_gateway_id,
                ..
            }
            | Self::DeleteDirectConnectGateway {
                direct_connect_gateway_id,
            } => Some(direct_connect_gateway_id),
            Self::UpdateDirectConnectGatewayAssociation { association_id, .. }
            | Self::DeleteDirectConnectGatewayAssociation { association_id, .. } => {
                Some(association_id)
            }
            Self::DeleteVpnGateway { vpn_gateway_id }
            | Self::AttachVpnGateway { vpn_gateway_id, .. }
            | Self::DetachVpnGateway { vpn_gateway_id, .. } => Some(vpn_gateway_id),
            Self::EnableVgwRoutePropagation { route_table_id, .. }
            | Self::DisableVgwRoutePropagation { route_table_id, .. } => Some(route_table_id),
            Self::UpdateVirtualInterfaceAttributes {
                virtual_interface_id,
                ..
            }
            | Self::AssociateVirtualInterface {
                virtual_interface_id,
                ..
            }
            | Self::DeleteVirtualInterface {
                virtual_interface_id,
            }
            | Self::CreateBgpPeer {
                virtual_interface_id,
                ..
            }
            | Self::DeleteBgpPeer {
                virtual_interface_id,
                ..
            } => Some(virtual_interface_id),
            // An ARN ends with the id: one object has one name here.
            Self::TagResource { resource_arn, .. } | Self::UntagResource { resource_arn, .. } => {
                resource_arn.rsplit('/').next()
            }
            Self::CreateTags { resource_id, .. } | Self::DeleteTags { resource_id, .. } => {
                Some(resource_id)
            }
        }
    }

    /// The tags that a create carries, to which the intent token is added; none for other calls.
    pub fn tags_mut(&mut self) -> Option<&mut Tags> {
        match self {
            Self::CreateConnection { tags, .. }
            | Self::CreateDirectConnectGateway { tags, .. }
            | Self::CreateVpnGateway { tags, .. } => Some(tags),
            Self::CreateVirtualInterface(new) => Some(&mut new.tags),
            _ => None,
        }
    }

    /// The Secret that enters the request, if one does.
    pub fn secret(&self) -> Option<&SecretUse> {
        match self {
            Self::CreateVirtualInterface(new) => new.peer.auth_key.as_ref(),
            Self::CreateBgpPeer { peer, .. } => peer.auth_key.as_ref(),
            _ => None,
        }
    }

    /// Lists that show the effect: they are stale once the call was sent.
    pub fn shows_in(&self) -> Vec<List> {
        match self {
            Self::CreateConnection { .. }
            | Self::UpdateConnection { .. }
            | Self::UpdateConnectionsBillingMode { .. }
            | Self::DeleteConnection { .. } => vec![List::Connections],
            Self::CreateDirectConnectGateway { .. }
            | Self::UpdateDirectConnectGateway { .. }
            | Self::DeleteDirectConnectGateway { .. } => vec![List::DirectConnectGateways],
            Self::CreateDirectConnectGatewayAssociation {
                direct_connect_gateway_id,
                ..
            }
            | Self::UpdateDirectConnectGatewayAssociation {
                direct_connect_gateway_id,
                ..
            }
            | Self::DeleteDirectConnectGatewayAssociation {
                direct_connect_gateway_id,
                ..
            } => {
                vec![List::Associations(direct_connect_gateway_id.clone())]
            }
            Self::CreateVpnGateway { .. }
            | Self::DeleteVpnGateway { .. }
            | Self::AttachVpnGateway { .. }
            | Self::DetachVpnGateway { .. }
            | Self::CreateTags { .. }
            | Self::DeleteTags { .. } => vec![List::VpnGateways],
            Self::EnableVgwRoutePropagation { .. } | Self::DisableVgwRoutePropagation { .. } => {
                vec![List::RouteTables]
            }
            Self::CreateVirtualInterface(_)
            | Self::UpdateVirtualInterfaceAttributes { .. }
            | Self::AssociateVirtualInterface { .. }
            | Self::DeleteVirtualInterface { .. }
            | Self::CreateBgpPeer { .. }
            | Self::DeleteBgpPeer { .. } => vec![List::VirtualInterfaces],
            Self::TagResource { list, .. } | Self::UntagResource { list, .. } => vec![list.clone()],
        }
    }

    /// SHA-256 over the call's canonical JSON, first 32 hexadecimal digits. A Secret enters it by
    /// its resourceVersion, never by its value.
    pub fn params_hash(&self) -> String {
        let json = serde_json::to_vec(self).expect("a call is plain data");
        hex(&Sha256::digest(json), 32)
    }
}

/// The first `digits` hexadecimal digits of a hash.
pub fn hex(bytes: &[u8], digits: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text.truncate(digits);
    text
}
