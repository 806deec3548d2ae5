//! Faults: what shall go wrong, with which calls, how often.
