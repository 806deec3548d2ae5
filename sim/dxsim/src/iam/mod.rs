//! IAM: who calls, and what is refused.
//!
//! A role of a world file may have identity policies. Then every call of a session of that role is
//! evaluated as the IAM User Guide documents it ("Policy evaluation logic"): an explicit Deny wins,
//! else an Allow is needed, for every resource of the call. What an action's resources and condition
//! keys are is data: `actions`. Users, and roles without policies, may do everything. Resource
//! policies, boundaries, session policies and organisations do not exist here, and IAM knows no lag:
//! it sees tags as they are.

mod actions;
mod authentication;
mod authorization;
mod condition;
mod denial;
mod documents;
mod evaluation;
mod pattern;
mod policy;
mod refusal;
mod request;
mod resource;

pub(crate) use authentication::authenticate;
pub(crate) use authorization::authorize;
pub use denial::Denial;
pub(crate) use documents::CLUSTER_ID;
pub use documents::{ADOPTION, OPERATOR, document};
pub use policy::Policy;
