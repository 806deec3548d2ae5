//! From a call to what IAM checks: actions, resources, condition keys.

use super::actions::{self, Action, RequestTags, Target};
use super::condition::Context;
use super::evaluation::Check;
use super::resource::{Kind, Place, Resource, named};
use crate::context::Caller;
use crate::services::Service;
use crate::wire::query::Params;
use crate::wire::{Call, Input};
use crate::world::World;
use serde_json::Value;

/// A tag of a request; a request that only names keys has no values.
type Tag = (String, Option<String>);

/// Everything that must be allowed for a call.
pub fn checks(world: &World, caller: &Caller, call: &Call) -> Vec<Check> {
    let known = actions::find(call.service, &call.operation);
    let tags = known
        .and_then(|action| action.tags)
        .map_or_else(Vec::new, |at| tags(call, at));
    let place = Place {
        account: &caller.account,
        region: &call.region,
    };
    let resources: Vec<Resource> = known.map_or_else(Vec::new, |action| {
        let targets = action.targets.iter();
        targets
            .flat_map(|target| resources(world, place, call, *target))
            .collect()
    });
    let base = base(caller, call, &tags);
    let check = |operation: &str, resource: Option<&Resource>, base: &Context| {
        let mut context = base.clone();
        for (key, value) in resource.iter().flat_map(|resource| &resource.tags) {
            context.add(&format!("aws:ResourceTag/{key}"), value);
            if call.service == Service::Ec2 {
                context.add(&format!("ec2:ResourceTag/{key}"), value);
            }
        }
        Check {
            action: format!("{}:{operation}", call.service),
            resource: resource.map_or_else(|| "*".to_owned(), |resource| resource.arn.clone()),
            context,
        }
    };
    let mut all: Vec<Check> = resources
        .iter()
        .map(|resource| check(&call.operation, Some(resource), &base))
        .collect();
    if all.is_empty() {
        all.push(check(&call.operation, None, &base));
    }
    if !tags.is_empty()
        && let Some(tagging) = tagging(world, known)
    {
        let mut base = base;
        if call.service == Service::Ec2 {
            base.add("ec2:CreateAction", &call.operation);
        }
        let made = Resource {
            arn: made(call, place, &resources),
            tags: crate::world::Tags::new(),
        };
        all.push(check(tagging, Some(&made), &base));
    }
    all
}

/// The action that a tagged create needs besides its own.
fn tagging(world: &World, action: Option<&Action>) -> Option<&'static str> {
    match action?.tags? {
        RequestTags::Specification => Some("CreateTags"),
        RequestTags::List(_) if action?.name != "TagResource" => world
            .settings
            .tag_resource_on_create
            .then_some("TagResource"),
        RequestTags::List(_) | RequestTags::Keys(_) | RequestTags::Query => None,
    }
}

/// ARN of what a create makes: its id is not known yet.
fn made(call: &Call, place: Place<'_>, resources: &[Resource]) -> String {
    let Place { account, region } = place;
    let regional = |kind: &str| format!("arn:aws:directconnect:{region}:{account}:{kind}/*");
    match (call.service, call.operation.as_str()) {
        (Service::DirectConnect, "CreateConnection") => regional("dxcon"),
        (Service::DirectConnect, "CreateDirectConnectGateway") => {
            format!("arn:aws:directconnect::{account}:dx-gateway/*")
        }
        (Service::DirectConnect, _) => regional("dxvif"),
        _ => resources
            .first()
            .map_or_else(|| "*".to_owned(), |one| one.arn.clone()),
    }
}

/// What is known whatever the resource.
fn base(caller: &Caller, call: &Call, tags: &[Tag]) -> Context {
    let mut context = Context::default();
    context.add("aws:PrincipalAccount", &caller.account);
    context.add("aws:PrincipalArn", principal(&caller.arn));
    context.add("aws:RequestedRegion", &call.region);
    if call.service == Service::Ec2 {
        context.add("ec2:Region", &call.region);
    }
    for (key, value) in tags {
        context.add("aws:TagKeys", key);
        if let Some(value) = value {
            context.add(&format!("aws:RequestTag/{key}"), value);
        }
    }
    context
}

/// `aws:PrincipalArn` of a session is its role's (IAM User Guide, "aws:PrincipalArn").
fn principal(arn: &str) -> String {
    let role = || {
        let (account, rest) = arn
            .strip_prefix("arn:aws:sts::")?
            .split_once(":assumed-role/")?;
        let (name, _) = rest.split_once('/')?;
        Some(format!("arn:aws:iam::{account}:role/{name}"))
    };
    role().unwrap_or_else(|| arn.to_owned())
}

fn resources(world: &World, place: Place<'_>, call: &Call, target: Target) -> Vec<Resource> {
    let of = |kind: Kind, id: &str| kind.resource(world, place, id);
    let each = |name: &str, one: &dyn Fn(&str) -> Option<Resource>| {
        texts(call, name).into_iter().filter_map(one).collect()
    };
    match target {
        Target::Id(kind, name) => each(name, &|id| Some(of(kind, id))),
        Target::Port(name) => each(name, &|id| {
            let lag = id.starts_with("dxlag-");
            Some(of(if lag { Kind::Lag } else { Kind::Connection }, id))
        }),
        Target::Association(name) => each(name, &|id| {
            let association = world.associations.get(id)?;
            Some(of(
                Kind::DirectConnectGateway,
                &association.direct_connect_gateway_id,
            ))
        }),
        Target::Arn(name) => each(name, &|arn| Some(named(world, arn.to_owned()))),
        Target::AnyId(name) => each(name, &|id| Some(of(Kind::of_id(id)?, id))),
        Target::New(kind) => vec![of(kind, "*")],
    }
}

/// The texts of a parameter, be it one or a list.
fn texts<'c>(call: &'c Call, name: &str) -> Vec<&'c str> {
    match &call.input {
        Input::Json(input) => match input.get(name) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            other => other.and_then(Value::as_str).into_iter().collect(),
        },
        Input::Query(params) => params
            .text(name)
            .into_iter()
            .chain(params.texts(name))
            .collect(),
    }
}

fn tags(call: &Call, at: RequestTags) -> Vec<Tag> {
    match (&call.input, at) {
        (Input::Json(input), RequestTags::List(path)) => {
            let list = path.iter().try_fold(input, |value, name| value.get(name));
            let list = list.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|tag| {
                let value = tag.get("value").and_then(Value::as_str).unwrap_or_default();
                Some((tag.get("key")?.as_str()?.to_owned(), Some(value.to_owned())))
            })
            .collect()
        }
        (Input::Json(_), RequestTags::Keys(name)) => texts(call, name)
            .into_iter()
            .map(|key| (key.to_owned(), None))
            .collect(),
        (Input::Query(params), RequestTags::Query) => query_tags(params),
        (Input::Query(params), RequestTags::Specification) => params
            .items("TagSpecification")
            .iter()
            .flat_map(query_tags)
            .collect(),
        _ => Vec::new(),
    }
}

fn query_tags(params: &Params) -> Vec<Tag> {
    let tag = |tag: &Params| {
        Some((
            tag.text("Key")?.to_owned(),
            tag.get("Value").map(str::to_owned),
        ))
    };
    params.items("Tag").iter().filter_map(tag).collect()
}
