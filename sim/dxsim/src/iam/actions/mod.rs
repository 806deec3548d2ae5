//! Which action takes which resources and tags: the Service Authorization Reference as data, a file
//! per service. What could not be read there is marked (unverified); an action that is not listed
//! has no resources and no tags.

mod directconnect;
mod ec2;
mod sts;

use super::resource::Kind;
use crate::services::Service;

/// Actions that need no permission, even against a deny (STS API Reference, GetCallerIdentity).
pub const FREE: [&str; 1] = ["sts:GetCallerIdentity"];

/// An action.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// The operation's name.
    pub name: &'static str,
    /// Resources of the action, by the parameters that name them. Optional ones are there only if
    /// the request names them.
    pub targets: &'static [Target],
    /// Where the tags of the request are, if the action has `aws:RequestTag` and `aws:TagKeys`.
    pub tags: Option<RequestTags>,
}

/// A parameter that names resources.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// Ids of objects of a kind.
    Id(Kind, &'static str),
    /// Ids of connections or link aggregation groups.
    Port(&'static str),
    /// Ids of associations: the action is on their Direct Connect gateway.
    Association(&'static str),
    /// Direct Connect ARNs.
    Arn(&'static str),
    /// EC2 ids of any kind.
    AnyId(&'static str),
    /// What is about to be made: the ARN ends in a star.
    New(Kind),
}

/// Where the tags of a request are.
#[derive(Debug, Clone, Copy)]
pub enum RequestTags {
    /// A list of `{key, value}` at this place.
    List(&'static [&'static str]),
    /// A list of keys.
    Keys(&'static str),
    /// `Tag.n.Key` and `Tag.n.Value`.
    Query,
    /// `TagSpecification.n.Tag.m`: EC2 wants ec2:CreateTags besides (EC2 User Guide, "Grant
    /// permission to tag Amazon EC2 resources during creation").
    Specification,
}

/// What is known of an action.
pub fn find(service: Service, operation: &str) -> Option<&'static Action> {
    let table = match service {
        Service::DirectConnect => directconnect::ACTIONS,
        Service::Ec2 => ec2::ACTIONS,
        Service::Sts => sts::ACTIONS,
    };
    table.iter().find(|action| action.name == operation)
}

const fn action(name: &'static str, targets: &'static [Target]) -> Action {
    Action {
        name,
        targets,
        tags: None,
    }
}

const fn tagged(name: &'static str, targets: &'static [Target], tags: RequestTags) -> Action {
    Action {
        name,
        targets,
        tags: Some(tags),
    }
}
