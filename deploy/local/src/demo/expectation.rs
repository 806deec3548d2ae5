//! What must be seen of an object.

/// An object of one of our kinds: `kind/name`, and its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The namespace; empty for kinds that have none.
    pub namespace: &'static str,
    /// `kind/name`, the kind in lower case.
    pub name: &'static str,
}

/// An object of the quickstart.
pub const fn quickstart(name: &'static str) -> Target {
    Target {
        namespace: "quickstart",
        name,
    }
}

/// An object of SecureCart.
pub const fn network(name: &'static str) -> Target {
    Target {
        namespace: "network",
        name,
    }
}

/// Something that must be seen.
#[derive(Debug, Clone, Copy)]
pub struct Expectation {
    /// Of which object.
    pub of: Target,
    /// What of it.
    pub what: Seen,
}

/// What can be seen of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A condition with this status, and this reason unless it is empty.
    Condition {
        /// Its type.
        kind: &'static str,
        /// `True`, `False`, `Unknown`.
        status: &'static str,
        /// Its reason; empty: any.
        reason: &'static str,
    },
    /// An entry of `status.waitingFor`.
    Waiting {
        /// Its reason.
        reason: &'static str,
        /// Who must act.
        actor: &'static str,
    },
    /// The object is no more.
    Gone,
}

/// It does its job.
pub const fn ready(of: Target) -> Expectation {
    Expectation {
        of,
        what: Seen::Condition {
            kind: "Ready",
            status: "True",
            reason: "",
        },
    }
}

/// It is not ready, and this actor must act.
pub const fn waits(of: Target, reason: &'static str, actor: &'static str) -> Expectation {
    Expectation {
        of,
        what: Seen::Waiting { reason, actor },
    }
}

/// A step is held by the guard.
pub const fn guarded(of: Target, reason: &'static str) -> Expectation {
    Expectation {
        of,
        what: Seen::Condition {
            kind: "Guarded",
            status: "True",
            reason,
        },
    }
}

/// It is no more.
pub const fn gone(of: Target) -> Expectation {
    Expectation {
        of,
        what: Seen::Gone,
    }
}
