//! Consent: one short code that fits one risky act of one object.

use sha2::{Digest, Sha256};

use crate::call::hex;
use crate::kind::ObjectKey;

/// Annotation that carries consent: codes, separated by commas.
pub const ANNOTATION: &str = "directconnect.dev/consent";

/// A risky act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum Act {
    /// Order a port where the account asks for approval.
    Order,
    /// Order beside a port without owner, or one that looks alike.
    OrderBeside,
    /// Order again what was lost at AWS.
    OrderAgain,
    /// A step that cuts a path.
    Disrupt,
    /// Forget an intent that is too old to be ours.
    DiscardIntent,
}

/// The code for an act. It fits no other act, object, generation, step or key.
pub fn code(act: Act, uid: &str, generation: i64, details: &str) -> String {
    let act: &str = act.into();
    hex(
        &Sha256::digest(format!("{act}\n{uid}\n{generation}\n{details}")),
        8,
    )
}

/// The line that gives consent, ready to run.
pub fn command(key: &ObjectKey, code: &str) -> String {
    let namespace = if key.namespace.is_empty() {
        String::new()
    } else {
        format!(" -n {}", key.namespace)
    };
    format!("kubectl annotate --overwrite{namespace} {key} {ANNOTATION}={code}")
}

/// True if the annotation's value holds the code.
pub fn given(annotation: Option<&str>, code: &str) -> bool {
    annotation.is_some_and(|a| a.split(',').any(|c| c.trim() == code))
}
