//! BGP peers of a virtual interface: what is wanted, and what is known.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::SecretKeyReference;

/// One BGP session between AWS and your router. AWS changes no peer in place: another ASN, address,
/// family or key means that the peer is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.amazonAddress) == has(self.customerAddress)").message("set amazonAddress and customerAddress, or neither: AWS then assigns both").field_path(".customerAddress"),
    validation = Rule::new("self.addressFamily != 'ipv6' || (!has(self.amazonAddress) && !has(self.customerAddress))").message("AWS assigns the addresses of an IPv6 peer (a /125): remove amazonAddress and customerAddress").field_path(".amazonAddress"),
    validation = Rule::new("self.addressFamily != 'ipv4' || !has(self.amazonAddress) || !isCIDR(self.amazonAddress) || (cidr(self.amazonAddress).ip().family() == 4 && cidr(self.amazonAddress).prefixLength() in [30, 31])").message(Message::Expression("'amazonAddress is ' + self.amazonAddress + ': it must be an IPv4 address with /30 or /31, as 175.45.176.1/30'".to_owned())).field_path(".amazonAddress"),
    validation = Rule::new("self.addressFamily != 'ipv4' || !has(self.customerAddress) || !isCIDR(self.customerAddress) || (cidr(self.customerAddress).ip().family() == 4 && cidr(self.customerAddress).prefixLength() in [30, 31])").message(Message::Expression("'customerAddress is ' + self.customerAddress + ': it must be an IPv4 address with /30 or /31, as 175.45.176.2/30'".to_owned())).field_path(".customerAddress"),
    validation = Rule::new("!has(self.amazonAddress) || !has(self.customerAddress) || !isCIDR(self.amazonAddress) || !isCIDR(self.customerAddress) || (self.amazonAddress != self.customerAddress && cidr(self.amazonAddress).containsCIDR(self.customerAddress) && cidr(self.customerAddress).containsCIDR(self.amazonAddress))").message(Message::Expression("'amazonAddress ' + self.amazonAddress + ' and customerAddress ' + self.customerAddress + ' must be two addresses of one subnet, as 175.45.176.1/30 and 175.45.176.2/30'".to_owned())).field_path(".customerAddress"),
    validation = Rule::new("!has(self.amazonAddress) || !self.amazonAddress.matches('^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+/30$') || int(self.amazonAddress.split('/')[0].split('.')[3]) % 4 in [1, 2]").message(Message::Expression("'amazonAddress ' + self.amazonAddress + ' is the first or last address of its /30, which no host can have: use one of the two between'".to_owned())).field_path(".amazonAddress"),
    validation = Rule::new("!has(self.customerAddress) || !self.customerAddress.matches('^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+/30$') || int(self.customerAddress.split('/')[0].split('.')[3]) % 4 in [1, 2]").message(Message::Expression("'customerAddress ' + self.customerAddress + ' is the first or last address of its /30, which no host can have: use one of the two between'".to_owned())).field_path(".customerAddress")
)]
pub struct BgpPeer {
    /// Name of the session's slot: lower-case letters, digits and `-`, at most 63 characters, unique
    /// in the list. It is the peer's identity: another name is another peer.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: String,
    /// ipv4 or ipv6.
    pub address_family: AddressFamily,
    /// Autonomous system number of your router, 1 to 4294967294, except 7224 (Amazon's), 23456 and
    /// 65535 (reserved). For a public interface: a private ASN, or one that you own.
    #[schemars(range(min = 1_i64, max = 4_294_967_294_i64))]
    #[x_kube(validation = Rule::new("!(self in [7224, 23456, 65535])").message("this ASN is reserved (7224 is Amazon's own; 23456 and 65535 by RFC 6793 and RFC 7300): use the ASN of your router"))]
    pub asn: i64,
    /// Amazon's address with its prefix length, IPv4 and /30 or /31, as `175.45.176.1/30`. Set both
    /// addresses or neither: unset, AWS assigns them for an order, and they are unmanaged for an
    /// import. For IPv6 AWS always assigns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 43))]
    #[x_kube(validation = Rule::new("isCIDR(self)").message("must be an address with its prefix length, as 175.45.176.1/30"))]
    pub amazon_address: Option<String>,
    /// Your router's address with its prefix length, in the same subnet, as `175.45.176.2/30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 43))]
    #[x_kube(validation = Rule::new("isCIDR(self)").message("must be an address with its prefix length, as 175.45.176.2/30"))]
    pub customer_address: Option<String>,
    /// Key of a Secret in this namespace that holds the MD5 key, 6 to 80 characters. Unset: AWS makes
    /// one for an order (the router's configuration has it), and it is unmanaged afterwards. Another
    /// key means that the peer is replaced, which the guard may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_key_secret_ref: Option<SecretKeyReference>,
}

/// Family of a peer's addresses, as AWS spells it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AddressFamily {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// What is known of one BGP peer. It never holds the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BgpPeerStatus {
    /// The peer's name in the spec.
    pub name: String,
    /// AWS id, `dxpeer-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bgp_peer_id: Option<String>,
    /// ipv4 or ipv6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_family: Option<String>,
    /// ASN of your router.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<i64>,
    /// Amazon's address with its prefix length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amazon_address: Option<String>,
    /// Your router's address with its prefix length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_address: Option<String>,
    /// State as AWS names it: verifying, pending, available, deleting or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bgp_peer_state: Option<String>,
    /// The session as AWS sees it: up, down or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bgp_status: Option<String>,
    /// AWS device that ends the session.
    #[serde(
        default,
        rename = "awsDeviceV2",
        skip_serializing_if = "Option::is_none"
    )]
    pub aws_device_v2: Option<String>,
    /// Since when `bgpStatus` has been seen as it is (AWS time, RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}
