//! IAM: policies of roles, through requests.
#![allow(clippy::unwrap_used)]

mod evaluation;
mod operator;
mod refusals;
mod support;
