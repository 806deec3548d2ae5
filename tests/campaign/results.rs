//! Results: one line for each run, appended as runs end, so that a campaign can be resumed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What became of one run.
#[derive(Debug)]
pub struct Line {
    /// `course/boundary#occurrence/fault`.
    pub name: String,
    /// Hash of what happened after the fault, ids and times aside.
    pub trace: u64,
    /// Calls to AWS and to Kubernetes after the fault.
    pub calls: (usize, usize),
    /// Seconds of processor time since the fault.
    pub seconds: f64,
    /// What went wrong; empty if nothing did.
    pub trouble: String,
}

impl Line {
    /// A run of which nothing is known but what went wrong.
    pub fn failed(name: &str, trouble: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            trace: 0,
            calls: (0, 0),
            seconds: 0.0,
            trouble: trouble.into(),
        }
    }

    /// Appends itself, in one write.
    pub fn append(&self, folder: &Path) {
        let trouble = self.trouble.replace(['\n', '\t'], " ");
        let verdict = if trouble.is_empty() { "ok" } else { "FAILED" };
        let (aws, kubernetes) = self.calls;
        let line = format!(
            "{}\t{verdict}\t{:016x}\t{aws}\t{kubernetes}\t{:.3}\t{trouble}\n",
            self.name, self.trace, self.seconds
        );
        append(&path(folder), &line);
    }

    fn read(line: &str) -> Option<Self> {
        let mut parts = line.split('\t');
        let name = parts.next()?.to_owned();
        let failed = parts.next()? == "FAILED";
        let trace = u64::from_str_radix(parts.next()?, 16).ok()?;
        let calls = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let seconds = parts.next()?.parse().ok()?;
        let trouble = parts.next()?.to_owned();
        Some(Self {
            name,
            trace,
            calls,
            seconds,
            trouble: if failed { trouble } else { String::new() },
        })
    }
}

impl Line {
    /// The course that it drove; `schedule` and `walk` count as one each.
    pub fn course(&self) -> &str {
        self.name.split(['/', ' ']).next().unwrap_or_default()
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("campaign.tsv")
}

/// Seconds that this process, which has one thread, was on a processor.
pub fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e9
}

fn append(path: &Path, text: &str) {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

fn lines(folder: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path(folder)).unwrap_or_default();
    text.lines().filter_map(Line::read).collect()
}

/// All results so far.
pub struct Results {
    folder: PathBuf,
    /// Runs that passed before.
    pub passed: BTreeSet<String>,
    before: usize,
    started: Instant,
}

impl Results {
    /// Reads what is there.
    pub fn open(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let all = lines(folder);
        Self {
            folder: folder.to_owned(),
            before: all.len(),
            passed: all
                .into_iter()
                .filter(|l| l.trouble.is_empty())
                .map(|l| l.name)
                .collect(),
            started: Instant::now(),
        }
    }

    /// All of them: of a run that was driven again, the last.
    pub fn lines(&self) -> Vec<Line> {
        let last: BTreeMap<String, Line> = lines(&self.folder)
            .into_iter()
            .map(|l| (l.name.clone(), l))
            .collect();
        last.into_values().collect()
    }

    /// Runs that failed, and why.
    pub fn troubles(&self) -> Vec<(String, String)> {
        let all = lines(&self.folder).into_iter();
        let failed = all.filter(|l| !l.trouble.is_empty());
        failed.map(|l| (l.name, l.trouble)).collect()
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// These were begun, and must have written their lines: one that has not failed.
    pub fn expect(&self, names: &[String]) {
        let written: BTreeSet<String> = lines(&self.folder).into_iter().map(|l| l.name).collect();
        for name in names.iter().filter(|name| !written.contains(*name)) {
            Line::failed(name, "it ended without a word").append(&self.folder);
        }
    }

    /// Runs of this time that failed.
    pub fn failed(&self) -> usize {
        let all = lines(&self.folder);
        let new = all.iter().skip(self.before);
        new.filter(|l| !l.trouble.is_empty()).count()
    }

    /// One line on a course that ended.
    pub fn line(&self, course: &str) {
        let all = lines(&self.folder);
        let of: Vec<&Line> = all.iter().filter(|l| l.course() == course).collect();
        let distinct: BTreeSet<u64> = of.iter().map(|l| l.trace).collect();
        println!(
            "CAMPAIGN {course}: {} runs, {} distinct, {} failed; {} s so far",
            of.len(),
            distinct.len(),
            of.iter().filter(|l| !l.trouble.is_empty()).count(),
            self.started.elapsed().as_secs()
        );
    }

    /// The last word.
    pub fn end(&self) -> ExitCode {
        let all = lines(&self.folder);
        let new = &all[self.before..];
        let distinct: BTreeSet<u64> = all.iter().map(|l| l.trace).collect();
        let failed: Vec<&Line> = new.iter().filter(|l| !l.trouble.is_empty()).collect();
        let median = |mut counts: Vec<usize>| {
            counts.sort_unstable();
            counts.get(counts.len() / 2).copied().unwrap_or_default()
        };
        let seconds = self.started.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let rate = new.len() as f64 / seconds.max(0.001);
        println!(
            "CAMPAIGN {} runs, {} of them before; {} distinct courses of events; {} failed; {seconds:.0} s, {rate:.1} runs/s; median {} calls to AWS, {} to Kubernetes",
            all.len(),
            self.before,
            distinct.len(),
            failed.len(),
            median(new.iter().map(|l| l.calls.0).collect()),
            median(new.iter().map(|l| l.calls.1).collect()),
        );
        for line in &failed {
            println!("FAILED {}: {}", line.name, line.trouble);
        }
        if failed.is_empty() && !all.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
