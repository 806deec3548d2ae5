//! Requests about tags: Direct Connect's by ARN, EC2's by id.
//!
//! A request that names no tag is not sent: DeleteTags without tags deletes all of them (Amazon EC2
//! API Reference, DeleteTags).

use aws_sdk_ec2::types::Tag;
use directconnect_model::aws::Tags;

use super::{Answer, To, values};
use crate::aws::Failure;

const NO_TAGS: &str = "no tag is named";

/// EC2's tags.
pub(super) fn ec2(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// TagResource.
pub(super) async fn tag_resource(
    to: &To<'_>,
    resource_arn: &str,
    tags: &Tags,
) -> Result<Answer, Failure> {
    let tags = values::tags(tags).ok_or_else(|| Failure::not_sent(NO_TAGS))?;
    let request = to
        .clients
        .direct_connect
        .tag_resource()
        .resource_arn(resource_arn)
        .set_tags(Some(tags));
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// UntagResource.
pub(super) async fn untag_resource(
    to: &To<'_>,
    resource_arn: &str,
    tag_keys: &[String],
) -> Result<Answer, Failure> {
    if tag_keys.is_empty() {
        return Err(Failure::not_sent(NO_TAGS));
    }
    let request = to
        .clients
        .direct_connect
        .untag_resource()
        .resource_arn(resource_arn)
        .set_tag_keys(Some(tag_keys.to_vec()));
    to.direct_connect(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// CreateTags.
pub(super) async fn create_tags(
    to: &To<'_>,
    resource_id: &str,
    tags: &Tags,
) -> Result<Answer, Failure> {
    if tags.is_empty() {
        return Err(Failure::not_sent(NO_TAGS));
    }
    let request = to
        .clients
        .ec2
        .create_tags()
        .resources(resource_id)
        .set_tags(Some(ec2(tags)));
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}

/// DeleteTags: by key, whatever the value.
pub(super) async fn delete_tags(
    to: &To<'_>,
    resource_id: &str,
    tag_keys: &[String],
) -> Result<Answer, Failure> {
    if tag_keys.is_empty() {
        return Err(Failure::not_sent(NO_TAGS));
    }
    let tags = tag_keys
        .iter()
        .map(|key| Tag::builder().key(key).build())
        .collect();
    let request = to
        .clients
        .ec2
        .delete_tags()
        .resources(resource_id)
        .set_tags(Some(tags));
    to.ec2(|probe| request.customize().interceptor(probe).send())
        .await?;
    Ok(Answer::default())
}
