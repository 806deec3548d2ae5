//! World files: the YAML that a world starts from. [`load`] merges several into one world.

mod load;
mod schema;

pub use load::{Error, load};
pub use schema::*;
