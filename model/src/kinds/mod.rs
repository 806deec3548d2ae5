//! What each kind wants, sees and does: one file per kind, all of it pure.

mod connection;
mod direct_connect_gateway;
mod direct_connect_gateway_association;
mod shared;
mod virtual_interface;
mod virtual_private_gateway;
