//! AWS's protocols: awsJson1.1 (Direct Connect), query and XML (EC2, STS).

pub mod json;
pub mod query;
