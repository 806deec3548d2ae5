//! Scenarios, by subject.

mod basics;
