//! The world's clock: real, scaled, or stepped by hand.
