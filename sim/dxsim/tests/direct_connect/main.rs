//! Direct Connect as a client sees it, call by call, and what surrounds the calls: credentials,
//! clocks, faults, lag, the ledger, the server.
#![allow(clippy::unwrap_used, clippy::panic)]

mod connections;
mod faults;
mod gateways;
mod lag;
mod peers;
mod requests;
mod server;
mod support;
mod virtual_interfaces;
