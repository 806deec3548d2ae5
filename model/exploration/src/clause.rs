//! The clauses of the protocol that can be dropped, one at a time, to see what each is for.

/// A clause of the create protocol or of deletion. Dropped by altering what the product's decision sees, what comes of it,
/// or a step of the modelled engine; the product itself has no switches.
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
    strum::EnumString,
)]
pub enum Clause {
    /// §3.1: before a call the object is read anew, uncached, and it is decided again.
    FreshObject,
    /// §3.2: an order rests on a list that was begun after it was decided.
    FreshLists,
    /// §3.2: a list that broke off is no list.
    CompleteLists,
    /// §3.2: what is deleting or deleted is not found.
    DeletedIsNotFound,
    /// §3.2: `firstSeen` is written before the finalizer.
    FirstSeenFirst,
    /// §3.2: a finalizer without `firstSeen` means that status was lost: an order waits one window.
    UnrecordedSince,
    /// §3.2: a process that sent an order for this identity waits one window before another.
    LastOrder,
    /// §3.2: the window is a minute longer than validity and visibility.
    Margin,
    /// §3.3: the intent is stored before the request is sent.
    IntentFirst,
    /// §3.3: every write carries uid and resourceVersion.
    Preconditions,
    /// §3.3: `sendBy` counts from the first page of the look-up, not from the intent.
    SendByFromLookUp,
    /// §3.3: what is counted is counted after the intent is stored.
    CountAfterIntent,
    /// §3.4: a request is sent once; nothing retries it.
    SendOnce,
    /// §3.4: nothing is signed after `sendBy`.
    Fence,
    /// §3.4: only the pass that wrote an intent sends it; one found open is settled.
    FoundIsSettled,
    /// §3.5: whatever is not a definite rejection is ambiguous: the intent stays.
    AmbiguousStays,
    /// §3.6: before it is sent again, an earlier token is kept until its signature has expired.
    EarlierTokens,
    /// §3.6: two complete empty look-ups, not one.
    TwoLookUps,
    /// §3.6: look-ups count from the `Date` of their first page.
    FirstPageDate,
    /// §3.6: look-ups count only after the signature's validity.
    Validity,
    /// §3.6: look-ups count only after the visibility delay.
    Visibility,
    /// §3.6: only what carries the token completes an intent.
    TokenCompletes,
    /// §3.6: an intent an hour old with nothing found waits for consent.
    StaleIntent,
    /// §3.7: the id is stored at once.
    IdAtOnce,
    /// §2: completing an intent tests the token.
    CompletionTestsToken,
    /// §2: a recorded id is never replaced by another.
    IdStays,
    /// §4, §6: a delete has an intent; while it is open the finalizer stays.
    DeleteIntent,
    /// §6: no deletion while a create's intent is open.
    SettleFirst,
    /// §6: that an id is missing ends a delete only once every list would show it.
    MissingNeedsVisibility,
    /// §6: the finalizer goes one visibility time after a delete.
    FinalizerAfterDelete,
    /// §6: what is retained lets the finalizer go one visibility time after the id was recorded.
    FinalizerAfterRetain,
    /// §6: the finalizer goes by a patch that tests uid and resourceVersion.
    FinalizerTests,
    /// §6: etcd is restored only while the operator was stopped for a window.
    RestoreStopped,
    /// §3.2, given up: a finalizer forced off within a window of a send while the operator restarts.
    ForceAndRestart,
}
