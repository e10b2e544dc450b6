//! Wildcard patterns for whole texts, as the reference's library (gobwas/glob) reads them.
//!
//! | pattern | matches |
//! | --- | --- |
//! | `*`, `**` | any characters, none included |
//! | `?` | any character |
//! | `[abc]`, `[!abc]` | one of these characters, or one that is not |
//! | `[a-z]`, `[!a-z]` | one character of the range, or one that is not |
//! | `{a,b}` | one of the patterns, which may contain patterns |
//! | `\c` | the character `c` |
//!
//! Two oddities are the reference's: `lit*lit` matches a text in which the two overlap (`a*a`
//! matches `a`), and a pattern that is a single `?` or `[!…]` matches the empty text. Not followed
//! are its faults with alternatives, where it crashes or gives up early, as for `{}` or `c{a*,a}`,
//! and with `?` and brackets beside characters of several bytes, which it counts wrongly.

use std::fmt::Write as _;

use otlp_columns::Meter;
use ottl_vm::{ExecError, PatternError, Room, Size, spend};

use super::pattern::Compile;
use super::regex::{Engine, Haystack, parse};

/// A compiled wildcard pattern.
#[derive(Debug)]
pub(crate) enum Glob {
    /// The text itself.
    Exact(Vec<u8>),
    /// All texts with a beginning and an end, which may overlap.
    Ends {
        /// The beginning.
        prefix: Vec<u8>,
        /// The end.
        suffix: Vec<u8>,
    },
    /// Anything else.
    Regex {
        /// The pattern, anchored at both ends.
        regex: Box<Engine>,
        /// Whether the empty text matches in spite of it.
        or_empty: bool,
    },
}

impl Compile for Glob {
    const KIND: &'static str = "wildcard pattern";

    fn compile(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        Self::new(pattern, room)
    }

    fn size(&self) -> Size {
        let memory = match self {
            Self::Exact(text) => text.len(),
            Self::Ends { prefix, suffix } => prefix.len() + suffix.len(),
            Self::Regex { regex, .. } => return regex.size(),
        };
        Size { memory, caches: 0 }
    }

    fn work(&self) -> u64 {
        match self {
            Self::Exact(_) | Self::Ends { .. } => 0,
            Self::Regex { regex, .. } => regex.cost().compiling(),
        }
    }
}

impl Glob {
    fn new(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        let tokens = tokens(pattern).map_err(PatternError::Malformed)?;
        match tokens.as_slice() {
            [] => return Ok(Self::Exact(Vec::new())),
            [Token::Text(text)] => return Ok(Self::Exact(text.clone().into_bytes())),
            [first, middle @ .., last] if middle.iter().all(|token| *token == Token::Any) => {
                let ends = match (first, last) {
                    (Token::Text(prefix), Token::Text(suffix)) if !middle.is_empty() => {
                        Some((prefix.clone(), suffix.clone()))
                    }
                    (Token::Text(prefix), Token::Any) => Some((prefix.clone(), String::new())),
                    (Token::Any, Token::Text(suffix)) => Some((String::new(), suffix.clone())),
                    _ => None,
                };
                if let Some((prefix, suffix)) = ends {
                    return Ok(Self::Ends {
                        prefix: prefix.into_bytes(),
                        suffix: suffix.into_bytes(),
                    });
                }
            }
            _ => {}
        }
        let or_empty = match tokens.as_slice() {
            [Token::Single] => true,
            // The reference reads a character from the empty text and gets U+FFFD.
            [Token::Class { ranges, negated }] => {
                let found = ranges
                    .iter()
                    .any(|(low, high)| ('\u{fffd}'..).contains(high) && *low <= '\u{fffd}');
                found != *negated
            }
            _ => false,
        };
        let hir = parse(&translate(&tokens)).map_err(PatternError::Malformed)?;
        Ok(Self::Regex {
            regex: Box::new(Engine::new(&hir, room)?),
            or_empty,
        })
    }

    /// Whether the pattern matches the whole of `text`.
    ///
    /// # Errors
    /// When the run has to stop.
    pub(crate) fn is_match(&self, meter: &Meter, text: &[u8]) -> Result<bool, ExecError> {
        Ok(match self {
            Self::Exact(exact) => text == exact,
            Self::Ends { prefix, suffix } => text.starts_with(prefix) && text.ends_with(suffix),
            Self::Regex { or_empty: true, .. } if text.is_empty() => true,
            Self::Regex { regex, .. } => {
                spend(meter, regex.cost().reading(text.len()))?;
                regex.is_match(&Haystack::text(text))
            }
        })
    }
}

/// How deep alternatives may nest.
const MAX_DEPTH: usize = 200;

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Any,
    Single,
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    Open,
    Comma,
    Close,
}

fn tokens(pattern: &[u8]) -> Result<Vec<Token>, String> {
    let text = std::str::from_utf8(pattern)
        .map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    // The reference takes a NUL as the end of the pattern.
    let text = text.split('\0').next().unwrap_or("");
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("it contains U+FFFD".to_owned());
    }
    let mut chars = text.chars().peekable();
    let (mut tokens, mut depth) = (Vec::new(), 0usize);
    while let Some(char) = chars.next() {
        let token = match char {
            '*' => Token::Any,
            '?' => Token::Single,
            '[' => class(&mut chars)?,
            '{' => {
                depth += 1;
                Token::Open
            }
            ',' if depth > 0 => Token::Comma,
            '}' if depth > 0 => {
                depth -= 1;
                Token::Close
            }
            '\\' => match chars.next() {
                Some(escaped) => Token::Text(escaped.to_string()),
                None => break,
            },
            other => Token::Text(other.to_string()),
        };
        if depth > MAX_DEPTH {
            return Err("its alternatives nest too deep".to_owned());
        }
        match (tokens.last_mut(), token) {
            (Some(Token::Text(before)), Token::Text(text)) => before.push_str(&text),
            (Some(Token::Any), Token::Any) => {}
            (_, token) => tokens.push(token),
        }
    }
    // Alternatives that are never closed end with the pattern.
    tokens.extend((0..depth).map(|_| Token::Close));
    Ok(tokens)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// What is behind an opening bracket: a range, or a list of characters.
fn class(chars: &mut Chars<'_>) -> Result<Token, String> {
    let unclosed = || "missing closing `]`".to_owned();
    let negated = chars.next_if_eq(&'!').is_some();
    let first = *chars.peek().ok_or_else(unclosed)?;
    let mut ahead = chars.clone();
    ahead.next();
    if ahead.next_if_eq(&'-').is_some() {
        let last = ahead.next().ok_or_else(unclosed)?;
        if ahead.next().ok_or_else(unclosed)? != ']' {
            return Err("a range in brackets with something behind it".to_owned());
        }
        if last < first {
            return Err("a range that ends before it begins".to_owned());
        }
        *chars = ahead;
        return Ok(Token::Class {
            ranges: vec![(first, last)],
            negated,
        });
    }
    let mut ranges = Vec::new();
    loop {
        let char = match chars.next().ok_or_else(unclosed)? {
            ']' if ranges.is_empty() => return Err("brackets without characters".to_owned()),
            ']' => return Ok(Token::Class { ranges, negated }),
            '\\' => chars.next().ok_or_else(unclosed)?,
            other => other,
        };
        ranges.push((char, char));
    }
}

fn translate(tokens: &[Token]) -> String {
    let mut out = String::from(r"\A(?s:");
    for token in tokens {
        match token {
            Token::Text(text) => out.push_str(&regex::escape(text)),
            Token::Any => out.push_str(".*"),
            Token::Single => out.push('.'),
            Token::Class { ranges, negated } => {
                out.push_str(if *negated { "[^" } else { "[" });
                for (low, high) in ranges {
                    let (low, high) = (u32::from(*low), u32::from(*high));
                    let _ = write!(out, "\\x{{{low:x}}}-\\x{{{high:x}}}");
                }
                out.push(']');
            }
            Token::Open => out.push_str("(?:"),
            Token::Comma => out.push('|'),
            Token::Close => out.push(')'),
        }
    }
    out.push_str(r")\z");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &[u8]) -> Result<Glob, PatternError> {
        Glob::compile(pattern, Room::of(1 << 20))
    }

    fn matches(glob: &Glob, text: &[u8]) -> Result<bool, ExecError> {
        glob.is_match(&Meter::default(), text)
    }

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let glob = compile(pattern.as_bytes()).expect("a valid pattern");
        for text in matching {
            assert_eq!(
                matches(&glob, text.as_bytes()),
                Ok(true),
                "{pattern:?} on {text:?}"
            );
        }
        for text in others {
            assert_eq!(
                matches(&glob, text.as_bytes()),
                Ok(false),
                "{pattern:?} on {text:?}"
            );
        }
    }

    #[test]
    fn wildcards_match_whole_texts() {
        check("", &[""], &["a"]);
        check("user", &["user"], &["users", "a user"]);
        check(
            "/user/*/list/*",
            &["/user/1/list/2", "/user//list/", "/user/a/b/list/"],
            &["/user/1"],
        );
        check("*", &["", "a\nb"], &[]);
        check("a?c", &["abc", "aéc", "a\nc"], &["ac", "abbc"]);
        check("[!a-c]x", &["dx", "éx"], &["ax", "x"]);
    }

    #[test]
    fn alternatives_nest() {
        check("{a,b{c,d}*}e", &["ae", "bce", "bdxe"], &["be", "e"]);
        check("c{a*,a}", &["ca", "caccc"], &["c"]);
        check("a{b,c", &["ab", "ac"], &["a"]);
        check("{}a", &["a"], &[""]);
    }

    #[test]
    fn special_characters_are_plain_where_they_have_no_meaning() {
        check("a,b}c]", &["a,b}c]"], &["a"]);
        check(r"\*\{a\", &["*{a"], &["x{a"]);
        check(r"[\]a]", &["]", "a"], &["b"]);
        check("[ab-d]", &["-"], &["c"]);
    }

    #[test]
    fn the_ends_of_a_pattern_may_overlap() {
        check("a*a", &["a", "aa", "aba"], &["ab"]);
        check("aa**a", &["aa"], &["a"]);
    }

    #[test]
    fn one_character_alone_matches_the_empty_text() {
        check("?", &["", "a"], &["ab"]);
        check("[!a]", &["", "b"], &["a"]);
        check("[ab]", &["a"], &[""]);
    }

    #[test]
    fn invalid_bytes_are_one_character_each() {
        let glob = compile(b"a?").expect("a valid pattern");
        assert_eq!(matches(&glob, b"a\xff"), Ok(true));
        assert_eq!(matches(&glob, b"a\xff\xfe"), Ok(false));
    }

    #[test]
    fn malformed_patterns_are_rejected() {
        for pattern in [
            "[", "[]", "[a", "[a-", "[a-z", "[a-z0-9]", "[z-a]", "[!]", "[]a]", "\u{fffd}",
        ] {
            assert!(compile(pattern.as_bytes()).is_err(), "{pattern:?}");
        }
        assert!(compile("{".repeat(1000).as_bytes()).is_err());
    }
}
