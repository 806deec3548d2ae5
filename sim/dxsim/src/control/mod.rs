//! Everything under `/_sim`.
