//! Rules of the simulator's own that refuse calls, whatever policies say.

use crate::context::Caller;
use serde::{Deserialize, Serialize};

/// A rule that refuses calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Denial {
    /// Account whose callers it concerns; unset: all.
    #[serde(default)]
    pub account: Option<String>,
    /// IAM action, for example `directconnect:CreateConnection`; `*` at the end fits anything.
    pub action: String,
    /// Id that the request must name; unset: any request.
    #[serde(default)]
    pub resource: Option<String>,
}

impl Denial {
    /// Whether the rule refuses this call. `named` tells whether the request names an id.
    pub fn refuses(&self, caller: &Caller, action: &str, named: impl Fn(&str) -> bool) -> bool {
        let action_fits = match self.action.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => self.action == action,
        };
        action_fits
            && self
                .account
                .as_ref()
                .is_none_or(|account| *account == caller.account)
            && self.resource.as_ref().is_none_or(|id| named(id))
    }
}
