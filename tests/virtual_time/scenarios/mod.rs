//! Scenarios, by subject.

mod accounts;
mod again;
mod bad_days;
mod bad_input;
mod basics;
mod documents;
mod figures;
mod keeping;
mod leader;
mod lost_answers;
mod metrics;
mod orders;
mod quiet;
mod rare;
mod tags;
mod traffic;

use std::time::Duration;

/// Long enough for a few passes and a sweep.
pub const SHORT: Duration = Duration::from_mins(3);
/// Long enough for all windows of the create protocol and then some.
pub const LONG: Duration = Duration::from_hours(1);
