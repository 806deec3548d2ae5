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

/// Used codes that are remembered, whatever the annotation holds.
const REMEMBERED: usize = 32;

/// The codes for an act, one for each time that it is done. They fit no other act, object, generation,
/// step or key.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a> {
    /// What is done.
    pub act: Act,
    /// uid of the object.
    pub uid: &'a str,
    /// Generation of the object.
    pub generation: i64,
    /// The step.
    pub details: &'a str,
}

impl Codes<'_> {
    fn nth(&self, time: usize) -> String {
        let act: &str = self.act.into();
        let Self {
            uid,
            generation,
            details,
            ..
        } = self;
        let text = format!("{act}\n{uid}\n{generation}\n{details}\n{time}");
        hex(&Sha256::digest(text), 8)
    }

    /// The code that is asked for: the first that was not used.
    pub fn asked(&self, used: &[String]) -> String {
        (0..used.len())
            .map(|time| self.nth(time))
            .find(|code| !used.contains(code))
            .unwrap_or_else(|| self.nth(used.len()))
    }

    /// True if the code was given to this act, now or before.
    pub fn hold(&self, used: &[String], code: &str) -> bool {
        (0..=used.len()).any(|time| self.nth(time) == code)
    }
}

/// Remembers that a code was used. The oldest go once they are many, but none that the annotation holds:
/// a code is good for one act.
pub fn use_up(used: &mut Vec<String>, annotation: Option<&str>, code: &str) {
    if !used.iter().any(|c| c == code) {
        used.push(code.to_owned());
    }
    while used.len() > REMEMBERED {
        let Some(oldest) = used.iter().position(|c| !given(annotation, c)) else {
            return;
        };
        used.remove(oldest);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: Codes<'static> = Codes {
        act: Act::Disrupt,
        uid: "u",
        generation: 1,
        details: "delete",
    };

    #[test]
    fn each_time_asks_for_another_code() {
        let mut used = vec![];
        let first = CODES.asked(&used);
        use_up(&mut used, Some(&first), &first);
        let second = CODES.asked(&used);
        assert_ne!(first, second);
        assert!(CODES.hold(&used, &first) && CODES.hold(&used, &second));
        // Another act's code changes nothing.
        let other = Codes {
            details: "move",
            ..CODES
        };
        let another = other.asked(&used);
        use_up(&mut used, None, &another);
        assert_eq!(CODES.asked(&used), second);
        // What bought nothing is asked for again.
        used.retain(|c| *c != first);
        assert_eq!(CODES.asked(&used), first);
    }

    #[test]
    fn no_code_that_the_annotation_holds_is_forgotten() {
        let mut used = vec![];
        let codes: Vec<String> = (0..50).map(|n| format!("{n:08x}")).collect();
        let annotation = codes[..40].join(",");
        for code in &codes {
            use_up(&mut used, Some(&annotation), code);
        }
        assert!(codes[..40].iter().all(|c| used.contains(c)));
        assert!(used.len() <= 41, "{}", used.len());
    }
}
