//! TagResource, UntagResource, DescribeTags.

use super::arn;
use super::input::{TagInput, check_tags, read, refused};
use super::output;
use crate::context::Ctx;
use crate::error::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

fn check_arn(ctx: &Ctx<'_>, resource: &str) -> Result<(), AwsError> {
    if arn::exists(ctx.world, &ctx.caller.account, resource) {
        return Ok(());
    }
    Err(refused(format!("Resource {resource} does not exist")))
}

/// The id at the end of an ARN.
fn id_of(resource: &str) -> String {
    resource
        .rsplit_once('/')
        .map_or(resource, |(_, id)| id)
        .to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag {
    resource_arn: String,
    tags: Vec<TagInput>,
}

/// TagResource.
pub fn tag(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Tag = read(input)?;
    check_arn(ctx, &input.resource_arn)?;
    let mut tags = ctx
        .world
        .tags
        .get(&input.resource_arn)
        .cloned()
        .unwrap_or_default();
    check_tags(&input.tags, &tags)?;
    tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
    ctx.touch(id_of(&input.resource_arn));
    let now = ctx.now();
    ctx.world.tags.insert(now, input.resource_arn, tags);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Untag {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// UntagResource. Keys that are not there are ignored.
pub fn untag(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Untag = read(input)?;
    check_arn(ctx, &input.resource_arn)?;
    let now = ctx.now();
    ctx.world.tags.update(now, &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
    });
    ctx.touch(id_of(&input.resource_arn));
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    resource_arns: Vec<String>,
}

/// DescribeTags.
pub fn describe(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(input)?;
    if input.resource_arns.len() > 20 {
        return Err(refused("At most 20 resources can be described at a time"));
    }
    let mut found = Vec::new();
    for resource in &input.resource_arns {
        check_arn(ctx, resource)?;
        let tags = ctx.view.tags(&ctx.world.tags, resource);
        found.push(json!({"resourceArn": resource, "tags": output::tags(&tags)}));
    }
    Ok(json!({"resourceTags": found}))
}
