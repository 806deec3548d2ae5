//! The customer's side: routers, the sessions they are prepared to hold, the prefixes they announce.

use super::account::Secret;
use super::direct_connect::AddressFamily;
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// An on-premises router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Router {
    /// Its name, unique in the world.
    pub name: String,
    /// Its ASN.
    pub asn: i64,
    /// What it announces to AWS on every session.
    pub prefixes: Vec<Prefix>,
    /// Whether it is out of order: every session is down.
    pub broken: bool,
    /// The sessions that it is, or will be, configured for.
    pub sessions: Vec<RouterSession>,
}

/// A prefix that a router announces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prefix {
    /// The prefix.
    pub cidr: IpNet,
    /// BGP communities, for example `7224:7300`.
    #[serde(default)]
    pub communities: Vec<String>,
    /// How often the router's ASN is prepended beyond the first.
    #[serde(default)]
    pub prepend: u32,
}

/// One session of a router: where it meets AWS and what it was told. What is unset follows AWS's
/// own router configuration: it fits any value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouterSession {
    /// Account of the virtual interface.
    #[serde(default)]
    pub account: Option<String>,
    /// Connection that it is cabled to.
    #[serde(default)]
    pub connection_id: Option<String>,
    /// Location that it is cabled to (for connections that are not ordered yet).
    #[serde(default)]
    pub location: Option<String>,
    /// VLAN.
    pub vlan: i32,
    /// Address family.
    #[serde(default)]
    pub address_family: AddressFamily,
    /// AWS's address as configured.
    #[serde(default)]
    pub amazon_address: Option<String>,
    /// The router's address as configured.
    #[serde(default)]
    pub customer_address: Option<String>,
    /// MD5 key as configured.
    #[serde(default)]
    pub auth_key: Option<Secret>,
    /// Configured this long after a virtual interface that it fits exists; unset and not `configured`: on command.
    #[serde(default)]
    pub configure_after: Option<SignedDuration>,
    /// Whether the router is configured for it.
    #[serde(default)]
    pub configured: bool,
    /// Whether its configuration is under way (scheduled).
    #[serde(default)]
    pub configuring: bool,
}
