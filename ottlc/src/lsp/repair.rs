//! YAML that is being written, made whole around the cursor.
//!
//! A quote without an end or a word without a colon makes a file that is no YAML, just where somebody
//! asks what to write. What is proposed is asked for in a copy in which the line at the cursor is
//! whole; the file itself stays as it is.

use ottl::config::yaml::Style;

/// Put behind a key that is being written, so that it is like no other.
const UNFINISHED: &str = "__unfinished";

/// A copy of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repaired {
    pub(super) text: String,
    /// Where the cursor is in it.
    pub(super) at: usize,
    /// How the scalar at the cursor is written in the file, where that differs.
    pub(super) style: Option<Style>,
    /// Whether a character stands behind the cursor that is not in the file.
    pub(super) has_filler: bool,
}

/// The part of a line that is written, taken apart.
struct Line<'s> {
    /// Where it begins in the file, and where it ends.
    start: usize,
    end: usize,
    /// The offset of its value, behind the indentation, the dashes and the key.
    value: usize,
    /// Whether there is a key.
    has_key: bool,
    text: &'s str,
}

impl<'s> Line<'s> {
    fn at(text: &'s str, at: usize) -> Self {
        let start = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let end = text[at..]
            .find(['\n', '\r'])
            .map_or(text.len(), |end| at + end);
        let line = &text[start..end];
        let mut value = line.len() - line.trim_start_matches(' ').len();
        while let Some(rest) = line[value..].strip_prefix('-') {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            if spaces == 0 && !rest.is_empty() {
                break;
            }
            value += 1 + spaces;
        }
        let rest = &line[value..];
        let is_key = |c: char| c.is_ascii_alphanumeric() || "_/.-".contains(c);
        let key = rest.len() - rest.trim_start_matches(is_key).len();
        let behind = rest[key..].strip_prefix(':');
        let has_key =
            key > 0 && behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        if let Some(rest) = behind.filter(|_| has_key) {
            value += key + 1 + (rest.len() - rest.trim_start_matches(' ').len());
        }
        Self {
            start,
            end,
            value: start + value,
            has_key,
            text,
        }
    }

    /// The file with another text from the value on, and a space before it if it needs one.
    fn with(&self, value: &str) -> (String, usize) {
        let before = &self.text[..self.value];
        let gap = if before.ends_with(['-', ':']) {
            " "
        } else {
            ""
        };
        let behind = &self.text[self.end..];
        (format!("{before}{gap}{value}{behind}"), gap.len())
    }
}

/// Copies in which the value at the cursor is a scalar, the likeliest first.
pub(super) fn values(text: &str, at: usize) -> Vec<Repaired> {
    let line = Line::at(text, at);
    let mut copies = Vec::new();
    let whole = &text[line.start..line.end];
    if whole.trim().is_empty() {
        // A line of a scalar of several lines, perhaps.
        copies.push(Repaired {
            text: format!("{}x{}", &text[..at], &text[at..]),
            at,
            style: None,
            has_filler: true,
        });
        return copies;
    }
    let value = &text[line.value..line.end];
    if at < line.value || value.starts_with(['|', '>', '#', '&', '*', '{', '[']) {
        return copies;
    }
    let style = match value.as_bytes().first() {
        Some(b'"') => Style::DoubleQuoted,
        Some(b'\'') => Style::SingleQuoted,
        _ => Style::Plain,
    };
    let mut push = |written: String, at: usize, style: Style, has_filler: bool| {
        let (text, gap) = line.with(&written);
        copies.push(Repaired {
            text,
            at: at + gap,
            style: Some(style),
            has_filler,
        });
    };
    if value.is_empty() {
        // Some values may not be empty.
        push("'x'".to_owned(), at + 1, style, true);
        return copies;
    }
    let inside = usize::from(style != Style::Plain);
    if style != Style::Plain {
        let quote = &value[..1];
        push(format!("{value}{quote}"), at, style, false);
    }
    let from = line.value + inside;
    if at >= from {
        let quoted = text[from..line.end].replace('\'', "''");
        let quotes = text[from..at].matches('\'').count();
        push(
            format!("'{quoted}'"),
            at + 1 - inside + quotes,
            style,
            false,
        );
    }
    copies
}

/// A copy in which a key stands where the cursor is, if the line has no more than a word.
pub(super) fn key(text: &str, at: usize) -> Option<Repaired> {
    let line = Line::at(text, at);
    let word = &text[line.value..line.end].trim_end();
    let is_word = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_inside = at >= line.value && at <= line.value + word.len();
    let is_blank = word.is_empty()
        && text[line.start..line.end]
            .trim_start_matches(' ')
            .is_empty();
    if line.has_key || !is_word || !(is_inside || is_blank) {
        return None;
    }
    if is_blank {
        let (before, behind) = (&text[..at], &text[line.end..]);
        return Some(Repaired {
            text: format!("{before}{UNFINISHED}:{behind}"),
            at,
            style: None,
            has_filler: false,
        });
    }
    let (text, gap) = line.with(&format!("{word}{UNFINISHED}:"));
    Some(Repaired {
        text,
        at: at + gap,
        style: None,
        has_filler: false,
    })
}

/// Whether a key stands there only to be completed.
pub(super) fn is_unfinished(key: &str) -> bool {
    key.ends_with(UNFINISHED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The copies of a file in which `|` is the cursor, with the cursor shown.
    fn shown(file: &str) -> Vec<String> {
        let at = file.find('|').expect("a cursor");
        let text = file.replacen('|', "", 1);
        let copies = values(&text, at).into_iter();
        copies
            .map(|mut copy| {
                copy.text.insert(copy.at, '|');
                copy.text
            })
            .collect()
    }

    #[test]
    fn scalars_get_their_quotes() {
        assert_eq!(shown("- set(a: |"), ["- 'set(a: |'"]);
        assert_eq!(shown("  - it's |x\nb"), ["  - 'it''s |x'\nb"]);
        assert_eq!(shown("- k: \"a|"), ["- k: \"a|\"", "- k: 'a|'"]);
        assert_eq!(shown("- |"), ["- '|x'"]);
        assert_eq!(shown("-|"), ["- '|x'"]);
        assert_eq!(shown("context:|"), ["context: '|x'"]);
        assert_eq!(shown("    |"), ["    |x"]);
        assert_eq!(shown("co|ntext: x"), Vec::<String>::new());
    }

    #[test]
    fn words_become_keys() {
        let key = |file: &str| {
            let at = file.find('|').expect("a cursor");
            key(&file.replacen('|', "", 1), at).map(|copy| copy.text)
        };
        assert_eq!(
            key("a:\n  con|\nb: 1").as_deref(),
            Some("a:\n  con__unfinished:\nb: 1")
        );
        assert_eq!(key("a:\n  - |").as_deref(), Some("a:\n  - __unfinished:"));
        assert_eq!(key("a:\n  |").as_deref(), Some("a:\n  __unfinished:"));
        assert_eq!(key("a: b|"), None);
        assert_eq!(key("- set(|"), None);
    }

    proptest! {
        #[test]
        fn no_line_panics(text in "[- :'\"a\u{e9}|>#\n\r\\[]{0,30}", at in 0_usize..60) {
            let at = text.floor_char_boundary(at.min(text.len()));
            for copy in values(&text, at).into_iter().chain(key(&text, at)) {
                prop_assert!(copy.text.is_char_boundary(copy.at));
            }
        }
    }
}
