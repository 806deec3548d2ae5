//! What every `Describe…` call does: ids, filters, tags, pages.

use super::filter::Filters;
use super::{dry_run, not_found, paging};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Table, Tags};

/// How one kind of resource is described.
pub(super) struct Kind<T> {
    /// The parameter with ids, for example `VpcId`.
    pub ids: &'static str,
    /// The noun in EC2's messages, for example `vpc`.
    pub noun: &'static str,
    /// The code for an unknown id.
    pub not_found: &'static str,
    /// Filters beside those for tags.
    pub filters: &'static [&'static str],
    /// The values of a filter's attribute.
    pub attribute: fn(&Ctx<'_>, &T, &str) -> Vec<String>,
    /// Whether the caller sees it in the region of the call.
    pub visible: fn(&Ctx<'_>, &T) -> bool,
    /// Least and most `MaxResults`; `None`: the call has no pages.
    pub pages: Option<(i64, i64)>,
}

/// One resource that was found.
pub(super) struct Found<T> {
    pub id: String,
    pub value: T,
    pub tags: Tags,
}

/// Writes the list `set` with what the request asks for, and the token of the next page.
pub(super) fn answer<T: Clone + PartialEq>(
    ctx: &Ctx<'_>,
    params: &Params,
    table: &Table<T>,
    kind: &Kind<T>,
    set: &str,
    write: impl Fn(&mut Xml, &Found<T>),
) -> Result<String, AwsError> {
    dry_run(params)?;
    let filters = Filters::parse(params, kind.filters)?;
    let ids = params.texts(kind.ids);
    if !ids.is_empty() && kind.pages.is_some() && params.text("MaxResults").is_some() {
        return Err(AwsError::client(
            "InvalidParameterCombination",
            format!(
                "The parameter {}s cannot be used with the parameter maxResults",
                kind.ids
            ),
        ));
    }
    let mut found: Vec<Found<T>> = ctx
        .view
        .rows(table)
        .filter(|(_, value)| (kind.visible)(ctx, value))
        .map(|(id, value)| Found {
            id: id.clone(),
            value: value.clone(),
            tags: ctx.view.tags(&ctx.world.tags, id),
        })
        .collect();
    if let Some(unknown) = ids
        .iter()
        .find(|id| found.iter().all(|entry| entry.id != **id))
    {
        return Err(not_found(kind.not_found, kind.noun, unknown));
    }
    found.retain(|entry| {
        (ids.is_empty() || ids.contains(&entry.id.as_str()))
            && filters.match_all(&entry.tags, |name| {
                (kind.attribute)(ctx, &entry.value, name)
            })
    });
    let page = match kind.pages {
        Some(bounds) => paging::cut(params, found, |entry| &entry.id, bounds)?,
        None => paging::Page {
            items: found,
            next_token: None,
        },
    };
    let mut xml = Xml::default();
    xml.list(set, &page.items, |item, entry| write(item, entry));
    xml.maybe("nextToken", page.next_token);
    Ok(xml.into_string())
}

/// Writes `tagSet`.
pub(super) fn write_tags(xml: &mut Xml, tags: &Tags) {
    xml.list("tagSet", tags, |item, (key, value)| {
        item.text("key", key);
        item.text("value", value);
    });
}
