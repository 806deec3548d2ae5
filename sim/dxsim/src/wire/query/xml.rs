//! A small XML writer.

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
    /// An empty document with its declaration.
    pub fn document() -> Self {
        Self {
            out: r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned() + "\n",
        }
    }

    /// An element with children.
    pub fn element(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.out.extend(["<", name, ">"]);
        children(self);
        self.out.extend(["</", name, ">"]);
    }

    /// An element that declares a default namespace.
    pub fn element_in(&mut self, name: &str, namespace: &str, children: impl FnOnce(&mut Self)) {
        self.out.extend(["<", name, " xmlns=\"", namespace, "\">"]);
        children(self);
        self.out.extend(["</", name, ">"]);
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        self.element(name, |inner| inner.out.push_str(&escape(value.as_str())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_lists_have_items() {
        let mut xml = Xml::default();
        xml.list("vpcSet", ["a&b", "c"], |item, id| item.text("vpcId", id));
        assert_eq!(
            xml.into_string(),
            "<vpcSet><item><vpcId>a&amp;b</vpcId></item><item><vpcId>c</vpcId></item></vpcSet>"
        );
    }
}
