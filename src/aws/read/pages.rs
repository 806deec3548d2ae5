//! Lists of several pages: read to the end, or not at all.

use std::collections::BTreeSet;
use std::future::Future;

use directconnect_model::aws::Part;
use jiff::Timestamp;

use crate::aws::ApiError;

/// Items asked for at once: the most that Direct Connect gives (API Reference, `MaxResults`) and
/// that DescribeRouteTables takes.
pub(super) const PAGE: i32 = 100;

/// More pages than any account has; a list that goes on is broken.
const MOST_PAGES: usize = 1000;

/// One page, as the answer gave it.
pub(super) struct Page<S> {
    /// The list. An answer without the member is not an empty list.
    pub(super) items: Option<Vec<S>>,
    /// Where the next page begins.
    pub(super) next_token: Option<String>,
    /// `Date` of the answer.
    pub(super) date: Timestamp,
}

/// Reads all pages and maps their items. A pass that does not end well ends with an error: a part
/// of a list proves nothing.
pub(super) async fn pages<S, T, F>(
    operation: &'static str,
    map: impl Fn(S) -> T,
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<Part<T>, ApiError>
where
    F: Future<Output = Result<Page<S>, ApiError>>,
{
    let mut begun = None;
    let mut items = vec![];
    let mut seen = BTreeSet::new();
    let mut token = None;
    for _ in 0..MOST_PAGES {
        let answer = page(token.take()).await?;
        let begun = *begun.get_or_insert(answer.date);
        let Some(more) = answer.items else {
            return Err(broken(operation, "the answer holds no list"));
        };
        items.extend(more.into_iter().map(&map));
        // EC2 answers an empty element where there is no next page.
        let Some(next) = answer.next_token.filter(|t| !t.is_empty()) else {
            return Ok(Part { begun, items });
        };
        if !seen.insert(next.clone()) {
            return Err(broken(operation, "the list's pages go in a circle"));
        }
        token = Some(next);
    }
    Err(broken(operation, "the list has no end"))
}

/// An answer that cannot be relied on.
pub(super) fn broken(operation: &str, message: &str) -> ApiError {
    ApiError {
        operation: operation.to_owned(),
        ..ApiError::protocol(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Class;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn page(items: Option<Vec<u8>>, next: Option<&str>, second: i64) -> Page<u8> {
        Page {
            items,
            next_token: next.map(str::to_owned),
            date: at(second),
        }
    }

    async fn read(
        answer: impl Fn(usize, Option<String>) -> Page<u8>,
    ) -> (Result<Part<u16>, ApiError>, usize) {
        let mut calls = 0;
        let result = pages("List", u16::from, |token| {
            calls += 1;
            std::future::ready(Ok(answer(calls, token)))
        })
        .await;
        (result, calls)
    }

    #[tokio::test]
    async fn all_pages_in_order_begun_at_the_first() {
        let (result, calls) = read(|_, token| match token.as_deref() {
            None => page(Some(vec![1, 2]), Some("b"), 10),
            Some("b") => page(Some(vec![]), Some("c"), 20),
            Some("c") => page(Some(vec![3]), Some(""), 30),
            Some(_) => panic!("a token that was never given"),
        })
        .await;
        assert_eq!(
            result,
            Ok(Part {
                begun: at(10),
                items: vec![1, 2, 3]
            })
        );
        assert_eq!(calls, 3);
    }

    #[tokio::test]
    async fn a_repeated_token_is_an_error() {
        let (result, calls) = read(|call, _| {
            page(
                Some(vec![1]),
                Some(if call % 2 == 0 { "a" } else { "b" }),
                1,
            )
        })
        .await;
        assert_eq!(result.map_err(|e| e.class), Err(Class::Protocol));
        assert_eq!(calls, 3);
    }

    #[tokio::test]
    async fn a_list_without_end_is_an_error() {
        let (result, calls) =
            read(|call, _| page(Some(vec![1]), Some(&format!("t{call}")), 1)).await;
        assert_eq!(result.map_err(|e| e.class), Err(Class::Protocol));
        assert_eq!(calls, MOST_PAGES);
    }

    #[tokio::test]
    async fn an_answer_without_the_list_is_not_an_empty_list() {
        let (result, _) = read(|_, _| page(None, None, 1)).await;
        assert_eq!(result.map_err(|e| e.class), Err(Class::Protocol));
    }

    #[tokio::test]
    async fn an_error_on_a_later_page_loses_the_list() {
        let result = pages("List", u16::from, |token: Option<String>| {
            std::future::ready(match token {
                None => Ok(page(Some(vec![1]), Some("b"), 1)),
                Some(_) => Err(ApiError::protocol("it failed")),
            })
        })
        .await;
        assert!(result.is_err());
    }
}
