//! The explanations of codes, taken apart.
//!
//! An explanation is Markdown of paragraphs and of blocks of code between lines of three backquotes.
//! Behind the opening ones stand the language, `ottl` for a script or `yaml` for a configuration of
//! the Collector, whether it is `wrong` or `right`, and how it is read: `context=span`,
//! `dialect=selfops`, `gates=NAME`, `lint=NAME`. A test checks that what is wrong has the
//! code, and that what is right has no problem at all.
//!
//! ```
//! use ottl_syntax::Code;
//! use ottl_syntax::explanation::{Part, parts};
//!
//! let code = Code::named("e0203").expect("there is such a code");
//! let examples = parts(code.explanation()).filter_map(|part| match part {
//!     Part::Example(example) => Some(example.is_wrong),
//!     Part::Text(_) => None,
//! });
//! assert_eq!(examples.collect::<Vec<_>>(), [true, false]);
//! ```

/// A piece of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A paragraph, whose line breaks mean nothing.
    Text(&'a str),
    /// A block of code.
    Example(Example<'a>),
}

/// A script or a configuration that has the problem, or has it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// `ottl` or `yaml`.
    pub language: &'a str,
    /// Whether it has the problem.
    pub is_wrong: bool,
    /// The source, with a line break at its end.
    pub source: &'a str,
    info: &'a str,
}

impl<'a> Example<'a> {
    /// A setting with which the source is read: `context`, `dialect`, `gates` or `lint`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&'a str> {
        self.info
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// The arguments of `ottlc` with which the source is read; none means the defaults.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        [
            ("context", "--context"),
            ("dialect", "--dialect"),
            ("gates", "--feature-gates"),
            ("lint", "--lint"),
        ]
        .into_iter()
        .filter_map(|(name, argument)| Some((argument, self.setting(name)?)))
        .flat_map(|(argument, value)| [argument.to_owned(), value.to_owned()])
        .collect()
    }
}

/// The pieces of an explanation in their order.
pub fn parts(explanation: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = explanation;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let (part, behind) = match rest.strip_prefix(FENCE) {
            Some(inside) => example(inside),
            None => match rest.split_once("\n\n") {
                Some((text, behind)) => (Part::Text(text), behind),
                None => (Part::Text(rest.trim_end()), ""),
            },
        };
        rest = behind;
        Some(part)
    })
}

const FENCE: &str = "```";

/// The example behind its opening fence, and what comes behind it.
fn example(inside: &str) -> (Part<'_>, &str) {
    let (info, body) = inside.split_once('\n').unwrap_or((inside, ""));
    let end = body.find(FENCE).unwrap_or(body.len());
    let mut words = info.split_whitespace();
    let part = Part::Example(Example {
        language: words.next().unwrap_or_default(),
        is_wrong: words.next() == Some("wrong"),
        source: &body[..end],
        info,
    });
    (part, body.get(end + FENCE.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn every_code_is_explained() {
        for code in Code::ALL {
            let name = code.as_str();
            let all: Vec<_> = parts(code.explanation()).collect();
            assert!(matches!(all[0], Part::Text(_)), "{name} begins with text");
            assert!(
                matches!(all[all.len() - 1], Part::Text(_)),
                "{name} says what to do at its end"
            );
            let wrong = all
                .iter()
                .filter(|part| matches!(part, Part::Example(example) if example.is_wrong))
                .count();
            let right = all
                .iter()
                .filter(|part| matches!(part, Part::Example(example) if !example.is_wrong))
                .count();
            let is_prose = code.explanation().contains(WITHOUT_EXAMPLE);
            assert_eq!(wrong == 0 && right == 0, is_prose, "{name}");
            assert_eq!(wrong == 0, right == 0, "{name}");
        }
    }

    /// What an explanation that has no example says.
    const WITHOUT_EXAMPLE: &str = "No example is shown";

    #[test]
    fn examples_say_what_they_are() {
        for code in Code::ALL {
            for part in parts(code.explanation()) {
                let Part::Example(example) = part else {
                    continue;
                };
                let mut words = example.info.split_whitespace();
                assert!(matches!(words.next(), Some("ottl" | "yaml")), "{example:?}");
                assert!(
                    matches!(words.next(), Some("wrong" | "right")),
                    "{example:?}"
                );
                assert_eq!(words.count() * 2, example.arguments().len(), "{example:?}");
                assert!(example.source.ends_with('\n'), "{example:?}");
            }
        }
    }

    #[test]
    fn codes_have_names() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.as_str()), Some(*code));
        }
        assert_eq!(Code::named("E9999"), None);
        assert_eq!(Code::named(""), None);
    }

    #[test]
    fn text_and_examples_follow_each_other() {
        let text = "One\ntwo.\n\n```ottl wrong context=span\nset(a, 1)\n```\n\nThree.\n";
        let all: Vec<_> = parts(text).collect();
        let [
            Part::Text("One\ntwo."),
            Part::Example(example),
            Part::Text("Three."),
        ] = all[..]
        else {
            panic!("{all:?}");
        };
        assert!(example.is_wrong);
        assert_eq!(example.source, "set(a, 1)\n");
        assert_eq!(example.arguments(), ["--context", "span"]);
        assert_eq!(parts("```ottl right").count(), 1);
    }
}
