//! The demo: the quickstart and SecureCart come up, the quickstart is deleted and applied again. A list of steps, each with what must be seen.

mod engine;
mod expectation;
mod objects;
mod script;
mod step;

use directconnect_local::{Result, Scratch, Stack};

use crate::{progress, setting};

/// Runs all steps in a world of their own. An error means that something expected was not seen; either way nothing is left running.
pub fn run() -> Result<()> {
    let scratch = Scratch::new()?;
    let mut stack = Stack::start(scratch.path(), &setting::options(), &mut progress)?;
    let outcome = engine::play(&mut stack, &script::steps());
    let ended = if outcome.is_ok() {
        stack.stop()
    } else {
        Ok(())
    };
    drop(stack);
    outcome.and(ended)?;
    println!("\nEvery expected state was seen. Nothing is left running.");
    Ok(())
}
