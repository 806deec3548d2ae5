//! Direct Connect locations: buildings with AWS devices, port speeds and providers.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One Direct Connect location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    /// `locationCode`.
    pub code: String,
    /// `locationName`.
    pub name: String,
    /// The region that the location belongs to.
    pub region: String,
    /// AWS devices (`awsDeviceV2`); new connections take them in turn.
    pub devices: Vec<String>,
    /// `availablePortSpeeds`.
    pub port_speeds: Vec<String>,
    /// `availableMacSecPortSpeeds`.
    #[serde(default)]
    pub mac_sec_port_speeds: Vec<String>,
    /// `availableProviders`.
    #[serde(default)]
    pub providers: Vec<String>,
    /// `hasLogicalRedundancy` of connections here: `yes`, `no` or `unknown`.
    #[serde(default = "no")]
    pub logical_redundancy: String,
    /// Whether new connections carry jumbo frames from the start.
    #[serde(default = "yes")]
    pub jumbo_frame_capable: bool,
    /// How long a cross-connect takes once the LOA is out; unset: the settings' value, else only on command.
    #[serde(default)]
    pub cross_connect: Option<SignedDuration>,
    /// Whether the whole location is cut off.
    #[serde(default)]
    pub cut: bool,
    /// Devices that are cut off.
    #[serde(default)]
    pub cut_devices: BTreeSet<String>,
}

fn no() -> String {
    "no".to_owned()
}

fn yes() -> bool {
    true
}

impl Location {
    /// Whether a device here works.
    pub fn lit(&self, device: &str) -> bool {
        !self.cut && !self.cut_devices.contains(device)
    }
}
