//! Patterns that only ask how a text begins, such as `^(http|url).*`.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// How many texts are worth to be compared one after the other.
const MAX_PREFIXES: usize = 32;

/// The texts of which a matching text begins with one.
#[derive(Debug)]
pub(super) struct Prefixes {
    texts: Vec<Vec<u8>>,
    /// Which bytes they begin with, one bit each; all, if one of them is empty.
    first: [u64; 4],
}

impl Prefixes {
    /// The prefixes of a pattern; `None` when there is more to it.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let texts = prefixes(hir)?;
        let mut first = [0; 4];
        for text in &texts {
            match text.first() {
                Some(&byte) => first[usize::from(byte >> 6)] |= 1 << (byte & 63),
                None => first = [u64::MAX; 4],
            }
        }
        Some(Self { texts, first })
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        match text.first() {
            Some(&byte) => {
                self.first[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
                    && self.texts.iter().any(|prefix| text.starts_with(prefix))
            }
            None => self.texts.iter().any(Vec::is_empty),
        }
    }
}

fn prefixes(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => return None,
    };
    let (first, mut rest) = parts.split_first()?;
    if !matches!(first.kind(), HirKind::Look(Look::Start)) {
        return None;
    }
    // What may be empty at the end decides nothing.
    while let Some((last, before)) = rest.split_last()
        && matches!(last.kind(), HirKind::Repetition(repetition) if repetition.min == 0)
    {
        rest = before;
    }
    let rest = Hir::concat(rest.to_vec());
    if !rest.properties().look_set().is_empty() {
        return None;
    }
    let literals = Extractor::new().limit_total(MAX_PREFIXES).extract(&rest);
    let texts = literals.literals().filter(|_| literals.is_exact())?;
    let texts = texts.iter().map(|literal| literal.as_bytes().to_vec());
    let texts: Vec<_> = texts.collect();
    // In a text that is not UTF-8 every invalid byte stands for U+FFFD.
    let replaced = "\u{fffd}".as_bytes();
    let plain = |text: &Vec<u8>| !text.windows(replaced.len()).any(|part| part == replaced);
    texts.iter().all(plain).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::{Prefixes, prefixes};
    use crate::support::regex::parse;

    fn shown(pattern: &str) -> Option<Vec<String>> {
        let texts = prefixes(&parse(pattern).expect("a pattern"))?;
        Some(
            texts
                .into_iter()
                .map(|text| String::from_utf8(text).expect("UTF-8"))
                .collect(),
        )
    }

    #[test]
    fn beginnings_are_found() {
        assert_eq!(shown("^abc"), Some(vec!["abc".to_owned()]));
        assert_eq!(
            shown("^(http|url).*"),
            Some(vec!["http".to_owned(), "url".to_owned()])
        );
        assert_eq!(shown(r"^/api/.*"), Some(vec!["/api/".to_owned()]));
        assert_eq!(shown(r"^\{"), Some(vec!["{".to_owned()]));
    }

    #[test]
    fn they_match_what_begins_with_one() {
        let of = |pattern| {
            let hir = parse(pattern).expect("a pattern");
            Prefixes::of(&hir).expect("prefixes")
        };
        let prefixes = of("^(http|url|).*");
        assert!(prefixes.is_match(b"") && prefixes.is_match(b"x"));
        let prefixes = of("^(http|url).*");
        assert!(prefixes.is_match(b"urls") && prefixes.is_match(b"http"));
        assert!(!prefixes.is_match(b"") && !prefixes.is_match(b"htt") && !prefixes.is_match(b"x"));
    }

    #[test]
    fn all_else_is_left_to_the_regex() {
        for pattern in [
            "abc", "^abc$", "^[a-z]+x", r"^\bab", "(?m)^a", "^(a|b+)c", "^a|b", "^.b", "^$",
        ] {
            assert_eq!(shown(pattern), None, "{pattern}");
        }
    }
}
