//! EC2's `Filter.n`: names with lists of values, wildcards, and the tag filters every resource has.

use std::collections::BTreeMap;

use crate::error::AwsError;
use crate::wire::query::{Params, error::invalid};

/// The filters of one request; all must match, each by any of its values.
#[derive(Debug)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads `Filter.n.Name` and `Filter.n.Value.m`; a name outside `known` is refused.
    pub fn parse(params: &Params, known: &[&str]) -> Result<Self, AwsError> {
        let mut filters = Vec::new();
        for filter in params.items("Filter") {
            let name = filter.required("Name")?;
            if !known.contains(&name) && name != "tag-key" && !name.starts_with("tag:") {
                return Err(invalid(format!("The filter '{name}' is invalid")));
            }
            let values: Vec<String> = filter.texts("Value").into_iter().map(Into::into).collect();
            if values.is_empty() {
                return Err(invalid(format!("The filter '{name}' has no values")));
            }
            filters.push((name.to_owned(), values));
        }
        Ok(Self(filters))
    }

    /// Whether a resource with these tags, and `attribute` for every other filter, is wanted.
    pub fn match_all(
        &self,
        tags: &BTreeMap<String, String>,
        attribute: impl Fn(&str) -> Vec<String>,
    ) -> bool {
        self.0.iter().all(|(name, patterns)| {
            let found = if name == "tag-key" {
                tags.keys().cloned().collect()
            } else if let Some(key) = name.strip_prefix("tag:") {
                tags.get(key).cloned().into_iter().collect()
            } else {
                attribute(name)
            };
            found
                .iter()
                .any(|text| patterns.iter().any(|pattern| wildcard(pattern, text)))
        })
    }
}

/// Matches with `*` (any text) and `?` (one character); a backslash takes the next one literally.
fn wildcard(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('*'), _) => {
                matches(&pattern[1..], text) || (!text.is_empty() && matches(pattern, &text[1..]))
            }
            (Some('?'), Some(_)) => matches(&pattern[1..], &text[1..]),
            (Some('\\'), Some(found)) if pattern.get(1) == Some(found) => {
                matches(&pattern[2..], &text[1..])
            }
            (Some(wanted), Some(found)) if wanted == found => matches(&pattern[1..], &text[1..]),
            _ => false,
        }
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches(&pattern, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        assert!(wildcard("vgw-*", "vgw-1"));
        assert!(wildcard("a?c", "abc"));
        assert!(!wildcard("a?c", "ac"));
        assert!(wildcard("a\\*", "a*"));
        assert!(!wildcard("a\\*", "ab"));
        assert!(!wildcard("", "a"));
    }

    #[test]
    fn all_filters_any_value() {
        let params = Params::parse(
            b"Filter.1.Name=state&Filter.1.Value.1=available&Filter.1.Value.2=pending&Filter.2.Name=tag:a&Filter.2.Value.1=1",
        );
        let filters = Filters::parse(&params, &["state"]).expect("known");
        let tags = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        assert!(filters.match_all(&tags, |_| vec!["pending".into()]));
        assert!(!filters.match_all(&tags, |_| vec!["deleted".into()]));
        assert!(!filters.match_all(&BTreeMap::new(), |_| vec!["pending".into()]));
        assert!(Filters::parse(&params, &[]).is_err());
    }
}
