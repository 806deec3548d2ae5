//! Making a simulator.

use super::{Inner, Sim, State};
use crate::clock::{Clock, WallClock, timestamp};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::visibility::Visibility;
use crate::worldfile::{self, WorldFile};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::Notify;

/// Settings of a simulator in the making; the command's options have the same names.
pub struct Builder {
    worlds: Vec<WorldFile>,
    texts: Vec<String>,
    seed: u64,
    time_scale: f64,
    visibility: Option<Visibility>,
    signature_validity: Option<SignedDuration>,
    cluster_id: Option<String>,
    start: Option<Timestamp>,
    wall: WallClock,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            worlds: Vec::new(),
            texts: Vec::new(),
            seed: 0,
            time_scale: 1.0,
            visibility: None,
            signature_validity: None,
            cluster_id: None,
            start: None,
            wall: Arc::new(SystemTime::now),
        }
    }
}

impl Builder {
    /// Adds a world.
    #[must_use]
    pub fn world(mut self, world: WorldFile) -> Self {
        self.worlds.push(world);
        self
    }

    /// Adds a world as YAML.
    #[must_use]
    pub fn world_yaml(mut self, text: &str) -> Self {
        self.texts.push(text.to_owned());
        self
    }

    /// Seed of ids and choices.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many times as fast as the wall the world's clock runs; 0: only by hand.
    #[must_use]
    pub fn time_scale(mut self, scale: f64) -> Self {
        self.time_scale = scale;
        self
    }

    /// The world's clock moves only by hand.
    #[must_use]
    pub fn stepped(self) -> Self {
        self.time_scale(0.0)
    }

    /// Lag of lists, instead of the worlds' own.
    #[must_use]
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// How long a signature is good, instead of the worlds' own.
    #[must_use]
    pub fn signature_validity(mut self, validity: SignedDuration) -> Self {
        self.signature_validity = Some(validity);
        self
    }

    /// Cluster that the operator's own policies are written for, instead of the worlds' own.
    #[must_use]
    pub fn cluster_id(mut self, id: &str) -> Self {
        self.cluster_id = Some(id.to_owned());
        self
    }

    /// World time at the start; default: wall time.
    #[must_use]
    pub fn start(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// Where wall time comes from; default: the system's clock.
    #[must_use]
    pub fn wall_clock(mut self, wall: WallClock) -> Self {
        self.wall = wall;
        self
    }

    /// Makes the simulator.
    pub fn build(self) -> Result<Sim, worldfile::Error> {
        let mut worlds = self.worlds;
        for text in &self.texts {
            worlds.push(worldfile::parse(text)?);
        }
        if let Some(id) = self.cluster_id {
            let settings = serde_json::json!({"clusterId": id});
            worlds.push(WorldFile {
                settings: Some(settings),
                ..WorldFile::default()
            });
        }
        let wall = timestamp((self.wall)());
        let start = self.start.unwrap_or(wall);
        let mut world = worldfile::load(&worlds, self.seed, start)?;
        if let Some(visibility) = self.visibility {
            world.settings.visibility = visibility;
        }
        if let Some(validity) = self.signature_validity {
            world.settings.signature_validity = validity;
        }
        Ok(Sim {
            inner: Arc::new(Inner {
                state: Mutex::new(State {
                    world,
                    clock: Clock::new(wall, start, self.time_scale),
                    ledger: Ledger::default(),
                    faults: Faults::default(),
                    draws: Ids::new(self.seed),
                }),
                changed: Notify::new(),
                wall: self.wall,
            }),
        })
    }
}
