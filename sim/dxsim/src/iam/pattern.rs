//! Wildcards: `*` is any text, `?` any one character (IAM User Guide, "Condition operators" and
//! "Resource").

/// Whether a text fits a pattern.
pub fn fits(pattern: &str, text: &str) -> bool {
    fits_by(pattern.as_bytes(), text.as_bytes(), |one, other| {
        one == other
    })
}

fn fits_by(pattern: &[u8], text: &[u8], same: fn(&u8, &u8) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after a star that took too little: behind the star, one character later.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                again = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t = after(text, t);
            }
            Some(one) if same(one, &text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match again {
                Some((behind, from)) => {
                    p = behind;
                    t = after(text, from);
                    again = Some((behind, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

/// Where the character after the one at `at` begins, in UTF-8.
fn after(text: &[u8], at: usize) -> usize {
    let rest = text[at + 1..].iter();
    at + 1 + rest.take_while(|byte| **byte & 0xC0 == 0x80).count()
}

/// Whether an ARN fits a pattern: each of its six parts by itself, so that a star does not reach
/// over a colon but in the last one. A lone star fits everything.
pub fn fits_arn(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (mut parts, mut texts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    loop {
        match (parts.next(), texts.next()) {
            (Some(part), Some(text)) if fits(part, text) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Whether an action fits a pattern; letter case does not count.
pub fn fits_action(pattern: &str, action: &str) -> bool {
    fits_by(
        pattern.as_bytes(),
        action.as_bytes(),
        u8::eq_ignore_ascii_case,
    )
}
