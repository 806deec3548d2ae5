//! The Query protocol that EC2 and STS speak: form parameters in, XML out.

pub mod error;
pub mod xml;

use std::collections::BTreeMap;

pub use error::{QueryError, ec2_error_body, sts_error_body};
pub use xml::{Xml, ec2_document, sts_document};

/// The parameters of one request, as the tree that their dotted names describe:
/// `Filter.1.Name=x` is the text of child `Name` of child `1` of child `Filter`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Params {
    value: Option<String>,
    children: BTreeMap<String, Params>,
}

impl Params {
    /// Reads a form-encoded body.
    pub fn parse(body: &[u8]) -> Result<Self, QueryError> {
        let text = std::str::from_utf8(body).map_err(|_| QueryError::malformed())?;
        let mut root = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let mut node = &mut root;
            for part in name.split('.') {
                node = node.children.entry(part.to_owned()).or_default();
            }
            node.value = Some(value);
        }
        Ok(root)
    }

    /// The text of this very node.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.get(name)
    }

    /// The text of a child; an empty text counts as absent, as EC2 treats it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.child(name)?.value().filter(|text| !text.is_empty())
    }

    /// The text of a child that may be empty, such as a tag's value.
    pub fn raw_text(&self, name: &str) -> Option<&str> {
        self.child(name)?.value()
    }

    /// The text of a child that must be there.
    pub fn required(&self, name: &str) -> Result<&str, QueryError> {
        self.text(name).ok_or_else(|| QueryError::missing(name))
    }

    /// A Boolean child; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, QueryError> {
        match self.text(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(QueryError::client(
                "InvalidParameterValue",
                format!("Invalid value '{text}' for boolean parameter {name}"),
            )),
        }
    }

    /// An integer child.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            QueryError::client(
                "InvalidParameterValue",
                format!("Value ({text}) for parameter {name} is invalid. Must be an integer"),
            )
        })
    }

    /// The members of a flattened list (`Name.1`, `Name.2`, …) in the order of their numbers.
    pub fn items(&self, name: &str) -> Vec<&Self> {
        let Some(list) = self.child(name) else {
            return Vec::new();
        };
        let mut numbered: Vec<(u32, &Self)> = list
            .children
            .iter()
            .filter_map(|(key, node)| Some((key.parse().ok()?, node)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }

    /// The texts of a flattened list.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.items(name)
            .into_iter()
            .filter_map(Self::value)
            .collect()
    }
}

/// Undoes percent encoding; `+` is a space in a form.
fn decode(text: &str) -> Result<String, QueryError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = text.get(at + 1..at + 3).ok_or_else(QueryError::malformed)?;
                out.push(u8::from_str_radix(digits, 16).map_err(|_| QueryError::malformed())?);
                at += 2;
            }
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| QueryError::malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_names_become_a_tree_and_lists_keep_their_numbers_order() {
        let params = Params::parse(
            b"Action=DescribeVpcs&Filter.10.Name=b&Filter.2.Name=tag%3Aa+b&Filter.2.Value.1=x&Filter.2.Value.2=%C3%A4&DryRun=true",
        )
        .expect("valid");
        assert_eq!(params.text("Action"), Some("DescribeVpcs"));
        assert_eq!(params.flag("DryRun"), Ok(true));
        let filters = params.items("Filter");
        assert_eq!(filters.len(), 2);
        assert_eq!(filters[0].text("Name"), Some("tag:a b"));
        assert_eq!(filters[0].texts("Value"), ["x", "ä"]);
        assert_eq!(filters[1].text("Name"), Some("b"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert!(Params::parse(b"Action=%4").is_err());
        assert!(Params::parse(b"Action=%zz").is_err());
        assert!(Params::parse(b"Action=\xff").is_err());
        assert!(Params::parse(b"Max=ten").expect("a form").integer("Max").is_err());
    }
}
