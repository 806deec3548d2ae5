//! Metrics: the docs list each with its labels, and the alerts name metrics, labels and values that there are.

use std::collections::{BTreeMap, BTreeSet};

use directconnect_model::reason::Reason;
use directconnect_operator::engine::tally::TELLING;
use serde_json::Value;

use crate::tree;

/// Label of what scrapes.
const JOB: &str = "job";

fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Labels of each metric, as the code declares them.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let code = tree::text("src/metrics.rs");
    let mut found = BTreeMap::new();
    for rest in code.split("\"directconnect_").skip(1) {
        let call = rest.split(')').next().unwrap_or_default();
        let labels = call.split_once("&[").map_or("", |(_, labels)| labels);
        let labels = labels.split('"').skip(1).step_by(2).map(str::to_owned);
        let metric = format!("directconnect_{}", name(rest));
        assert!(
            found.insert(metric.clone(), labels.collect()).is_none(),
            "{metric}"
        );
    }
    assert!(found.len() > 10);
    found
}

/// The row of each metric in the docs: labels, and what is said of it.
fn documented() -> BTreeMap<String, (BTreeSet<String>, String)> {
    let page = tree::text("docs/operations.md");
    page.lines()
        .filter(|line| line.starts_with("| `directconnect_"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let labels = cells[2].split(", ").filter(|label| !label.is_empty());
            let metric = cells[1].trim_matches('`').to_owned();
            let labels = labels.map(str::to_owned).collect();
            (metric, (labels, cells[3].to_owned()))
        })
        .collect()
}

#[test]
fn the_docs_list_every_metric_with_its_labels() {
    let rows: BTreeMap<_, _> = documented()
        .into_iter()
        .map(|(metric, (labels, _))| (metric, labels))
        .collect();
    assert_eq!(declared(), rows);
}

#[test]
fn the_docs_name_the_conditions_that_are_counted() {
    let (_, says) = &documented()["directconnect_conditions"];
    for (condition, _) in TELLING {
        assert!(says.contains(condition), "{condition}");
    }
}

/// `label = value` pairs of a selector.
fn matchers(selector: &str) -> Vec<(&str, &str)> {
    selector
        .split(',')
        .map(|pair| {
            let (label, value) = pair.split_once('=').expect("label=value");
            (label, value.trim_start_matches('~').trim_matches('"'))
        })
        .collect()
}

#[test]
fn alerts_name_what_there_is() {
    let (declared, documented) = (declared(), documented());
    let text = tree::text("charts/directconnect-operator/files/alerts.yaml");
    let groups: Vec<Value> = serde_saphyr::from_str(&text).expect("YAML");
    let mut names = BTreeSet::new();
    for rule in groups
        .iter()
        .flat_map(|g| g["rules"].as_array().expect("rules"))
    {
        let alert = rule["alert"].as_str().expect("a name");
        assert!(names.insert(alert), "{alert} twice");
        assert!(rule["annotations"]["summary"].is_string(), "{alert}");
        assert!(rule["labels"]["severity"].is_string(), "{alert}");
        let expr = rule["expr"].as_str().expect("an expression");
        let (_, rest) = expr.split_once("directconnect_").expect("a metric");
        assert!(!rest.contains("directconnect_"), "{alert}: two metrics");
        let metric = format!("directconnect_{}", name(rest));
        let labels = declared
            .get(&metric)
            .unwrap_or_else(|| panic!("{alert}: no metric {metric}"));
        let selector = rest
            .split_once('{')
            .and_then(|(_, selector)| selector.split_once('}'))
            .map_or_else(|| panic!("{alert}: a selector"), |(selector, _)| selector);
        let matchers = matchers(selector);
        assert!(matchers.contains(&(JOB, "JOB")), "{alert}: whose?");
        for (label, values) in matchers.into_iter().filter(|(label, _)| *label != JOB) {
            assert!(labels.contains(label), "{alert}: {metric} has no {label}");
            for value in values.split('|') {
                let known = match label {
                    "reason" | "ready_reason" => value.parse::<Reason>().is_ok(),
                    _ => documented[&metric].1.contains(value),
                };
                assert!(known, "{alert}: no {label} {value}");
            }
        }
        let grouped = expr
            .split_once(" by (")
            .and_then(|(_, by)| by.split_once(')'))
            .map_or("", |(by, _)| by);
        let summary = rule["annotations"]["summary"].to_string();
        let shown = summary
            .split("$labels.")
            .skip(1)
            .map(name)
            .collect::<Vec<_>>();
        for label in grouped.split(", ").filter(|label| !label.is_empty()) {
            assert!(labels.contains(label), "{alert}: {metric} has no {label}");
        }
        for label in shown {
            assert!(
                grouped.split(", ").any(|by| by == label),
                "{alert}: {label} is not there to be shown"
            );
        }
    }
    assert!(names.len() > 10);
}
