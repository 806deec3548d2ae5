//! What a step of the demo is: what is done, what must be seen, what is shown.

use directconnect_local::{Error, Result, Stack};
use serde_json::Value;

use super::expectation::{Expectation, Target};
use super::objects::Objects;

/// A step.
pub struct Step {
    /// Its headline.
    pub title: &'static str,
    /// What a reader should know before.
    pub says: &'static str,
    /// Done one after the other.
    pub does: Vec<Action>,
    /// All must be seen, in any order, at some moment of the step.
    pub expects: Vec<Expectation>,
    /// Shown at the end.
    pub shows: Vec<Show>,
}

/// Something that is done.
pub enum Action {
    /// `kubectl` with these arguments, printed as typed.
    Kubectl(&'static str),
    /// `POST /_sim/actions` with what this makes of the objects seen so far.
    Simulator(&'static str, fn(&Objects) -> Result<Value>),
    /// Runs the command that the object's Guarded message names.
    Consent(Target),
}

/// Something that is shown.
pub enum Show {
    /// The output of `kubectl` with these arguments.
    Kubectl(&'static str),
    /// What this finds, which is an error if it is not as it should be.
    Check(fn(&Stack, &Objects) -> Result<String>),
}

/// The command in a message of the guard: from `kubectl annotate` to the end of the sentence.
pub fn consent_command(message: &str) -> Result<Vec<String>> {
    let start = message
        .find("kubectl annotate")
        .ok_or_else(|| Error::new(format!("the message names no command: {message}")))?;
    let command = message[start..]
        .split(['`', '\n', ';'])
        .next()
        .unwrap_or_default();
    let words = command.split_whitespace().skip(1).map(|word| {
        word.trim_matches(['"', '\''])
            .trim_end_matches('.')
            .to_owned()
    });
    Ok(words.collect())
}

#[cfg(test)]
mod tests {
    use super::consent_command;

    #[test]
    fn the_consent_command_is_read_from_the_message() {
        let message = "Deleting hq would cut the last path. To consent: kubectl annotate virtualinterface hq -n quickstart directconnect.dev/consent=7f3a9c.";
        let words = consent_command(message).unwrap();
        assert_eq!(
            words.join(" "),
            "annotate virtualinterface hq -n quickstart directconnect.dev/consent=7f3a9c"
        );
        assert!(consent_command("nothing to do").is_err());
    }
}
