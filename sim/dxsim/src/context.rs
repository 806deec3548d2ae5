//! What a service handler gets: the world, who calls, from which region, at what time, and which
//! past of the world a list call may see.

use crate::visibility::View;
use crate::world::World;
use jiff::Timestamp;

/// The two times of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The simulated world's time: states, deletions, issue times.
    pub world: Timestamp,
    /// Wall time: `Date`, signatures, expiry of STS sessions.
    pub wall: Timestamp,
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Account that the credentials belong to.
    pub account: String,
    /// `arn:aws:iam::…:user/…` or `arn:aws:sts::…:assumed-role/…`.
    pub arn: String,
    /// `UserId` as GetCallerIdentity answers it.
    pub user_id: String,
}

/// One call under way. Handlers change `world` only when they return `Ok`.
pub struct Ctx<'w> {
    /// The whole state.
    pub world: &'w mut World,
    /// Who calls.
    pub caller: Caller,
    /// Region from the credential scope.
    pub region: String,
    /// World and wall time.
    pub times: Times,
    /// What list and describe calls see; other calls read the truth.
    pub view: View,
    /// Id of the object that the call was about, for the ledger.
    pub resource: Option<String>,
}

impl Ctx<'_> {
    /// Notes which object this call is about, for the ledger.
    pub fn touch(&mut self, id: impl Into<String>) {
        self.resource = Some(id.into());
    }

    /// The world's time.
    pub fn now(&self) -> Timestamp {
        self.times.world
    }
}
