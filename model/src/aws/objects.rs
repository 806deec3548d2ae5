//! AWS objects as the list calls describe them; field names are those of the AWS API reference.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Tags;

/// A Direct Connect port. Source: `Connection`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct Connection {
    pub connection_id: String,
    pub connection_name: String,
    pub connection_state: String,
    pub owner_account: String,
    pub region: String,
    pub location: String,
    pub bandwidth: String,
    pub provider_name: Option<String>,
    pub partner_name: Option<String>,
    pub lag_id: Option<String>,
    pub vlan: i32,
    pub aws_device_v2: Option<String>,
    pub aws_logical_device_id: Option<String>,
    pub has_logical_redundancy: Option<String>,
    pub jumbo_frame_capable: Option<bool>,
    pub mac_sec_capable: Option<bool>,
    pub encryption_mode: Option<String>,
    pub billing_mode: Option<String>,
    /// Epoch seconds.
    pub loa_issue_time: Option<i64>,
    pub tags: Tags,
}

/// A virtual interface. Source: `VirtualInterface`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct VirtualInterface {
    pub virtual_interface_id: String,
    pub virtual_interface_name: String,
    pub virtual_interface_type: String,
    pub virtual_interface_state: String,
    pub owner_account: String,
    pub region: String,
    pub location: String,
    pub connection_id: String,
    pub vlan: i32,
    /// `asnLong` where AWS gives it, else `asn`.
    pub asn: i64,
    pub amazon_side_asn: Option<i64>,
    pub mtu: Option<i32>,
    pub jumbo_frame_capable: Option<bool>,
    pub virtual_gateway_id: Option<String>,
    pub direct_connect_gateway_id: Option<String>,
    pub site_link_enabled: Option<bool>,
    pub route_filter_prefixes: Vec<String>,
    pub prefix_pool_allocated_count_ipv4: Option<i32>,
    pub prefix_pool_allocated_count_ipv6: Option<i32>,
    pub aws_device_v2: Option<String>,
    pub aws_logical_device_id: Option<String>,
    pub bgp_peers: Vec<BgpPeer>,
    pub tags: Tags,
}

/// A BGP peer of a virtual interface. Source: `BGPPeer`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct BgpPeer {
    pub bgp_peer_id: String,
    /// `asnLong` where AWS gives it, else `asn`.
    pub asn: i64,
    pub address_family: String,
    pub amazon_address: Option<String>,
    pub customer_address: Option<String>,
    pub bgp_peer_state: String,
    pub bgp_status: String,
    pub aws_device_v2: Option<String>,
    pub aws_logical_device_id: Option<String>,
    pub auth_key: Option<AuthKey>,
}

/// A BGP MD5 key. Never printed; compared, and handed to AWS, nothing else.
#[derive(Clone, Deserialize)]
pub struct AuthKey(SecretString);

impl AuthKey {
    /// Wraps a key.
    pub fn new(key: String) -> Self {
        Self(SecretString::from(key))
    }

    /// The key itself, for the one request that carries it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for AuthKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for AuthKey {}

impl std::fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthKey(…)")
    }
}

impl Serialize for AuthKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("…")
    }
}

/// A DX gateway. Source: `DirectConnectGateway`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct DirectConnectGateway {
    pub direct_connect_gateway_id: String,
    pub direct_connect_gateway_name: String,
    pub direct_connect_gateway_state: String,
    pub owner_account: String,
    pub amazon_side_asn: i64,
    pub state_change_error: Option<String>,
    pub tags: Tags,
}

/// A DX gateway association. Source: `DirectConnectGatewayAssociation`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct DirectConnectGatewayAssociation {
    pub association_id: String,
    pub association_state: String,
    pub direct_connect_gateway_id: String,
    pub direct_connect_gateway_owner_account: String,
    /// `associatedGateway.id`.
    pub gateway_id: String,
    /// `associatedGateway.type`.
    pub gateway_type: String,
    /// `associatedGateway.region`.
    pub gateway_region: String,
    pub allowed_prefixes: Vec<String>,
    pub state_change_error: Option<String>,
}

/// A virtual private gateway. Source: `VpnGateway`, Amazon EC2 API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct VpnGateway {
    pub vpn_gateway_id: String,
    pub state: String,
    pub amazon_side_asn: Option<i64>,
    pub vpc_attachments: Vec<VpcAttachment>,
    pub tags: Tags,
}

/// A virtual private gateway's attachment. Source: `VpcAttachment`, Amazon EC2 API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct VpcAttachment {
    pub vpc_id: String,
    pub state: String,
}

/// A VPC route table, as far as propagation is concerned. Source: `RouteTable`, Amazon EC2 API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct RouteTable {
    pub route_table_id: String,
    pub vpc_id: String,
    /// Gateways that propagate into the table.
    pub propagating_vgws: Vec<String>,
}

/// A Direct Connect location. Source: `Location`, Direct Connect API Reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "members are those of the API reference")]
pub struct Location {
    pub location_code: String,
    pub location_name: String,
    pub region: String,
    pub available_port_speeds: Vec<String>,
    pub available_providers: Vec<String>,
    pub available_mac_sec_port_speeds: Vec<String>,
}
