//! Numbers of the field: bandwidths, ASNs, addresses.

mod addresses;
mod asn;
mod bandwidth;

pub use addresses::{host, overlap, peer_rule, same_address, same_prefixes};
pub use asn::asn_rule;
pub use bandwidth::bandwidth_mbps;
