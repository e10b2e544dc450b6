//! Patterns that are a row of characters, each repeated some times, such as `session=[0-9a-f]+`.
//!
//! Such a pattern is matched from left to right without ever going back: where a part may be
//! repeated more or less often, what follows it never begins with a character of the part, so that
//! fewer repetitions match nothing that most repetitions do not. What that does not hold for is
//! left to the regex.

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

/// Patterns with more parts are left to the regex.
const MAX_PARTS: usize = 24;
/// So many times the bytes of a text are read before the search is left to the regex.
const MAX_READ: usize = 4;
/// Bytes that are read in any case.
const FREE: usize = 256;

/// A row of parts.
#[derive(Debug)]
pub(super) struct Sequence {
    parts: Vec<Part>,
    /// For each group, the whole match first, the parts that it begins and ends before.
    groups: Vec<(usize, usize)>,
    start: Start,
    /// Whether only texts in ASCII are matched as the regex matches them.
    needs_ascii: bool,
}

#[derive(Debug)]
enum Part {
    Literal(Box<[u8]>),
    Repeated(Repeated),
    WordBoundary,
    End,
}

/// A character of a set, repeated.
#[derive(Debug)]
struct Repeated {
    set: Box<Set>,
    min: usize,
    max: usize,
}

/// Which bytes are in a set.
type Set = [bool; 256];

/// Where matches may begin.
#[derive(Debug)]
enum Start {
    /// At the beginning of the text.
    Anchored,
    /// With a text.
    Literal(Box<Finder<'static>>),
    /// With one of two bytes, which may be the same.
    Bytes(u8, u8),
    /// With a byte of a set, the first part's. Whether there may be any number of them, so that a
    /// match which fails behind them fails from each of them.
    Set { any_number: bool },
}

/// What a search came to.
pub(super) enum Outcome {
    /// A match from here to there.
    Found(usize, usize),
    /// No match.
    Nothing,
    /// The regex has to search.
    GaveUp,
}

/// Where the parts of the latest match begin.
#[derive(Debug)]
pub(super) struct Places([usize; MAX_PARTS + 1]);

impl Default for Places {
    fn default() -> Self {
        Self([0; MAX_PARTS + 1])
    }
}

impl Sequence {
    /// The parts of a pattern; `None` when there is more to it.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let mut builder = Builder::default();
        builder.add(hir)?;
        builder.finish()
    }

    /// Whether a text is matched as the regex matches it.
    #[inline]
    pub(super) fn takes(&self, text: &[u8]) -> bool {
        !self.needs_ascii || text.is_ascii()
    }

    /// The bytes it takes, beside those that the regex has as well.
    pub(super) fn size(&self) -> usize {
        self.parts.len() * (size_of::<Part>() + size_of::<Set>())
    }

    /// Where a group of the latest match is.
    pub(super) fn group(&self, places: &Places, index: usize) -> Option<(usize, usize)> {
        let (first, end) = *self.groups.get(index)?;
        Some((places.0[first], places.0[end]))
    }

    /// The first match that begins at `at` or later, in a text that it takes.
    pub(super) fn find(&self, text: &[u8], at: usize, places: &mut Places) -> Outcome {
        if let Start::Anchored = self.start {
            return match (at == 0).then(|| self.match_at(text, 0, places)) {
                Some(Ok(end)) => Outcome::Found(0, end),
                _ => Outcome::Nothing,
            };
        }
        let mut at = at;
        let mut left = MAX_READ * (text.len() - at) + FREE;
        let behind_first = self.first_place() + 1;
        while let Some(start) = self.next_start(text, at) {
            places.0[behind_first] = start;
            let failed = match self.match_at(text, start, places) {
                Ok(end) => return Outcome::Found(start, end),
                Err(failed) => failed,
            };
            at = match self.start {
                Start::Set { any_number: true } => places.0[behind_first].max(start + 1),
                _ => start + 1,
            };
            match left.checked_sub(failed - start) {
                Some(rest) => left = rest,
                None => return Outcome::GaveUp,
            }
        }
        Outcome::Nothing
    }

    fn first_place(&self) -> usize {
        usize::from(matches!(self.parts.first(), Some(Part::WordBoundary)))
    }

    /// The first place from `at` on where a match may begin.
    #[inline]
    fn next_start(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let found = match &self.start {
            Start::Anchored => None,
            Start::Literal(finder) => finder.find(rest),
            Start::Bytes(one, other) if one == other => memchr(*one, rest),
            Start::Bytes(one, other) => memchr2(*one, *other, rest),
            Start::Set { .. } => {
                let Some(Part::Repeated(first)) = self.parts.get(self.first_place()) else {
                    return None;
                };
                rest.iter().position(|&byte| first.set[usize::from(byte)])
            }
        };
        Some(at + found?)
    }

    /// Where the match that begins at `start` ends, or where it fails.
    #[inline]
    fn match_at(&self, text: &[u8], start: usize, places: &mut Places) -> Result<usize, usize> {
        let mut at = start;
        for (part, place) in self.parts.iter().zip(&mut places.0) {
            *place = at;
            at = match part {
                Part::Literal(literal) => match text[at..].starts_with(literal) {
                    true => at + literal.len(),
                    false => return Err(at),
                },
                Part::Repeated(repeated) => {
                    let end = repeated.end(text, at);
                    if end - at < repeated.min {
                        return Err(end);
                    }
                    end
                }
                Part::WordBoundary if is_boundary(text, at) => at,
                Part::End if at == text.len() => at,
                Part::WordBoundary | Part::End => return Err(at),
            };
        }
        places.0[self.parts.len()] = at;
        Ok(at)
    }
}

impl Repeated {
    #[inline]
    fn end(&self, text: &[u8], at: usize) -> usize {
        let most = at.saturating_add(self.max).min(text.len());
        let part = &text[at..most];
        let other = part.iter().position(|&byte| !self.set[usize::from(byte)]);
        at + other.unwrap_or(part.len())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_boundary(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).is_some_and(|at| is_word(text[at]));
    before != text.get(at).is_some_and(|&byte| is_word(byte))
}

#[derive(Default)]
struct Builder {
    parts: Vec<Part>,
    /// Which parts are repeated as seldom as possible.
    lazy: Vec<usize>,
    groups: Vec<(usize, usize)>,
    anchored: bool,
    needs_ascii: bool,
}

impl Builder {
    fn add(&mut self, hir: &Hir) -> Option<()> {
        if self.parts.len() >= MAX_PARTS {
            return None;
        }
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => {
                // What is beyond ASCII may stand for bytes that are no text.
                literal.0.is_ascii().then_some(())?;
                self.parts.push(Part::Literal(literal.0.clone()));
            }
            HirKind::Class(Class::Unicode(class)) => self.add_class(class, 1, Some(1))?,
            HirKind::Class(Class::Bytes(_)) | HirKind::Alternation(_) => return None,
            HirKind::Look(Look::Start) if self.parts.is_empty() => self.anchored = true,
            HirKind::Look(Look::End) => self.parts.push(Part::End),
            HirKind::Look(Look::WordAscii) => self.parts.push(Part::WordBoundary),
            HirKind::Look(_) => return None,
            HirKind::Repetition(repetition) => self.add_repetition(repetition)?,
            HirKind::Capture(capture) => {
                let (first, index) = (self.parts.len(), capture.index as usize);
                self.add(&capture.sub)?;
                let known = self.groups.len().max(index + 1);
                self.groups.resize(known, (0, 0));
                self.groups[index] = (first, self.parts.len());
            }
            HirKind::Concat(parts) => {
                for part in parts {
                    self.add(part)?;
                }
            }
        }
        Some(())
    }

    fn add_repetition(&mut self, repetition: &Repetition) -> Option<()> {
        let (min, max) = (repetition.min, repetition.max);
        if !repetition.greedy && max != Some(min) {
            self.lazy.push(self.parts.len());
        }
        match repetition.sub.kind() {
            HirKind::Class(Class::Unicode(class)) => self.add_class(class, min, max),
            HirKind::Literal(literal) => match *literal.0 {
                [byte @ 0..0x80] => {
                    let mut set = [false; 256];
                    set[usize::from(byte)] = true;
                    self.push(set, min, max)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn add_class(&mut self, class: &ClassUnicode, min: u32, max: Option<u32>) -> Option<()> {
        let mut set = [false; 256];
        let (mut others, mut all_others) = (false, false);
        for range in class.ranges() {
            let (first, last) = (range.start() as usize, range.end() as usize);
            set[first.min(0x80)..(last + 1).min(0x80)].fill(true);
            others |= last >= 0x80;
            all_others |= first <= 0x80 && range.end() == char::MAX;
        }
        // A character beyond ASCII is several bytes, each of which belongs to it.
        if all_others && min <= 1 && max.is_none() {
            set[0x80..].fill(true);
        } else {
            self.needs_ascii |= others;
        }
        self.push(set, min, max)
    }

    fn push(&mut self, set: Set, min: u32, max: Option<u32>) -> Option<()> {
        self.parts.push(Part::Repeated(Repeated {
            set: Box::new(set),
            min: min as usize,
            max: max.map_or(usize::MAX, |max| max as usize),
        }));
        Some(())
    }

    fn finish(mut self) -> Option<Sequence> {
        let before_last = self.parts.len().checked_sub(1)?;
        let is_end = |part: &Part| matches!(part, Part::End);
        if self.parts.len() > MAX_PARTS || self.parts[..before_last].iter().any(is_end) {
            return None;
        }
        (0..self.parts.len())
            .all(|at| self.never_goes_back(at))
            .then_some(())?;
        let start = self.start()?;
        if self.groups.is_empty() {
            self.groups.push((0, 0));
        }
        self.groups[0] = (0, self.parts.len());
        Some(Sequence {
            parts: self.parts,
            groups: self.groups,
            start,
            needs_ascii: self.needs_ascii,
        })
    }

    /// Where matches may begin; `None` when one may be empty.
    fn start(&self) -> Option<Start> {
        let first = match self.parts.as_slice() {
            [Part::WordBoundary, first, ..] => first,
            [first, ..] => first,
            [] => return None,
        };
        let start = match first {
            Part::Literal(literal) => match **literal {
                [byte] => Start::Bytes(byte, byte),
                _ => Start::Literal(Box::new(Finder::new(&**literal).into_owned())),
            },
            Part::Repeated(Repeated { min: 0, .. }) | Part::WordBoundary | Part::End => {
                return None;
            }
            Part::Repeated(repeated) => {
                let mut bytes = (0..=u8::MAX).filter(|&byte| repeated.set[usize::from(byte)]);
                match (bytes.next(), bytes.next(), bytes.next()) {
                    (Some(one), None, _) if repeated.max == 1 => Start::Bytes(one, one),
                    (Some(one), Some(other), None) if repeated.max == 1 => Start::Bytes(one, other),
                    _ => Start::Set {
                        any_number: repeated.min == 1 && repeated.max == usize::MAX,
                    },
                }
            }
        };
        Some(if self.anchored {
            Start::Anchored
        } else {
            start
        })
    }

    /// Whether fewer repetitions of a part match nothing that most repetitions do not.
    fn never_goes_back(&self, at: usize) -> bool {
        let Part::Repeated(part) = &self.parts[at] else {
            return true;
        };
        if part.min == part.max {
            return true;
        }
        for (next, following) in self.parts.iter().enumerate().skip(at + 1) {
            match following {
                Part::End => return true,
                // Between two bytes that are both part of words, or both not, there is no boundary.
                Part::WordBoundary => {
                    let mut bytes = (0..=u8::MAX).filter(|&byte| part.set[usize::from(byte)]);
                    let is_word_part = bytes.next().is_some_and(is_word);
                    return next == at + 1
                        && part.min > 0
                        && bytes.all(|byte| is_word(byte) == is_word_part);
                }
                Part::Literal(literal) => return !part.set[usize::from(literal[0])],
                Part::Repeated(other) => {
                    if (0..256).any(|byte| part.set[byte] && other.set[byte]) {
                        return false;
                    }
                    if other.min > 0 {
                        return true;
                    }
                }
            }
        }
        // All that follows may be empty, so that most repetitions always match.
        !self.lazy.contains(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::regex::parse;

    fn sequence(pattern: &str) -> Option<Sequence> {
        // Written as Go's syntax is translated: classes and boundaries are ASCII.
        Sequence::of(&parse(pattern).expect("a pattern"))
    }

    /// All matches with their groups, by the sequence and by the regex.
    fn compare(pattern: &str, text: &str) {
        let sequence = sequence(pattern).unwrap_or_else(|| panic!("{pattern} is no sequence"));
        if !sequence.takes(text.as_bytes()) {
            return;
        }
        let regex = regex::Regex::new(pattern).expect("a pattern");
        let expected: Vec<Vec<_>> = regex
            .captures_iter(text)
            .map(|found| {
                let groups = found.iter();
                groups
                    .map(|group| group.map(|group| (group.start(), group.end())))
                    .collect()
            })
            .collect();
        let mut found: Vec<Vec<_>> = Vec::new();
        let (mut at, mut places) = (0, Places::default());
        loop {
            match sequence.find(text.as_bytes(), at, &mut places) {
                Outcome::Found(start, end) => {
                    assert_eq!(sequence.group(&places, 0), Some((start, end)));
                    let groups = 0..regex.captures_len();
                    found.push(groups.map(|at| sequence.group(&places, at)).collect());
                    at = end;
                }
                Outcome::Nothing => break,
                Outcome::GaveUp => return,
            }
        }
        assert_eq!(found, expected, "{pattern} on {text:?}");
    }

    const SEQUENCES: [&str; 22] = [
        "session=[0-9a-f]+",
        "ab",
        "a+b",
        "[ab]{2,3}c?",
        r"(?-u:\b)[0-9]{2,4}(?-u:\b)",
        "([0-9]{2}) ([a-c]+)",
        "[^ ]+",
        "a[^b]*b",
        "a[^b]*?b",
        "(?i)ab[0-9]",
        "^a(b*)c",
        "b+$",
        "[ab]+-[ab]+",
        "a?-b",
        "[0-9]+[a-c]?",
        "x[0-9]*[a-c]*y",
        ".",
        "[^a]{2}",
        "é*?a",
        "[aé]b",
        "(?-u:\\b)a",
        "aab",
    ];

    #[test]
    fn they_match_what_the_regex_matches() {
        let pieces = [
            "a",
            "b",
            "c",
            "ab",
            " ",
            "12",
            "3",
            "-",
            "é",
            "x",
            "y",
            "A",
            "\n",
            "session=0f",
            "_",
        ];
        // A generator of numbers that are always the same.
        let mut number = 1_u64;
        for _ in 0..3000 {
            let mut text = String::new();
            for _ in 0..12 {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(11);
                text.push_str(pieces[(number >> 33) as usize % pieces.len()]);
            }
            for pattern in SEQUENCES
                .iter()
                .filter(|pattern| sequence(pattern).is_some())
            {
                compare(pattern, &text);
            }
        }
        let known = SEQUENCES
            .iter()
            .filter(|pattern| sequence(pattern).is_some());
        assert_eq!(
            known.count(),
            SEQUENCES.len() - 2,
            "two of them may begin with nothing"
        );
    }

    #[test]
    fn all_else_is_left_to_the_regex() {
        for pattern in [
            "",
            "a*",
            "[ab]+b",
            "a|bc",
            "(ab)+",
            r"(?-u:\b)",
            "a[bc]*(?-u:\\b)",
            "a.*b",
            "é",
            "a+?",
            "[ab]*[bc]c",
            "(a)*b",
            "^",
            "$",
            "(?m)^a",
            "a$b",
            "[a-]+(?-u:\\b)",
        ] {
            assert!(sequence(pattern).is_none(), "{pattern}");
        }
    }

    #[test]
    fn texts_that_take_too_long_are_given_up() {
        let long = sequence("a[ab]{0,1000}c").expect("a sequence");
        let text = "a".repeat(3000);
        let outcome = long.find(text.as_bytes(), 0, &mut Places::default());
        assert!(matches!(outcome, Outcome::GaveUp));
        let read_once = sequence("[ab]+c").expect("a sequence");
        let outcome = read_once.find(text.as_bytes(), 0, &mut Places::default());
        assert!(matches!(outcome, Outcome::Nothing), "it is read once");
    }
}
