//! Behaviour of the kind, by whole decisions against a small world.

mod amazon;
mod changing;
mod importing;
mod ordering;
mod rotating;
mod saying;
mod world;
