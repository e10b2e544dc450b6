//! References to the environment, as the Collector replaces them in every value.
//!
//! `${env:NAME}` and `${NAME}` stand for a variable, `${env:NAME:-text}` for `text` where the variable
//! is not set, and `$$` for `$`. The environment is handed in: nothing here reads that of the process.

use std::fmt;

use ottl_syntax::{Code, Diagnostic, Span};

use super::problems::{Problems, short};
use super::text::{Edit, Text};

/// How many references one value may have, those in variables included.
const MAX_REFERENCES: usize = 1000;
/// How much text variables may bring into one file, in bytes.
const MAX_REPLACED: usize = 4 << 20;

/// The value of a variable, or nothing where it is not set.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What becomes of references to the environment.
#[derive(Clone, Copy, Default)]
pub enum References<'a> {
    /// They stay as text. What cannot be checked without their values is not.
    #[default]
    Keep,
    /// They are replaced.
    Replace(&'a Lookup<'a>),
}

impl fmt::Debug for References<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Replace(_) => "Replace",
        })
    }
}

/// A value after replacing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) text: Text,
    /// Whether there are references that were not replaced.
    pub(crate) is_open: bool,
}

/// Replaces references in the values of one file.
#[derive(Debug)]
pub(crate) struct Environment<'a> {
    references: References<'a>,
    /// How many bytes variables may still bring.
    room: usize,
}

impl<'a> Environment<'a> {
    pub(crate) fn new(references: References<'a>) -> Self {
        Self {
            references,
            room: MAX_REPLACED,
        }
    }

    /// Replaces the references in a value.
    pub(crate) fn replace(&mut self, text: Text, problems: &mut Problems) -> Replaced {
        let mut text = text;
        let mut is_open = false;
        let mut from = 0;
        let mut count = 0;
        while let Some((start, end)) = next(text.value(), from) {
            count += 1;
            let Some(value) = variable(&text, start, end, self.references, problems) else {
                is_open = true;
                from = end;
                continue;
            };
            if count > MAX_REFERENCES || value.len() > self.room {
                let message = "There are too many references, or they bring too much text.";
                problems.error(Code::InvalidReference, text.whole(), message);
                is_open = true;
                break;
            }
            self.room -= value.len();
            text = text.edited(&[Edit {
                range: start..end,
                replacement: value,
            }]);
        }
        Replaced {
            text: unescaped(text),
            is_open,
        }
    }
}

/// The next reference from `from` on: the innermost one around the first `}`.
fn next(value: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let rest = &value[from..];
        let close = rest.find('}')?;
        if let Some(open) = rest[..close].rfind("${") {
            let dollars = rest[..open].bytes().rev().take_while(|byte| *byte == b'$');
            if dollars.count() % 2 == 0 {
                return Some((from + open, from + close + 1));
            }
        }
        from += close + 1;
    }
}

/// The value of the reference at `start..end`; nothing where it stays as it is.
fn variable(
    text: &Text,
    start: usize,
    end: usize,
    references: References<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let place = text.locate(Span::new(start, end));
    let inner = &text.value()[start + 2..end - 1];
    let name = match inner.split_once(':') {
        Some(("env", name)) => name,
        Some((scheme, _)) => {
            let message = format!(
                "The value comes from `{}`, which is not read here.",
                short(scheme)
            );
            problems.report(Diagnostic::warning(Code::NotChecked, place, message));
            return None;
        }
        None => inner,
    };
    let (name, default) = match name.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (name, None),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        let message = format!(
            "`{}` is not a name of an environment variable.",
            short(name)
        );
        let error = Diagnostic::error(Code::InvalidReference, place, message)
            .with_note("A name has letters, digits and `_`. For a plain `$` write `$$`.");
        problems.report(error);
        return None;
    }
    match references {
        References::Keep => None,
        References::Replace(lookup) => {
            let value = lookup(name);
            Some(value.unwrap_or_else(|| default.unwrap_or_default().to_owned()))
        }
    }
}

fn unescaped(text: Text) -> Text {
    let doubled = text.value().match_indices("$$");
    let edits: Vec<_> = doubled
        .map(|(at, _)| Edit {
            range: at..at + 2,
            replacement: "$".to_owned(),
        })
        .collect();
    if edits.is_empty() {
        text
    } else {
        text.edited(&edits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str) -> Text {
        let mut builder = crate::config::text::Builder::default();
        builder.copy(value, 0);
        builder.finish(Span::new(0, value.len()))
    }

    fn replaced(value: &str) -> (String, bool, usize) {
        let lookup = |name: &str| match name {
            "A" => Some("one".to_owned()),
            "NEST" => Some("<${A}>".to_owned()),
            "LOOP" => Some("${LOOP}".to_owned()),
            "GROW" => Some("${GROW}${GROW}".to_owned()),
            _ => None,
        };
        let mut problems = Problems::new(10);
        let mut environment = Environment::new(References::Replace(&lookup));
        let replaced = environment.replace(plain(value), &mut problems);
        let text = replaced.text.value().to_owned();
        (text, replaced.is_open, problems.finish().len())
    }

    #[test]
    fn variables_are_replaced() {
        let closed = |text: &str| (text.to_owned(), false, 0);
        assert_eq!(replaced("a ${env:A} ${A}."), closed("a one one."));
        assert_eq!(replaced("${NONE}|${env:NONE:-x}"), closed("|x"));
        assert_eq!(replaced("${NEST}"), closed("<one>"));
        assert_eq!(
            replaced("$1 $$1 $${A} $$${A} {}"),
            closed("$1 $1 ${A} $one {}")
        );
        assert_eq!(replaced("} ${A ${A"), closed("} ${A ${A"));
    }

    #[test]
    fn what_is_no_variable_stays() {
        assert_eq!(
            replaced("${file:x} ${A}"),
            ("${file:x} one".to_owned(), true, 1)
        );
        assert_eq!(replaced("${1}"), ("${1}".to_owned(), true, 1));
    }

    #[test]
    fn variables_that_contain_themselves_end() {
        assert_eq!(replaced("${LOOP}"), ("${LOOP}".to_owned(), true, 1));
        let (text, is_open, problems) = replaced("${GROW}");
        assert!(text.len() <= 8 * MAX_REFERENCES, "{}", text.len());
        assert_eq!((is_open, problems), (true, 1));
    }

    #[test]
    fn variables_bring_only_so_much() {
        let lookup = |_: &str| Some("x".repeat(MAX_REPLACED / 3));
        let mut problems = Problems::new(10);
        let mut environment = Environment::new(References::Replace(&lookup));
        let replaced = environment.replace(plain("${A}${A}${A}${A}"), &mut problems);
        assert!(replaced.is_open);
        assert!(replaced.text.value().len() <= MAX_REPLACED + 16);
        assert!(environment.replace(plain("${A}"), &mut problems).is_open);
    }

    #[test]
    fn places_survive() {
        let lookup = |_: &str| Some("value".to_owned());
        let mut problems = Problems::new(10);
        let mut environment = Environment::new(References::Replace(&lookup));
        let text = environment
            .replace(plain("a ${X} $$ b"), &mut problems)
            .text;
        assert_eq!(text.value(), "a value $ b");
        assert_eq!(text.locate(Span::new(3, 4)), Span::new(2, 6));
        assert_eq!(text.locate(Span::new(8, 9)), Span::new(7, 9));
        assert_eq!(text.locate(Span::new(10, 11)), Span::new(10, 11));
    }

    #[test]
    fn they_can_be_kept() {
        let mut problems = Problems::new(10);
        let mut environment = Environment::new(References::Keep);
        let replaced = environment.replace(plain("${A} $$1"), &mut problems);
        assert!(replaced.is_open);
        assert_eq!(replaced.text.value(), "${A} $1");
    }
}
