//! Everything under `/_sim`: typed functions on [`crate::Sim`], and the same over HTTP.

mod actions;
mod change;
pub(crate) mod http;

pub use actions::Action;

use crate::faults::{Fault, Held, Planned, Release};
use crate::ledger::Row;
use crate::sim::Sim;
use crate::visibility::Visibility;
use crate::world::World;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

impl Sim {
    /// Every row of the ledger.
    pub fn ledger(&self) -> Vec<Row> {
        self.state().ledger.since(0).to_vec()
    }

    /// Rows after `seq`; waits up to `wait` (real time) until there is one.
    pub async fn ledger_since(&self, seq: u64, wait: Duration) -> Vec<Row> {
        self.wait_for(wait, |sim| {
            let rows = sim.state().ledger.since(seq).to_vec();
            (!rows.is_empty()).then_some(rows)
        })
        .await
        .unwrap_or_default()
    }

    /// A copy of the world as it is now.
    pub fn world(&self) -> World {
        self.read(World::clone)
    }

    /// Looks at the world as it is now, without a copy.
    pub fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let mut state = self.state();
        self.advance(&mut state);
        look(&state.world)
    }

    /// World time now.
    pub fn now(&self) -> Timestamp {
        self.read(|world| world.now)
    }

    /// Puts the world's clock forward; everything due happens at its time.
    pub fn advance_clock(&self, by: SignedDuration) -> Timestamp {
        self.state().clock.advance(by);
        self.now()
    }

    /// Sets the world's clock; what has happened stays, the world never goes back.
    pub fn set_clock(&self, to: Timestamp) -> Timestamp {
        let wall = self.wall();
        self.state().clock.set(wall, to);
        self.now()
    }

    /// Changes how fast the world's clock runs; 0 stops it.
    pub fn set_time_scale(&self, scale: f64) {
        let wall = self.wall();
        self.state().clock.set_scale(wall, scale);
    }

    /// From now on lists lag like this.
    pub fn set_visibility(&self, visibility: Visibility) {
        self.state().world.settings.visibility = visibility;
    }

    /// Plans a fault; answers its number.
    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.state().faults.add(fault)
    }

    /// The planned faults and what they did.
    pub fn faults(&self) -> Vec<Planned> {
        self.state().faults.planned().to_vec()
    }

    /// Drops one fault or all. Held calls stay held.
    pub fn clear_faults(&self, id: Option<u64>) {
        self.state().faults.clear(id);
    }

    /// The calls that are held.
    pub fn held(&self) -> Vec<Held> {
        self.state().faults.held()
    }

    /// The same; waits up to `wait` (real time) until there is one.
    pub async fn wait_held(&self, wait: Duration) -> Vec<Held> {
        self.wait_for(wait, |sim| {
            let held = sim.held();
            (!held.is_empty()).then_some(held)
        })
        .await
        .unwrap_or_default()
    }

    /// Releases one held call or all; tells how many.
    pub fn release(&self, id: Option<u64>, how: Release) -> usize {
        self.state().faults.release(id, how)
    }

    /// Does something to the world that no AWS call does.
    pub fn action(&self, action: &Action) -> Result<(), String> {
        let mut state = self.state();
        let times = self.advance(&mut state);
        actions::act(&mut state.world, times.world, action)?;
        state.world.settle(times.world);
        Ok(())
    }

    async fn wait_for<R>(&self, wait: Duration, look: impl Fn(&Self) -> Option<R>) -> Option<R> {
        let watch = async {
            loop {
                let changed = self.changed().notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look(self) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(wait, watch).await.ok()
    }
}
