//! The promises that are judged in every state; names as in the judges of virtual time (`tests/harness/src/promises`).

/// A promise.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::Display,
)]
pub enum Promise {
    /// At most one live AWS object for each identity.
    OneForEachIdentity,
    /// No create or delete is sent without an intent that was stored before, and that is stored still.
    IntentBeforeCreate,
    /// Nothing is deleted but the AWS object that its object records.
    OnlyOurs,
    /// What is to be kept is not deleted.
    Retained,
    /// A token is sent at most once.
    OnceForEachToken,
    /// A recorded id is never replaced by another, nor lost.
    IdsStay,
    /// The finalizer is there while an intent is open or an AWS object is owned.
    FinalizerWhileOwning,
    /// When faults end, an id that was ordered is known again, and nothing is left to do.
    Converges,
}
