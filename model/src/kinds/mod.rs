//! What each kind wants, sees and does: one file per kind, all of it pure.

mod connection;
