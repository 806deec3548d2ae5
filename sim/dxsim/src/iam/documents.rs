//! The operator's own policies, as they stand in `docs`, for the roles of world files.

use super::policy::Policy;
use serde_json::Value;

/// Name of `docs/iam-policy.json` in a world file.
pub const OPERATOR: &str = "operator";
/// Name of `docs/iam-policy-adoption.json` in a world file.
pub const ADOPTION: &str = "operator-adoption";
/// The cluster id that stands in the documents, to be replaced by one's own.
pub(crate) const CLUSTER_ID: &str = "prod-eu";

/// One of the operator's policies, for a cluster; none for another name.
pub fn document(name: &str, cluster_id: &str) -> Option<Result<Policy, String>> {
    let text = match name {
        OPERATOR => include_str!("../../../../docs/iam-policy.json"),
        ADOPTION => include_str!("../../../../docs/iam-policy-adoption.json"),
        _ => return None,
    };
    let text = text.replace(&format!("\"{CLUSTER_ID}/"), &format!("\"{cluster_id}/"));
    let document = serde_json::from_str::<Value>(&text).map_err(|error| error.to_string());
    Some(document.and_then(Policy::read))
}
