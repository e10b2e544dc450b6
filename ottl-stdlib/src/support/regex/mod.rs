//! Regular expressions as Go's `regexp` has them, on the `regex` crate.
//!
//! [`GoRegex::new`] reads Go's syntax and writes each part in the crate's syntax without relying on
//! any flag, so that what Go rejects is rejected and what it means is what is matched: `\d`, `\w`,
//! `\s`, `\b` are ASCII, `$` is the end of the text, classes fold as Go's do. Both engines prefer
//! the leftmost match and earlier alternatives, and both run in time linear to the text.
//!
//! Texts are bytes. Go reads each byte that is not part of valid UTF-8 as U+FFFD; texts with such
//! bytes, which are rare, are copied with U+FFFD in their place and offsets mapped back.
//!
//! One deviation: the scripts of `\p{…}` whose names have several parts (`Old_Italic`) work here;
//! they do not in the Go release that the reference was built with, and did in earlier ones.

mod class;
mod haystack;
mod prefix;
mod template;
mod translate;

use std::ops::Range;

use regex::{CaptureLocations, Regex, RegexBuilder};

use super::pattern::Compile;

pub(crate) use haystack::Haystack;
pub(crate) use template::{Template, TooLong};

/// Bytes that a pattern in the source of a program may take when it is compiled.
pub(crate) const LITERAL_SIZE: usize = 32 << 20;
/// Bytes that a pattern from data may take when it is compiled.
pub(crate) const DYNAMIC_SIZE: usize = 1 << 20;
/// Groups and repetitions are no deeper than the translation lets them be; this leaves room for the
/// parentheses it adds.
const NEST_LIMIT: u32 = 10_000;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct GoRegex {
    regex: Regex,
    names: Vec<Option<String>>,
    /// How a matching text begins, where that is all there is to a match.
    prefixes: Option<prefix::Prefixes>,
}

impl GoRegex {
    /// Compiles a pattern in Go's syntax into at most `size` bytes.
    ///
    /// # Errors
    /// Part of a sentence that says what is wrong with the pattern, and where.
    pub(crate) fn new(pattern: &[u8], size: usize) -> Result<Self, String> {
        let translated = translate::translate(pattern)?;
        let regex = RegexBuilder::new(&translated.pattern)
            .size_limit(size)
            .nest_limit(NEST_LIMIT)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
                other => format!("the pattern is not supported ({other})"),
            })?;
        Ok(Self {
            regex,
            prefixes: prefix::Prefixes::of(&translated.pattern),
            names: translated.names,
        })
    }

    /// The names of the groups; the first, the whole match, and unnamed ones have none.
    pub(crate) fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// Whether the pattern matches somewhere in `text`.
    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        if let Some(prefixes) = &self.prefixes {
            return prefixes.is_match(text);
        }
        match std::str::from_utf8(text) {
            Ok(text) => self.regex.is_match(text),
            Err(_) => self.regex.is_match(Haystack::new(text).as_str()),
        }
    }

    /// Visits each match in order, as Go's `FindAll` does: an empty match right behind another
    /// match does not count. `with_groups` says whether the visitor looks at groups.
    pub(crate) fn for_each<E>(
        &self,
        text: &[u8],
        with_groups: bool,
        mut visit: impl FnMut(&Match<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let haystack = Haystack::new(text);
        let text = haystack.as_str();
        let mut groups = with_groups.then(|| self.regex.capture_locations());
        let (mut at, mut previous_end) = (0, None);
        while at <= text.len() {
            let found = match &mut groups {
                Some(groups) => self.regex.captures_read_at(groups, text, at),
                None => self.regex.find_at(text, at),
            };
            let Some(found) = found else {
                break;
            };
            let (start, end) = (found.start(), found.end());
            let repeated = start == end && previous_end == Some(start);
            // What is empty must not be found again; the width of the character is 0 at the end.
            at = if end > at {
                end
            } else {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            };
            previous_end = Some(end);
            if !repeated {
                visit(&Match {
                    haystack: &haystack,
                    whole: (start, end),
                    groups: groups.as_ref(),
                })?;
            }
        }
        Ok(())
    }

    /// `text` with each match replaced by what `template` makes of it, as Go's `ReplaceAllString`
    /// does; `None` when there is no match.
    ///
    /// # Errors
    /// When the result would be longer than `limit`.
    pub(crate) fn replace_all(
        &self,
        text: &[u8],
        template: &Template,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, TooLong> {
        let mut out = Vec::new();
        let mut copied = None;
        self.for_each(text, template.uses_groups(), |found| {
            let range = found.range();
            if copied.is_none() {
                out.reserve(text.len());
            }
            out.extend_from_slice(&text[copied.unwrap_or(0)..range.start]);
            copied = Some(range.end);
            template.expand(self, text, found, limit, &mut out)
        })?;
        let Some(copied) = copied else {
            return Ok(None);
        };
        out.extend_from_slice(&text[copied..]);
        if out.len() > limit {
            return Err(TooLong);
        }
        Ok(Some(out))
    }
}

impl Compile for GoRegex {
    const KIND: &'static str = "regular expression";

    fn compile(pattern: &[u8]) -> Result<Self, String> {
        Self::new(pattern, LITERAL_SIZE)
    }

    fn compile_untrusted(pattern: &[u8]) -> Result<Self, String> {
        Self::new(pattern, DYNAMIC_SIZE)
    }
}

/// A match while it is visited.
pub(crate) struct Match<'a> {
    haystack: &'a Haystack<'a>,
    whole: (usize, usize),
    groups: Option<&'a CaptureLocations>,
}

impl Match<'_> {
    /// Where it is in the text.
    pub(crate) fn range(&self) -> Range<usize> {
        self.haystack.range(self.whole.0, self.whole.1)
    }

    /// Where a group is in the text; `None` when it took no part, or does not exist.
    pub(crate) fn group(&self, index: usize) -> Option<Range<usize>> {
        let (start, end) = match self.groups {
            Some(groups) => groups.get(index)?,
            None if index == 0 => self.whole,
            None => return None,
        };
        Some(self.haystack.range(start, end))
    }
}

#[cfg(test)]
mod tests;
