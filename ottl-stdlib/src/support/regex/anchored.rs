//! Patterns that only ask how a text begins or ends, or which one it is, such as `^(http|url).*` and
//! `\.(jpg|png)$`.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// How many texts are worth to be compared one after the other.
const MAX_TEXTS: usize = 32;

/// Where the texts have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Beginning,
    End,
    /// They are the whole.
    Whole,
}

/// The texts of which a matching text begins or ends with one, or is one.
#[derive(Debug)]
pub(super) struct Anchored {
    place: Place,
    texts: Vec<Vec<u8>>,
    /// Which bytes are first or, at the end, last in them, one bit each; all, if one of them is empty.
    outermost: [u64; 4],
}

impl Anchored {
    /// The texts of a pattern; `None` when there is more to it.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let (place, texts) = texts(hir)?;
        let mut outermost = [0; 4];
        for text in &texts {
            match place.outermost(text) {
                Some(byte) => outermost[usize::from(byte >> 6)] |= 1 << (byte & 63),
                None => outermost = [u64::MAX; 4],
            }
        }
        Some(Self {
            place,
            texts,
            outermost,
        })
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        match self.place.outermost(text) {
            Some(byte) => {
                self.outermost[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
                    && self.texts.iter().any(|known| self.place.has(text, known))
            }
            None => self.texts.iter().any(Vec::is_empty),
        }
    }
}

impl Place {
    fn outermost(self, text: &[u8]) -> Option<u8> {
        match self {
            Self::Beginning | Self::Whole => text.first().copied(),
            Self::End => text.last().copied(),
        }
    }

    fn has(self, text: &[u8], known: &[u8]) -> bool {
        match self {
            Self::Beginning => text.starts_with(known),
            Self::End => text.ends_with(known),
            Self::Whole => text == known,
        }
    }
}

/// What is left of a concatenation when what may be empty at its end, or at its beginning, is taken
/// away: where a match may begin and end anywhere it decides nothing.
pub(super) fn without_optional(parts: &[Hir], (behind, before): (bool, bool)) -> &[Hir] {
    let is_optional =
        |part: &Hir| matches!(part.kind(), HirKind::Repetition(repetition) if repetition.min == 0);
    let mut rest = parts;
    while behind && rest.last().is_some_and(is_optional) {
        rest = &rest[..rest.len() - 1];
    }
    while before && rest.first().is_some_and(is_optional) {
        rest = &rest[1..];
    }
    rest
}

fn texts(hir: &Hir) -> Option<(Place, Vec<Vec<u8>>)> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => return None,
    };
    let is_look = |part: Option<&Hir>, look| matches!(part.map(Hir::kind), Some(HirKind::Look(it)) if *it == look);
    let begins = is_look(parts.first(), Look::Start);
    let ends = is_look(parts.last(), Look::End);
    let inner = &parts[usize::from(begins)..parts.len() - usize::from(ends)];
    let place = match (begins, ends) {
        (true, false) => Place::Beginning,
        (false, true) => Place::End,
        (true, true) => Place::Whole,
        (false, false) => return None,
    };
    let rest = Hir::concat(without_optional(inner, (!ends, !begins)).to_vec());
    if !rest.properties().look_set().is_empty() {
        return None;
    }
    let literals = Extractor::new().limit_total(MAX_TEXTS).extract(&rest);
    let texts = literals.literals().filter(|_| literals.is_exact())?;
    let texts = texts.iter().map(|literal| literal.as_bytes().to_vec());
    let texts: Vec<_> = texts.collect();
    // In a text that is not UTF-8 every invalid byte stands for U+FFFD.
    let replaced = "\u{fffd}".as_bytes();
    let plain = |text: &Vec<u8>| !text.windows(replaced.len()).any(|part| part == replaced);
    texts.iter().all(plain).then_some((place, texts))
}

#[cfg(test)]
mod tests {
    use super::{Anchored, Place, texts};
    use crate::support::regex::parse;

    fn shown(pattern: &str) -> Option<(Place, String)> {
        let (place, texts) = texts(&parse(pattern).expect("a pattern"))?;
        let texts = texts.into_iter().map(String::from_utf8);
        let texts: Vec<_> = texts.map(|text| text.expect("UTF-8")).collect();
        Some((place, texts.join(" ")))
    }

    #[test]
    fn texts_are_found() {
        for (pattern, place, texts) in [
            ("^abc", Place::Beginning, "abc"),
            ("^(http|url).*", Place::Beginning, "http url"),
            (r"^/api/.*", Place::Beginning, "/api/"),
            (r"^\{", Place::Beginning, "{"),
            ("abc$", Place::End, "abc"),
            (r".*\.(jpg|png)$", Place::End, ".jpg .png"),
            ("(?i)x$", Place::End, "X x"),
            ("^abc$", Place::Whole, "abc"),
            ("^(GET|POST|)$", Place::Whole, "GET POST "),
            ("^$", Place::Whole, ""),
        ] {
            assert_eq!(shown(pattern), Some((place, texts.to_owned())), "{pattern}");
        }
    }

    #[test]
    fn they_match_what_has_one() {
        let check = |pattern, matching: &[&str], others: &[&str]| {
            let hir = parse(pattern).expect("a pattern");
            let anchored = Anchored::of(&hir).expect("texts");
            for text in matching {
                assert!(anchored.is_match(text.as_bytes()), "{pattern} on {text:?}");
            }
            for text in others {
                assert!(!anchored.is_match(text.as_bytes()), "{pattern} on {text:?}");
            }
        };
        check("^(http|url|).*", &["", "x"], &[]);
        check("^(http|url).*", &["urls", "http"], &["", "htt", "x"]);
        check(
            r".*\.(jpg|png)$",
            &[".jpg", "\n.png"],
            &["", "jpg", ".jpg ", ".pn"],
        );
        check("^(GET|POST)$", &["GET", "POST"], &["", "GETS", "POS"]);
        check("^(GET|)$", &["", "GET"], &["x", "G"]);
        check("a*$", &["", "b"], &[]);
    }

    #[test]
    fn all_else_is_left_to_the_regex() {
        for pattern in [
            "abc", "^[a-z]+x", r"^\bab", "(?m)^a", "(?m)a$", "^(a|b+)c", "^a|b", "^.b", "^a.*b$",
            "^.*a", "a.*$x", "a|b$", "é*b+$",
        ] {
            assert_eq!(shown(pattern), None, "{pattern}");
        }
    }
}
