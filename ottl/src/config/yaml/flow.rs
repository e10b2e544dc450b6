//! Plain and quoted scalars: what the parser decoded is decoded again, with places.
//!
//! The parser is the authority on values; this only finds the way back, and whoever calls it
//! compares the results.

use std::ops::Range;

use ottl_syntax::Span;

use crate::config::text::Builder;

/// Decodes a plain scalar, which is all of `range`.
pub(super) fn plain(source: &str, range: Range<usize>) -> Builder {
    Flow::new(source, range).run(|_, _| None)
}

/// Decodes a scalar in single quotes, which are the first and last byte of `range`.
pub(super) fn single_quoted(source: &str, range: Range<usize>) -> Builder {
    Flow::new(source, inside(range)).run(|flow, at| {
        let is_quote = flow.source[at..flow.end].starts_with("''");
        is_quote.then(|| ("'".to_owned(), at + 2))
    })
}

/// Decodes a scalar in double quotes, which are the first and last byte of `range`.
pub(super) fn double_quoted(source: &str, range: Range<usize>) -> Builder {
    Flow::new(source, inside(range)).run(|flow, at| {
        let rest = flow.source[at..flow.end].strip_prefix('\\')?;
        if let Some(behind) = line_break(flow.source, at + 1) {
            // The end of the line is escaped, so that no space stands for it.
            let (breaks, end) = flow.gap(behind);
            return Some(("\n".repeat(breaks), end));
        }
        let mut chars = rest.chars();
        let escape = chars.next()?;
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                let decoded = simple_escape(escape)?.to_string();
                return Some((decoded, at + 1 + escape.len_utf8()));
            }
        };
        let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
        Some((char::from_u32(code)?.to_string(), at + 2 + digits))
    })
}

fn inside(range: Range<usize>) -> Range<usize> {
    range.start + 1..range.end.saturating_sub(1).max(range.start + 1)
}

fn simple_escape(escape: char) -> Option<char> {
    Some(match escape {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        ' ' | '"' | '/' | '\\' => escape,
        _ => return None,
    })
}

/// The offset behind a line break at `at`, if one is there.
pub(super) fn line_break(source: &str, at: usize) -> Option<usize> {
    let rest = source.as_bytes().get(at..)?;
    match rest {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\r' | b'\n', ..] => Some(at + 1),
        _ => None,
    }
}

struct Flow<'s> {
    source: &'s str,
    start: usize,
    end: usize,
}

impl<'s> Flow<'s> {
    fn new(source: &'s str, range: Range<usize>) -> Self {
        Self {
            source,
            start: range.start,
            end: range.end,
        }
    }

    /// Folds lines, and replaces what `escape` decodes: it gives what stands for the bytes up to an
    /// offset.
    fn run(self, escape: impl Fn(&Self, usize) -> Option<(String, usize)>) -> Builder {
        let mut builder = Builder::default();
        let mut copied = self.start;
        let mut at = self.start;
        while at < self.end {
            let replaced = escape(&self, at).or_else(|| self.fold(at));
            match replaced {
                Some((text, end)) => {
                    builder.copy(&self.source[copied..at], copied);
                    builder.stand_in(&text, Span::new(at, end));
                    (copied, at) = (end, end);
                }
                None => at += self.step(at),
            }
        }
        builder.copy(&self.source[copied..self.end.max(copied)], copied);
        builder
    }

    /// To the next byte that may need a look: blanks are taken together, so that a long run of them
    /// is not looked at again from each.
    fn step(&self, at: usize) -> usize {
        let rest = &self.source[at..self.end];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if blanks > 0 {
            return blanks;
        }
        rest.chars().next().map_or(1, char::len_utf8)
    }

    /// What stands for blanks and line breaks from `at` on, if there is a line break among them.
    fn fold(&self, at: usize) -> Option<(String, usize)> {
        let first = self.blanks(at);
        let behind = line_break(self.source, first).filter(|behind| *behind <= self.end)?;
        let (more, end) = self.gap(behind);
        let text = if more == 0 {
            " ".to_owned()
        } else {
            "\n".repeat(more)
        };
        Some((text, end))
    }

    /// How many line breaks follow from `at` on with only blanks between, and where the text goes on.
    fn gap(&self, at: usize) -> (usize, usize) {
        let mut breaks = 0;
        let mut at = self.blanks(at);
        while let Some(behind) = line_break(self.source, at).filter(|behind| *behind <= self.end) {
            breaks += 1;
            at = self.blanks(behind);
        }
        (breaks, at)
    }

    fn blanks(&self, at: usize) -> usize {
        let rest = &self.source[at.min(self.end)..self.end];
        at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }
}
