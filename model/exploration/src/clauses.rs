//! Each clause in words, where it is dropped, and why it stays although nothing broke.

use crate::clause::Clause;
use crate::config::{self, Budget, Config, Subject};

/// Clauses whose counterexample is found in seconds: they are dropped with every test run.
pub const QUICK: &[Clause] = &[
    Clause::FoundIsSettled,
    Clause::SendOnce,
    Clause::AmbiguousStays,
];

/// What a clause says, with its section of the create protocol.
pub fn says(clause: Clause) -> &'static str {
    match clause {
        Clause::FreshObject => {
            "§3.1: before a call the object is read anew, uncached, and it is decided again"
        }
        Clause::FreshLists => "§3.2: an order rests on a list that was begun after it was decided",
        Clause::CompleteLists => "§3.2: a list that broke off is no list",
        Clause::DeletedIsNotFound => "§3.2: what is deleting or deleted is not found",
        Clause::FirstSeenFirst => "§3.2: `firstSeen` is written before the finalizer",
        Clause::UnrecordedSince => {
            "§3.2: a finalizer without `firstSeen` means that status was lost: an order waits one window"
        }
        Clause::LastOrder => {
            "§3.2: a process that sent an order for this identity waits one window before another"
        }
        Clause::Margin => "§3.2: the window is a minute longer than validity and visibility",
        Clause::IntentFirst => "§3.3: the intent is stored before the request is sent",
        Clause::Preconditions => "§3.3: every write carries uid and resourceVersion",
        Clause::SendByFromLookUp => {
            "§3.3: `sendBy` counts from the first page of the look-up, not from the intent"
        }
        Clause::CountAfterIntent => "§3.3: what is counted is counted after the intent is stored",
        Clause::SendOnce => "§3.4: a request is sent once; nothing retries it",
        Clause::Fence => "§3.4: nothing is signed after `sendBy`",
        Clause::FoundIsSettled => {
            "§3.4: only the pass that wrote an intent sends it; one found open is settled"
        }
        Clause::AmbiguousStays => {
            "§3.5: whatever is not a definite rejection is ambiguous: the intent stays"
        }
        Clause::EarlierTokens => {
            "§3.6: before it is sent again, an earlier token is kept until its signature has expired"
        }
        Clause::TwoLookUps => "§3.6: two complete empty look-ups, not one",
        Clause::FirstPageDate => "§3.6: look-ups count from the `Date` of their first page",
        Clause::Validity => "§3.6: look-ups count only after the signature's validity",
        Clause::Visibility => "§3.6: look-ups count only after the visibility delay",
        Clause::TokenCompletes => "§3.6: only what carries the token completes an intent",
        Clause::StaleIntent => "§3.6: an intent an hour old with nothing found waits for consent",
        Clause::IdAtOnce => "§3.7: the id is stored at once",
        Clause::CompletionTestsToken => "§2: completing an intent tests the token",
        Clause::IdStays => "§2: a recorded id is never replaced by another",
        Clause::DeleteIntent => {
            "§4, §6: a delete has an intent; while it is open the finalizer stays"
        }
        Clause::SettleFirst => "§6: no deletion while a create's intent is open",
        Clause::MissingNeedsVisibility => {
            "§6: that an id is missing ends a delete only once every list would show it"
        }
        Clause::FinalizerAfterDelete => "§6: the finalizer goes one visibility time after a delete",
        Clause::FinalizerAfterRetain => {
            "§6: what is retained lets the finalizer go one visibility time after the id was recorded"
        }
        Clause::FinalizerTests => {
            "§6: the finalizer goes by a patch that tests uid and resourceVersion"
        }
        Clause::RestoreStopped => {
            "§6: etcd is restored only while the operator was stopped for a window"
        }
        Clause::ForceAndRestart => {
            "§3.2, given up: a finalizer forced off within a window of a send while the operator restarts"
        }
    }
}

/// Why a clause stays although nothing breaks without it in the model.
pub fn stays(clause: Clause) -> Option<&'static str> {
    match clause {
        Clause::FreshLists => Some(
            "the list that is read after the intent was stored shows what the stale one hid; for kinds that are not paid there is no such list",
        ),
        Clause::DeletedIsNotFound => Some(
            "lists of the model forget what is deleted after the visibility delay, before the finalizer goes; AWS's show it for longer",
        ),
        Clause::FirstSeenFirst => Some(
            "the other order costs a wait for nothing, and no more; it is what makes a lost status known at all",
        ),
        Clause::CountAfterIntent => {
            Some("it is for limits over several objects, which the model does not have")
        }
        Clause::TwoLookUps => Some(
            "one look-up is enough where lists keep to the visibility delay, which is an assumption about AWS and no promise of AWS's",
        ),
        Clause::FirstPageDate => Some(
            "an intent that is closed too early is followed by an order's own fresh list, which shows the port",
        ),
        Clause::StaleIntent => Some(
            "the settle window is over long before; it is for who restores without having stopped the operator",
        ),
        Clause::IdAtOnce => {
            Some("look-ups by token find it again; it is stored so that a lost tag loses nothing")
        }
        Clause::MissingNeedsVisibility => Some(
            "the wait after deletedAt and the fresh list before the finalizer goes find the port in time",
        ),
        Clause::TokenCompletes => Some(
            "one object has one identity here, and another one's create cannot be under way; an adoption by hand can",
        ),
        Clause::CompletionTestsToken | Clause::IdStays => {
            Some("resourceVersion keeps the late outcome out: this is the second line behind it")
        }
        Clause::SendByFromLookUp => Some(
            "an object that did not change has no port that a younger look-up would show; other objects may",
        ),
        Clause::Margin => {
            Some("not found as far as it was tried; sendBy and the second of rounding live in it")
        }
        _ => None,
    }
}

/// The configuration in which a clause is dropped: as little room as its counterexample needs, or as much as was tried.
pub fn trial(clause: Clause) -> Config {
    let one = Budget {
        births: 1,
        ..Budget::default()
    };
    let deleted = Budget { deletes: 1, ..one };
    let twice = Budget {
        births: 2,
        ..deleted
    };
    let mut config = config::bare("clause");
    config.dropped = Some(clause);
    config.budget = match clause {
        Clause::SendOnce | Clause::Fence | Clause::SendByFromLookUp | Clause::IdStays => one,
        // A process that lives remembers its order: what is stored shows only in another one.
        Clause::FirstSeenFirst
        | Clause::IntentFirst
        | Clause::TwoLookUps
        | Clause::FirstPageDate
        | Clause::Validity
        | Clause::Visibility => Budget { crashes: 1, ..one },
        Clause::FoundIsSettled | Clause::AmbiguousStays | Clause::CompletionTestsToken => {
            Budget { losses: 1, ..one }
        }
        Clause::CountAfterIntent => Budget {
            crashes: 1,
            losses: 1,
            ..one
        },
        Clause::Preconditions => Budget { late: 1, ..one },
        Clause::UnrecordedSince => Budget {
            wipes: 1,
            crashes: 1,
            ..one
        },
        Clause::Margin => Budget { wipes: 1, ..one },
        Clause::StaleIntent => Budget {
            restores: 1,
            losses: 1,
            ..one
        },
        Clause::RestoreStopped => Budget { restores: 1, ..one },
        Clause::IdAtOnce | Clause::MissingNeedsVisibility => deleted,
        Clause::SettleFirst => Budget {
            losses: 1,
            ..deleted
        },
        Clause::EarlierTokens => Budget {
            losses: 2,
            ..deleted
        },
        Clause::FreshObject => Budget {
            edits: 1,
            ..deleted
        },
        Clause::FreshLists
        | Clause::CompleteLists
        | Clause::DeletedIsNotFound
        | Clause::FinalizerAfterDelete => twice,
        Clause::TokenCompletes => Budget { losses: 1, ..twice },
        Clause::FinalizerAfterRetain => Budget {
            crashes: 1,
            ..twice
        },
        Clause::FinalizerTests => Budget { late: 1, ..twice },
        Clause::DeleteIntent => Budget {
            losses: 1,
            edits: 1,
            ..twice
        },
        Clause::LastOrder => Budget { forces: 1, ..twice },
        Clause::ForceAndRestart => Budget {
            forces: 1,
            crashes: 1,
            ..twice
        },
    };
    config.retain = matches!(
        clause,
        Clause::FreshLists
            | Clause::CompleteLists
            | Clause::TokenCompletes
            | Clause::FinalizerAfterRetain
    );
    config.long_lists = clause == Clause::FirstPageDate;
    if matches!(
        clause,
        Clause::FreshLists
            | Clause::Margin
            | Clause::Fence
            | Clause::SendByFromLookUp
            | Clause::IdStays
            | Clause::CompletionTestsToken
    ) {
        config.operators = 2;
    }
    if matches!(clause, Clause::EarlierTokens | Clause::CompletionTestsToken) {
        config.subject = Subject::VirtualInterface;
    }
    config
}
