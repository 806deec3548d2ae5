//! A thin in-memory Kubernetes API server for tests in virtual time, used through `kube::Client::new`.
//!
//! [`Server`] holds the objects and steers faults; [`SimService`] is the transport. What the server answers is held
//! to the real kube-apiserver by [`conformance`]: the same cases run against both. A request shape that it does not
//! know is answered 501 and listed by [`Server::unsupported`].
//!
//! Inside: `call` takes a request apart, `service` decides its fate and runs it, `write`, `patch`, `read` and `watch`
//! are the verbs, `store` keeps the objects and every version that ever was.

mod admission;
mod bell;
mod builtin;
mod call;
mod cel;
pub mod conformance;
mod control;
mod controllers;
mod delete;
mod direct;
mod discovery;
mod error;
mod fields;
mod garbage;
mod jsonpatch;
mod managed;
mod meta;
mod patch;
mod path;
mod rbac;
mod read;
mod replicas;
mod resource;
mod schema;
mod selector;
mod server;
mod service;
pub mod shape;
mod store;
mod watch;
mod write;

pub use control::{FaultKind, FaultMatch, Hook, RequestRecord, When};
pub use direct::documents;
pub use error::ApiError;
pub use server::{Clock, DEFAULT_CLIENT, Server, Snapshot};
pub use service::{SimBody, SimService};
pub use store::{Change, ChangeKind, Key};
