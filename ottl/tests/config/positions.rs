//! Every byte of a scalar's value is found where it was written, in every style.

use std::fmt::Write;

use ottl::config::yaml::{Document, YamlLimits};
use ottl_syntax::Span;
use proptest::prelude::*;

/// Writes a scalar piece by piece and remembers where each byte of the value stands.
#[derive(Clone, Debug, Default)]
struct Writer {
    file: String,
    value: String,
    /// The place of each byte of the value.
    places: Vec<(usize, usize)>,
    line_break: &'static str,
}

impl Writer {
    fn new(before: &str, line_break: &'static str) -> Self {
        Self {
            file: before.replace('\n', line_break),
            line_break,
            ..Self::default()
        }
    }

    /// Something that is not part of the value.
    fn skip(&mut self, text: &str) {
        self.file.push_str(&text.replace('\n', self.line_break));
    }

    /// A text that stands for itself.
    fn exact(&mut self, text: &str) {
        let start = self.file.len();
        self.places
            .extend((start..start + text.len()).map(|at| (at, at + 1)));
        self.file.push_str(text);
        self.value.push_str(text);
    }

    /// A text that stands for another one.
    fn stand_in(&mut self, written: &str, value: &str) {
        let start = self.file.len();
        self.skip(written);
        let place = (start, self.file.len());
        self.places.extend(value.bytes().map(|_| place));
        self.value.push_str(value);
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let document = Document::parse(&self.file, &YamlLimits::default());
        let document = document
            .map_err(|problems| TestCaseError::fail(format!("{:?}: {problems:?}", self.file)))?;
        let root = document.root().expect("a node");
        let (_, list) = root.entries().next().expect("one key");
        let text = list
            .items()
            .next()
            .expect("one item")
            .text()
            .expect("a scalar");
        prop_assert_eq!(text.value(), &self.value, "{:?}", self.file);
        for (at, (start, end)) in self.places.iter().enumerate() {
            let found = text.locate(Span::new(at, at + 1));
            let expected = Span::new(*start, *end);
            prop_assert_eq!(found, expected, "byte {} of {:?}", at, self.file);
        }
        for at in 1..self.places.len() {
            let found = text.locate(Span::new(0, at));
            let expected = Span::new(self.places[0].0, self.places[at - 1].1);
            prop_assert_eq!(found, expected, "to byte {} of {:?}", at, self.file);
        }
        Ok(())
    }
}

fn breaks() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("\n"), Just("\r\n")]
}

/// What is between two words.
#[derive(Clone, Debug)]
enum Gap {
    Spaces(usize),
    /// Line breaks, with that many blanks before the first and after the last.
    Lines(usize, usize, usize),
}

fn gap() -> impl Strategy<Value = Gap> {
    prop_oneof![
        3 => (1..3_usize).prop_map(Gap::Spaces),
        1 => (1..4_usize, 0..3_usize, 0..4_usize).prop_map(|(n, a, b)| Gap::Lines(n, a, b)),
    ]
}

fn write_gap(writer: &mut Writer, gap: &Gap) {
    match gap {
        Gap::Spaces(count) => writer.exact(&" ".repeat(*count)),
        Gap::Lines(count, before, after) => {
            let mut written = " ".repeat(*before);
            written.push_str(&"\n".repeat(*count));
            written.push_str("      ");
            written.push_str(&" ".repeat(*after));
            let value = if *count == 1 {
                " ".to_owned()
            } else {
                "\n".repeat(count - 1)
            };
            writer.stand_in(&written, &value);
        }
    }
}

/// Words of OTTL without anything that is special in YAML.
fn plain_word() -> impl Strategy<Value = String> {
    "[a-zé🦀][a-zA-Z0-9_.(),é\"'\\\\\\[\\]=-]{0,8}"
}

/// Words of anything that can be seen.
fn any_word() -> impl Strategy<Value = String> {
    "[!-~é€🦀]{1,8}"
}

const BEFORE: &str = "key:\n  # why\n  - ";
const BOM: &str = "\u{feff}key:\n  - ";

fn before() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(BEFORE), Just(BOM)]
}

type Words = Vec<(Gap, String)>;

fn words(word: impl Strategy<Value = String>) -> impl Strategy<Value = Words> {
    proptest::collection::vec((gap(), word), 1..8)
}

proptest! {
    #[test]
    fn plain(before in before(), line in breaks(), words in words(plain_word())) {
        let mut writer = Writer::new(before, line);
        for (index, (gap, word)) in words.iter().enumerate() {
            if index > 0 {
                write_gap(&mut writer, gap);
            }
            writer.exact(word);
        }
        writer.skip(" # a comment\n");
        writer.check()?;
    }

    #[test]
    fn single_quoted(before in before(), line in breaks(), words in words(any_word())) {
        let mut writer = Writer::new(before, line);
        writer.skip("'");
        for (index, (gap, word)) in words.iter().enumerate() {
            if index > 0 {
                write_gap(&mut writer, gap);
            }
            for c in word.chars() {
                match c {
                    '\'' => writer.stand_in("''", "'"),
                    c => writer.exact(&c.to_string()),
                }
            }
        }
        writer.skip("'\n");
        writer.check()?;
    }

    #[test]
    fn double_quoted(
        before in before(),
        line in breaks(),
        words in words(any_word()),
        escapes in proptest::collection::vec(0..12_u8, 64),
        joints in proptest::collection::vec(0..4_u8, 8),
    ) {
        let mut writer = Writer::new(before, line);
        writer.skip("\"");
        let mut escapes = escapes.into_iter().cycle();
        for (index, (gap, word)) in words.iter().enumerate() {
            if index > 0 && joints[index] == 0 {
                // The end of the line is escaped, and another line may be empty.
                writer.exact(" ");
                writer.skip("\\\n     ");
            } else if index > 0 && joints[index] == 1 {
                writer.stand_in("\\\n  \n     ", "\n");
            } else if index > 0 {
                write_gap(&mut writer, gap);
            }
            for c in word.chars() {
                let code = u32::from(c);
                let mut escaped = String::new();
                let written = match (c, escapes.next().unwrap_or(0)) {
                    ('"' | '\\', _) => write!(escaped, "\\{c}"),
                    (_, 0) => write!(escaped, "\\U{code:08x}"),
                    (_, 1) if code < 0x1_0000 => write!(escaped, "\\u{code:04X}"),
                    (_, 2) if code < 0x100 => write!(escaped, "\\x{code:02x}"),
                    _ => Ok(()),
                };
                written.expect("a string takes everything");
                if escaped.is_empty() {
                    writer.exact(&c.to_string());
                } else {
                    writer.stand_in(&escaped, &c.to_string());
                }
            }
            for (written, value) in [("\\n", "\n"), ("\\t", "\t"), ("\\_", "\u{a0}"), ("\\ ", " ")] {
                writer.stand_in(written, value);
            }
        }
        writer.skip("\"\n");
        writer.check()?;
    }

    #[test]
    fn literal(
        before in before(),
        line in breaks(),
        lines in proptest::collection::vec("[!-~é🦀][ -~é]{0,9}|", 1..6),
        chomp in prop_oneof![Just(""), Just("-"), Just("+")],
        indent in 4..7_usize,
        ends in 1..4_usize,
    ) {
        let mut lines = lines;
        lines.push("last".to_owned());
        let mut writer = Writer::new(before, line);
        writer.skip(&format!("|{chomp} # why\n"));
        let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
        let start = writer.file.len() + first * writer.line_break.len() + indent;
        for (index, text) in lines.iter().enumerate() {
            let is_last = index + 1 == lines.len();
            if text.is_empty() && index < first {
                // Empty lines before the text stand where the text begins.
                writer.skip("\n");
                writer.value.push('\n');
                writer.places.push((start, start));
                continue;
            }
            if !text.is_empty() {
                writer.skip(&" ".repeat(indent));
                writer.exact(text);
            }
            if !is_last {
                writer.stand_in("\n", "\n");
            }
        }
        finish_block(&mut writer, chomp, ends);
        writer.check()?;
    }

    #[test]
    fn folded(
        before in before(),
        line in breaks(),
        words in proptest::collection::vec((1..4_usize, any_word(), any::<bool>()), 1..8),
        chomp in prop_oneof![Just(""), Just("-"), Just("+")],
        indent in 4..7_usize,
        ends in 1..4_usize,
    ) {
        let mut writer = Writer::new(before, line);
        writer.skip(&format!(">{chomp}\n"));
        let mut was_spaced = false;
        for (index, (count, word, is_spaced)) in words.iter().enumerate() {
            // The first line says how far the text is indented.
            let is_spaced = *is_spaced && index > 0;
            if index > 0 {
                let keeps = was_spaced || is_spaced;
                for at in 0..*count {
                    match (keeps, *count) {
                        (false, 1) => writer.stand_in("\n", " "),
                        (false, _) if at == 0 => writer.skip("\n"),
                        _ => writer.stand_in("\n", "\n"),
                    }
                }
            }
            writer.skip(&" ".repeat(indent));
            if is_spaced {
                writer.exact("  ");
            }
            writer.exact(word);
            was_spaced = is_spaced;
        }
        finish_block(&mut writer, chomp, ends);
        writer.check()?;
    }
}

/// Ends a block scalar with line breaks, of which the value has some.
fn finish_block(writer: &mut Writer, chomp: &str, ends: usize) {
    for index in 0..ends {
        match (chomp, index) {
            ("+", _) | ("", 0) => writer.stand_in("\n", "\n"),
            _ => writer.skip("\n"),
        }
    }
}
