//! Regular expressions as Go's `regexp` has them, on the `regex` crate.
//!
//! [`GoRegex::new`] reads Go's syntax and builds what the crate's own parser would build of the same
//! in its syntax, so that what Go rejects is rejected and what it means is what is matched: `\d`, `\w`,
//! `\s`, `\b` are ASCII, `$` is the end of the text, classes fold as Go's do. Both engines prefer
//! the leftmost match and earlier alternatives, and both run in time linear to the text.
//!
//! Texts are bytes. Go reads each byte that is not part of valid UTF-8 as U+FFFD; texts with such
//! bytes, which are rare, are copied with U+FFFD in their place and offsets mapped back.
//!
//! One deviation: the scripts of `\p{…}` whose names have several parts (`Old_Italic`) work here;
//! they do not in the Go release that the reference was built with, and did in earlier ones.

mod anchored;
mod class;
mod contained;
mod cost;
mod engine;
mod haystack;
mod matcher;
mod searches;
mod sequence;
mod template;
mod translate;

use std::ops::Range;

use otlp_columns::Meter;
use ottl_vm::{ExecError, PatternError, Room, Size, TextBuilder, spend};
use regex_automata::Input;
use regex_automata::util::captures::Captures;
use regex_syntax::hir::Hir;

use super::pattern::Compile;

pub(crate) use engine::{Engine, parse};
pub(crate) use haystack::Haystack;
pub(crate) use template::Template;

use matcher::{Built, Matcher};
use searches::{FIND, Searches};
use sequence::{Outcome, Places, Sequence};

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct GoRegex {
    matcher: Matcher,
    names: Vec<Option<String>>,
    sequence: Option<Sequence>,
}

/// All there is to a match, where that can be seen without the regex.
#[derive(Debug)]
enum Shortcut {
    /// How the text begins or ends, or which one it is.
    Anchored(Box<anchored::Anchored>),
    /// What the text contains.
    Contained(contained::Contained),
}

impl Shortcut {
    fn of(hir: &Hir) -> Option<Self> {
        let anchored = anchored::Anchored::of(hir).map(|it| Self::Anchored(Box::new(it)));
        anchored.or_else(|| contained::Contained::of(hir).map(Self::Contained))
    }
}

impl GoRegex {
    /// Compiles a pattern in Go's syntax into an automaton with so much room.
    ///
    /// # Errors
    /// When the pattern is malformed, with what is wrong and where, or too large.
    pub(crate) fn new(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        Self::build(pattern, false, room)
    }

    /// The same for those who ask for groups by name only, since each group costs memory and time.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(crate) fn with_named_groups(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        Self::build(pattern, true, room)
    }

    fn build(pattern: &[u8], named_only: bool, room: Room) -> Result<Self, PatternError> {
        let translated =
            translate::translate(pattern, named_only).map_err(PatternError::Malformed)?;
        let hir = translated.hir;
        Ok(Self {
            sequence: Sequence::of(&hir),
            matcher: Matcher::new(hir, room)?,
            names: translated.names,
        })
    }

    /// The names of the groups; the first, the whole match, and unnamed ones have none.
    pub(crate) fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// Whether the pattern matches somewhere in `text`.
    ///
    /// # Errors
    /// When the run has to stop.
    #[inline]
    pub(crate) fn is_match(&self, meter: &Meter, text: &[u8]) -> Result<bool, ExecError> {
        let shortcut = self.matcher.shortcut();
        if let Some(Shortcut::Anchored(anchored)) = shortcut {
            return Ok(anchored.is_match(text));
        }
        spend(meter, self.matcher.cost().reading(text.len()))?;
        if let Some(Shortcut::Contained(contained)) = shortcut {
            return Ok(contained.is_match(text));
        }
        if let Some(sequence) = self.sequence_for(text) {
            match sequence.find(text, 0, &mut Places::default()) {
                Outcome::Found(..) => return Ok(true),
                Outcome::Nothing => return Ok(false),
                Outcome::GaveUp => {}
            }
        }
        Ok(self.matcher.built().engine.is_match(&Haystack::text(text)))
    }

    /// Visits the first match with its groups; `None` when there is no match.
    ///
    /// # Errors
    /// Those of the visitor, and when the run has to stop.
    pub(crate) fn first<T>(
        &self,
        meter: &Meter,
        text: &[u8],
        visit: impl FnOnce(&Match<'_>) -> Result<T, ExecError>,
    ) -> Result<Option<T>, ExecError> {
        spend(meter, self.matcher.cost().reading(text.len()))?;
        if let Some(sequence) = self.sequence_for(text) {
            let mut places = Places::default();
            match sequence.find(text, 0, &mut places) {
                Outcome::Found(start, end) => {
                    let found = Match {
                        whole: start..end,
                        groups: Groups::Places(sequence, &places),
                    };
                    return visit(&found).map(Some);
                }
                Outcome::Nothing => return Ok(None),
                Outcome::GaveUp => {}
            }
        }
        let haystack = Haystack::new(text);
        let engine = &self.matcher.built().engine;
        let mut groups = engine.captures();
        let input = Input::new(haystack.as_str());
        let Some(found) = engine.find_groups(&input, &mut groups) else {
            return Ok(None);
        };
        let found = Match {
            whole: haystack.range(found.start(), found.end()),
            groups: Groups::Captured(&haystack, &groups),
        };
        visit(&found).map(Some)
    }

    /// The sequence that the pattern is, if it is one, where it matches `text` as the pattern does.
    #[inline]
    fn sequence_for(&self, text: &[u8]) -> Option<&Sequence> {
        self.sequence
            .as_ref()
            .filter(|sequence| sequence.takes(text))
    }

    /// Visits each match in order, as Go's `FindAll` does: an empty match right behind another
    /// match does not count. `with_groups` says whether the visitor looks at groups.
    ///
    /// # Errors
    /// Those of the visitor, and when the run has to stop.
    pub(crate) fn for_each(
        &self,
        meter: &Meter,
        text: &[u8],
        with_groups: bool,
        mut visit: impl FnMut(&Match<'_>) -> Result<(), ExecError>,
    ) -> Result<(), ExecError> {
        spend(meter, self.matcher.cost().reading(text.len()))?;
        if let Some(sequence) = self.sequence_for(text) {
            let (mut at, mut places) = (0, Places::default());
            loop {
                match sequence.find(text, at, &mut places) {
                    Outcome::Found(start, end) => {
                        spend(meter, FIND)?;
                        at = end;
                        visit(&Match {
                            whole: start..end,
                            groups: Groups::Places(sequence, &places),
                        })?;
                    }
                    Outcome::Nothing => return Ok(()),
                    Outcome::GaveUp => {
                        let at = Haystack::new(&text[..at]).as_str().len();
                        return self.for_each_from(at, meter, text, with_groups, visit);
                    }
                }
            }
        }
        self.for_each_from(0, meter, text, with_groups, visit)
    }

    /// The same from `at` on, a place in the haystack where no empty match ends.
    fn for_each_from(
        &self,
        at: usize,
        meter: &Meter,
        text: &[u8],
        with_groups: bool,
        mut visit: impl FnMut(&Match<'_>) -> Result<(), ExecError>,
    ) -> Result<(), ExecError> {
        let haystack = Haystack::new(text);
        let text = haystack.as_str();
        let Built { engine, reader } = self.matcher.built();
        let mut groups = with_groups.then(|| engine.captures());
        let mut searches = Searches::new(self.matcher.cost(), reader.as_ref(), text);
        let (mut at, mut previous_end) = (at, None);
        while at <= text.len() {
            let input = Input::new(text).range(at..);
            let found = match &mut groups {
                Some(groups) => engine.find_groups(&input, groups),
                None => engine.find(&input),
            };
            let Some(found) = found else {
                break;
            };
            let (start, end) = (found.start(), found.end());
            let repeated = start == end && previous_end == Some(start);
            spend(meter, searches.work(at, end))?;
            // What is empty must not be found again; the width of the character is 0 at the end.
            at = if end > at {
                end
            } else {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            };
            previous_end = Some(end);
            if !repeated {
                visit(&Match {
                    whole: haystack.range(start, end),
                    groups: match &groups {
                        Some(groups) => Groups::Captured(&haystack, groups),
                        None => Groups::Unknown,
                    },
                })?;
            }
        }
        Ok(())
    }

    /// Appends `text` with each match replaced by what `template` makes of it, as Go's
    /// `ReplaceAllString` does, and tells whether there was a match; without one nothing is
    /// appended.
    ///
    /// # Errors
    /// When the result would be too long, or the run has to stop.
    pub(crate) fn replace_all(
        &self,
        meter: &Meter,
        text: &[u8],
        template: &Template,
        out: &mut TextBuilder,
    ) -> Result<bool, ExecError> {
        let mut copied = None;
        self.for_each(meter, text, template.uses_groups(), |found| {
            let range = found.range();
            out.push(&text[copied.unwrap_or(0)..range.start])?;
            copied = Some(range.end);
            template.expand(self, text, found, out)
        })?;
        let Some(copied) = copied else {
            return Ok(false);
        };
        out.push(&text[copied..])?;
        Ok(true)
    }
}

impl Compile for GoRegex {
    const KIND: &'static str = "regular expression";

    fn compile(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        Self::new(pattern, room)
    }

    fn size(&self) -> Size {
        let mut size = self.matcher.size();
        size.memory += self.sequence.as_ref().map_or(0, Sequence::size);
        size
    }

    fn work(&self) -> u64 {
        self.matcher.cost().compiling()
    }
}

/// A match while it is visited.
pub(crate) struct Match<'a> {
    whole: Range<usize>,
    groups: Groups<'a>,
}

/// Where the groups of a match are.
enum Groups<'a> {
    /// Nobody asked for them.
    Unknown,
    Captured(&'a Haystack<'a>, &'a Captures),
    Places(&'a Sequence, &'a Places),
}

impl Match<'_> {
    /// Where it is in the text.
    pub(crate) fn range(&self) -> Range<usize> {
        self.whole.clone()
    }

    /// Where a group is in the text; `None` when it took no part, or does not exist.
    pub(crate) fn group(&self, index: usize) -> Option<Range<usize>> {
        if index == 0 {
            return Some(self.range());
        }
        match &self.groups {
            Groups::Unknown => None,
            Groups::Captured(haystack, groups) => {
                let span = groups.get_group(index)?;
                Some(haystack.range(span.start, span.end))
            }
            Groups::Places(sequence, places) => {
                let (start, end) = sequence.group(places, index)?;
                Some(start..end)
            }
        }
    }
}

#[cfg(test)]
mod tests;
