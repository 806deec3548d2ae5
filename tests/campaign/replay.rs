//! One run by its name, in this process.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use directconnect_operator::planted::Planted;
use tracing::level_filters::LevelFilter;

use crate::courses::{self, Course};
use crate::drive::{self, Reference};
use crate::faults::{Blow, at_each_request};
use crate::forks::{Places, Run};
use crate::results::Line;

/// Drives a run and judges it; an error says why it could not be.
pub fn run(run: &Run, planted: Planted, reference: &Reference) -> Result<Line, String> {
    let course = course(run)?;
    let left: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(run.strikes.clone().into()));
    let strikes = Arc::clone(&left);
    let outcome = drive::run(&course, planted, LevelFilter::INFO, |world, wishes| {
        let places: Mutex<Places> = Mutex::default();
        at_each_request(world, wishes, move |boundary| {
            let (place, _) = places.lock().unwrap().next(boundary);
            let mut left = strikes.lock().unwrap();
            let strike = left.pop_front_if(|s| s.place == place && s.fault.applies(boundary))?;
            places.lock().unwrap().begin();
            Some(Blow::Fault(strike.fault))
        });
    });
    let left = left.lock().unwrap();
    if let Some(strike) = left.front().filter(|_| outcome.is_ok()) {
        return Err(format!("{strike} is not reached"));
    }
    Ok(drive::judge(
        &run.to_string(),
        &run.faults(),
        reference,
        outcome,
    ))
}

fn course(run: &Run) -> Result<Course, String> {
    courses::named(&run.course).ok_or_else(|| format!("no course is called {}", run.course))
}

/// Drives a run and shows what happened.
pub fn show(name: &str) -> ExitCode {
    let replayed = name.parse().and_then(|named: Run| {
        let reference = drive::reference(&course(&named)?);
        run(&named, Planted::default(), &reference)
    });
    match replayed {
        Ok(line) if line.trouble.is_empty() => {
            println!("{} ok", line.name);
            ExitCode::SUCCESS
        }
        Ok(line) => {
            println!("{} {}", line.name, line.trouble);
            ExitCode::FAILURE
        }
        Err(why) => {
            println!("{name}: {why}");
            ExitCode::FAILURE
        }
    }
}
