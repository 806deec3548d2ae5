//! Behaviour of the kind, by whole decisions against a small world.
