//! Explores configurations; one line for each.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use directconnect_exploration::clause::Clause;
use directconnect_exploration::config::{self, Config};
use directconnect_exploration::run::{Bounds, run};
use directconnect_exploration::{clauses, table};
use strum::IntoEnumIterator as _;

/// Visits every state of small worlds in which the operator's own decisions run.
#[derive(Parser)]
struct Arguments {
    /// All configurations, and all clauses.
    #[arg(long)]
    all: bool,
    /// The small configurations.
    #[arg(long)]
    small: bool,
    /// One configuration, by its name; may be repeated.
    #[arg(long = "config", value_name = "NAME")]
    configs: Vec<String>,
    /// Each clause is dropped in turn.
    #[arg(long)]
    clauses: bool,
    /// One clause is dropped, by its name.
    #[arg(long = "drop", value_name = "CLAUSE")]
    dropped: Option<Clause>,
    /// Stop after so many transitions.
    #[arg(long)]
    states: Option<usize>,
    /// Stop at paths of this length.
    #[arg(long)]
    depth: Option<usize>,
    /// Threads; one finds shortest paths.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where the results go, as JSON, one object for each line.
    #[arg(long)]
    results: Option<PathBuf>,
    /// Print the names of configurations and clauses.
    #[arg(long)]
    list: bool,
    /// Write the tables of `exploration.md` in this folder from its `exploration.jsonl`.
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        for config in config::all() {
            println!("{}: {}", config.name, config.about);
        }
        for clause in Clause::iter() {
            println!("{clause}: {}", clauses::says(clause));
        }
        return ExitCode::SUCCESS;
    }
    if let Some(folder) = &arguments.page {
        return match page(folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let mut file = match arguments.results.as_ref().map(File::create).transpose() {
        Ok(file) => file,
        Err(error) => {
            eprintln!("the results cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for config in chosen(&arguments) {
        let bounds = Bounds {
            states: arguments.states,
            depth: arguments.depth,
            threads: if config.dropped.is_some() {
                1
            } else {
                arguments.threads
            },
        };
        let outcome = run(&config, bounds);
        println!("{}", outcome.line());
        for (number, line) in outcome.path.iter().enumerate() {
            println!("  {:>2}. {line}", number + 1);
        }
        failed |= outcome.broken.is_some() && config.dropped.is_none();
        if let Some(file) = &mut file {
            use std::io::Write as _;
            let line = serde_json::to_string(&outcome).expect("plain data");
            if let Err(error) = writeln!(file, "{line}") {
                eprintln!("the results cannot be written: {error}");
                failed = true;
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Writes the generated part of the page.
fn page(folder: &Path) -> Result<(), String> {
    let (results, page) = (
        folder.join("exploration.jsonl"),
        folder.join("exploration.md"),
    );
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
    };
    let outcomes = table::read(&read(&results)?).map_err(|why| why.to_string())?;
    let text = table::page(&read(&page)?, &outcomes).ok_or("the page has no generated part")?;
    std::fs::write(&page, text).map_err(|why| why.to_string())
}

/// What is asked for.
fn chosen(arguments: &Arguments) -> Vec<Config> {
    let mut all = vec![];
    if arguments.all || arguments.small {
        all.extend(config::small());
    }
    if arguments.all {
        all.extend(config::full());
    }
    all.extend(
        config::all()
            .into_iter()
            .filter(|c| arguments.configs.iter().any(|name| name == c.name)),
    );
    if arguments.dropped.is_some() && !all.is_empty() {
        for config in &mut all {
            config.dropped = arguments.dropped;
        }
    } else if let Some(clause) = arguments.dropped {
        all.push(clauses::trial(clause));
    }
    if arguments.all || arguments.clauses {
        all.extend(Clause::iter().map(clauses::trial));
    }
    all
}
