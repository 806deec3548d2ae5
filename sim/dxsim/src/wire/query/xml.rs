//! A small XML writer and the two response envelopes, EC2's and STS's.

use std::fmt::Display;

use quick_xml::escape::escape;

/// The namespace of EC2's responses, API version 2016-11-15.
pub const EC2_NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
/// The namespace of STS's responses, API version 2011-06-15.
pub const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// XML under construction.
#[derive(Debug, Default)]
pub struct Xml {
    out: String,
}

impl Xml {
    /// An empty fragment.
    pub fn new() -> Self {
        Self::default()
    }

    /// A document with its declaration.
    pub fn document() -> Self {
        Self {
            out: r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned() + "\n",
        }
    }

    /// An element with children.
    pub fn element(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.out.push_str(&format!("<{name}>"));
        children(self);
        self.out.push_str(&format!("</{name}>"));
    }

    /// An element that declares a default namespace.
    pub fn element_in(&mut self, name: &str, namespace: &str, children: impl FnOnce(&mut Self)) {
        self.out.push_str(&format!("<{name} xmlns=\"{namespace}\">"));
        children(self);
        self.out.push_str(&format!("</{name}>"));
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        self.out
            .push_str(&format!("<{name}>{}</{name}>", escape(value.as_str())));
    }

    /// An element with text where there is one, else nothing.
    pub fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A list as EC2 writes it: one `<item>` per member.
    pub fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |list| {
            for item in items {
                list.element("item", |entry| each(entry, item));
            }
        });
    }

    /// What was written.
    pub fn into_string(self) -> String {
        self.out
    }
}

/// An EC2 response: `<OperationResponse><requestId/>…`.
pub fn ec2_document(operation: &str, request_id: &str, children: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml::document();
    xml.element_in(&format!("{operation}Response"), EC2_NAMESPACE, |response| {
        response.text("requestId", request_id);
        children(response);
    });
    xml.into_string()
}

/// An STS response: `<OperationResponse><OperationResult>…</OperationResult><ResponseMetadata/>`.
pub fn sts_document(operation: &str, request_id: &str, children: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml::document();
    xml.element_in(&format!("{operation}Response"), STS_NAMESPACE, |response| {
        response.element(&format!("{operation}Result"), children);
        response.element("ResponseMetadata", |metadata| {
            metadata.text("RequestId", request_id);
        });
    });
    xml.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_and_lists() {
        let ec2 = ec2_document("DescribeVpcs", "r", |xml| {
            xml.list("vpcSet", ["a&b", "c"], |item, id| item.text("vpcId", id));
        });
        assert!(ec2.contains("<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><vpcSet><item><vpcId>a&amp;b</vpcId></item>"));
        let sts = sts_document("GetCallerIdentity", "r", |xml| xml.text("Account", "1"));
        assert!(sts.contains("<GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId>"));
    }
}
