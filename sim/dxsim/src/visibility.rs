//! Lists that lag: which past of the world one call may see. Objects and tags lag separately,
//! tags never less than objects; every call, so every page, draws anew.

use crate::ids::Ids;
use crate::world::{Table, Tags};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far lists may lag behind the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visibility {
    /// After this time every list shows a change, tags included. Zero: no lag.
    pub max: SignedDuration,
    /// How the lag of one call is chosen.
    #[serde(default)]
    pub mode: Mode,
}

/// How the lag of one call is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Each call draws a lag between zero and the maximum, so that pages tear.
    #[default]
    Random,
    /// Objects lag by half of the maximum, tags by all of it.
    Fixed,
}

impl Visibility {
    /// No lag at all.
    pub const NONE: Self = Self {
        max: SignedDuration::ZERO,
        mode: Mode::Fixed,
    };

    /// The view of one call at `now`.
    pub(crate) fn view(self, ids: &mut Ids, now: Timestamp) -> View {
        if self.max.is_zero() {
            return View {
                objects: now,
                tags: now,
            };
        }
        let (objects, tags) = match self.mode {
            Mode::Fixed => (self.max / 2, self.max),
            Mode::Random => {
                let first = part(self.max, ids.draw("visibility"));
                let second = part(self.max, ids.draw("visibility"));
                (first.min(second), first.max(second))
            }
        };
        View {
            objects: before(now, objects),
            tags: before(now, tags),
        }
    }
}

/// `total` times `draw`/`u64::MAX`.
fn part(total: SignedDuration, draw: u64) -> SignedDuration {
    let nanos = total.as_nanos() * i128::from(draw) / i128::from(u64::MAX);
    SignedDuration::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn before(now: Timestamp, lag: SignedDuration) -> Timestamp {
    now.checked_sub(lag).unwrap_or(Timestamp::MIN)
}

/// The moments of the past that one call sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Objects are seen as they were then.
    pub objects: Timestamp,
    /// Tags are seen as they were then.
    pub tags: Timestamp,
}

impl View {
    /// Every visible row, in order of ids.
    pub fn rows<'t, T: Clone + PartialEq>(
        &self,
        table: &'t Table<T>,
    ) -> impl Iterator<Item = (&'t String, &'t T)> + use<'t, T> {
        table.as_of(self.objects)
    }

    /// One row, if it is visible.
    pub fn get<'t, T: Clone + PartialEq>(&self, table: &'t Table<T>, id: &str) -> Option<&'t T> {
        table.get_as_of(id, self.objects)
    }

    /// The visible tags of a resource (key: ARN for Direct Connect, id for EC2).
    pub fn tags(&self, table: &Table<Tags>, resource: &str) -> Tags {
        table
            .get_as_of(resource, self.tags)
            .cloned()
            .unwrap_or_default()
    }
}
