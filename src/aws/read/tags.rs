//! Tags, as both services answer them.

use directconnect_model::aws::Tags;

/// Direct Connect's tags. A tag without a value has an empty one.
pub(super) fn direct_connect(tags: Option<Vec<aws_sdk_directconnect::types::Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .map(|t| (t.key, t.value.unwrap_or_default()))
        .collect()
}

/// EC2's tags.
pub(super) fn ec2(tags: Option<Vec<aws_sdk_ec2::types::Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|t| Some((t.key?, t.value.unwrap_or_default())))
        .collect()
}
