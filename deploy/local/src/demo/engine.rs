//! Plays the steps: does what they say, prints what changes, waits for what they expect.

use std::time::{Duration, Instant};

use directconnect_local::{Error, Result, Stack, Watch, paths, process};
use serde_json::Value;

use super::expectation::Seen;
use super::objects::Objects;
use super::step::{Action, Show, Step, consent_command};

/// How long a step may take until everything that it expects was seen.
const PATIENCE: Duration = Duration::from_mins(3);
const EVERY: Duration = Duration::from_millis(500);

/// The kinds that the demo watches.
const RESOURCES: [&str; 6] = [
    "awsaccounts",
    "connections",
    "directconnectgateways",
    "directconnectgatewayassociations",
    "virtualprivategateways",
    "virtualinterfaces",
];

/// Plays all steps.
pub fn play(stack: &mut Stack, steps: &[Step]) -> Result<()> {
    let mut player = Player {
        watch: Watch::start(&stack.control_plane, &RESOURCES.map(str::to_owned))?,
        objects: Objects::default(),
        began: Instant::now(),
    };
    for (number, step) in steps.iter().enumerate() {
        println!("\n━━ {}. {}", number + 1, step.title);
        if !step.says.is_empty() {
            println!("{}", step.says);
        }
        player.step(stack, step).map_err(|error| {
            Error::new(format!("step {} ({}): {error}", number + 1, step.title))
        })?;
    }
    Ok(())
}

struct Player {
    watch: Watch,
    objects: Objects,
    began: Instant,
}

impl Player {
    fn step(&mut self, stack: &mut Stack, step: &Step) -> Result<()> {
        self.objects.expect(&step.expects);
        for action in &step.does {
            self.act(stack, action)?;
        }
        let deadline = Instant::now() + PATIENCE;
        while !self.objects.pending().is_empty() {
            self.follow(EVERY)?;
            stack.operator.process().expect_running()?;
            if Instant::now() >= deadline {
                return Err(Error::new(format!(
                    "not seen within {} s: {}\n{}",
                    PATIENCE.as_secs(),
                    self.missing(),
                    stack.operator.process().log_tail(30)
                )));
            }
        }
        for show in &step.shows {
            match show {
                Show::Kubectl(args) => kubectl(stack, args)?,
                Show::Check(check) => println!("✔ {}", check(stack, &self.objects)?),
            }
        }
        Ok(())
    }

    fn act(&mut self, stack: &Stack, action: &Action) -> Result<()> {
        match action {
            Action::Kubectl(args) => kubectl(stack, args),
            Action::Simulator(says, make) => {
                println!("· {says}");
                stack.dxsim.post("actions", &make(&self.objects)?).map(drop)
            }
            Action::Consent(target) => {
                let message = self.objects.message(*target, "Guarded")?;
                println!("  the guard says: {message}");
                kubectl(stack, &consent_command(&message)?.join(" "))
            }
        }
    }

    /// Prints what changes, until nothing has changed for a moment.
    fn follow(&mut self, patience: Duration) -> Result<()> {
        while let Some(change) = self.watch.next(patience)? {
            if let Some(line) = self.objects.take(change) {
                let seconds = self.began.elapsed().as_secs();
                println!("  {:02}:{:02}  {line}", seconds / 60, seconds % 60);
            }
            if self.objects.pending().is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn missing(&self) -> String {
        let describe = |expected: &super::expectation::Expectation| {
            let what = match expected.what {
                Seen::Gone => "gone".to_owned(),
                Seen::Condition {
                    kind,
                    status,
                    reason,
                } => format!("{kind}={status} {reason}"),
                Seen::Waiting { reason, actor } => format!("waiting for {actor}: {reason}"),
            };
            let now = self
                .objects
                .get(expected.of)
                .map_or("not there".to_owned(), |object| brief(&object["status"]));
            format!("\n  {} {what}; now: {now}", expected.of.name)
        };
        self.objects.pending().iter().map(describe).collect()
    }
}

fn brief(status: &Value) -> String {
    let conditions: Vec<String> = status["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|condition| {
            format!(
                "{}={} {}: {}",
                condition["type"], condition["status"], condition["reason"], condition["message"]
            )
        })
        .collect();
    conditions.join(", ")
}

/// Runs and prints a `kubectl` command as somebody in the checkout would type it.
fn kubectl(stack: &Stack, args: &str) -> Result<()> {
    println!("$ kubectl {args}");
    let words: Vec<&str> = args.split_whitespace().collect();
    let mut command = stack.control_plane.kubectl_command(&words);
    let output = process::run(command.current_dir(paths::checkout()), None)?;
    for line in output.lines() {
        println!("  {line}");
    }
    Ok(())
}
