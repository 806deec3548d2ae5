//! EC2's and STS's protocol: form parameters in, XML out.

pub mod error;
pub mod xml;

use crate::error::AwsError;
use crate::services::Service;
use std::collections::BTreeMap;
use xml::{EC2_NAMESPACE, STS_NAMESPACE};

/// The parameters of a request, decoded, by their dotted names (`Filter.1.Name`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(pub BTreeMap<String, String>);

impl Params {
    /// Decodes a form body. What is not UTF-8 after decoding keeps replacement characters.
    pub fn parse(body: &[u8]) -> Self {
        let mut params = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&') {
            let mut sides = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(sides.next().unwrap_or_default());
            if !name.is_empty() {
                params.insert(name, decode(sides.next().unwrap_or_default()));
            }
        }
        Self(params)
    }

    /// One parameter as it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// One parameter; an empty text counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|text| !text.is_empty())
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &str) -> Result<&str, AwsError> {
        self.text(name).ok_or_else(|| error::missing(name))
    }

    /// A Boolean parameter; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, AwsError> {
        match self.text(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(error::invalid(format!(
                "Invalid value '{text}' for boolean parameter {name}"
            ))),
        }
    }

    /// An integer parameter.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, AwsError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            error::invalid(format!(
                "Value ({text}) for parameter {name} is invalid. Must be an integer"
            ))
        })
    }

    /// The members of a flattened list of structures (`name.1.…`, `name.2.…`), in order of their
    /// numbers; each with its own dotted names.
    pub fn items(&self, name: &str) -> Vec<Self> {
        let mut items: BTreeMap<u32, Self> = BTreeMap::new();
        for (number, rest, value) in self.numbered(name) {
            if let Some(rest) = rest {
                let item = items.entry(number).or_default();
                item.0.insert(rest.to_owned(), value.to_owned());
            }
        }
        items.into_values().collect()
    }

    /// The members of a flattened list of texts (`name.1`, `name.2`), in order of their numbers.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let texts: BTreeMap<u32, &str> = self
            .numbered(name)
            .filter(|(_, rest, _)| rest.is_none())
            .map(|(number, _, value)| (number, value))
            .collect();
        texts.into_values().collect()
    }

    /// Every `name.<number>[.<rest>]` with its value.
    fn numbered(&self, name: &str) -> impl Iterator<Item = (u32, Option<&str>, &str)> {
        self.0.iter().filter_map(move |(key, value)| {
            let tail = key.strip_prefix(name)?.strip_prefix('.')?;
            let (number, rest) = match tail.split_once('.') {
                Some((number, rest)) => (number, Some(rest)),
                None => (tail, None),
            };
            Some((number.parse().ok()?, rest, value.as_str()))
        })
    }
}

/// Undoes percent encoding; `+` is a space in a form.
fn decode(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let hex = text.get(at + 1..at + 3).and_then(hex_byte);
        match (text[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The whole answer of a successful call.
pub fn success(service: Service, action: &str, inner: &str, request_id: &str) -> String {
    let declaration = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    match service {
        Service::Sts => format!(
            "{declaration}\n<{action}Response xmlns=\"{STS_NAMESPACE}\"><{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
        ),
        Service::Ec2 | Service::DirectConnect => format!(
            "{declaration}\n<{action}Response xmlns=\"{EC2_NAMESPACE}\"><requestId>{request_id}</requestId>{inner}</{action}Response>"
        ),
    }
}

/// The whole answer of a refused call. The error must have been put into the service's words
/// ([`error::localized`]), because its HTTP status depends on them.
pub fn failure(service: Service, error: &AwsError, request_id: &str) -> String {
    let error = error::localized(service, error.clone());
    match service {
        Service::Sts => error::sts_body(&error, request_id),
        Service::Ec2 | Service::DirectConnect => error::ec2_body(&error, request_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_of_their_numbers() {
        let params = Params::parse(
            b"Action=DescribeVpcs&Filter.10.Name=b&Filter.2.Name=tag%3Aa+b&Filter.2.Value.1=x&Filter.2.Value.2=%C3%A4&DryRun=true",
        );
        assert_eq!(params.get("Action"), Some("DescribeVpcs"));
        assert_eq!(params.flag("DryRun"), Ok(true));
        let filters = params.items("Filter");
        assert_eq!(filters.len(), 2);
        assert_eq!(filters[0].text("Name"), Some("tag:a b"));
        assert_eq!(filters[0].texts("Value"), ["x", "ä"]);
        assert_eq!(filters[1].text("Name"), Some("b"));
    }

    #[test]
    fn what_is_no_form_does_no_harm() {
        assert_eq!(Params::parse(b"&&=1&a=%4&b=%zz").get("b"), Some("%zz"));
        assert!(Params::parse(b"Max=ten").integer("Max").is_err());
        assert!(Params::parse(b"Dry=maybe").flag("Dry").is_err());
    }

    #[test]
    fn envelopes() {
        let ec2 = success(Service::Ec2, "DescribeVpcs", "<vpcSet></vpcSet>", "r");
        assert!(ec2.contains("<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><vpcSet>"));
        let sts = success(
            Service::Sts,
            "GetCallerIdentity",
            "<Account>1</Account>",
            "r",
        );
        assert!(sts.contains("<GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId>"));
    }
}
