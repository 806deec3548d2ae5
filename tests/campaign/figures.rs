//! Figures of a campaign, taken from its results, and the page that shows them: no figure is written by hand.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::results::{Line, Results};

/// What the page is made from, beside it.
const FIGURES: &str = "campaign.jsonl";
const PAGE: &str = "campaign.md";

/// What became of the runs of one course, or of all.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    course: String,
    runs: usize,
    /// Courses of events that differ, ids and times aside.
    distinct: usize,
    failed: usize,
    /// Median of the calls of a run to AWS…
    aws: usize,
    /// …and of its requests to Kubernetes.
    kubernetes: usize,
    /// Seconds of processor time, all in all.
    seconds: f64,
}

impl Figures {
    fn of(course: &str, lines: &[&Line]) -> Self {
        let distinct: BTreeSet<u64> = lines.iter().map(|l| l.trace).collect();
        let median = |count: fn(&Line) -> usize| {
            let mut counts: Vec<usize> = lines.iter().map(|l| count(l)).collect();
            counts.sort_unstable();
            counts.get(counts.len() / 2).copied().unwrap_or_default()
        };
        Self {
            course: course.to_owned(),
            runs: lines.len(),
            distinct: distinct.len(),
            failed: lines.iter().filter(|l| !l.trouble.is_empty()).count(),
            aws: median(|l| l.calls.0),
            kubernetes: median(|l| l.calls.1),
            seconds: lines.iter().map(|l| l.seconds).sum::<f64>().round(),
        }
    }
}

/// What all results have in common.
#[derive(Debug, Serialize, Deserialize)]
struct Whole {
    revision: String,
}

/// Writes the figures of these results into a folder, and the page of them.
pub fn write(results: &Results, revision: &str, folder: &Path) {
    let lines = results.lines();
    let courses: BTreeSet<&str> = lines.iter().map(Line::course).collect();
    let each = courses.into_iter().map(|course| {
        let of: Vec<&Line> = lines.iter().filter(|l| l.course() == course).collect();
        Figures::of(course, &of)
    });
    let all: Vec<&Line> = lines.iter().collect();
    let whole = Whole {
        revision: revision.to_owned(),
    };
    let mut text = serde_json::to_string(&whole).unwrap();
    for figures in each.chain([Figures::of("all", &all)]) {
        let _ = write!(text, "\n{}", serde_json::to_string(&figures).unwrap());
    }
    text.push('\n');
    std::fs::write(folder.join(FIGURES), &text).unwrap();
    std::fs::write(folder.join(PAGE), page(&text)).unwrap();
}

/// True if the page in this folder is made from the figures beside it.
pub fn is_in_step(folder: &Path) -> bool {
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    read(PAGE) == page(&read(FIGURES))
}

fn page(figures: &str) -> String {
    let mut lines = figures.lines();
    let whole: Whole = serde_json::from_str(lines.next().unwrap_or_default()).unwrap();
    let all: Vec<Figures> = lines.map(|l| serde_json::from_str(l).unwrap()).collect();
    let mut out = format!(
        "# The campaign's last results\n\n\
         Written by `campaign --figures`, from the result files of `make campaign`. What is run, and how: [reliability](reliability.md).\n\n\
         Revision {}. Runs are distinct if what was called and answered differs, ids and times aside. A run costs what follows its fault.\n\n\
         | course | runs | distinct | failed | calls to AWS, median | requests to Kubernetes, median | runs in a second of one processor |\n\
         |---|---|---|---|---|---|---|\n",
        whole.revision,
    );
    for f in all {
        #[allow(clippy::cast_precision_loss)]
        let rate = f.runs as f64 / f.seconds.max(1.0);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {rate:.1} |",
            f.course, f.runs, f.distinct, f.failed, f.aws, f.kubernetes
        );
    }
    out
}
