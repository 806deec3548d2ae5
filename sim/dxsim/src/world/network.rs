//! What AWS's side knows of the network: BGP sessions, their routes, what VGWs have learned.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strum::{Display, EnumString};

/// One BGP session, beside its peer's `up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BgpSession {
    /// What keeps it from being up, in words; `None`: both sides agree.
    pub obstacle: Option<String>,
    /// Since when there is an obstacle, or none.
    pub since: Timestamp,
    /// The routes of an established session, both ways.
    pub routes: Vec<BgpRoute>,
}

/// Which way a route goes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum RouteDirection {
    /// From the customer's router to AWS.
    Accepted,
    /// From AWS to the customer's router.
    Advertised,
}

/// One route of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BgpRoute {
    /// Its prefix.
    pub cidr: IpNet,
    /// Which way.
    pub direction: RouteDirection,
    /// `AS_PATH`, the nearest first.
    pub as_path: Vec<i64>,
    /// Communities.
    pub communities: Vec<String>,
    /// When it was installed.
    pub installed_at: Timestamp,
}

/// Prefixes that a VGW learns over Direct Connect.
pub type LearnedRoutes = BTreeMap<IpNet, LearnedRoute>;

/// A prefix on its way into, or out of, route tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LearnedRoute {
    /// Whether a session announces it now.
    pub announced: bool,
    /// Since when.
    pub since: Timestamp,
    /// Whether route tables show it.
    pub shown: bool,
}
