//! The ledger: every call that reached the simulator, in order.
