//! `MaxResults` and `NextToken` of the EC2 calls that have them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::AwsError;
use crate::wire::query::{Params, error::invalid};

/// One page of a list sorted by id, and the token for the next.
#[derive(Debug)]
pub struct Page<T> {
    /// The members.
    pub items: Vec<T>,
    /// The token of the next page, where there is one.
    pub next_token: Option<String>,
}

/// Cuts the page that the request asks for. `least` and `most` bound `MaxResults`; without it all
/// members come at once.
pub fn cut<T>(
    params: &Params,
    items: Vec<T>,
    id: impl Fn(&T) -> &str,
    (least, most): (i64, i64),
) -> Result<Page<T>, AwsError> {
    let size = params.integer("MaxResults")?;
    if let Some(size) = size
        && !(least..=most).contains(&size)
    {
        return Err(invalid(format!(
            "Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {least} and {most}."
        )));
    }
    let after = params.text("NextToken").map(read_token).transpose()?;
    let mut rest: Vec<T> = items
        .into_iter()
        .filter(|item| after.as_deref().is_none_or(|after| id(item) > after))
        .collect();
    let size = size.and_then(|size| usize::try_from(size).ok());
    let mut next_token = None;
    if let Some(size) = size
        && rest.len() > size
    {
        rest.truncate(size);
        next_token = rest.last().map(|last| URL_SAFE_NO_PAD.encode(id(last)));
    }
    Ok(Page {
        items: rest,
        next_token,
    })
}

fn read_token(token: &str) -> Result<String, AwsError> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| AwsError::client("InvalidNextToken", "The specified NextToken is not valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_to_the_end() {
        let all: Vec<String> = (0..12).map(|n| format!("{n:02}")).collect();
        let mut seen = Vec::new();
        let mut form = "MaxResults=5".to_owned();
        loop {
            let params = Params::parse(form.as_bytes());
            let page = cut(&params, all.clone(), String::as_str, (5, 100)).expect("a page");
            seen.extend(page.items);
            let Some(token) = page.next_token else { break };
            form = format!("MaxResults=5&NextToken={token}");
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn bad_size_and_token_are_refused() {
        for form in ["MaxResults=4", "MaxResults=101", "NextToken=%21"] {
            let params = Params::parse(form.as_bytes());
            assert!(cut(&params, vec![String::new()], String::as_str, (5, 100)).is_err());
        }
    }
}
