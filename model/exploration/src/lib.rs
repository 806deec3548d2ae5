//! Exhaustive exploration: the product's own decision functions in small worlds.
//!
//! A state of the [`world`] holds one Kubernetes object, what AWS has for it, requests and writes on their way, and one or
//! two operators, each held at some step of a pass. [`engine`] mirrors the engine's steps one to one, [`product`] asks the
//! product's decisions, [`explore`] lists what may happen next, and the checker visits every state that can be reached
//! within the [`config`]uration's budget of faults.

pub mod aws;
mod canonical;
pub mod clause;
pub mod clauses;
pub mod config;
mod dropped;
mod ending;
pub mod engine;
pub mod explore;
pub mod kubernetes;
pub mod product;
pub mod promise;
pub mod run;
pub mod subject;
pub mod table;
pub mod time;
pub mod user;
pub mod words;
pub mod world;
