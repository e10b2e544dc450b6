//! Patterns that only ask whether a text contains another one, such as `(?i)panic`.

use memchr::{memchr, memchr2};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::anchored::without_optional;

/// Longer patterns are left to the regex: each place where one may begin is compared byte by byte.
const MAX_LEN: usize = 64;

/// The bytes that telemetry has most of, the most frequent first; those with two cases in the lower.
const FREQUENT: &[u8] = b" etaoinsrl0dch1u2m.p3f45g/6y7b8w9-v:k\"_=,xjqz";

/// A text that is looked for, in ASCII, with one or two bytes for each of its characters.
#[derive(Debug)]
pub(super) struct Contained {
    characters: Vec<[u8; 2]>,
    /// The character that texts have least of.
    rarest: usize,
}

impl Contained {
    /// The text that a pattern looks for; `None` when there is more to it.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let mut characters = Vec::new();
        match hir.kind() {
            HirKind::Concat(parts) => {
                for part in without_optional(parts, (true, true)) {
                    add_characters(part, &mut characters)?;
                }
            }
            _ => add_characters(hir, &mut characters)?,
        }
        let rarest = (0..characters.len()).max_by_key(|&at| rarity(characters[at]))?;
        (characters.len() <= MAX_LEN).then_some(Self { characters, rarest })
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let [one, other] = self.characters[self.rarest];
        let mut at = self.rarest;
        while let Some(rest) = text.get(at..) {
            let found = if one == other {
                memchr(one, rest)
            } else {
                memchr2(one, other, rest)
            };
            let Some(found) = found else {
                return false;
            };
            if self.is_at(text, at + found - self.rarest) {
                return true;
            }
            at += found + 1;
        }
        false
    }

    fn is_at(&self, text: &[u8], start: usize) -> bool {
        let Some(part) = text.get(start..start + self.characters.len()) else {
            return false;
        };
        let mut pairs = part.iter().zip(&self.characters);
        pairs.all(|(byte, [one, other])| byte == one || byte == other)
    }
}

fn rarity([byte, _]: [u8; 2]) -> usize {
    let frequent = FREQUENT.iter();
    let place = frequent
        .clone()
        .position(|&known| known == byte.to_ascii_lowercase());
    place.unwrap_or(FREQUENT.len())
}

/// Adds what `hir` looks for, if that is a text in ASCII. In a text that is not UTF-8 every invalid
/// byte stands for U+FFFD, which is no part of it.
fn add_characters(hir: &Hir, characters: &mut Vec<[u8; 2]>) -> Option<()> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            for &byte in literal.0.iter() {
                characters.push(byte.is_ascii().then_some([byte, byte])?);
            }
        }
        HirKind::Class(class) => characters.push(two_bytes(class)?),
        HirKind::Capture(capture) => add_characters(&capture.sub, characters)?,
        HirKind::Concat(parts) => {
            for part in parts {
                add_characters(part, characters)?;
            }
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => {
            return None;
        }
    }
    Some(())
}

/// The two characters of a class.
fn two_bytes(class: &Class) -> Option<[u8; 2]> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let mut chars = class.iter().flat_map(|range| range.start()..=range.end());
    let (one, other) = (chars.next()?, chars.next()?);
    let is_all = chars.next().is_none() && one.is_ascii() && other.is_ascii();
    is_all.then_some([one as u8, other as u8])
}

#[cfg(test)]
mod tests {
    use otlp_columns::Meter;
    use ottl_vm::Room;

    use super::Contained;
    use crate::support::regex::{GoRegex, parse};

    fn contained(pattern: &str) -> Option<Contained> {
        Contained::of(&parse(pattern).expect("a pattern"))
    }

    #[test]
    fn texts_are_found_wherever_they_are() {
        for (pattern, text, expected) in [
            ("(?i)panic", "a pani Panic", true),
            ("(?i)panic", "PANI", false),
            ("(?i)panic", "xpaniC", true),
            ("(?i)panic", "panipanpaPANIC", true),
            ("(?i)panic", "", false),
            ("panic", "Panic", false),
            ("(pan)(ic)", "panic", true),
            ("[xy]z", "xyyz", true),
            ("[xy]z", "zx", false),
            (r"\.", "a.b", true),
            (".*ab.*", "x\nab", true),
            ("x*ab.?", "xa", false),
            ("aab", "aaaaaab", true),
            ("aab", "aaaaaa", false),
        ] {
            let contained = contained(pattern).expect(pattern);
            assert_eq!(
                contained.is_match(text.as_bytes()),
                expected,
                "{pattern} in {text}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_stand_between() {
        let regex = GoRegex::new(b"ab", Room::of(1 << 20)).expect("a pattern");
        let is_match = |text| regex.is_match(&Meter::default(), text);
        assert_eq!(is_match(b"a\xffb"), Ok(false));
        assert_eq!(is_match(b"\xffab\xff"), Ok(true));
    }

    #[test]
    fn all_else_is_left_to_the_regex() {
        for pattern in [
            "", "^a", "a$", r"\bab", "a+", "a|bc", "[abc]d", "é", "(?i)k", "(?i)ss", "xa?b", ".",
        ] {
            assert!(contained(pattern).is_none(), "{pattern}");
        }
        assert!(contained(&"x".repeat(64)).is_some());
        assert!(contained(&"x".repeat(65)).is_none());
    }
}
