//! World files: the YAML that a world starts from. [`load`] merges several into one world.

mod direct_connect;
mod ec2;
mod generate;
mod load;
mod schema;

pub use generate::Generate;
pub use load::{Error, load, parse};
pub(crate) use load::{merge, prefix};
pub use schema::*;
