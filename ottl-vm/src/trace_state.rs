//! W3C trace state: a short list of `key=value` members.
//!
//! Rules: <https://www.w3.org/TR/trace-context/#tracestate-header>, as strict as the Go SDK's
//! `trace.ParseTraceState`, which the reference uses.

/// How many members a trace state may have.
const MAX_MEMBERS: usize = 32;

/// A trace state's members in order.
pub(crate) struct Members<'a> {
    members: Vec<(&'a [u8], &'a [u8])>,
}

/// The members; `None` when the text is no valid trace state.
pub(crate) fn parse(text: &[u8]) -> Option<Members<'_>> {
    let mut members: Vec<(&[u8], &[u8])> = Vec::new();
    if text.is_empty() {
        return Some(Members { members });
    }
    for member in text.split(|&byte| byte == b',') {
        // Only a member of no bytes at all may stand between commas; blanks are one that is invalid.
        if member.is_empty() {
            continue;
        }
        let at = member.iter().position(|&byte| byte == b'=')?;
        let key = trim_start(&member[..at]);
        let value = trim_end(&member[at + 1..]);
        let valid = is_key(key) && is_value(value);
        if !valid || members.iter().any(|(known, _)| *known == key) {
            return None;
        }
        members.push((key, value));
        if members.len() > MAX_MEMBERS {
            return None;
        }
    }
    Some(Members { members })
}

impl Members<'_> {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let found = self.members.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    }

    /// The text with `key` set, in front; `None` when key or value are not valid.
    pub(crate) fn insert(&self, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        if !is_key(key) || !is_value(value) {
            return None;
        }
        let others = self.members.iter().filter(|(known, _)| *known != key);
        let first = (key, value);
        let all = std::iter::once(&first).chain(others).take(MAX_MEMBERS);
        let texts: Vec<Vec<u8>> = all.map(|&(key, value)| [key, value].join(&b'=')).collect();
        Some(texts.join(&b','))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/')
}

/// A simple key, or `tenant@system`.
fn is_key(key: &[u8]) -> bool {
    let part = |text: &[u8], max: usize, digit_first: bool| {
        let first = |byte: &u8| byte.is_ascii_lowercase() || digit_first && byte.is_ascii_digit();
        text.first().is_some_and(first)
            && text.len() <= max
            && text.iter().all(|&byte| is_key_byte(byte))
    };
    match key.iter().position(|&byte| byte == b'@') {
        None => part(key, 256, false),
        Some(at) => part(&key[..at], 241, true) && part(&key[at + 1..], 14, false),
    }
}

/// Printable characters without `,` and `=`, the last of them no blank.
fn is_value(value: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    value.len() <= 256
        && value.iter().all(printable)
        && value.last().is_some_and(|&byte| byte != b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &[u8], key: &[u8]) -> Option<Vec<u8>> {
        parse(text)?.get(key).map(<[u8]>::to_vec)
    }

    #[test]
    fn blanks_are_allowed_before_keys_and_behind_values_only() {
        assert_eq!(get(b" a=1 ,\tb= 2", b"b"), Some(b" 2".to_vec()));
        assert!(parse(b"a =1").is_none());
        assert!(parse(b"a=1, ,b=2").is_none());
        assert!(parse(b"a=1,,b=2,").is_some());
    }

    #[test]
    fn invalid_members_make_the_whole_invalid() {
        for text in [
            &b"A=1"[..],
            b"a=",
            b"a=1,a=2",
            b"a=1=2",
            b"a",
            b"1a=1",
            b"t@1=v",
        ] {
            assert!(parse(text).is_none(), "{}", text.escape_ascii());
        }
        assert_eq!(get(b"1t@sys=v", b"1t@sys"), Some(b"v".to_vec()));
    }

    #[test]
    fn there_are_32_members_at_most() {
        let members = |count: usize| {
            let members: Vec<_> = (0..count).map(|at| format!("k{at}=v")).collect();
            members.join(",")
        };
        assert!(parse(members(33).as_bytes()).is_none());
        let full = members(32);
        let inserted = parse(full.as_bytes()).and_then(|state| state.insert(b"new", b"1"));
        let text = inserted.expect("the last member makes room");
        assert!(text.starts_with(b"new=1,k0=v,"));
        assert!(text.ends_with(b",k30=v"));
    }
}
