//! Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token
//! Service" (list_awssecuritytokenservice.html).

use super::Target::Arn;
use super::{Action, action};

/// What dxsim answers and what needs permission.
pub const ACTIONS: &[Action] = &[action("AssumeRole", &[Arn("RoleArn")])];
