//! From Go's syntax of regular expressions to what the `regex` crate makes of its own.
//!
//! Each part is built as soon as it is read. The rules are those of Go's `regexp/syntax` with its
//! `Perl` flags.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, HirKind, Look, Repetition};

use super::class;

/// How deep groups and repetitions may nest, as in Go.
const MAX_HEIGHT: u32 = 1000;
/// How often something may be repeated, nested repetitions multiplied, as in Go.
const MAX_REPEAT: u32 = 1000;

/// A pattern that was read.
pub(super) struct Translated {
    pub(super) hir: Hir,
    /// One for each group, the whole match first.
    pub(super) names: Vec<Option<String>>,
}

/// Translates a pattern. With `named_only` groups without a name do not become groups.
///
/// # Errors
/// Part of a sentence that says what is wrong, and where.
pub(super) fn translate(pattern: &[u8], named_only: bool) -> Result<Translated, String> {
    let source = std::str::from_utf8(pattern)
        .map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let mut translator = Translator {
        cursor: Cursor::new(source),
        flags: Flags::default(),
        frames: vec![Frame::default()],
        names: vec![None],
        named_only,
        after_repeat: false,
    };
    Ok(Translated {
        hir: translator.run()?,
        names: translator.names,
    })
}

/// A place in the pattern.
pub(super) struct Cursor<'p> {
    source: &'p str,
    pub(super) at: usize,
    /// Where the last `:]` is, so that a bracket is not searched for one again and again.
    last_posix_end: Option<usize>,
}

impl<'p> Cursor<'p> {
    fn new(source: &'p str) -> Self {
        Self {
            source,
            at: 0,
            last_posix_end: source.rfind(":]"),
        }
    }

    /// Whether there is a `:]` at or behind this place.
    pub(super) fn has_posix_end(&self) -> bool {
        self.last_posix_end >= Some(self.at)
    }

    pub(super) fn rest(&self) -> &'p str {
        &self.source[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn error<T>(&self, message: &str) -> Result<T, String> {
        Err(format!("{message} at byte {}", self.at))
    }

    /// The code point behind a backslash that was read. It may be a surrogate.
    pub(super) fn escape(&mut self) -> Result<u32, String> {
        let start = self.at;
        let code = match self.next() {
            None => return self.error("nothing behind the backslash"),
            Some(first @ '0'..='7') => self.octal(first),
            Some('x') => self.hexadecimal(),
            Some('a') => Some(0x07),
            Some('f') => Some(0x0c),
            Some('n') => Some(0x0a),
            Some('r') => Some(0x0d),
            Some('t') => Some(0x09),
            Some('v') => Some(0x0b),
            Some(char) if char.is_ascii() && !char.is_ascii_alphanumeric() => Some(u32::from(char)),
            Some(_) => None,
        };
        code.ok_or_else(|| format!("unknown escape sequence at byte {start}"))
    }

    /// Up to three octal digits; a single one is a back-reference unless it is 0.
    fn octal(&mut self, first: char) -> Option<u32> {
        let digit = |char: char| char.to_digit(8);
        let mut code = digit(first)?;
        if first != '0' && self.peek().and_then(digit).is_none() {
            return None;
        }
        for _ in 1..3 {
            let Some(next) = self.peek().and_then(digit) else {
                break;
            };
            self.at += 1;
            code = code * 8 + next;
        }
        Some(code)
    }

    /// Two hexadecimal digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Option<u32> {
        if !self.eat("{") {
            let high = self.next()?.to_digit(16)?;
            return Some(high * 16 + self.next()?.to_digit(16)?);
        }
        let mut code = None;
        loop {
            match self.next()? {
                '}' => return code,
                digit => {
                    let value = code.unwrap_or(0) * 16 + digit.to_digit(16)?;
                    code = (value <= u32::from(char::MAX)).then_some(value);
                    code?;
                }
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_newline: bool,
    ungreedy: bool,
}

/// A group that is open, or the whole pattern.
#[derive(Default)]
struct Frame {
    /// The group's number, if it is one that is asked for.
    group: Option<u32>,
    is_capture: bool,
    flags_before: Flags,
    /// The alternatives that are complete.
    alternatives: Vec<Hir>,
    /// The parts of the present alternative that are complete, and the characters behind them.
    sequence: Vec<Hir>,
    text: Vec<u8>,
    /// The part that a repetition would apply to.
    last: Option<Part>,
    parts: u32,
    is_alternation: bool,
    copies: u32,
    height: u32,
}

/// A part of a concatenation.
struct Part {
    what: What,
    /// How many copies of something in it its counted repetitions ask for.
    copies: u32,
    height: u32,
}

/// What a part is.
enum What {
    Char(char),
    Hir(Hir),
}

impl What {
    fn into_hir(self) -> Hir {
        match self {
            Self::Char(char) => Hir::literal(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Self::Hir(hir) => hir,
        }
    }
}

impl Frame {
    fn finish_part(&mut self) {
        if let Some(part) = self.last.take() {
            self.parts += 1;
            self.copies = self.copies.max(part.copies);
            self.height = self.height.max(part.height + u32::from(self.parts > 1));
            match part.what {
                What::Char(char) => {
                    let mut utf8 = [0; 4];
                    self.text
                        .extend_from_slice(char.encode_utf8(&mut utf8).as_bytes());
                }
                What::Hir(hir) if matches!(hir.kind(), HirKind::Empty) => {}
                What::Hir(hir) => {
                    self.finish_text();
                    self.sequence.push(hir);
                }
            }
        }
    }

    fn finish_text(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.sequence.push(Hir::literal(text));
        }
    }

    fn finish_alternative(&mut self) -> Hir {
        self.finish_part();
        self.finish_text();
        Hir::concat(std::mem::take(&mut self.sequence))
    }

    /// All that was read since it was opened.
    fn finish(&mut self) -> Hir {
        let last = self.finish_alternative();
        if !self.is_alternation {
            return last;
        }
        self.alternatives.push(last);
        Hir::alternation(std::mem::take(&mut self.alternatives))
    }
}

struct Translator<'p> {
    cursor: Cursor<'p>,
    flags: Flags,
    frames: Vec<Frame>,
    names: Vec<Option<String>>,
    named_only: bool,
    /// Whether what was read last is a repetition, behind which there must not be another one.
    after_repeat: bool,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<Hir, String> {
        while let Some(char) = self.cursor.peek() {
            let is_repeat = match char {
                '*' => self.repeat_operator(0, None)?,
                '+' => self.repeat_operator(1, None)?,
                '?' => self.repeat_operator(0, Some(1))?,
                '{' => self.counted_repeat()?,
                _ => {
                    self.plain(char)?;
                    false
                }
            };
            self.after_repeat = is_repeat;
        }
        if self.frames.len() > 1 {
            return self.cursor.error("missing closing `)`");
        }
        Ok(self.frame().finish())
    }

    fn plain(&mut self, char: char) -> Result<(), String> {
        match char {
            '(' => self.open()?,
            ')' => self.close()?,
            '|' => {
                self.cursor.at += 1;
                let frame = self.frame();
                let alternative = frame.finish_alternative();
                frame.alternatives.push(alternative);
                frame.is_alternation = true;
                frame.parts = 0;
            }
            '^' if self.flags.multi_line => self.assertion(1, Look::StartLF),
            '^' => self.assertion(1, Look::Start),
            '$' if self.flags.multi_line => self.assertion(1, Look::EndLF),
            '$' => self.assertion(1, Look::End),
            '.' => {
                self.cursor.at += 1;
                self.class(match self.flags.dot_newline {
                    true => class::any(),
                    false => class::not_newline(),
                });
            }
            '[' => {
                let class = class::bracketed(&mut self.cursor, self.flags.fold)?;
                self.class(class);
            }
            '\\' => self.backslash()?,
            _ => {
                self.cursor.at += char.len_utf8();
                self.literal(u32::from(char));
            }
        }
        Ok(())
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("the whole pattern is never closed")
    }

    /// Adds a part to the current concatenation.
    fn part(&mut self, copies: u32, height: u32, what: What) {
        let frame = self.frame();
        frame.finish_part();
        frame.last = Some(Part {
            what,
            copies,
            height,
        });
    }

    /// An assertion of `width` bytes of source.
    fn assertion(&mut self, width: usize, look: Look) {
        self.cursor.at += width;
        self.part(1, 1, What::Hir(Hir::look(look)));
    }

    fn class(&mut self, class: ClassUnicode) {
        self.part(1, 1, What::Hir(Hir::class(Class::Unicode(class))));
    }

    fn literal(&mut self, code: u32) {
        let Some(char) = char::from_u32(code) else {
            // No text has a surrogate in it.
            return self.class(ClassUnicode::empty());
        };
        if self.flags.fold && (char.is_ascii_alphabetic() || !char.is_ascii()) {
            return self.class(class::folded(char));
        }
        self.part(1, 1, What::Char(char));
    }

    fn backslash(&mut self) -> Result<(), String> {
        let rest = self.cursor.rest();
        match rest[1..].chars().next() {
            Some('A') => self.assertion(2, Look::Start),
            Some('z') => self.assertion(2, Look::End),
            Some('b') => self.assertion(2, Look::WordAscii),
            Some('B') => self.assertion(2, Look::WordAsciiNegate),
            Some('Q') => {
                let quoted = &rest[2..];
                let end = quoted.find(r"\E");
                let skip = end.map_or(quoted.len(), |end| end + 2);
                for char in quoted[..end.unwrap_or(quoted.len())].chars() {
                    self.literal(u32::from(char));
                }
                self.cursor.at += 2 + skip;
            }
            _ => {
                if let Some(class) = class::escape(&mut self.cursor, self.flags.fold)? {
                    self.class(class);
                } else {
                    self.cursor.at += 1;
                    let code = self.cursor.escape()?;
                    self.literal(code);
                }
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        let flags_before = self.flags;
        let groups_before = self.names.len();
        let rest = self.cursor.rest();
        let is_capture = if !rest.starts_with("(?") {
            self.cursor.at += 1;
            if !self.named_only {
                self.names.push(None);
            }
            true
        } else if (rest.starts_with("(?P<") && rest.len() > 4)
            || (rest.starts_with("(?<") && rest.len() > 3)
        {
            self.name()?;
            true
        } else if self.flags()? {
            false
        } else {
            return Ok(());
        };
        if self.frames.len() > MAX_HEIGHT as usize {
            return self.cursor.error("the pattern nests too deep");
        }
        let is_group = self.names.len() > groups_before;
        self.frames.push(Frame {
            group: is_group.then_some(groups_before as u32),
            is_capture,
            flags_before,
            ..Frame::default()
        });
        Ok(())
    }

    /// The name of a group, which the crate does not need to know.
    fn name(&mut self) -> Result<(), String> {
        let start = self.cursor.rest().find('<').unwrap_or(0) + 1;
        let named = &self.cursor.rest()[start..];
        let Some(end) = named.find('>') else {
            return self.cursor.error("a group's name without closing `>`");
        };
        let name = &named[..end];
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_word) {
            return self
                .cursor
                .error("a group's name that is not letters, digits and underscores");
        }
        self.names.push(Some(name.to_owned()));
        self.cursor.at += start + end + 1;
        Ok(())
    }

    /// Reads `(?flags)` or `(?flags:`; whether it opened a group.
    fn flags(&mut self) -> Result<bool, String> {
        let start = self.cursor.at;
        self.cursor.at += 2;
        let mut flags = self.flags;
        let (mut value, mut is_complete) = (true, true);
        loop {
            match self.cursor.next() {
                Some('i') => flags.fold = value,
                Some('m') => flags.multi_line = value,
                Some('s') => flags.dot_newline = value,
                Some('U') => flags.ungreedy = value,
                Some('-') if value => {
                    (value, is_complete) = (false, false);
                    continue;
                }
                Some(end @ (':' | ')')) if is_complete => {
                    self.flags = flags;
                    return Ok(end == ':');
                }
                _ => {
                    self.cursor.at = start;
                    return self
                        .cursor
                        .error("unknown or unsupported syntax behind `(?`");
                }
            }
            is_complete = true;
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.frames.len() == 1 {
            return self.cursor.error("a `)` without opening `(`");
        }
        self.cursor.at += 1;
        let mut frame = self.frames.pop().expect("there are at least two");
        let inside = frame.finish();
        self.flags = frame.flags_before;
        let height =
            frame.height.max(1) + u32::from(frame.is_capture) + u32::from(frame.is_alternation);
        if height > MAX_HEIGHT {
            return self.cursor.error("the pattern nests too deep");
        }
        let hir = match frame.group {
            Some(index) => Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(inside),
            }),
            None => inside,
        };
        self.part(frame.copies.max(1), height, What::Hir(hir));
        Ok(())
    }

    /// `{m}`, `{m,}` or `{m,n}`; any other brace stands for itself.
    fn counted_repeat(&mut self) -> Result<bool, String> {
        let Some((width, min, max)) = counts(self.cursor.rest()) else {
            self.cursor.at += 1;
            self.literal(u32::from('{'));
            return Ok(false);
        };
        let in_range = |count: u64| count <= u64::from(MAX_REPEAT);
        if !in_range(min) || max.is_some_and(|max| !in_range(max) || min > max) {
            return self.cursor.error("a repetition outside of 0 to 1000");
        }
        self.cursor.at += width - 1;
        self.repeat_operator(min as u32, max.map(|max| max as u32))
    }

    /// Applies a repetition to the last part. The cursor is at its last character.
    fn repeat_operator(&mut self, min: u32, max: Option<u32>) -> Result<bool, String> {
        if self.after_repeat {
            return self.cursor.error("a repetition of a repetition");
        }
        let is_counted = self.cursor.peek() == Some('}');
        if self.frame().last.is_none() {
            return self.cursor.error("a repetition of nothing");
        }
        self.cursor.at += 1;
        let lazy = self.cursor.eat("?") != self.flags.ungreedy;
        let frame = self
            .frames
            .last_mut()
            .expect("the whole pattern is never closed");
        let Some(mut part) = frame.last.take() else {
            return self.cursor.error("a repetition of nothing");
        };
        part.height += 1;
        if is_counted {
            // What is repeated no times does not count, whatever it repeats itself.
            part.copies *= max.unwrap_or_else(|| min.max(1));
        }
        let too_many = min.max(max.unwrap_or(0)) >= 2 && part.copies > MAX_REPEAT;
        if too_many {
            return self.cursor.error("nested repetitions of more than 1000");
        }
        if part.height > MAX_HEIGHT {
            return self.cursor.error("the pattern nests too deep");
        }
        part.what = What::Hir(Hir::repetition(Repetition {
            min,
            max,
            greedy: !lazy,
            sub: Box::new(part.what.into_hir()),
        }));
        frame.last = Some(part);
        Ok(true)
    }
}

/// The width of a counted repetition at the head of `text`, and its counts.
fn counts(text: &str) -> Option<(usize, u64, Option<u64>)> {
    fn number(text: &str) -> Option<(&str, u64)> {
        let end = text
            .find(|char: char| !char.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        Some((rest, digits.parse().unwrap_or(u64::MAX)))
    }
    let (rest, min) = number(text.strip_prefix('{')?)?;
    let (rest, max) = match rest.strip_prefix(',') {
        None => (rest, Some(min)),
        Some(rest) if rest.starts_with('}') => (rest, None),
        Some(rest) => number(rest).map(|(rest, max)| (rest, Some(max)))?,
    };
    let rest = rest.strip_prefix('}')?;
    Some((text.len() - rest.len(), min, max))
}

#[cfg(test)]
mod tests {
    use super::translate;
    use crate::support::regex::parse;

    #[test]
    fn it_is_what_the_crate_makes_of_the_same() {
        for (go, own) in [
            ("", ""),
            ("abc", "abc"),
            ("ab*?c+", "ab*?c+"),
            ("(?:a|b)|", "(?:a|b)|"),
            ("(a)(?:b)(?P<c>d)", "(a)(?:b)(d)"),
            ("(ab|ac){2,}", "(ab|ac){2,}"),
            ("(a){0}b", "(a){0}b"),
            ("(?:a*)+", "(?:a*)+"),
            ("^a$", r"\Aa\z"),
            ("(?m)^a$", "(?m:^)a(?m:$)"),
            (".", r"[^\n]"),
            ("(?s).", "(?s:.)"),
            (r"\bé\B", r"(?-u:\b)é(?-u:\B)"),
            ("(?i)ak1é", "(?i:ak1é)"),
            ("(?i)[^k-m]", "(?i:[^k-m])"),
            (r"(?i)[\Wk]", "(?i:[[^0-9A-Z_a-z]k])"),
            (r"[^\d[:alpha:]]", "[^0-9A-Za-z]"),
            (r"\D\s", r"[^0-9][\t\n\f\r ]"),
            (r"\p{Greek}\PL", r"\p{sc=greek}\P{gc=L}"),
            (r"\p{Zl}\p{Cs}", r"\u{2028}[^\x{0}-\x{10ffff}]"),
            (
                r"[\x{d7f0}-\x{e00f}]",
                r"[\x{d7f0}-\x{d7ff}\x{e000}-\x{e00f}]",
            ),
            (r"\Qa.b\E*", r"a\.b*"),
            ("(?U)a+b+?", "a+?b+"),
            ("a{,2}", r"a\{,2\}"),
        ] {
            let translated = translate(go.as_bytes(), false).expect(go);
            let parsed = parse(own).expect(own);
            assert_eq!(translated.hir, parsed, "{go}");
            assert_eq!(translated.hir.properties(), parsed.properties(), "{go}");
        }
    }
}
