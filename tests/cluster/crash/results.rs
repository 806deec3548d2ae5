//! Results of many rounds: one line of JSON for each write that was struck, appended when its round has ended, so that one that was ended
//! goes on after the last round that ended by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{File, create_dir_all, read_to_string};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::Blow;
use super::round::Report;
use super::writes::{Fate, Strike, Write};

/// What became of a round.
const PASSED: &str = "passed";

/// One write that was struck.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Also the seed.
    round: u64,
    blow: Blow,
    #[serde(flatten)]
    strike: Strike,
    /// Whether the fault-free life of the example has this write too.
    plain: bool,
    /// [`PASSED`], or why the round failed.
    verdict: String,
}

/// The file, and what is in it.
pub struct Results {
    path: PathBuf,
    lines: Vec<Line>,
}

impl Results {
    /// Reads what is there.
    pub fn open(path: &Path) -> Self {
        create_dir_all(path.parent().unwrap()).unwrap();
        let text = read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(serde_json::from_str);
        Self {
            path: path.to_owned(),
            lines: lines.collect::<Result<_, _>>().unwrap(),
        }
    }

    /// The round that comes next.
    pub fn next(&self) -> u64 {
        self.lines
            .iter()
            .map(|line| line.round + 1)
            .max()
            .unwrap_or(1)
    }

    /// Appends a round's lines, in one write. The round's number is its seed.
    pub fn append(&mut self, round: u64, report: Report) {
        let unstruck = report.unstruck();
        let trouble = report.trouble.or(unstruck);
        let verdict = trouble.unwrap_or_else(|| PASSED.to_owned());
        let mut text = String::new();
        for (blow, strike) in report.strikes {
            let line = Line {
                round,
                blow,
                plain: report.plain.contains(&strike.write),
                strike,
                verdict: verdict.clone(),
            };
            writeln!(text, "{}", serde_json::to_string(&line).unwrap()).unwrap();
            self.lines.push(line);
        }
        let file = File::options().create(true).append(true).open(&self.path);
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn of(&self, blow: Blow) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.blow == blow)
    }

    /// Processes struck so far.
    pub fn blows(&self, blow: Blow) -> usize {
        let all = self.of(blow);
        let distinct: BTreeSet<_> = all
            .map(|line| (line.round, &line.strike.cell, line.strike.number))
            .collect();
        distinct.len()
    }

    /// How much there is so far.
    pub fn summary(&self) -> String {
        let of = |blow: Blow| {
            let (blows, strikes) = (self.blows(blow), self.of(blow).count());
            format!("{strikes} writes struck in {blows} x {blow:?}")
        };
        format!(
            "{} rounds, {} of them failed; {}; {}",
            self.next() - 1,
            self.troubles().len(),
            of(Blow::Kill),
            of(Blow::TakeOver)
        )
    }

    /// Rounds that failed, and why.
    pub fn troubles(&self) -> BTreeMap<u64, &str> {
        let failed = self.lines.iter().filter(|line| line.verdict != PASSED);
        failed
            .map(|line| (line.round, line.verdict.as_str()))
            .collect()
    }

    /// Writes of a fault-free life that were not struck with each fate.
    pub fn gaps(&self, blow: Blow) -> Vec<String> {
        let all = self.fates(blow).into_iter();
        all.filter(|(_, fates)| fates.len() < Fate::ALL.len())
            .map(|(write, fates)| format!("{write}: only {fates:?}"))
            .collect()
    }

    fn fates(&self, blow: Blow) -> BTreeMap<&Write, BTreeMap<Fate, usize>> {
        let mut fates: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.plain) {
            let of = fates.entry(&line.strike.write).or_default();
            if line.blow == blow {
                *of.entry(line.strike.fate).or_default() += 1;
            }
        }
        fates
    }

    /// How often each write of a fault-free life was struck.
    pub fn table(&self, blow: Blow) -> String {
        let mut text = String::new();
        for (write, fates) in self.fates(blow) {
            let counts = Fate::ALL.map(|fate| {
                let count = fates.get(&fate).copied().unwrap_or_default();
                format!("{fate:?} {count}")
            });
            writeln!(text, "{write:<70}  {}", counts.join("  ")).unwrap();
        }
        text
    }
}
