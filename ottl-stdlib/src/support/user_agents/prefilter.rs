//! Which expressions may match a text at all, by the words that a match of them has in it.
//!
//! An expression needs one word of each of some sets. The words of all expressions are looked for
//! at once, in any case, so that whether a word is there is known before any expression is tried.

use aho_corasick::AhoCorasick;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter words are in too many texts.
const MIN_LEN: usize = 3;

/// The words of some expressions.
pub(super) struct Prefilter {
    words: AhoCorasick,
    /// For each expression sets of words, as their numbers.
    needs: Vec<Vec<Vec<usize>>>,
    /// The expressions that need no word.
    always: Vec<usize>,
    /// For each word the expressions of which a set that decides most has it.
    of_word: Vec<Vec<usize>>,
}

/// The words that a text has, one bit for each.
pub(super) struct Words(Vec<u64>);

impl Words {
    fn has(&self, word: usize) -> bool {
        self.0[word / 64] >> (word % 64) & 1 == 1
    }
}

impl Prefilter {
    /// The words of valid expressions.
    pub(super) fn new<'e>(expressions: impl Iterator<Item = &'e str>) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut number = |word: String| match words.iter().position(|known| *known == word) {
            Some(number) => number,
            None => {
                words.push(word);
                words.len() - 1
            }
        };
        let needs = expressions.map(|expression| {
            let hir = regex_syntax::parse(expression).expect("the expression is valid");
            let sets = needs(&hir).into_iter();
            sets.map(|set| set.into_iter().map(&mut number).collect())
                .collect()
        });
        let needs: Vec<Vec<Vec<usize>>> = needs.collect();
        let mut always = Vec::new();
        let mut of_word = vec![Vec::new(); words.len()];
        for (expression, sets) in needs.iter().enumerate() {
            let shortest = |set: &&Vec<usize>| set.iter().map(|&word| words[word].len()).min();
            match sets.iter().max_by_key(shortest) {
                None => always.push(expression),
                Some(set) => set.iter().for_each(|&word| of_word[word].push(expression)),
            }
        }
        let mut builder = AhoCorasick::builder();
        let builder = builder.ascii_case_insensitive(true);
        Self {
            words: builder.build(&words).expect("the words are few"),
            needs,
            always,
            of_word,
        }
    }

    /// The expressions that may match a text with these words, in order.
    pub(super) fn candidates(&self, words: &Words) -> Vec<usize> {
        let mut candidates = self.always.clone();
        for (number, word) in words.0.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let expressions = &self.of_word[64 * number + rest.trailing_zeros() as usize];
                candidates.extend_from_slice(expressions);
                rest &= rest - 1;
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|&expression| self.may_match(expression, words));
        candidates
    }

    /// The words in a text.
    pub(super) fn words(&self, text: &str) -> Words {
        let mut words = vec![0; self.words.patterns_len().div_ceil(64)];
        for found in self.words.find_overlapping_iter(text) {
            let word = found.pattern().as_usize();
            words[word / 64] |= 1 << (word % 64);
        }
        Words(words)
    }

    /// Whether a text with these words may match an expression.
    #[inline]
    fn may_match(&self, expression: usize, words: &Words) -> bool {
        let mut sets = self.needs[expression].iter();
        sets.all(|set| set.iter().any(|&word| words.has(word)))
    }
}

/// Sets of words of each of which a match has one, in lower case.
fn needs(hir: &Hir) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    reader.read(hir);
    reader.end_word();
    reader.sets
}

#[derive(Default)]
struct Reader {
    sets: Vec<Vec<String>>,
    /// The characters that stand one behind the other up to here.
    word: String,
}

impl Reader {
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.word.push_str(&text.to_ascii_lowercase()),
                Err(_) => self.end_word(),
            },
            HirKind::Class(class) => match letter(class) {
                Some(letter) => self.word.push(letter),
                None => self.end_word(),
            },
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.read(part)),
            HirKind::Repetition(repetition) => {
                self.end_word();
                if repetition.min > 0 {
                    self.sets.extend(needs(&repetition.sub));
                }
            }
            HirKind::Alternation(parts) => {
                self.end_word();
                let sets: Option<Vec<_>> = parts.iter().map(best_set).collect();
                self.sets.extend(sets.map(|sets| sets.concat()));
            }
        }
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.len() >= MIN_LEN {
            self.sets.push(vec![word]);
        }
    }
}

/// The set whose shortest word is the longest.
fn best_set(hir: &Hir) -> Option<Vec<String>> {
    let shortest = |set: &Vec<String>| set.iter().map(String::len).min();
    needs(hir).into_iter().max_by_key(shortest)
}

/// The letter of a class that is one letter in both cases, in lower case.
fn letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let mut chars = class.iter().flat_map(|range| range.start()..=range.end());
    let (upper, lower) = (chars.next()?, chars.next()?);
    let is_letter = chars.next().is_none() && lower.is_ascii_lowercase();
    (is_letter && upper == lower.to_ascii_uppercase()).then_some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(expression: &str) -> Vec<Vec<String>> {
        needs(&regex_syntax::parse(expression).expect("an expression"))
    }

    #[test]
    fn words_are_what_every_match_has() {
        assert_eq!(sets("(Firefox)/(\\d+)"), [["firefox/"]]);
        assert_eq!(sets("Mozilla.{1,9}Android"), [["mozilla"], ["android"]]);
        assert_eq!(sets("[Bb]ot"), [["bot"]]);
        assert_eq!(sets("(?i)panic"), [["panic"]]);
        assert_eq!(sets("(?:curl|Wget)/x?"), [["curl", "wget"]]);
        assert_eq!(sets("(?:abc)+(?:def)*"), [["abc"]]);
        assert!(sets("(?:abc|)d").is_empty());
        assert!(sets("ab|abcd").iter().all(|set| set.len() == 2));
        assert!(sets("a.c").is_empty());
    }

    #[test]
    fn texts_without_the_words_are_passed_over() {
        let prefilter = Prefilter::new(["(?:curl|wget)/.*linux", "x"].into_iter());
        for (text, expected) in [
            ("Curl/1 (LINUX)", true),
            ("wget/linux", true),
            ("curl/1", false),
            ("linux", false),
        ] {
            let words = prefilter.words(text);
            assert_eq!(prefilter.may_match(0, &words), expected, "{text}");
            assert!(prefilter.may_match(1, &words));
            let candidates = if expected { vec![0, 1] } else { vec![1] };
            assert_eq!(prefilter.candidates(&words), candidates, "{text}");
        }
    }
}
